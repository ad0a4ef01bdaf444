/**
 * The tables of a database file: some for each scope, and some that say what is in them.
 *
 * @module
 */
import type { DuckDBConnection } from "@duckdb/node-api";
import { fail } from "../errors/error.ts";
import type { Scope } from "../profile/profile.ts";
import { raw, sql } from "../sql/fragment.ts";
import { Catalog } from "../store/catalog.ts";
import { loadColumns, loadProperties } from "./catalog-table.ts";
import { Layout } from "./layout.ts";
import { run } from "./run.ts";
import type { EventTable, PeopleTable, ProfileTable } from "./tables.ts";

/** The layout of the file; a newer one is not opened. */
const DATA_FORMAT = "2";

/** The layout without events, which is turned into this one when it is opened. */
const FORMAT_WITHOUT_EVENTS = "1";

/** Keys set aside at once. */
const KEY_BLOCK = 65_536;

const PROPERTIES_COLUMNS =
  "(scope_id integer not null, id integer not null, name varchar not null, has_columns boolean not null, readings varchar not null, primary key (scope_id, id))";

const FIXED_TABLES: readonly string[] = [
  "create table format (version varchar not null)",
  "create table scopes (id integer primary key, project_id bigint not null, group_key varchar, keys_reserved bigint not null)",
  `create table properties ${PROPERTIES_COLUMNS}`,
];

/** What format 2 added. */
const EVENT_TABLES: readonly string[] = [
  `create table event_properties ${PROPERTIES_COLUMNS}`,
  "create table cohort_members (scope_id integer not null, cohort_id bigint not null, key uinteger not null)",
  "create table records (project_id bigint not null, kind varchar not null, id bigint not null, json varchar not null, primary key (project_id, kind, id))",
];

/** Makes the fixed tables of a new file, or checks those of an old one and brings them up to date. */
export async function prepareSchema(connection: DuckDBConnection, file: string): Promise<void> {
  const existing = await connection.runAndReadAll(
    "select 1 from duckdb_tables() where database_name = 'whom' and table_name = 'format'",
  );
  if (existing.currentRowCount === 0) {
    await inTransaction(connection, [
      ...FIXED_TABLES,
      ...EVENT_TABLES,
      `insert into format values ('${DATA_FORMAT}')`,
    ]);
    return;
  }
  const rows = (await connection.runAndReadAll("select version from format")).getRows();
  const found = String(rows[0]?.[0]);
  if (found === FORMAT_WITHOUT_EVENTS) await addEvents(connection);
  else if (found !== DATA_FORMAT) throw fail("data.format_unknown", { folder: file, found });
}

async function addEvents(connection: DuckDBConnection): Promise<void> {
  const scopes = await connection.runAndReadAll("select id from scopes");
  const people = scopes.getRows().map(([id]) => createPeople(Number(id)));
  const version = `update format set version = '${DATA_FORMAT}'`;
  await inTransaction(connection, [...EVENT_TABLES, ...people, version]);
}

async function inTransaction(
  connection: DuckDBConnection,
  statements: readonly string[],
): Promise<void> {
  await connection.run("begin");
  try {
    for (const statement of statements) await connection.run(statement);
    await connection.run("commit");
  } catch (error) {
    await connection.run("rollback").catch(() => undefined);
    throw error;
  }
}

/** Every scope's tables, as the file has them. */
export async function loadTables(
  connection: DuckDBConnection,
  columnPropertiesMax: number,
): Promise<readonly ProfileTable[]> {
  const scopes = await connection.runAndReadAll(
    "select id, project_id, group_key, keys_reserved from scopes order by id",
  );
  const tables: ProfileTable[] = [];
  for (const [scopeId, projectId, groupKey, keysReserved] of scopes.getRows()) {
    const id = Number(scopeId);
    const scope = {
      projectId: Number(projectId),
      groupKey: groupKey === null ? undefined : String(groupKey),
    };
    const properties = await loadProperties(connection, "properties", id);
    const table = describe(id, scope, new Catalog(properties, columnPropertiesMax));
    table.nextKey = Number(keysReserved);
    table.keysReserved = Number(keysReserved);
    await loadColumns(connection, table);
    await loadPeople(connection, table.people);
    table.events = await loadEvents(connection, table, columnPropertiesMax);
    tables.push(table);
  }
  return tables;
}

async function loadPeople(connection: DuckDBConnection, people: PeopleTable): Promise<void> {
  const counted = await connection.runAndReadAll(
    `select count(*), count(canonical) from ${people.name}`,
  );
  const [rowCount, aliasCount] = counted.getRows()[0] ?? [];
  people.rowCount = Number(rowCount);
  people.aliasCount = Number(aliasCount);
}

