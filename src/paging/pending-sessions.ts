/**
 * Sessions whose files are still to be written. A page is answered before they are: a client that asks for the next
 * one reads the keys from memory, or waits for them to be put in order.
 *
 * @module
 */
import { setTimeout } from "node:timers/promises";
import type { FrozenKeys } from "../store/frozen-keys.ts";
import type { ProfileKeys } from "../store/store.ts";
import type { Session } from "./session.ts";

/** Keys that may wait in memory; who opens a session beyond it waits for others to be written. */
const WAITING_KEYS_MAX = 16_777_216;

/** A session is written so long after it was opened, or after the one before it. */
const WRITE_DELAY_MS = 5;
/** From so many on they are written without a pause. */
const UNDELAYED_FROM = 8;

interface Pending {
  readonly session: Session;
  usedAtMs: number;
  /** Undefined when they could not be written: there is no session then. */
  frozen: FrozenKeys | undefined;
}

/** How a session is written; it was last used at a time. */
type Write = (keys: ProfileKeys, usedAtMs: number) => Promise<void>;

/** Holds sessions until they are written, one after the other. */
export class PendingSessions {
  readonly #byFile = new Map<string, Pending>();
  #writing: Promise<void> = Promise.resolve();
  #waitingKeyCount = 0;

  /** How many wait. */
  get count(): number {
    let count = 0;
    for (const { frozen } of this.#byFile.values()) if (frozen !== undefined) count++;
    return count;
  }

  /**
   * Takes a session in, and writes it when its turn comes.
   *
   * @param write throws if it could not
   */
  async add(file: string, session: Session, frozen: FrozenKeys, write: Write): Promise<void> {
    while (this.#waitingKeyCount > WAITING_KEYS_MAX) await this.#writing;
    const pending: Pending = { session, frozen, usedAtMs: session.createdAtMs };
    this.#byFile.set(file, pending);
    this.#waitingKeyCount += frozen.count;
    this.#writing = this.#writing
      // The page that opened the session is read first, and the next request is given to the engine.
      .then(() => (this.#byFile.size > UNDELAYED_FROM ? undefined : setTimeout(WRITE_DELAY_MS)))
      .then(() => frozen.all())
      .then((keys) => write(keys, pending.usedAtMs))
      .then(
        () => {
          if (this.#byFile.get(file) === pending) this.#byFile.delete(file);
        },
        () => {
          pending.frozen = undefined;
        },
      )
      .finally(() => {
        this.#waitingKeyCount -= frozen.count;
      });
  }

  /** The session of one of these files, unless it was not used since a time; it is used now. */
  use(files: readonly string[], sinceMs: number, nowMs: number): Session | undefined {
    const pending = this.#find(files);
    if (pending === undefined || pending.usedAtMs < sinceMs) return undefined;
    pending.usedAtMs = nowMs;
    return pending.session;
  }

  /** The keys of a page; undefined if no such session waits, `"lost"` if it could not be written. */
  async keys(
    files: readonly string[],
    page: number,
    size?: number,
  ): Promise<ProfileKeys | "lost" | undefined> {
    const pending = this.#find(files);
    if (pending === undefined) return undefined;
    if (pending.frozen === undefined) return "lost";
    const pageSize = size ?? pending.session.pageSize;
    const keys = await pending.frozen.all();
    return keys.subarray(page * pageSize, (page + 1) * pageSize);
  }

  /** Forgets sessions that could not be written, once they would have expired. */
  sweep(usedBeforeMs: number): void {
    for (const [file, { usedAtMs, frozen }] of this.#byFile) {
      if (frozen === undefined && usedAtMs < usedBeforeMs) this.#byFile.delete(file);
    }
  }

  /** Resolves when all that were taken in are written. */
  async settled(): Promise<void> {
    let writing: Promise<void> | undefined;
    while (writing !== this.#writing) {
      writing = this.#writing;
      await writing;
    }
  }

  #find(files: readonly string[]): Pending | undefined {
    for (const file of files) {
      const pending = this.#byFile.get(file);
      if (pending !== undefined) return pending;
    }
    return undefined;
  }
}
