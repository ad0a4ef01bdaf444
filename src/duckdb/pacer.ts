/**
 * Long work in JavaScript, cut so that requests are served in between.
 *
 * @module
 */
import { setImmediate as nextTurn } from "node:timers/promises";

/** How long work may keep the event loop to itself. */
const TURN_MS = 6;

/** Items after which the clock is looked at. */
const ITEMS_PER_LOOK = 16;

/** Counts items of work, and tells when it is somebody else's turn. */
export class Pacer {
  #startedAtMs: number = performance.now();
  #itemCount = 0;

  /** Counts one item. @returns whether `rest` is due */
  isDue(): boolean {
    this.#itemCount++;
    if (this.#itemCount % ITEMS_PER_LOOK !== 0) return false;
    return performance.now() - this.#startedAtMs >= TURN_MS;
  }

  /** Lets the event loop turn. */
  async rest(): Promise<void> {
    await nextTurn();
    this.#startedAtMs = performance.now();
  }
}
