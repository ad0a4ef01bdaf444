/**
 * A breakdown of plain values in SQL.
 *
 * @module
 */
import type { DuckDBConnection } from "@duckdb/node-api";
import type { Breakdown, BreakdownOptions, Bucket, ValueCount } from "../query/statistic.ts";
import type { Expression } from "../selector/syntax.ts";
import { type Fragment, join, raw, sql, texts } from "../sql/fragment.ts";
import { can, type Readings, reading } from "../sql/readings.ts";
import { Unsupported } from "../sql/unsupported.ts";
import { boundsOf, bucketsOf, orderCounts } from "../store/statistic.ts";
import { run } from "./run.ts";
import type { Selection } from "./selection.ts";

/** Numbers as frequent as the last that is shown; their order is that of their texts, which SQL writes differently. */
const TIED_NUMBERS_MAX = 10_000;

/** A breakdown; undefined where SQL cannot make it. */
export async function breakDownInSql(
  connection: DuckDBConnection,
  selection: Selection,
  expression: Expression,
  { topMax, bucketMax }: BreakdownOptions,
): Promise<Breakdown | undefined> {
  const rows = rowsOf(selection, expression);
  if (rows === undefined) return undefined;
  const top = await topOf(connection, rows, topMax);
  if (top === undefined) return undefined;
  const counted = await run(
    connection,
    sql`select count(*), count(*) filter (t is null and n is null and b is null), count(distinct t) + count(distinct n) + count(distinct b), min(n), max(n), count(n) from (${rows})`,
  );
  const [total, missing, distinct, min, max, numberCount] = (await counted.getRows())[0] ?? [];
  return {
    total: Number(total),
    missingCount: Number(missing),
    distinctCount: Number(distinct),
    top,
    histogram:
      typeof min === "number" && typeof max === "number"
        ? await histogram(connection, rows, { min, max, bucketMax, count: Number(numberCount) })
        : [],
  };
}

/** A query for each value as folded text `t`, text as written `r`, number `n` or truth value `b`. */
function rowsOf({ statement, query }: Selection, expression: Expression): Fragment | undefined {
  if (!statement.exact || query.limit !== undefined) return undefined;
  try {
    return statement.rows.select(statement.rows.readings(expression).map(columnsOf));
  } catch (error) {
    if (error instanceof Unsupported) return undefined;
    throw error;
  }
}

function columnsOf(readings: Readings): readonly Fragment[] {
  if (can(readings, "list") || can(readings, "object") || can(readings, "datetime")) {
    throw new Unsupported("breakdown of more than plain values");
  }
  const text = reading(readings, "string");
  if (text !== undefined && readings.rawText === undefined) throw new Unsupported("spelling");
  return [
    sql`${text ?? raw("cast(null as varchar)")} as t`,
    sql`${(text && readings.rawText) ?? raw("cast(null as varchar)")} as r`,
    sql`${reading(readings, "number") ?? raw("cast(null as double)")} as n`,
    sql`${reading(readings, "boolean") ?? raw("cast(null as boolean)")} as b`,
  ];
}

async function topOf(
  connection: DuckDBConnection,
  rows: Fragment,
  topMax: number,
): Promise<readonly ValueCount[] | undefined> {
  if (topMax < 1) return [];
  const most = raw(String(Math.trunc(topMax)));
  const result = await run(
    connection,
    sql`with g as materialized (select t, n, b, count(*) as c from (${rows}) where t is not null or n is not null or b is not null group by t, n, b),
      k as materialized (select min(c) as c from (select c from g order by c desc limit ${most}))
    select t, n, b, c from g where c > (select c from k)
    union all (select t, n, b, c from g where c = (select c from k) and t is not null order by t limit ${most})
    union all (select t, n, b, c from g where c = (select c from k) and n is not null limit ${raw(String(TIED_NUMBERS_MAX + 1))})
    union all (select t, n, b, c from g where c = (select c from k) and b is not null)`,
  );
  const counts: ValueCount[] = [];
  for (const [text, number, truth, count] of await result.getRows()) {
    const value = (text ?? number ?? truth) as string | number | boolean;
    counts.push({ value, count: Number(count) });
  }
  if (counts.filter(({ value }) => typeof value === "number").length > TIED_NUMBERS_MAX) {
    return undefined;
  }
  return spell(connection, rows, orderCounts(counts).slice(0, topMax));
}

/** Texts as they were written: of several spellings the first in UTF-8 byte order. */
async function spell(
  connection: DuckDBConnection,
  rows: Fragment,
  counts: readonly ValueCount[],
): Promise<readonly ValueCount[]> {
  const folded = counts.flatMap(({ value }) => (typeof value === "string" ? [value] : []));
  if (folded.length === 0) return counts;
  const result = await run(
    connection,
    sql`select t, min(r) from (${rows}) where t in (select unnest(${texts(folded)})) group by t`,
  );
  const spellings = new Map<unknown, string>();
  for (const [text, spelling] of await result.getRows()) spellings.set(text, String(spelling));
  return counts.map(({ value, count }) => ({ value: spellings.get(value) ?? value, count }));
}

interface Numbers {
  readonly min: number;
  readonly max: number;
  readonly bucketMax: number;
  readonly count: number;
}

async function histogram(
  connection: DuckDBConnection,
  rows: Fragment,
  { min, max, bucketMax, count }: Numbers,
): Promise<readonly Bucket[]> {
  if (bucketMax < 1) return [];
  if (min === max) return [{ from: min, to: max, count }];
  const bounds = boundsOf(min, max, bucketMax);
  const list = join(
    bounds.map((bound) => sql`${bound}`),
    ", ",
  );
  const result = await run(
    connection,
    sql`select len(list_filter([${list}], lambda bound: bound <= n)), count(*) from (${rows}) where n is not null group by 1`,
  );
  const counts = new Array<number>(bounds.length).fill(0);
  for (const [position, found] of await result.getRows()) {
    const index = Math.max(0, Number(position) - 1);
    counts[index] = (counts[index] ?? 0) + Number(found);
  }
  return bucketsOf(bounds, max, counts);
}
