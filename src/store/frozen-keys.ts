/**
 * The profiles a query selects, by their keys. Which they are is settled; their order is worked out when it is asked for.
 *
 * @module
 */
import type { ProfileKeys } from "./store.ts";

/** What a query selects. */
export interface FrozenKeys {
  readonly count: number;
  /** The first keys in the query's order, at most so many. */
  first(countMax: number): ProfileKeys;
  /** All keys in the query's order. */
  all(): Promise<ProfileKeys>;
}

/** Keys that are in order. */
export function keysInOrder(keys: ProfileKeys): FrozenKeys {
  return {
    count: keys.length,
    first: (countMax) => keys.subarray(0, countMax),
    all: async () => keys,
  };
}
