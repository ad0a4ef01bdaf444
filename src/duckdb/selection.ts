/**
 * A query compiled against the file as it is: what SQL cannot work out is worked out first, or left to a residual.
 *
 * @module
 */
import type { DuckDBConnection } from "@duckdb/node-api";
import type { ProfileQuery } from "../query/query.ts";
import type { Expression } from "../selector/syntax.ts";
import { usesOf } from "../selector/uses.ts";
import type { KeyedValues } from "../sql/profile-names.ts";
import { type SelectStatement, selectStatement } from "../sql/statement.ts";
import { type Computed, Datetime } from "../values/value.ts";
import { computeBehavior } from "./event-rows.ts";
import { readCanonicalIds } from "./ids.ts";
import { scopeTable } from "./scope-table.ts";
import type { Tables } from "./table-set.ts";

/** A query that can run. */
export interface Selection {
  readonly tables: Tables;
  /** Its distinct ids are canonical. */
  readonly query: ProfileQuery;
  readonly statement: SelectStatement;
  /** The values of behaviors that are no numbers, by name and key. */
  readonly values: ReadonlyMap<string, ReadonlyMap<number, Computed>>;
}

/** What is to be compiled. */
export interface Asked {
  readonly query: ProfileQuery;
  readonly tables: Tables;
  /** What will be evaluated besides the query's selectors. */
  readonly expressions: readonly Expression[];
}

/** Whether nothing has to be looked up before a query's statement. */
export function isOneStatement(
  { behaviors, distinctIds }: ProfileQuery,
  { table }: Tables,
): boolean {
  return behaviors.size === 0 && (distinctIds === undefined || table.people.aliasCount === 0);
}

/**
 * Compiles a query; behaviors that SQL cannot say are computed by the reference.
 *
 * @param expressions what will be evaluated besides the query's selectors
 */
export async function prepareSelection(
  connection: DuckDBConnection,
  asked: ProfileQuery,
  tables: Tables,
  expressions: readonly Expression[],
  signal?: AbortSignal,
): Promise<Selection> {
  const { table, users } = tables;
  const distinctIds =
    asked.distinctIds === undefined
      ? undefined
      : [...new Set(await readCanonicalIds(connection, table, asked.distinctIds))];
  const query = { ...asked, distinctIds };
  const target = scopeTable(table, users);
  const statement = selectStatement(query, target);
  const values = new Map<string, ReadonlyMap<number, Computed>>();
  const evaluated = [
    ...statement.residual.map(({ expression }) => expression),
    ...expressions,
    ...(query.sort === undefined ? [] : [query.sort.key.expression]),
  ];
  statement.tryBehaviors(usesOf(evaluated).behaviors);
  if (statement.unsupportedBehaviors.size === 0) return { tables, query, statement, values };
  const computed = new Map<string, KeyedValues>();
  for (const name of statement.unsupportedBehaviors) {
    const behavior = query.behaviors.get(name);
    if (behavior === undefined) continue;
    const byKey = await computeBehavior(connection, behavior, query, table, users, signal);
    const numbers = toNumbers(byKey);
    if (numbers === undefined) values.set(name, byKey);
    else computed.set(name, numbers);
  }
  return { tables, query, statement: selectStatement(query, target, computed), values };
}

/** Undefined where a value is no number and no instant. */
function toNumbers(byKey: ReadonlyMap<number, Computed>): KeyedValues | undefined {
  const keys: number[] = [];
  const values: number[] = [];
  for (const [key, value] of byKey) {
    if (value === undefined) continue;
    const number = value instanceof Datetime ? value.seconds : value;
    if (typeof number !== "number") return undefined;
    keys.push(key);
    values.push(number);
  }
  return { keys, values };
}
