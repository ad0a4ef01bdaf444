/**
 * The catalog of a table in the file: which properties it has, and the columns they have.
 *
 * @module
 */
import type { DuckDBConnection } from "@duckdb/node-api";
import { join, raw, sql } from "../sql/fragment.ts";
import { columnName } from "../sql/property.ts";
import type { CatalogAddition, CatalogProperty, Reading } from "../store/catalog.ts";
import { run } from "./connection.ts";
import { COLUMN_TYPES, type PropertyTable } from "./tables.ts";

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
    readings: new Set(String(readings).split(",").filter(Boolean) as Reading[]),
  }));
}

/** Takes the order of columns from the table itself, because an appender must follow it. */
export async function loadColumns(
  connection: DuckDBConnection,
  table: PropertyTable,
): Promise<void> {
  const byColumn = new Map(
    [...table.catalog.properties()].flatMap((property) =>
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

/** Makes the columns of new properties and readings, and writes them into the catalog. */
export async function addProperties(
  connection: DuckDBConnection,
  table: PropertyTable,
  additions: readonly CatalogAddition[],
): Promise<void> {
  if (additions.length === 0) return;
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
      await run(
        connection,
        sql`insert or replace into ${raw(table.catalogTable)} values ${join(rows, ", ")}`,
      );
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
