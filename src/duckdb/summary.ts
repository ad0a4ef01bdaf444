/**
 * How often each property of selected profiles is present, and as what.
 *
 * @module
 */
import type { DuckDBConnection } from "@duckdb/node-api";
import { type Fragment, join, raw, sql } from "../sql/fragment.ts";
import { columnName } from "../sql/property.ts";
import type { CatalogProperty, Reading } from "../store/catalog.ts";
import type { PropertySummary } from "../store/store.ts";
import { orderSummaries, summarizeProperty, type TypeCounts } from "../store/summary.ts";
import { selectKeys } from "./freeze.ts";
import { run } from "./run.ts";
import type { Selection } from "./selection.ts";

/** Columns counted by one statement. */
const COUNTS_PER_STATEMENT = 400;

const TYPE_OF_READING: Readonly<Record<Exclude<Reading, "null">, keyof TypeCounts>> = {
  text: "string",
  number: "number",
  truth: "boolean",
  instant: "datetime",
  list: "list",
  object: "object",
};

/** Every property that some selected profile has, most frequent first. */
export async function summarizeProperties(
  connection: DuckDBConnection,
  selection: Selection,
  signal: AbortSignal | undefined,
): Promise<readonly PropertySummary[]> {
  const select = await selectedProfiles(connection, selection, signal);
  const properties = [...selection.tables.table.catalog.properties()];
  const summaries = [
    ...(await countColumns(connection, select, properties)),
    ...(await countShared(connection, select, properties)),
  ];
  return orderSummaries(summaries.filter(({ count }) => count > 0));
}

/** A query for columns of the selected profiles `p`. */
type Select = (columns: readonly Fragment[]) => Fragment;

async function selectedProfiles(
  connection: DuckDBConnection,
  selection: Selection,
  signal: AbortSignal | undefined,
): Promise<Select> {
  const { statement, query, tables } = selection;
  if (statement.exact && query.limit === undefined && !query.includesStrangers) {
    return (columns) => statement.rows.select([columns]);
  }
  const value = [...(await selectKeys(connection, selection, signal))];
  const keys = sql`select unnest(${{ kind: "keys", value }})`;
  return (columns) =>
    sql`select ${join(columns, ", ")} from ${tables.table.table} p where p.key in (${keys})`;
}

async function countColumns(
  connection: DuckDBConnection,
  select: Select,
  properties: readonly CatalogProperty[],
): Promise<readonly PropertySummary[]> {
  const columns = properties.flatMap((property) =>
    property.hasColumns
      ? [...property.readings]
          .filter((reading) => reading !== "null")
          .map((reading) => ({ property, reading }))
      : [],
  );
  const counts = new Map<string, TypeCounts>();
  for (let start = 0; start < columns.length; start += COUNTS_PER_STATEMENT) {
    const part = columns.slice(start, start + COUNTS_PER_STATEMENT);
    const counted = select(
      part.map(({ property, reading }) => raw(`count(p.${columnName(property, reading)})`)),
    );
    const rows = await (await run(connection, counted)).getRows();
    part.forEach(({ property, reading }, index) => {
      const total = counts.get(property.name) ?? none();
      counts.set(property.name, total);
      total[TYPE_OF_READING[reading]] = Number(rows[0]?.[index] ?? 0);
    });
  }
  return Array.from(counts, ([name, total]) => summarizeProperty(name, total));
}

function none(): TypeCounts {
  return { string: 0, number: 0, boolean: 0, datetime: 0, list: 0, object: 0 };
}

const TYPE_OF_KEY: Readonly<Record<string, keyof TypeCounts>> = {
  s: "string",
  n: "number",
  b: "boolean",
  t: "datetime",
  l: "list",
  o: "object",
};

/** Properties without columns are counted by their entries in the shared column. */
async function countShared(
  connection: DuckDBConnection,
  select: Select,
  properties: readonly CatalogProperty[],
): Promise<readonly PropertySummary[]> {
  const names = new Map(
    properties.filter(({ hasColumns }) => !hasColumns).map(({ id, name }) => [String(id), name]),
  );
  if (names.size === 0) return [];
  const result = await run(
    connection,
    sql`select split_part(entry, ':', 1) as id, split_part(entry, ':', 2)[1] as kind, count(*) from (${select([raw("unnest(p.shared) as entry")])}) group by all`,
  );
  const counts = new Map<string, TypeCounts>();
  for (const [id, kind, count] of await result.getRows()) {
    const name = names.get(String(id));
    const type = TYPE_OF_KEY[String(kind)];
    if (name === undefined || type === undefined) continue;
    const total = counts.get(name) ?? none();
    counts.set(name, total);
    total[type] += Number(count);
  }
  return Array.from(counts, ([name, total]) => summarizeProperty(name, total));
}
