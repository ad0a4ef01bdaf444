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

/** How long one piece of work goes on before other work gets its turn. */
const TURN_MS = 5;

/** Who wants to go on. One at a time is let, so that the turns of many do not add up to one long one. */
const waiting: (() => void)[] = [];

function letNext(): void {
  waiting.shift()?.();
  if (waiting.length > 0) setImmediate(letNext);
}

/**
 * Long work in short turns, as everything runs on one thread: a look-up must not wait for a long answer.
 *
 * Work asks after each step whether its turn is over, and then waits for the next one.
 */
export class Turn {
  #startedAtMs = performance.now();

  get isOver(): boolean {
    return performance.now() - this.#startedAtMs > TURN_MS;
  }

  /** Resolves once other work had its turn. */
  async next(): Promise<void> {
    await new Promise<void>((resolve) => {
      if (waiting.push(resolve) === 1) setImmediate(letNext);
    });
    this.#startedAtMs = performance.now();
  }
}
