/**
 * Time, passed in so that tests can fix it.
 *
 * @module
 */

/** Tells the time. */
export interface Clock {
  /** Epoch milliseconds UTC. */
  now(): number;
}

/** The machine's clock. */
export const SYSTEM_CLOCK: Clock = { now: () => Date.now() };