async function loadEvents(
  connection: DuckDBConnection,
  { id, layout }: ProfileTable,
  columnPropertiesMax: number,
): Promise<EventTable | undefined> {
  const existing = await run(
    connection,
    sql`select 1 from duckdb_tables() where database_name = 'whom' and table_name = ${eventsName(id)}`,
  );
  if (existing.rowCount === 0) return undefined;
  const properties = await loadProperties(connection, "event_properties", id);
  const table = describeEvents(id, new Catalog(properties, columnPropertiesMax), layout);
  await loadColumns(connection, table);
  const counted = await connection.runAndReadAll(
    `select count(*), count(*) filter (not sorted) from ${table.name}`,
  );
  const [rowCount, unsortedCount] = counted.getRows()[0] ?? [];
  table.rowCount = Number(rowCount);
  table.unsortedCount = Number(unsortedCount);
  return table;
}

/** Makes the tables of a new scope. */
export async function createTable(
  connection: DuckDBConnection,
  id: number,
  scope: Scope,
  columnPropertiesMax: number,
): Promise<ProfileTable> {
  const table = describe(id, scope, new Catalog([], columnPropertiesMax));
  await connection.run("begin");
  try {
    // Uncompressed ids make the look-ups that every write needs three times as fast.
    await connection.run(
      `create table ${table.name} (key uinteger not null unique, distinct_id varchar primary key using compression uncompressed, distinct_id_folded varchar, properties varchar not null, shared varchar[])`,
    );
    await connection.run(createPeople(id));
    await run(
      connection,
      scope.groupKey === undefined
        ? sql`insert into scopes values (${id}, ${scope.projectId}, null, 0)`
        : sql`insert into scopes values (${id}, ${scope.projectId}, ${scope.groupKey}, 0)`,
    );
    await connection.run("commit");
  } catch (error) {
    await connection.run("rollback").catch(() => undefined);
    throw error;
  }
  return table;
}

/** Sets keys aside for those that were given since, inside the transaction that the caller has begun. */
export async function reserveKeys(
  connection: DuckDBConnection,
  table: ProfileTable,
): Promise<void> {
  if (table.nextKey <= table.keysReserved) return;
  await run(
    connection,
    sql`update scopes set keys_reserved = ${keysToReserve(table)} where id = ${table.id}`,
  );
}

/** Takes over that keys are set aside, once that is durable: a transaction that is rolled back sets none aside. */
export function settleKeys(table: ProfileTable): void {
  table.keysReserved = keysToReserve(table);
}

/** Keys are set aside in whole blocks. */
function keysToReserve({ keysReserved, nextKey }: ProfileTable): number {
  return Math.max(keysReserved, Math.ceil(nextKey / KEY_BLOCK) * KEY_BLOCK);
}

function createPeople(id: number): string {
  return `create table ${peopleName(id)} (key uinteger not null unique, distinct_id varchar primary key using compression uncompressed, distinct_id_folded varchar, canonical uinteger)`;
}

/** Makes the table of a project's events. */
export async function createEvents(
  connection: DuckDBConnection,
  table: ProfileTable,
  columnPropertiesMax: number,
): Promise<EventTable> {
  const events = describeEvents(table.id, new Catalog([], columnPropertiesMax), table.layout);
  // Without an index: rows are put in order by writing them anew, and what was deleted is then given back.
  await connection.run(
    `create table ${events.name} (day integer not null, name varchar not null, key uinteger not null, time_ms bigint not null, insert_id varchar not null, received_ms bigint not null, sorted boolean not null, properties varchar not null, shared varchar[])`,
  );
  table.events = events;
  return events;
}

function describe(id: number, scope: Scope, catalog: Catalog): ProfileTable {
  const name = `profiles_${id}`;
  const people = peopleName(id);
  return {
    id,
    scope,
    name,
    table: raw(name),
    catalogTable: "properties",
    catalog,
    columns: [],
    layout: new Layout(),
    people: { name: people, table: raw(people), rowCount: 0, aliasCount: 0 },
    events: undefined,
    nextKey: 0,
    keysReserved: 0,
  };
}

function describeEvents(id: number, catalog: Catalog, layout: Layout): EventTable {
  const name = eventsName(id);
  return {
    id,
    name,
    table: raw(name),
    catalogTable: "event_properties",
    catalog,
    columns: [],
    layout,
    rowCount: 0,
    unsortedCount: 0,
  };
}

function peopleName(id: number): string {
  return `people_${id}`;
}

function eventsName(id: number): string {
  return `events_${id}`;
}
