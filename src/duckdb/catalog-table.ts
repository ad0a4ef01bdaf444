/**
 * The catalog of a table in the file: which properties it has, and the columns they have.
 *
 * @module
 */
import { type DuckDBConnection, type DuckDBType, VARCHAR } from "@duckdb/node-api";
import { join, raw, sql } from "../sql/fragment.ts";
import { columnName } from "../sql/property.ts";
import {
  type CatalogAddition,
  type CatalogProperty,
  type Reading,
  takesColumns,
} from "../store/catalog.ts";
import { run } from "./run.ts";
import { COLUMN_TYPES, type PropertyColumn, type PropertyTable } from "./tables.ts";
import { inTransaction } from "./transaction.ts";

/** Rows of the catalog that one statement writes. */
const ROWS_PER_INSERT = 200;

/** The properties of a scope's profiles or events, as the file has them. */
export async function loadProperties(
  connection: DuckDBConnection,
  catalogTable: PropertyTable["catalogTable"],
  scopeId: number,
): Promise<readonly CatalogProperty[]> {
  const result = await run(
    connection,
    sql`select id, name, has_columns, readings from ${raw(catalogTable)} where scope_id = ${scopeId} order by id`,
  );
  return (await result.getRows()).map(([id, name, hasColumns, readings]) => ({
    id: Number(id),
    name: String(name),
    hasColumns: hasColumns === true,
    isFilling: false,
    readings: new Set(String(readings).split(",").filter(Boolean) as Reading[]),
  }));
}

/**
 * Takes the order of columns from the table itself, because an appender must follow it. A property that has columns
 * in the table but none in the catalog was being given them when the file was closed.
 */
export async function loadColumns(
  connection: DuckDBConnection,
  table: PropertyTable,
): Promise<void> {
  const byColumn = new Map(
    [...table.catalog.properties()].flatMap((property) =>
      [...property.readings].map((reading) => [
        columnName(property, reading),
        { property, reading },
      ]),
    ),
  );
  const result = await run(
    connection,
    sql`select column_name, data_type from duckdb_columns() where database_name = 'whom' and table_name = ${table.name} order by column_index`,
  );
  for (const [name, type] of await result.getRows()) {
    const column = byColumn.get(String(name));
    if (column === undefined) continue;
    const { property, reading } = column;
    const isText = type === "VARCHAR";
    table.columns.push({
      propertyName: property.name,
      reading,
      type: isText ? VARCHAR : COLUMN_TYPES[reading],
    });
    if (!property.hasColumns) {
      const readings = [...property.readings];
      table.catalog.accept([{ ...property, isFilling: true, readings, added: [] }]);
    }
  }
}

/** Makes the columns of new properties and readings, and writes them into the catalog. */
export async function addProperties(
  connection: DuckDBConnection,
  table: PropertyTable,
  additions: readonly CatalogAddition[],
): Promise<void> {
  if (additions.length === 0) return;
  await table.layout.change(async () => {
    const columns = additions.flatMap(columnsOf);
    await inTransaction(connection, async () => {
      for (const { name, type } of columns) {
        await connection.run(`alter table ${table.name} add column ${name} ${type}`);
      }
      await writeProperties(connection, table, additions);
    });
    table.catalog.accept(additions);
    table.columns.push(...columns.map(({ column }) => column));
  });
}

interface NewColumn {
  readonly name: string;
  readonly type: DuckDBType;
  readonly column: PropertyColumn;
}

function columnsOf(addition: CatalogAddition): readonly NewColumn[] {
  if (!takesColumns(addition)) return [];
  return addition.added.map((reading) => {
    // A list cannot be put into a row that is there but by writing the whole row; a text can.
    const isText = addition.isFilling && reading === "list";
    const type = isText ? VARCHAR : COLUMN_TYPES[reading];
    const column = { propertyName: addition.name, reading, type };
    return { name: columnName(addition, reading), type, column };
  });
}

/** Writes rows of the catalog, inside the transaction that the caller has begun. */
export async function writeProperties(
  connection: DuckDBConnection,
  { id: scopeId, catalogTable }: PropertyTable,
  additions: readonly CatalogAddition[],
): Promise<void> {
  for (let start = 0; start < additions.length; start += ROWS_PER_INSERT) {
    const rows = additions
      .slice(start, start + ROWS_PER_INSERT)
      .map(
        ({ id, name, hasColumns, readings }) =>
          sql`(${scopeId}, ${id}, ${name}, ${hasColumns}, ${readings.join(",")})`,
      );
    await run(
      connection,
      sql`insert or replace into ${raw(catalogTable)} values ${join(rows, ", ")}`,
    );
  }
}
