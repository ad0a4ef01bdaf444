/**
 * How much one request may ask of events.
 *
 * @module
 */

/** The most behaviors in one list of them. */
export const BEHAVIOR_COUNT_MAX = 100;

/** The most event selectors of one behavior. */
export const EVENT_SELECTOR_COUNT_MAX = 100;
