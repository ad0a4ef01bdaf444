/**
 * Columns for a property that has shared one until now.
 *
 * They are made empty, filled a range of rows at a time, and read once they are full. Each of these steps is one
 * transaction that updates narrow columns only, so that writes wait for a moment and queries not at all. From the first
 * step on what is written goes into the new columns and into the shared one; until the last, queries read the shared one.
 * A file that is closed half-way goes on with it when it is open again: filling a range twice changes nothing.
 *
 * Entries stay in the shared column until their rows are written anew. Nobody looks for them there any more.
 *
 * @module
 */
import type { DuckDBConnection } from "@duckdb/node-api";
import { type Fragment, join, raw, sql } from "../sql/fragment.ts";
import { columnName, columnsOfEntries, sharedEntriesOf } from "../sql/property.ts";
import type { CatalogProperty } from "../store/catalog.ts";
import { addProperties, writeProperties } from "./catalog-table.ts";
import { DUCKDB } from "./dialect.ts";
import { run } from "./run.ts";
import {
  COLUMN_TYPES,
  type EventTable,
  isEventTable,
  type ProfileTable,
  type PropertyTable,
} from "./tables.ts";
import { inTransaction } from "./transaction.ts";

/** Rows that one step fills: a tenth of a second where each has some entries. Of events, unless a single day has more. */
const ROWS_PER_STEP = 131_072;

/** Makes the columns of a property; nothing reads them yet. */
export async function beginFilling(
  connection: DuckDBConnection,
  table: PropertyTable,
  property: CatalogProperty,
): Promise<void> {
  const readings = [...property.readings];
  await addProperties(connection, table, [
    { ...property, isFilling: true, readings, added: readings },
  ]);
}

/** The rows that are there, in ranges; rows that come later need no filling. */
export function rangesToFill(
  connection: DuckDBConnection,
  table: ProfileTable | EventTable,
): Promise<readonly Fragment[]> {
  return isEventTable(table)
    ? rangesOfDays(connection, table)
    : Promise.resolve(rangesOfKeys(table));
}

function rangesOfKeys({ nextKey }: ProfileTable): readonly Fragment[] {
  const ranges: Fragment[] = [];
  for (let from = 0; from < nextKey; from += ROWS_PER_STEP) {
    ranges.push(raw(`key between ${from} and ${from + ROWS_PER_STEP - 1}`));
  }
  return ranges;
}

/** Events have no number that stays: those that are put in order are other rows then, but of the same day. */
async function rangesOfDays(
  connection: DuckDBConnection,
  { table }: PropertyTable,
): Promise<readonly Fragment[]> {
  const result = await run(
    connection,
    sql`select day, count(*) from ${table} group by day order by day`,
  );
  const ranges: { from: number; to: number; rowCount: number }[] = [];
  for (const [dayValue, countValue] of await result.getRows()) {
    const [day, count] = [Number(dayValue), Number(countValue)];
    const last = ranges.at(-1);
    if (last !== undefined && last.rowCount + count <= ROWS_PER_STEP) {
      last.to = day;
      last.rowCount += count;
    } else {
      ranges.push({ from: day, to: day, rowCount: count });
    }
  }
  return ranges.map(({ from, to }) => raw(`day between ${from} and ${to}`));
}

/** Fills the columns of a property in a range of rows, from what the shared column has. */
export async function fillRange(
  connection: DuckDBConnection,
  { table, catalog }: PropertyTable,
  property: CatalogProperty,
  range: Fragment,
): Promise<void> {
  const { key, instant } = sharedEntriesOf(property, { catalog, dialect: DUCKDB, qualifier: "" });
  const values = columnsOfEntries({ key: raw("entry"), instant: raw("instant") }, DUCKDB);
  const readings = [...property.readings];
  const names = readings.map((reading) => raw(columnName(property, reading)));
  const filled = join(
    readings.map((reading, index) => sql`${values[reading]} as ${names[index] as Fragment}`),
    ", ",
  );
  const set = join(
    names.map((name) => sql`${name} = f.${name}`),
    ", ",
  );
  await run(
    connection,
    sql`update ${table} set ${set} from (select row, ${filled} from (select rowid as row, ${key} as entry, ${instant} as instant from ${table} where ${range}) where entry is not null) f where ${table}.rowid = f.row and ${range}`,
  );
}

/** Lets the columns of a property be read, all ranges being filled. */
export async function finishFilling(
  connection: DuckDBConnection,
  table: PropertyTable,
  property: CatalogProperty,
): Promise<void> {
  const readings = [...property.readings];
  const done = { ...property, hasColumns: true, isFilling: false, readings, added: [] };
  await table.layout.change(async () => {
    await inTransaction(connection, async () => {
      if (property.readings.has("list")) await turnIntoLists(connection, table, property);
      await writeProperties(connection, table, [done]);
    });
    table.catalog.accept([done]);
    for (const [index, column] of table.columns.entries()) {
      if (column.propertyName !== property.name) continue;
      table.columns[index] = { ...column, type: COLUMN_TYPES[column.reading] };
    }
  });
}

async function turnIntoLists(
  connection: DuckDBConnection,
  { table }: PropertyTable,
  property: CatalogProperty,
): Promise<void> {
  const name = raw(columnName(property, "list"));
  await run(
    connection,
    sql`alter table ${table} alter column ${name} set data type varchar[] using ${DUCKDB.jsonTexts(name)}`,
  );
}
