/**
 * What is kept of some people, taken away; and the file written anew, so that nothing of it stays on disk.
 *
 * @module
 */
import type { DuckDBConnection } from "@duckdb/node-api";
import { sql } from "../sql/fragment.ts";
import type { Erased } from "../store/store.ts";
import { slices } from "./append.ts";
import { run } from "./connection.ts";
import { readCanonicalIds, readKeys } from "./ids.ts";
import { IDS_PER_STATEMENT, keyList } from "./people.ts";
import { EVENT_ORDER } from "./sort-events.ts";
import type { EventTable, PeopleTable, ProfileTable } from "./tables.ts";

/** Takes away everything of the clusters of some ids, in one transaction. */
export async function erasePeople(
  connection: DuckDBConnection,
  table: ProfileTable,
  distinctIds: readonly string[],
): Promise<Erased> {
  const keys = await keysOfClusters(connection, table, distinctIds);
  let profileCount = 0;
  let eventCount = 0;
  let counted: Counted;
  await connection.run("begin");
  try {
    for (const part of slices(keys, IDS_PER_STATEMENT)) {
      const list = keyList(part);
      const { events } = table;
      if (events !== undefined) {
        const deleted = await run(
          connection,
          sql`delete from ${events.table} where key in (${list})`,
        );
        eventCount += deleted.rowsChanged;
      }
      await run(
        connection,
        sql`delete from cohort_members where scope_id = ${table.id} and key in (${list})`,
      );
      await run(connection, sql`delete from ${table.people.table} where key in (${list})`);
      const deleted = await run(connection, sql`delete from ${table.table} where key in (${list})`);
      profileCount += deleted.rowsChanged;
    }
    // Nothing that may fail comes after the commit, so that an error means that nothing is gone.
    counted = await countRows(connection, table);
    await connection.run("commit");
  } catch (error) {
    await connection.run("rollback").catch(() => undefined);
    throw error;
  }
  Object.assign(table.people, counted.people);
  if (table.events !== undefined) Object.assign(table.events, counted.events);
  return { profileCount, eventCount };
}

async function keysOfClusters(
  connection: DuckDBConnection,
  table: ProfileTable,
  distinctIds: readonly string[],
): Promise<readonly number[]> {
  const ids = distinctIds.filter((id) => id !== "");
  const canonicalIds = await readCanonicalIds(connection, table, ids);
  const keys = new Set((await readKeys(connection, table, [...ids, ...canonicalIds])).values());
  if (table.people.aliasCount > 0) {
    for (const part of slices([...keys], IDS_PER_STATEMENT)) {
      const result = await run(
        connection,
        sql`select key from ${table.people.table} where canonical in (${keyList(part)})`,
      );
      for (const [key] of await result.getRows()) keys.add(Number(key));
    }
  }
  return [...keys];
}

interface Counted {
  readonly people: Pick<PeopleTable, "rowCount" | "aliasCount">;
  readonly events: Pick<EventTable, "rowCount" | "unsortedCount"> | undefined;
}

async function countRows(
  connection: DuckDBConnection,
  { people, events }: ProfileTable,
): Promise<Counted> {
  const [peopleCounts] = (
    await connection.runAndReadAll(`select count(*), count(canonical) from ${people.name}`)
  ).getRows();
  const counted = {
    rowCount: Number(peopleCounts?.[0]),
    aliasCount: Number(peopleCounts?.[1]),
  };
  if (events === undefined) return { people: counted, events: undefined };
  const [eventCounts] = (
    await connection.runAndReadAll(
      `select count(*), count(*) filter (not sorted) from ${events.name}`,
    )
  ).getRows();
  return {
    people: counted,
    events: { rowCount: Number(eventCounts?.[0]), unsortedCount: Number(eventCounts?.[1]) },
  };
}

/** The columns whose look-ups want them uncompressed; the engine does not tell that of a table. */
const KEY_COLUMN = "distinct_id VARCHAR PRIMARY KEY";

/** Copies every table of `whom` into the empty database `fresh`, rows in their best order. */
export async function copyTables(connection: DuckDBConnection): Promise<void> {
  const tables = await connection.runAndReadAll(
    "select table_name, sql from duckdb_tables() where database_name = 'whom' and not temporary order by table_name",
  );
  for (const [name, definition] of tables.getRows()) {
    const table = String(name);
    const made = String(definition).replace(
      KEY_COLUMN,
      "distinct_id VARCHAR PRIMARY KEY USING COMPRESSION uncompressed",
    );
    await connection.run("use fresh");
    await connection.run(made);
    await connection.run("use whom");
    await connection.run(`insert into fresh.${table} ${selectAll(table)}`);
  }
}

/** A table's name is one of ours, never a text of a user. */
function selectAll(table: string): string {
  if (table.startsWith("events_")) {
    return `select * replace (true as sorted) from whom.${table} order by ${EVENT_ORDER}`;
  }
  return /^(?:profiles|people)_\d+$/.test(table)
    ? `select * from whom.${table} order by key`
    : `select * from whom.${table}`;
}
