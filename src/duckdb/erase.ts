/**
 * What is kept of some people, taken away; and the file written anew, so that nothing of it stays on disk.
 *
 * @module
 */
import type { DuckDBConnection } from "@duckdb/node-api";
import { sql } from "../sql/fragment.ts";
import type { Erased, ProfileKeys } from "../store/store.ts";
import { slices } from "./append.ts";
import { readCanonicalIds, readKeys } from "./ids.ts";
import { IDS_PER_STATEMENT, keyList } from "./people.ts";
import { run } from "./run.ts";
import { EVENT_ORDER } from "./sort-events.ts";
import type { EventTable, PeopleTable, ProfileTable } from "./tables.ts";
import { inTransaction } from "./transaction.ts";

/** Takes away everything of the clusters of some ids, in one transaction. */
export async function erasePeople(
  connection: DuckDBConnection,
  table: ProfileTable,
  distinctIds: readonly string[],
): Promise<Erased> {
  const keys = await keysOfClusters(connection, table, distinctIds);
  let profileCount = 0;
  let eventCount = 0;
  const counted = await inTransaction(connection, async () => {
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
    return countRows(connection, table);
  });
  Object.assign(table.people, counted.people);
  if (table.events !== undefined) Object.assign(table.events, counted.events);
  return { profileCount, eventCount };
}

/** The keys of the profiles that are kept of some users, by ascending distinct id. */
export async function readKeysOfUsers(
  connection: DuckDBConnection,
  table: ProfileTable,
  distinctIds: readonly string[],
): Promise<ProfileKeys> {
  const value = await keysOfClusters(connection, table, distinctIds);
  const result = await run(
    connection,
    sql`select key from ${table.table} where key in (select unnest(${{ kind: "keys", value }})) order by distinct_id`,
  );
  return Uint32Array.from(await result.getRows(), ([key]) => Number(key));
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

/** How a table of properties differs in its copy. */
export interface TableCopy {
  /** Columns that it has no more. */
  readonly dropped: readonly string[];
  /** Its shared column, in SQL over the old rows `t` and what is joined. */
  readonly shared: string;
  readonly join: string;
}

/** Copies every table of `whom` into the empty database `fresh`, rows in their best order. */
export async function copyTables(
  connection: DuckDBConnection,
  copies: ReadonlyMap<string, TableCopy> = new Map(),
): Promise<void> {
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
    const copy = copies.get(table);
    for (const column of copy?.dropped ?? []) {
      await connection.run(`alter table ${table} drop column ${column}`);
    }
    await connection.run("use whom");
    await connection.run(`insert into fresh.${table} ${selectAll(table, copy)}`);
  }
}

/** A table's name is one of ours, never a text of a user. */
function selectAll(table: string, copy: TableCopy | undefined): string {
  const isEvents = table.startsWith("events_");
  const dropped = copy === undefined || copy.dropped.length === 0 ? [] : copy.dropped;
  const exclude = dropped.length === 0 ? "" : ` exclude (${dropped.join(", ")})`;
  const replaced = [
    ...(isEvents ? ["true as sorted"] : []),
    ...(copy === undefined ? [] : [`${copy.shared} as shared`]),
  ];
  const replace = replaced.length === 0 ? "" : ` replace (${replaced.join(", ")})`;
  const all = `select t.*${exclude}${replace} from whom.${table} t ${copy?.join ?? ""}`;
  if (isEvents) return `${all} order by ${EVENT_ORDER.replaceAll(/\w+/g, "t.$&")}`;
  return /^(?:profiles|people)_\d+$/.test(table) ? `${all} order by t.key` : all;
}
