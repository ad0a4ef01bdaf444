/**
 * Keys as distinct ids, and ids as the keys of their clusters.
 *
 * @module
 */
import type { DuckDBConnection } from "@duckdb/node-api";
import { sql } from "../sql/fragment.ts";
import { slices } from "./append.ts";
import { IDS_PER_STATEMENT, keyList, textList } from "./people.ts";
import { run } from "./run.ts";
import type { ProfileTable } from "./tables.ts";

/** The distinct ids of keys; one that nobody has is left out. */
export async function readIds(
  connection: DuckDBConnection,
  table: ProfileTable,
  keys: ReadonlySet<number>,
): Promise<ReadonlyMap<number, string>> {
  const ids = new Map<number, string>();
  for (const part of slices([...keys], IDS_PER_STATEMENT)) {
    const list = keyList(part);
    const profiles = sql`select key, distinct_id from ${table.table} where key in (${list})`;
    const statement =
      table.people.rowCount === 0
        ? profiles
        : sql`${profiles} union all select key, distinct_id from ${table.people.table} where key in (${list})`;
    for (const [key, id] of await (await run(connection, statement)).getRows()) {
      ids.set(Number(key), String(id));
    }
  }
  return ids;
}

/** The id each id's cluster goes by; an id that nobody joined is its own. */
export async function readCanonicalIds(
  connection: DuckDBConnection,
  table: ProfileTable,
  distinctIds: readonly string[],
): Promise<readonly string[]> {
  if (table.people.aliasCount === 0) return distinctIds;
  const { people } = table;
  const canonical = new Map<string, string>();
  for (const part of slices([...new Set(distinctIds)], IDS_PER_STATEMENT)) {
    const result = await run(
      connection,
      sql`select p.distinct_id, c.distinct_id from ${people.table} p join ${people.table} c on c.key = p.canonical where p.distinct_id in (${textList(part)})`,
    );
    for (const [id, canonicalId] of await result.getRows()) {
      canonical.set(String(id), String(canonicalId));
    }
  }
  return distinctIds.map((id) => canonical.get(id) ?? id);
}

/** The keys of distinct ids, by id; unknown ones are left out. */
export async function readKeys(
  connection: DuckDBConnection,
  table: ProfileTable,
  distinctIds: Iterable<string>,
): Promise<ReadonlyMap<string, number>> {
  const keys = new Map<string, number>();
  for (const part of slices([...new Set(distinctIds)], IDS_PER_STATEMENT)) {
    const list = textList(part);
    const result = await run(
      connection,
      sql`select distinct_id, key from ${table.table} where distinct_id in (${list}) union all select distinct_id, key from ${table.people.table} where distinct_id in (${list})`,
    );
    for (const [id, key] of await result.getRows()) keys.set(String(id), Number(key));
  }
  return keys;
}
