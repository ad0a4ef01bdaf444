/**
 * What the reference store keeps of one scope: its profiles, the keys of its distinct ids, its static cohorts.
 *
 * @module
 */
import type { Profile } from "../profile/profile.ts";

/** The profiles of a scope. */
export class MemoryScope {
  /** By distinct id. */
  readonly profiles: Map<string, Profile> = new Map();
  /** The distinct ids of members as they were given, by cohort. */
  readonly cohorts: Map<number, ReadonlySet<string>> = new Map();
  readonly #keys = new Map<string, number>();
  readonly #ids = new Map<number, string>();
  #nextKey = 1;

  /** The key of a distinct id, given to it now if it has none. */
  keyOf(distinctId: string): number {
    const known = this.#keys.get(distinctId);
    if (known !== undefined) return known;
    const key = this.#nextKey++;
    this.#keys.set(distinctId, key);
    this.#ids.set(key, distinctId);
    return key;
  }

  /** The distinct id that has a key. */
  idOf(key: number): string | undefined {
    return this.#ids.get(key);
  }

  /** Takes the key away from an id; nobody gets it again. */
  dropKey(distinctId: string): void {
    const key = this.#keys.get(distinctId);
    if (key === undefined) return;
    this.#keys.delete(distinctId);
    this.#ids.delete(key);
  }

  /** Takes ids out of all static cohorts. */
  dropMembers(distinctIds: ReadonlySet<string>): void {
    for (const [cohortId, members] of this.cohorts) {
      const left = [...members].filter((id) => !distinctIds.has(id));
      if (left.length < members.size) this.cohorts.set(cohortId, new Set(left));
    }
  }
}
