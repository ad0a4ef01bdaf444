/**
 * A clock that stands still until it is told to move.
 *
 * @module
 */
import type { Clock } from "../../src/clock.ts";

/** A clock a test can set. */
export interface TestClock extends Clock {
  nowMs: number;
}

/** A clock at a time, by default the machine's. */
export function testClock(nowMs: number = Date.now()): TestClock {
  return {
    nowMs,
    now() {
      return this.nowMs;
    },
  };
}
