/**
 * A brake on guessing: who fails often waits, longer each time.
 *
 * Failures are counted by address and username together, so that guessing one account does not lock
 * out the others that come through the same proxy.
 *
 * @module
 */
import type { Clock } from "../clock.ts";
import { digestSecret } from "./credential.ts";
import { refuse } from "./limit.ts";

/** Failures within `FAILURE_WINDOW_MS` that are taken for mistakes. */
export const FAILURE_COUNT_MAX = 20;

/** How long failures count together. */
export const FAILURE_WINDOW_MS: number = 5 * 60_000;

/** The first wait; each further failure doubles it. */
export const FIRST_WAIT_MS = 10_000;

/** The longest wait. */
export const WAIT_MS_MAX: number = 5 * 60_000;

/** How many callers are remembered; the one that failed longest ago is forgotten first. */
export const CALLER_COUNT_MAX = 10_000;

interface Failures {
  readonly count: number;
  /** When the first of them was, or the last wait began. */
  readonly sinceMs: number;
  /** Zero while nobody waits. */
  readonly waitUntilMs: number;
}

/** Remembers who failed. */
export class AttemptBrake {
  readonly #clock: Clock;
  readonly #failures = new Map<string, Failures>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @throws `access.too_many_attempts` while the caller has to wait */
  check(remoteAddress: string, username: string): void {
    const found = this.#failures.get(toKey(remoteAddress, username));
    const waitMs = (found?.waitUntilMs ?? 0) - this.#clock.now();
    if (waitMs <= 0) return;
    const retryAfterSeconds = Math.ceil(Math.min(waitMs, WAIT_MS_MAX) / 1000);
    throw refuse(
      "access.too_many_attempts",
      { retryAfterSeconds },
      { "Retry-After": String(retryAfterSeconds) },
    );
  }

  /** Counts a failure. */
  fail(remoteAddress: string, username: string): void {
    const key = toKey(remoteAddress, username);
    const nowMs = this.#clock.now();
    const found = this.#failures.get(key);
    const isRecent =
      found !== undefined && nowMs - Math.max(found.sinceMs, found.waitUntilMs) < FAILURE_WINDOW_MS;
    const count = isRecent ? found.count + 1 : 1;
    const excess = count - FAILURE_COUNT_MAX;
    const waitMs = excess < 0 ? 0 : Math.min(WAIT_MS_MAX, FIRST_WAIT_MS * 2 ** excess);
    this.#failures.delete(key);
    this.#failures.set(key, {
      count,
      sinceMs: isRecent ? found.sinceMs : nowMs,
      waitUntilMs: waitMs === 0 ? 0 : nowMs + waitMs,
    });
    for (const oldest of this.#failures.keys()) {
      if (this.#failures.size <= CALLER_COUNT_MAX) break;
      this.#failures.delete(oldest);
    }
  }

  /** Forgets the failures of a caller who proved who they are. */
  succeed(remoteAddress: string, username: string): void {
    if (this.#failures.size > 0) this.#failures.delete(toKey(remoteAddress, username));
  }
}

/** Short whatever a caller sends, and no secret is kept when one was sent as the username. */
function toKey(remoteAddress: string, username: string): string {
  return digestSecret(JSON.stringify([remoteAddress, username]));
}
