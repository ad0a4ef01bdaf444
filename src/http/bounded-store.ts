/**
 * A store whose queries select only so many profiles, where an operator bounds them.
 *
 * @module
 */
import { fail } from "../errors/error.ts";
import type { ProfileQuery } from "../query/query.ts";
import type { Store } from "../store/store.ts";

/**
 * The same store; a query that selects too many profiles fails, and is not worked out further than to tell that.
 *
 * Counts and statistics are not bounded: what they answer stays small.
 *
 * @param profilesMax 0 for any number
 */
export function boundedStore(store: Store, profilesMax: number): Store {
  if (profilesMax === 0) return store;
  const bounded: Pick<Store, "freeze" | "select"> = {
    freeze: async (query, signal) => {
      const frozen = await store.freeze(oneTooMany(query, profilesMax), signal);
      demandWithin(frozen.count, profilesMax);
      return frozen;
    },
    select: async (query, signal) => {
      const keys = await store.select(oneTooMany(query, profilesMax), signal);
      demandWithin(keys.length, profilesMax);
      return keys;
    },
  };
  return new Proxy(store, {
    get: (target, name) => {
      const own: unknown = Reflect.get(bounded, name);
      if (own !== undefined) return own;
      const member: unknown = Reflect.get(target, name);
      return typeof member === "function" ? member.bind(target) : member;
    },
  });
}

function oneTooMany(query: ProfileQuery, profilesMax: number): ProfileQuery {
  const { limit = Number.POSITIVE_INFINITY } = query;
  return { ...query, limit: Math.min(limit, profilesMax + 1) };
}

function demandWithin(count: number, countMax: number): void {
  if (count > countMax) throw fail("query.too_many_profiles", { countMax });
}
