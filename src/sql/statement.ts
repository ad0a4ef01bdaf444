/**
 * A query as statements.
 *
 * @module
 */
import type { ProfileQuery, SortOrder } from "../query/query.ts";
import type { Selector } from "../selector/selector.ts";
import type { Catalog } from "../store/catalog.ts";
import type { SqlContext } from "./context.ts";
import type { Dialect } from "./dialect.ts";
import { conditionOf, conditionOrLooser, readingsOf } from "./expression.ts";
import { type Fragment, join, raw, sql } from "./fragment.ts";
import { DISTINCT_ID, KEY, PROPERTIES } from "./property.ts";
import { all, type Readings, reading, type SqlKind, TRUE } from "./readings.ts";
import { Unsupported } from "./unsupported.ts";

/** What stands for one scope in SQL: its table, and what its columns hold. */
export interface ScopeTable {
  readonly table: Fragment;
  readonly catalog: Catalog;
  readonly dialect: Dialect;
}

/** A query, compiled. */
export interface SelectStatement {
  /** Whether the statement alone gives the answer, in order and cut to the limit. */
  readonly exact: boolean;
  /** The keys in order; only if `exact`. */
  readonly keys: Fragment;
  /** Their number, before any limit; only if `exact`. */
  readonly count: Fragment;
  /** Key, distinct id and properties of every candidate within a range of keys, unordered. */
  readonly candidates: (range: Fragment) => Fragment;
  /** The selectors that candidates have still to pass. */
  readonly residual: readonly Selector[];
}

/** Compiles a query against one scope's table. */
export function selectStatement(query: ProfileQuery, target: ScopeTable): SelectStatement {
  try {
    return compileSelect(query, target, conditionOrLooser);
  } catch (error) {
    if (!(error instanceof Unsupported)) throw error;
  }
  // Each selector fits a statement, all of them together do not.
  return compileSelect(query, target, () => ({ condition: TRUE, exact: false }));
}

function compileSelect(
  query: ProfileQuery,
  target: ScopeTable,
  compile: typeof conditionOrLooser,
): SelectStatement {
  const context: SqlContext = {
    scope: query.scope,
    catalog: target.catalog,
    dialect: target.dialect,
    evaluation: { nowSeconds: query.asOfSeconds, timeZone: query.timeZone },
    variables: new Map(),
    readings: readingsOf,
    condition: conditionOf,
  };
  const residual: Selector[] = [];
  const conditions: Fragment[] = [];
  if (query.distinctIds !== undefined) conditions.push(oneOfIds(query.distinctIds));
  for (const selector of query.selectors) {
    const { condition, exact } = compile(selector.expression, context);
    conditions.push(condition);
    if (!exact) residual.push(selector);
  }
  const condition = all(conditions);
  const where = condition === TRUE ? raw("") : sql` where ${condition}`;
  const order = orderBy(query.sort, context);
  const limit = query.limit === undefined ? raw("") : raw(` limit ${Math.trunc(query.limit)}`);
  const { table } = target;
  return {
    exact: residual.length === 0 && order !== undefined,
    keys: sql`select ${KEY} from ${table}${where} order by ${order ?? DISTINCT_ID}${limit}`,
    count: sql`select count(*) from ${table}${where}`,
    candidates: (range) =>
      sql`select ${KEY}, ${DISTINCT_ID}, ${PROPERTIES} from ${table} where ${all([range, condition])}`,
    residual,
  };
}

function oneOfIds(ids: readonly string[]): Fragment {
  if (ids.length === 0) return raw("false");
  return sql`${DISTINCT_ID} in (${join(
    ids.map((id) => sql`${id}`),
    ", ",
  )})`;
}

const SORTED_KINDS: readonly SqlKind[] = ["number", "string", "boolean", "datetime"];

/** Numbers, texts, truth values, instants, then the rest; missing last; ties by distinct id. */
function orderBy(sort: SortOrder | undefined, context: SqlContext): Fragment | undefined {
  if (sort === undefined) return DISTINCT_ID;
  let readings: Readings;
  try {
    readings = readingsOf(sort.key.expression, context);
    return join([...sortTerms(readings, sort.descending), DISTINCT_ID], ", ");
  } catch (error) {
    if (error instanceof Unsupported) return undefined;
    throw error;
  }
}

function sortTerms(readings: Readings, descending: boolean): readonly Fragment[] {
  if (readings.constant !== undefined) return [];
  const direction = raw(descending ? " desc nulls last" : " asc nulls last");
  const present: Fragment[] = [];
  const terms: Fragment[] = [];
  for (const [rank, kind] of SORTED_KINDS.entries()) {
    const fragment = reading(readings, kind);
    if (fragment === undefined) continue;
    present.push(sql`when ${fragment} is not null then ${raw(String(rank))}`);
    terms.push(sql`${fragment}${direction}`);
  }
  for (const kind of ["list", "object"] as const) {
    const fragment = reading(readings, kind);
    if (fragment !== undefined) present.push(sql`when ${fragment} is not null then 4`);
  }
  if (present.length === 0) return [];
  // One kind needs no rank: its own nulls already come last.
  if (present.length === 1 && terms.length === 1) return terms;
  return [sql`case ${join(present, " ")} end${direction}`, ...terms];
}
