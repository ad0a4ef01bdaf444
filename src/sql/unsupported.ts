/**
 * The signal inside the compiler that SQL cannot say something exactly as the reference means it.
 *
 * @module
 */

/** Caught by `conditionOrLooser`, which leaves that part of a selector to the reference evaluator. */
export class Unsupported extends Error {}
