/**
 * The file written anew, and with it the places of properties that can only change then.
 *
 * A property that hardly any row has loses its columns, unless selectors ask for it: each column costs every write.
 * Entries of the shared column whose property has got columns since are left out.
 *
 * @module
 */
import type { DuckDBConnection } from "@duckdb/node-api";
import { propertiesFromJson } from "../profile/record.ts";
import { type Fragment, join, raw, sql } from "../sql/fragment.ts";
import { columnName } from "../sql/property.ts";
import { type CatalogProperty, sharedEntries } from "../store/catalog.ts";
import { isAskedFor, isRare } from "../store/column-policy.ts";
import { slices } from "./append.ts";
import type { Database } from "./connection.ts";
import { DUCKDB } from "./dialect.ts";
import { copyTables, type TableCopy } from "./erase.ts";
import { run } from "./run.ts";
import type { EventTable, ProfileTable } from "./tables.ts";

/** Rows whose entries one statement sets aside. */
const ROWS_PER_STATEMENT = 5_000;

type Table = ProfileTable | EventTable;

/** Writes the file anew. */
export async function compactFile(
  database: Database,
  scopes: readonly ProfileTable[],
): Promise<void> {
  const tables: readonly Table[] = scopes.flatMap((table) => [table, table.events ?? []].flat());
  const rare = new Map<Table, readonly CatalogProperty[]>();
  await database.replace(async (connection) => {
    const copies = new Map<string, TableCopy>();
    for (const table of tables) {
      const properties = await rareProperties(connection, table);
      rare.set(table, properties);
      copies.set(table.name, await planCopy(connection, table, properties));
    }
    await copyTables(connection, copies);
    for (const [table, properties] of rare) await markAsShared(connection, table, properties);
  });
  for (const [table, properties] of rare) await settle(table, properties);
}

/** The properties whose columns are not worth their while. */
async function rareProperties(
  connection: DuckDBConnection,
  { table, catalog }: Table,
): Promise<readonly CatalogProperty[]> {
  const properties = [...catalog.properties()].filter(
    ({ id, hasColumns }) => hasColumns && !isAskedFor(catalog.demand.count(id)),
  );
  if (properties.length === 0) return [];
  const counts = join(
    properties.map((property) => sql`count(*) filter (${hasAny(property)})`),
    ", ",
  );
  const [row] = await (
    await run(connection, sql`select count(*), ${counts} from ${table}`)
  ).getRows();
  const [rowCount, ...withProperty] = (row ?? []).map(Number);
  return properties.filter((_, index) => isRare(withProperty[index] ?? 0, rowCount ?? 0));
}

/** The condition that a row has a property. */
function hasAny(property: CatalogProperty): Fragment {
  const columns = columnsOf(property).map((column) => raw(`${column} is not null`));
  return sql`(${join(columns, " or ")})`;
}

function columnsOf(property: CatalogProperty): readonly string[] {
  return Array.from(property.readings, (reading) => columnName(property, reading));
}

async function planCopy(
  connection: DuckDBConnection,
  table: Table,
  rare: readonly CatalogProperty[],
): Promise<TableCopy> {
  const ids = [...table.catalog.properties()].flatMap(({ id, hasColumns }) =>
    hasColumns ? `'${id}'` : [],
  );
  const isStale = `list_contains([${ids.join(", ")}], split_part(s, ':', 1))`;
  const others = ids.length === 0 ? "t.shared" : `list_filter(t.shared, lambda s: not ${isStale})`;
  // A row that has nothing in the shared column has null there.
  if (rare.length === 0) return { dropped: [], shared: `nullif(${others}, [])`, join: "" };
  const kept = await setEntriesAside(connection, table, rare);
  return {
    dropped: rare.flatMap(columnsOf),
    shared: `nullif(list_concat(${others}, k.entries), [])`,
    join: `left join ${kept} k on k.row = t.rowid`,
  };
}

/** The entries that rare properties will have in the shared column, in a table of their own. @returns its name */
async function setEntriesAside(
  connection: DuckDBConnection,
  { name, table }: Table,
  rare: readonly CatalogProperty[],
): Promise<string> {
  const each = raw(`${name}_entries`);
  const kept = `temp.${name}_kept`;
  await run(connection, sql`create or replace temp table ${each} (row bigint, entries varchar[])`);
  for (const property of rare) {
    const result = await run(
      connection,
      sql`select rowid, properties from ${table} where ${hasAny(property)}`,
    );
    for (const part of slices(await result.getRows(), ROWS_PER_STATEMENT)) {
      const value = part.map(([row]) => row as bigint);
      const entries = part.map(([, json]) => entriesOf(property, String(json)));
      await run(
        connection,
        sql`insert into ${each} select unnest(${{ kind: "integers", value }}), ${DUCKDB.jsonTexts(sql`unnest(${{ kind: "texts", value: entries }})`)}`,
      );
    }
  }
  // One after the other: a date's instant must come right after its text.
  await run(
    connection,
    sql`create or replace temp table ${raw(`${name}_kept`)} as select row, flatten(list(entries)) as entries from ${each} group by row`,
  );
  return kept;
}

/** SQL does not write numbers as keys have them; the reference does. */
function entriesOf({ id, name }: CatalogProperty, json: string): string {
  const value = propertiesFromJson(json).get(name);
  return JSON.stringify(value === undefined ? [] : sharedEntries(id, value));
}

async function markAsShared(
  connection: DuckDBConnection,
  { id, catalogTable }: Table,
  rare: readonly CatalogProperty[],
): Promise<void> {
  if (rare.length === 0) return;
  const ids = raw(rare.map((property) => property.id).join(", "));
  await run(
    connection,
    sql`update fresh.${raw(catalogTable)} set has_columns = false where scope_id = ${id} and id in (${ids})`,
  );
}

/** What the new file has, in memory. */
async function settle(table: Table, rare: readonly CatalogProperty[]): Promise<void> {
  if (rare.length === 0) return;
  await table.layout.change(() => {
    const names = new Set(rare.map(({ name }) => name));
    const columns = table.columns.filter(({ propertyName }) => !names.has(propertyName));
    table.columns.splice(0, table.columns.length, ...columns);
    table.catalog.accept(
      rare.map((property) => ({
        ...property,
        hasColumns: false,
        readings: [...property.readings],
        added: [],
      })),
    );
    return Promise.resolve();
  });
}
