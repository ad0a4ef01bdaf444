/**
 * Small records and static cohorts.
 *
 * @module
 */
import { BIGINT, type DuckDBConnection, INTEGER } from "@duckdb/node-api";
import { NOBODY } from "../event/event.ts";
import { sql } from "../sql/fragment.ts";
import type { RecordKind, StoredRecord } from "../store/store.ts";
import { orderText } from "../values/text.ts";
import { appendColumns, slices } from "./append.ts";
import { keyColumn, PlainColumn } from "./column.ts";
import { readIds, readKeys } from "./ids.ts";
import { IDS_PER_STATEMENT, keyList, People } from "./people.ts";
import { run } from "./run.ts";
import { reserveKeys, settleKeys } from "./schema.ts";
import { scopeTable } from "./scope-table.ts";
import type { ProfileTable } from "./tables.ts";
import { inTransaction } from "./transaction.ts";

/** The records of a kind, by id. */
export async function readRecords(
  connection: DuckDBConnection,
  projectId: number,
  kind: RecordKind,
): Promise<readonly StoredRecord[]> {
  const result = await run(
    connection,
    sql`select id, json from records where project_id = ${projectId} and kind = ${kind} order by id`,
  );
  return (await result.getRows()).map(([id, json]) => ({ id: Number(id), json: String(json) }));
}

/** Writes records in one transaction. */
export async function writeRecords(
  connection: DuckDBConnection,
  projectId: number,
  kind: RecordKind,
  records: readonly { readonly id: number; readonly json: string | undefined }[],
): Promise<void> {
  await inTransaction(connection, async () => {
    for (const { id, json } of records) {
      await run(
        connection,
        json === undefined
          ? sql`delete from records where project_id = ${projectId} and kind = ${kind} and id = ${id}`
          : sql`insert or replace into records values (${projectId}, ${kind}, ${id}, ${json})`,
      );
    }
  });
}

/** Makes the members of a static cohort. */
export async function writeMembers(
  connection: DuckDBConnection,
  table: ProfileTable,
  cohortId: number,
  distinctIds: readonly string[],
): Promise<void> {
  const ids = [...new Set(distinctIds)].filter((id) => id !== NOBODY);
  const people = new People(table);
  await people.load(connection, ids, new Set());
  const known = await readKeys(connection, table, ids);
  const keys = ids.map((id) => {
    const key = known.get(id) ?? table.nextKey++;
    if (!known.has(id)) people.add(id, key);
    return key;
  });
  const before = await membersBefore(connection, table, cohortId);
  const peopleCount = await inTransaction(connection, async () => {
    await reserveKeys(connection, table);
    await people.write(connection);
    await run(
      connection,
      sql`delete from cohort_members where scope_id = ${table.id} and cohort_id = ${cohortId}`,
    );
    await appendColumns(connection, "cohort_members", keys.length, [
      new PlainColumn(INTEGER, new Int32Array(keys.length).fill(table.id)),
      new PlainColumn(BIGINT, new BigInt64Array(keys.length).fill(BigInt(cohortId))),
      keyColumn(keys),
    ]);
    await forgetStrangers(connection, table, before);
    // Nothing that may fail comes after the commit, so that an error means that nothing was written.
    return countPeople(connection, table);
  });
  settleKeys(table);
  table.people.rowCount = peopleCount;
}

async function membersBefore(
  connection: DuckDBConnection,
  table: ProfileTable,
  cohortId: number,
): Promise<readonly number[]> {
  const result = await run(
    connection,
    sql`select key from cohort_members where scope_id = ${table.id} and cohort_id = ${cohortId}`,
  );
  return (await result.getRows()).map(([key]) => Number(key));
}

/** Ids that were known for their membership alone are known no more. */
async function forgetStrangers(
  connection: DuckDBConnection,
  { id, people, events }: ProfileTable,
  keys: readonly number[],
): Promise<void> {
  const hasEvents =
    events === undefined ? sql`` : sql` and key not in (select key from ${events.table})`;
  for (const part of slices(keys, IDS_PER_STATEMENT)) {
    await run(
      connection,
      sql`delete from ${people.table} where key in (${keyList(part)}) and canonical is null and key not in (select canonical from ${people.table} where canonical is not null) and key not in (select key from cohort_members where scope_id = ${id})${hasEvents}`,
    );
  }
}

async function countPeople(
  connection: DuckDBConnection,
  { people }: ProfileTable,
): Promise<number> {
  const counted = await connection.runAndReadAll(`select count(*) from ${people.name}`);
  return Number(counted.getRows()[0]?.[0]);
}

/** The canonical ids of a static cohort's members. */
export async function readMembers(
  connection: DuckDBConnection,
  table: ProfileTable,
  cohortId: number,
): Promise<readonly string[]> {
  const { members } = scopeTable(table, undefined);
  const result = await run(connection, sql`select distinct * from (${members(cohortId)})`);
  const keys = new Set((await result.getRows()).map(([key]) => Number(key)));
  const ids = await readIds(connection, table, keys);
  return [...new Set(ids.values())].sort(orderText);
}
