/**
 * Clusters of distinct ids that change while events come in.
 *
 * @module
 */
import type { Clusters, Join } from "./identity.ts";

/**
 * A table of clusters. The reference keeps all of them in one; an engine loads those that a batch of events
 * touches, gives each join to it, and writes the joins down at the end.
 */
export class ClusterTable implements Clusters {
  /** Where an id went; what it went into may have gone on. */
  readonly #joinedInto: Map<string, string>;
  /** By canonical id; a cluster of one has none. */
  readonly #sizes: Map<string, number>;

  /**
   * @param canonicalIds by id; an id of its own need not be there
   * @param sizes by canonical id; a cluster of one need not be there
   */
  constructor(
    canonicalIds: Iterable<readonly [string, string]> = [],
    sizes: Iterable<readonly [string, number]> = [],
  ) {
    this.#joinedInto = new Map();
    for (const [id, canonicalId] of canonicalIds) {
      if (id !== canonicalId) this.#joinedInto.set(id, canonicalId);
    }
    this.#sizes = new Map(sizes);
  }

  canonicalId(distinctId: string): string {
    let id = distinctId;
    for (
      let into = this.#joinedInto.get(id);
      into !== undefined;
      into = this.#joinedInto.get(into)
    ) {
      id = into;
    }
    return id;
  }

  size(canonicalId: string): number {
    return this.#sizes.get(canonicalId) ?? 1;
  }

  /** Makes two clusters one. */
  join({ from, into }: Join): void {
    this.#sizes.set(into, this.size(into) + this.size(from));
    this.#sizes.delete(from);
    this.#joinedInto.set(from, into);
  }

  /** The ids that clusters of several go by. */
  canonicalIds(): Iterable<string> {
    return this.#sizes.keys();
  }

  /** All ids of these clusters, those they go by included. */
  idsOf(canonicalIds: ReadonlySet<string>): ReadonlySet<string> {
    const ids = new Set(canonicalIds);
    for (const id of this.#joinedInto.keys())
      if (canonicalIds.has(this.canonicalId(id))) ids.add(id);
    return ids;
  }

  /** Forgets clusters with all their ids. */
  forget(canonicalIds: ReadonlySet<string>): void {
    for (const id of this.idsOf(canonicalIds)) this.#joinedInto.delete(id);
    for (const id of canonicalIds) this.#sizes.delete(id);
  }
}
