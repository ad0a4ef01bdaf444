/**
 * Which properties of the shared column are frequent, by a sample of the rows.
 *
 * @module
 */
import type { DuckDBConnection } from "@duckdb/node-api";
import { raw, sql } from "../sql/fragment.ts";
import { FREQUENT_SHARE } from "../store/column-policy.ts";
import { run } from "./run.ts";
import type { PropertyTable } from "./tables.ts";

/** Rows looked at, about: enough to tell a share of a twentieth from one of a thirtieth. */
const SAMPLE_ROWS = 65_536;

/**
 * The properties that are frequent in the shared column, most frequent first; what has columns by now may be among them.
 *
 * @param rowCount rows of the table, about
 */
export async function frequentInShared(
  connection: DuckDBConnection,
  { table }: PropertyTable,
  rowCount: number,
): Promise<readonly number[]> {
  const percent = Math.min(100, (SAMPLE_ROWS / Math.max(1, rowCount)) * 100);
  const sampled = percent < 100 ? `tablesample system(${percent.toFixed(4)}%)` : "";
  const result = await run(
    connection,
    // A date has a second entry, of kind `t`.
    sql`with sampled as materialized (select shared from ${table} ${raw(sampled)}),
      entries as (select unnest(shared) as entry from sampled),
      counted as (select split_part(entry, ':', 1) as id, count(*) as n from entries where split_part(entry, ':', 2)[1] <> 't' group by 1)
      select id from counted where n >= ${FREQUENT_SHARE} * (select count(*) from sampled) order by n desc`,
  );
  return (await result.getRows()).map(([id]) => Number(id));
}
