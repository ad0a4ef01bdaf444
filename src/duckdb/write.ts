/**
 * Updates as one transaction: read the profiles they touch, apply, replace what changed.
 *
 * @module
 */
import { type DuckDBConnection, DuckDBDataChunk, UINTEGER } from "@duckdb/node-api";
import { applyUpdate } from "../profile/apply.ts";
import type { Profile } from "../profile/profile.ts";
import { propertiesFromJson } from "../profile/record.ts";
import type { ProfileUpdate } from "../profile/update.ts";
import { join, sql } from "../sql/fragment.ts";
import { FIXED_TYPES, NewRows } from "./columns.ts";
import { run } from "./connection.ts";
import { addProperties, COLUMN_TYPES, KEY_BLOCK, type ProfileTable } from "./schema.ts";

/** An update with the place it came from. */
export interface PlacedUpdate {
  readonly batch: number;
  readonly index: number;
  readonly update: ProfileUpdate;
}

/** An update that a limit forbids. */
export interface Rejected {
  readonly batch: number;
  readonly index: number;
  readonly message: string;
}

/** What a batch does to one profile. */
interface Change {
  /** Undefined for a profile that was not there. */
  readonly keyBefore: number | undefined;
  /** Undefined once a new profile replaces a deleted one. */
  key: number | undefined;
  profile: Profile | undefined;
  changed: boolean;
}

/** Profiles looked up or deleted by one statement; past it the engine scans instead. */
const KEYS_PER_STATEMENT = 2_000;

/** Rows the engine takes at once. */
const CHUNK_ROWS = 2_048;

/** What one table's part of a transaction will write. */
export interface TableWrite {
  readonly table: ProfileTable;
  readonly removed: readonly number[];
  /** The key of each row. */
  readonly keys: readonly number[];
  readonly rows: NewRows;
}

/** Works out what updates of one table write; adds the columns they need. */
export async function prepareWrite(
  connection: DuckDBConnection,
  table: ProfileTable,
  updates: readonly PlacedUpdate[],
  rejected: Rejected[],
): Promise<TableWrite> {
  const changes = await readProfiles(connection, table, updates);
  for (const placed of updates) applyTo(changes, placed, rejected);
  const removed: number[] = [];
  const kept: { readonly change: Change; readonly profile: Profile }[] = [];
  for (const change of changes.values()) {
    if (!change.changed) continue;
    if (change.keyBefore !== undefined) removed.push(change.keyBefore);
    if (change.profile !== undefined) kept.push({ change, profile: change.profile });
  }
  const rows = new NewRows(kept.map(({ profile }) => profile));
  const additions = table.catalog.additionsFor(rows.needed());
  if (additions.length > 0) await addProperties(connection, table, additions);
  const keys = kept.map(({ change }) => change.key ?? takeKey(table));
  return { table, removed, keys, rows };
}

async function readProfiles(
  connection: DuckDBConnection,
  table: ProfileTable,
  updates: readonly PlacedUpdate[],
): Promise<Map<string, Change>> {
  const changes = new Map<string, Change>();
  for (const { update } of updates) {
    changes.set(update.distinctId, {
      keyBefore: undefined,
      key: undefined,
      profile: undefined,
      changed: false,
    });
  }
  if (table.nextKey === 0) return changes;
  for (const ids of slices([...changes.keys()], KEYS_PER_STATEMENT)) {
    const list = join(
      ids.map((id) => sql`${id}`),
      ", ",
    );
    const result = await run(
      connection,
      sql`select key, distinct_id, properties from ${table.table} where distinct_id in (${list})`,
    );
    for (const [key, id, properties] of await result.getRows()) {
      const distinctId = String(id);
      changes.set(distinctId, {
        keyBefore: Number(key),
        key: Number(key),
        profile: { distinctId, properties: propertiesFromJson(String(properties)) },
        changed: false,
      });
    }
  }
  return changes;
}

function applyTo(
  changes: ReadonlyMap<string, Change>,
  { batch, index, update }: PlacedUpdate,
  rejected: Rejected[],
): void {
  const change = changes.get(update.distinctId);
  if (change === undefined) return;
  const applied = applyUpdate(change.profile, update);
  if (applied.kind === "rejected") {
    rejected.push({ batch, index, message: applied.message });
    return;
  }
  if (applied.profile === undefined && change.profile === undefined) return;
  // A profile made anew is another profile, so a session that froze the old key must not show it.
  if (applied.profile === undefined) change.key = undefined;
  change.profile = applied.profile;
  change.changed = true;
}

function takeKey(table: ProfileTable): number {
  return table.nextKey++;
}

/** The keys to set aside for those in use, in whole blocks. */
export function keysToReserve(table: ProfileTable): number {
  return Math.max(table.keysReserved, Math.ceil(table.nextKey / KEY_BLOCK) * KEY_BLOCK);
}

/** Writes inside the transaction that the caller has begun. */
export async function writeTable(connection: DuckDBConnection, write: TableWrite): Promise<void> {
  const { table, removed, keys: newKeys, rows } = write;
  if (table.nextKey > table.keysReserved) {
    const reserved = keysToReserve(table);
    await run(
      connection,
      sql`update scopes set keys_reserved = ${reserved} where id = ${table.id}`,
    );
  }
  for (const keys of slices(removed, KEYS_PER_STATEMENT)) {
    const list = join(
      keys.map((value) => sql`${{ kind: "key", value }}`),
      ", ",
    );
    await run(connection, sql`delete from ${table.table} where key in (${list})`);
  }
  if (newKeys.length > 0) await appendRows(connection, table, newKeys, rows);
}

async function appendRows(
  connection: DuckDBConnection,
  table: ProfileTable,
  keys: readonly number[],
  rows: NewRows,
): Promise<void> {
  const types = [
    UINTEGER,
    ...FIXED_TYPES,
    ...table.columns.map(({ reading }) => COLUMN_TYPES[reading]),
  ];
  const columns = [keys, ...rows.columns(table)];
  const appender = await connection.createAppender(table.name, "main", "whom");
  try {
    for (let start = 0; start < keys.length; start += CHUNK_ROWS) {
      const part = columns.map((column) => column.slice(start, start + CHUNK_ROWS));
      const chunk = DuckDBDataChunk.create(types, Math.min(CHUNK_ROWS, keys.length - start));
      chunk.setColumns(part);
      appender.appendDataChunk(chunk);
    }
    appender.flushSync();
  } catch (error) {
    appender.clear();
    throw error;
  } finally {
    appender.closeSync();
  }
}

function* slices<Item>(items: readonly Item[], size: number): Generator<readonly Item[]> {
  for (let start = 0; start < items.length; start += size) yield items.slice(start, start + size);
}
