/**
 * A bounded memory of results by text: what was used longest ago is forgotten first.
 *
 * @module
 */

/** A bounded memory. */
export interface Cache<Result> {
  get(key: string): Result | undefined;
  set(key: string, result: Result, weight: number): void;
}

/** A cache whose entries weigh at most `weightMax` together; a heavier one is not kept at all. */
export function createCache<Result>(weightMax: number): Cache<Result> {
  const entries = new Map<string, { readonly result: Result; readonly weight: number }>();
  let total = 0;

  function forget(key: string): void {
    total -= entries.get(key)?.weight ?? 0;
    entries.delete(key);
  }

  return {
    get(key) {
      const entry = entries.get(key);
      if (entry === undefined) return undefined;
      // A map keeps the order of insertion, so the entry used last moves to the end.
      entries.delete(key);
      entries.set(key, entry);
      return entry.result;
    },
    set(key, result, weight) {
      forget(key);
      if (weight > weightMax) return;
      entries.set(key, { result, weight });
      total += weight;
      for (const oldest of entries.keys()) {
        if (total <= weightMax) break;
        forget(oldest);
      }
    },
  };
}
