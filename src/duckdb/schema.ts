/**
 * The tables of a database file: one for each scope, and two that say what is in them.
 *
 * A scope's table is named by a number and its columns by the catalog, so no user text names anything.
 *
 * @module
 */
import type { DuckDBConnection, DuckDBType } from "@duckdb/node-api";
import { BIGINT, BOOLEAN, DOUBLE, LIST, VARCHAR } from "@duckdb/node-api";
import { fail } from "../errors/error.ts";
import type { Scope } from "../profile/profile.ts";
import { type Fragment, join, raw, sql } from "../sql/fragment.ts";
import { columnName } from "../sql/property.ts";
import {
  Catalog,
  type CatalogAddition,
  type CatalogProperty,
  type Reading,
} from "../store/catalog.ts";
import { run } from "./connection.ts";

/** The layout of the file; a newer one is not opened. */
const DATA_FORMAT = "1";

/** The type of each reading's column. */
export const COLUMN_TYPES: Readonly<Record<Reading, DuckDBType>> = {
  text: VARCHAR,
  number: DOUBLE,
  truth: BOOLEAN,
  instant: BIGINT,
  list: LIST(VARCHAR),
  object: VARCHAR,
  null: BOOLEAN,
};

/** One scope's table. */
export interface ProfileTable {
  readonly id: number;
  readonly scope: Scope;
  readonly name: string;
  readonly table: Fragment;
  readonly catalog: Catalog;
  /** The columns after the fixed ones, in the table's order. */
  readonly columns: { readonly propertyName: string; readonly reading: Reading }[];
  /** Keys below this are or were in use. */
  nextKey: number;
  /** Keys below this are set aside on disk, so that none is given twice after a restart. */
  keysReserved: number;
}

/** Rows of the catalog that one statement writes. */
const ROWS_PER_INSERT = 200;

/** Keys set aside at once. */
export const KEY_BLOCK = 65_536;

/** Makes the fixed tables of a new file, or checks those of an old one. */
export async function prepareSchema(connection: DuckDBConnection, file: string): Promise<void> {
  const existing = await connection.runAndReadAll(
    "select 1 from duckdb_tables() where database_name = 'whom' and table_name = 'format'",
  );
  if (existing.currentRowCount === 0) {
    await connection.run(`begin;
      create table format (version varchar not null);
      create table scopes (id integer primary key, project_id bigint not null, group_key varchar, keys_reserved bigint not null);
      create table properties (scope_id integer not null, id integer not null, name varchar not null, has_columns boolean not null, readings varchar not null, primary key (scope_id, id));
      insert into format values ('${DATA_FORMAT}');
      commit;`);
    return;
  }
  const rows = (await connection.runAndReadAll("select version from format")).getRows();
  const found = String(rows[0]?.[0]);
  if (found !== DATA_FORMAT) throw fail("data.format_unknown", { folder: file, found });
}

/** Every scope's table, as the file has it. */
export async function loadTables(
  connection: DuckDBConnection,
  columnPropertiesMax: number,
): Promise<readonly ProfileTable[]> {
  const scopes = await connection.runAndReadAll(
    "select id, project_id, group_key, keys_reserved from scopes order by id",
  );
  const tables: ProfileTable[] = [];
  for (const [id, projectId, groupKey, keysReserved] of scopes.getRows()) {
    const scope = {
      projectId: Number(projectId),
      groupKey: groupKey === null ? undefined : String(groupKey),
    };
    const properties = await loadProperties(connection, Number(id));
    const table = describe(
      Number(id),
      scope,
      new Catalog(properties, columnPropertiesMax),
      Number(keysReserved),
    );
    await loadColumns(connection, table, properties);
    tables.push(table);
  }
  return tables;
}

async function loadProperties(
  connection: DuckDBConnection,
  scopeId: number,
): Promise<readonly CatalogProperty[]> {
  const result = await run(
    connection,
    sql`select id, name, has_columns, readings from properties where scope_id = ${scopeId} order by id`,
  );
  return (await result.getRows()).map(([id, name, hasColumns, readings]) => ({
    id: Number(id),
    name: String(name),
    hasColumns: hasColumns === true,
    readings: new Set(String(readings).split(",").filter(Boolean) as Reading[]),
  }));
}

/** Takes the order of columns from the table itself, because an appender must follow it. */
async function loadColumns(
  connection: DuckDBConnection,
  table: ProfileTable,
  properties: readonly CatalogProperty[],
): Promise<void> {
  const byColumn = new Map(
    properties.flatMap((property) =>
      [...property.readings].map((reading) => [
        columnName(property, reading),
        { propertyName: property.name, reading },
      ]),
    ),
  );
  const result = await run(
    connection,
    sql`select column_name from duckdb_columns() where database_name = 'whom' and table_name = ${table.name} order by column_index`,
  );
  for (const [name] of await result.getRows()) {
    const column = byColumn.get(String(name));
    if (column !== undefined) table.columns.push(column);
  }
}

/** Makes the table of a new scope. */
export async function createTable(
  connection: DuckDBConnection,
  id: number,
  scope: Scope,
  columnPropertiesMax: number,
): Promise<ProfileTable> {
  const table = describe(id, scope, new Catalog([], columnPropertiesMax), 0);
  await connection.run("begin");
  try {
    // Uncompressed ids make the look-ups that every write needs three times as fast.
    await connection.run(
      `create table ${table.name} (key uinteger not null unique, distinct_id varchar primary key using compression uncompressed, distinct_id_folded varchar, properties varchar not null, shared varchar[])`,
    );
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

/** Makes the columns of new properties and readings, and writes them into the catalog. */
export async function addProperties(
  connection: DuckDBConnection,
  table: ProfileTable,
  additions: readonly CatalogAddition[],
): Promise<void> {
  await connection.run("begin");
  try {
    for (const addition of additions) {
      const { hasColumns, added } = addition;
      for (const reading of hasColumns ? added : []) {
        await connection.run(
          `alter table ${table.name} add column ${columnName(addition, reading)} ${COLUMN_TYPES[reading]}`,
        );
      }
    }
    for (let start = 0; start < additions.length; start += ROWS_PER_INSERT) {
      const rows = additions
        .slice(start, start + ROWS_PER_INSERT)
        .map(
          ({ id, name, hasColumns, readings }) =>
            sql`(${table.id}, ${id}, ${name}, ${hasColumns}, ${readings.join(",")})`,
        );
      await run(connection, sql`insert or replace into properties values ${join(rows, ", ")}`);
    }
    await connection.run("commit");
  } catch (error) {
    await connection.run("rollback").catch(() => undefined);
    throw error;
  }
  table.catalog.accept(additions);
  for (const { name, hasColumns, added } of additions) {
    if (hasColumns) {
      table.columns.push(...added.map((reading) => ({ propertyName: name, reading })));
    }
  }
}

function describe(id: number, scope: Scope, catalog: Catalog, keysReserved: number): ProfileTable {
  const name = `profiles_${id}`;
  return {
    id,
    scope,
    name,
    table: raw(name),
    catalog,
    columns: [],
    nextKey: keysReserved,
    keysReserved,
  };
}
