/**
 * Profiles by their keys.
 *
 * @module
 */
import type { DuckDBConnection } from "@duckdb/node-api";
import { shownProperties } from "../profile/record.ts";
import { sql } from "../sql/fragment.ts";
import type { ProfileKeys, ProfileRow } from "../store/store.ts";
import { keyList } from "./people.ts";
import { run } from "./run.ts";
import type { ProfileTable } from "./tables.ts";

/** Profiles read by one statement; past it the engine scans instead of looking up. */
const KEYS_PER_READ = 1_000;

/** From so many keys on, two readers are faster than one: half of the time goes into planning. */
const SHARED_FROM_KEYS = 200;

/** The profiles of keys, many of them as two parts that are read at the same time. */
export async function readInParts(
  keys: ProfileKeys,
  read: (part: ProfileKeys) => Promise<readonly ProfileRow[]>,
): Promise<readonly ProfileRow[]> {
  if (keys.length < SHARED_FROM_KEYS) return read(keys);
  const middle = keys.length >> 1;
  const parts = await Promise.all([read(keys.subarray(0, middle)), read(keys.subarray(middle))]);
  return parts.flat();
}

/** The profiles with these keys, in this order; with strangers, known ids without a profile as well. */
export async function readRows(
  connection: DuckDBConnection,
  table: ProfileTable,
  keys: ProfileKeys,
  includesStrangers: boolean,
): Promise<readonly ProfileRow[]> {
  const byKey = new Map<number, ProfileRow>();
  for (let start = 0; start < keys.length; start += KEYS_PER_READ) {
    const part = [...keys.subarray(start, start + KEYS_PER_READ)];
    await readProfiles(connection, table, part, byKey);
    if (!includesStrangers) continue;
    const missing = part.filter((key) => !byKey.has(key));
    if (missing.length > 0) await readStrangers(connection, table, missing, byKey);
  }
  return Array.from(keys).flatMap((key) => byKey.get(key) ?? []);
}

async function readProfiles(
  connection: DuckDBConnection,
  { table, scope }: ProfileTable,
  keys: readonly number[],
  byKey: Map<number, ProfileRow>,
): Promise<void> {
  const result = await run(
    connection,
    sql`select key, distinct_id, properties from ${table} where key in (${keyList(keys)})`,
  );
  for (let index = 0; index < result.chunkCount; index++) {
    const chunk = result.getChunk(index);
    const [found, ids, texts] = [0, 1, 2].map((column) => chunk.getColumnValues(column));
    for (let row = 0; row < chunk.rowCount; row++) {
      const key = Number(found?.[row]);
      const distinctId = String(ids?.[row]);
      const propertiesJson = shownProperties(scope, distinctId, String(texts?.[row]));
      byKey.set(key, { key, distinctId, propertiesJson });
    }
  }
}

async function readStrangers(
  connection: DuckDBConnection,
  { people }: ProfileTable,
  keys: readonly number[],
  byKey: Map<number, ProfileRow>,
): Promise<void> {
  const result = await run(
    connection,
    sql`select key, distinct_id from ${people.table} where key in (${keyList(keys)}) and canonical is null`,
  );
  for (const [key, id] of await result.getRows()) {
    byKey.set(Number(key), { key: Number(key), distinctId: String(id), propertiesJson: "{}" });
  }
}
