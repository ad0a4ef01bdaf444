/**
 * Numbers about selected profiles: in SQL where it can say them, by the reference where not.
 *
 * @module
 */
import type { DuckDBConnection } from "@duckdb/node-api";
import type { Breakdown, BreakdownOptions, NumberSummary } from "../query/statistic.ts";
import { evaluate } from "../selector/selector.ts";
import type { Expression } from "../selector/syntax.ts";
import { type Fragment, join, raw, sql } from "../sql/fragment.ts";
import { evaluationOf } from "../sql/profile-names.ts";
import { reading } from "../sql/readings.ts";
import { Unsupported } from "../sql/unsupported.ts";
import { breakDownValues, summarizeNumbers } from "../store/statistic.ts";
import type { Computed } from "../values/value.ts";
import { breakDownInSql } from "./breakdown.ts";
import { selectKeys } from "./freeze.ts";
import { scanSelected } from "./residual.ts";
import { run } from "./run.ts";
import type { Selection } from "./selection.ts";

/** Rows that are handed over together. */
const ROWS_PER_PART = 2_048;

/** What expressions come to for each selected profile. */
export async function* readValues(
  connection: DuckDBConnection,
  selection: Selection,
  expressions: readonly Expression[],
  signal: AbortSignal | undefined,
): AsyncGenerator<readonly (readonly Computed[])[]> {
  const context = evaluationOf(selection.query);
  const wanted =
    selection.query.limit === undefined
      ? undefined
      : new Set(await selectKeys(connection, selection, signal));
  let part: (readonly Computed[])[] = [];
  for await (const { key, subject } of scanSelected(connection, selection, expressions, signal)) {
    if (wanted?.has(key) === false) continue;
    part.push(expressions.map((expression) => evaluate(expression, subject, context)));
    if (part.length < ROWS_PER_PART) continue;
    yield part;
    part = [];
  }
  if (part.length > 0) yield part;
}

/** The numbers of an expression, summed up. */
export async function summarizeSelected(
  connection: DuckDBConnection,
  selection: Selection,
  expression: Expression,
  percentiles: readonly number[],
  signal: AbortSignal | undefined,
): Promise<NumberSummary> {
  const statement = numbersStatement(selection, expression);
  if (statement !== undefined) return summarizeInSql(connection, statement, percentiles);
  const numbers: number[] = [];
  for await (const rows of readValues(connection, selection, [expression], signal)) {
    for (const [value] of rows) if (typeof value === "number") numbers.push(value);
  }
  return summarizeNumbers(numbers, percentiles);
}

/** A query for the numbers `x` of an expression; undefined where SQL cannot say it. */
function numbersStatement(
  { statement, query }: Selection,
  expression: Expression,
): Fragment | undefined {
  if (!statement.exact || query.limit !== undefined) return undefined;
  try {
    const columns = statement.rows
      .readings(expression)
      .map((readings) => [sql`${reading(readings, "number") ?? raw("cast(null as double)")} as x`]);
    return statement.rows.select(columns);
  } catch (error) {
    if (error instanceof Unsupported) return undefined;
    throw error;
  }
}

async function summarizeInSql(
  connection: DuckDBConnection,
  numbers: Fragment,
  percentiles: readonly number[],
): Promise<NumberSummary> {
  const ranks = percentiles.map((percentile) => sql`, quantile_cont(x, ${percentile / 100})`);
  const result = await run(
    connection,
    sql`select count(x), coalesce(fsum(x), 0), coalesce(fsum(x * x), 0), min(x), max(x)${join(ranks, "")} from (${numbers})`,
  );
  const [count, sum, sumOfSquares, min, max, ...found] = (await result.getRows())[0] ?? [];
  const numberOrNone = (value: unknown): number | undefined =>
    typeof value === "number" ? value : undefined;
  return {
    count: Number(count),
    sum: Number(sum),
    sumOfSquares: Number(sumOfSquares),
    min: numberOrNone(min),
    max: numberOrNone(max),
    percentiles: found.map(numberOrNone),
  };
}

/** How the values of an expression are spread. */
export async function breakDownSelected(
  connection: DuckDBConnection,
  selection: Selection,
  expression: Expression,
  options: BreakdownOptions,
  signal: AbortSignal | undefined,
): Promise<Breakdown> {
  const plain = await breakDownInSql(connection, selection, expression, options);
  if (plain !== undefined) return plain;
  const values: Computed[] = [];
  for await (const rows of readValues(connection, selection, [expression], signal)) {
    for (const [value] of rows) values.push(value);
  }
  return breakDownValues(values, options);
}
