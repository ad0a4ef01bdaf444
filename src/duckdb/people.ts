/**
 * The distinct ids of one batch: their keys and clusters as the file has them, and what the batch makes of them.
 *
 * @module
 */
import { type DuckDBConnection, UINTEGER } from "@duckdb/node-api";
import { ClusterTable } from "../event/clusters.ts";
import type { Join } from "../event/identity.ts";
import { type Fragment, join, sql, texts } from "../sql/fragment.ts";
import { fold } from "../values/text.ts";
import { appendColumns, slices } from "./append.ts";
import { keyColumn, NullColumn, textColumn } from "./column.ts";
import { run } from "./run.ts";
import type { ProfileTable } from "./tables.ts";

/** Ids looked up by one statement; past it the engine scans instead. */
export const IDS_PER_STATEMENT = 2_000;

/** Texts as the list of an `in`. */
export function textList(texts: readonly string[]): Fragment {
  return join(
    texts.map((text) => sql`${text}`),
    ", ",
  );
}

/** From so many ids on, one pass over all ids is faster than a look-up of each. */
const IDS_TO_LOOK_UP_MAX = 500;

/** Parts of a list of ids, each with what stands behind an `in`: few are looked up, many are joined. */
export function* idLists(ids: readonly string[]): Generator<Fragment> {
  if (ids.length > IDS_TO_LOOK_UP_MAX) yield sql`select unnest(${texts(ids)})`;
  else if (ids.length > 0) yield textList(ids);
}

/** Keys as the list of an `in`. */
export function keyList(keys: readonly number[]): Fragment {
  return join(
    keys.map((value) => sql`${{ kind: "key", value }}`),
    ", ",
  );
}

/** A distinct id in lower case; null where that changes nothing. */
export function foldedUnlessSame(id: string): string | null {
  const folded = fold(id);
  return folded === id ? null : folded;
}

/** The ids that a batch names. */
export class People {
  readonly #table: ProfileTable;
  /** Keys of ids that have a row. */
  readonly #keys = new Map<string, number>();
  readonly #canonicalOf = new Map<string, string>();
  readonly #sizes = new Map<string, number>();
  #clusters = new ClusterTable();
  readonly #joins: Join[] = [];
  /** Rows that the batch adds: id and key. */
  readonly #added = new Map<string, number>();

  constructor(table: ProfileTable) {
    this.#table = table;
  }

  /**
   * Loads ids, and the ids their clusters go by.
   *
   * @param linked those of them whose clusters may be joined
   */
  async load(
    connection: DuckDBConnection,
    ids: Iterable<string>,
    linked: ReadonlySet<string>,
  ): Promise<void> {
    const { people } = this.#table;
    if (people.rowCount > 0) {
      for (const list of idLists([...ids])) {
        const result = await run(
          connection,
          sql`select p.distinct_id, p.key, c.distinct_id, c.key from ${people.table} p left join ${people.table} c on c.key = p.canonical where p.distinct_id in (${list})`,
        );
        for (const [id, key, canonicalId, canonicalKey] of await result.getRows()) {
          this.#keys.set(String(id), Number(key));
          if (canonicalId === null) continue;
          this.#keys.set(String(canonicalId), Number(canonicalKey));
          this.#canonicalOf.set(String(id), String(canonicalId));
        }
      }
      await this.#loadSizes(connection, linked);
    }
    this.#clusters = new ClusterTable(this.#canonicalOf, this.#sizes);
  }

  async #loadSizes(connection: DuckDBConnection, linked: ReadonlySet<string>): Promise<void> {
    const { people } = this.#table;
    if (people.aliasCount === 0) return;
    const idsByKey = new Map<number, string>();
    for (const id of linked) {
      const canonicalId = this.#canonicalOf.get(id) ?? id;
      const key = this.#keys.get(canonicalId);
      if (key !== undefined) idsByKey.set(key, canonicalId);
    }
    for (const part of slices([...idsByKey.keys()], IDS_PER_STATEMENT)) {
      const result = await run(
        connection,
        sql`select canonical, count(*) from ${people.table} where canonical in (${keyList(part)}) group by canonical`,
      );
      for (const [key, count] of await result.getRows()) {
        this.#sizes.set(idsByKey.get(Number(key)) ?? "", Number(count) + 1);
      }
    }
  }

  /** The clusters as the batch has left them so far. */
  get clusters(): ClusterTable {
    return this.#clusters;
  }

  canonicalId(id: string): string {
    return this.#table.people.aliasCount === 0 && this.#joins.length === 0
      ? id
      : this.#clusters.canonicalId(id);
  }

  join(made: Join): void {
    this.#clusters.join(made);
    this.#joins.push(made);
  }

  /** The ids that the joins of the batch name: each needs a row. */
  joinedIds(): ReadonlySet<string> {
    return new Set(this.#joins.flatMap(({ from, into }) => [from, into]));
  }

  /** The key of an id that has a row, or gets one. */
  key(id: string): number | undefined {
    return this.#keys.get(id) ?? this.#added.get(id);
  }

  /** Gives an id a row, unless it has one. */
  add(id: string, key: number): void {
    if (!this.#keys.has(id)) this.#added.set(id, key);
  }

  /** Whether the batch leaves all rows as they are. */
  get isUnchanged(): boolean {
    return this.#added.size === 0 && this.#joins.length === 0;
  }

  /** Writes what changed, inside the transaction that the caller has begun. */
  async write(connection: DuckDBConnection): Promise<void> {
    const { people } = this.#table;
    if (this.#added.size > 0) {
      const ids = [...this.#added.keys()];
      await appendColumns(connection, people.name, ids.length, [
        keyColumn(this.#added.values()),
        textColumn(ids),
        textColumn(ids.map(foldedUnlessSame)),
        new NullColumn(UINTEGER),
      ]);
    }
    for (const { from, into } of this.#joins) {
      const fromKey = sql`${{ kind: "key", value: this.key(from) ?? 0 }}`;
      const intoKey = sql`${{ kind: "key", value: this.key(into) ?? 0 }}`;
      await run(
        connection,
        sql`update ${people.table} set canonical = ${intoKey} where key = ${fromKey} or canonical = ${fromKey}`,
      );
    }
  }

  /** Counts what was written; called once it is durable. */
  settle(): void {
    this.#table.people.rowCount += this.#added.size;
    this.#table.people.aliasCount += this.#joins.length;
  }
}
