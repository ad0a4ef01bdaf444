/**
 * Keys in ascending order, which is about the order in which profiles are stored.
 *
 * @module
 */
import { setImmediate } from "node:timers/promises";
import type { ProfileKeys } from "./store.ts";

/** Up to so many keys are sorted at once; more are marked and read off, some milliseconds at a time. */
const KEYS_SORTED_AT_ONCE = 65_536;
const KEYS_PER_TURN = 262_144;

/** Whether each key is larger than the one before. */
export function isAscending(keys: ProfileKeys): boolean {
  for (let index = 1; index < keys.length; index++) {
    if ((keys[index] as number) <= (keys[index - 1] as number)) return false;
  }
  return true;
}

/** The same keys, each once, in ascending order; other work gets its turns meanwhile. */
export async function ascendingKeys(keys: ProfileKeys): Promise<ProfileKeys> {
  if (isAscending(keys)) return keys;
  if (keys.length <= KEYS_SORTED_AT_ONCE) return keys.toSorted();
  let marks = new Uint32Array(0);
  for (let start = 0; start < keys.length; start += KEYS_PER_TURN) {
    marks = mark(keys.subarray(start, start + KEYS_PER_TURN), marks);
    await setImmediate();
  }
  const sorted = new Uint32Array(keys.length);
  let found = 0;
  for (let start = 0; start < marks.length; start += KEYS_PER_TURN / 32) {
    found = readMarks(marks, start, sorted, found);
    await setImmediate();
  }
  return sorted.subarray(0, found);
}

/** Sets a bit for each key. @returns the same marks, or longer ones */
function mark(keys: ProfileKeys, marks: Uint32Array<ArrayBuffer>): Uint32Array<ArrayBuffer> {
  let largest = 0;
  for (let index = 0; index < keys.length; index++) {
    largest = Math.max(largest, keys[index] as number);
  }
  let kept = marks;
  if (largest >>> 5 >= kept.length) {
    kept = new Uint32Array(Math.max((largest >>> 5) + 1, marks.length * 2));
    kept.set(marks);
  }
  for (let index = 0; index < keys.length; index++) {
    const key = keys[index] as number;
    kept[key >>> 5] = (kept[key >>> 5] as number) | (1 << (key & 31));
  }
  return kept;
}

/** Reads the marks of one turn off. @returns how many have been found by now */
function readMarks(
  marks: Uint32Array,
  start: number,
  sorted: Uint32Array,
  foundBefore: number,
): number {
  let found = foundBefore;
  const end = Math.min(marks.length, start + KEYS_PER_TURN / 32);
  for (let index = start; index < end; index++) {
    // The lowest bit that is left goes first.
    for (let left = marks[index] as number; left !== 0; left &= left - 1) {
      sorted[found++] = index * 32 + (31 - Math.clz32(left & -left));
    }
  }
  return found;
}
