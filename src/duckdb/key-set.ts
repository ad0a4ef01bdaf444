/**
 * Sets of keys as bits: an eighth of a byte for each key there is, a thirty-second of a list of all.
 *
 * @module
 */
import type { ProfileKeys } from "../store/store.ts";

/** A set of keys as bits, small enough to stay close to the processor. */
export class KeySet {
  readonly #words: Uint32Array;

  /** @param size the highest key it takes, and one */
  constructor(size: number) {
    this.#words = new Uint32Array((size + 31) >>> 5);
  }

  /** As large as another one, and empty. */
  static like(other: KeySet): KeySet {
    return new KeySet(other.#words.length << 5);
  }

  /** 1 for a key that is in the set, 0 for another one. */
  has(key: number): number {
    return ((this.#words[key >>> 5] as number) >>> (key & 31)) & 1;
  }

  /** Adds a key. */
  add(key: number): void {
    const words = this.#words;
    words[key >>> 5] = (words[key >>> 5] as number) | (1 << (key & 31));
  }

  /** Adds keys; false if one of them is too high for the set. */
  addAll(keys: ProfileKeys): boolean {
    const words = this.#words;
    const { length } = keys;
    let highest = -1;
    for (let at = 0; at < length; at++) {
      const key = keys[at] as number;
      if (key > highest) highest = key;
      // Past its end an array takes nothing.
      words[key >>> 5] = (words[key >>> 5] as number) | (1 << (key & 31));
    }
    return highest >> 5 < words.length;
  }

  /** Whether every key of this set is in another one that is as large. */
  isWithin(other: KeySet): boolean {
    const words = this.#words;
    const others = other.#words;
    for (let at = 0; at < words.length; at++) {
      if (((words[at] as number) & ~(others[at] as number)) !== 0) return false;
    }
    return true;
  }

  /**
   * Copies those keys of a stretch of a list that are in the set, until so many are found.
   *
   * @param found has room for one more: what does not count is written too, and overwritten
   * @returns how many are found by now
   */
  pick(
    keys: ProfileKeys,
    start: number,
    end: number,
    found: ProfileKeys,
    foundCount: number,
    countWanted: number,
  ): number {
    const words = this.#words;
    let count = foundCount;
    for (let at = start; at < end && count < countWanted; at++) {
      const key = keys[at] as number;
      // Every key is written, and overwritten unless it counts: a branch for each would cost three times as much.
      found[count] = key;
      count += ((words[key >>> 5] as number) >>> (key & 31)) & 1;
    }
    return count;
  }
}
