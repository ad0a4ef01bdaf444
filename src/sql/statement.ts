/**
 * A query as statements.
 *
 * @module
 */
import type { ProfileQuery, SortOrder } from "../query/query.ts";
import type { Selector } from "../selector/selector.ts";
import type { Expression } from "../selector/syntax.ts";
import { Catalog } from "../store/catalog.ts";
import type { SqlContext } from "./context.ts";
import { conditionOf, conditionOrLooser, readingsOf } from "./expression.ts";
import { type Fragment, join, raw, sql } from "./fragment.ts";
import {
  BehaviorTables,
  evaluationOf,
  type KeyedValues,
  ProfileNames,
  type ScopeTable,
} from "./profile-names.ts";
import { all, FALSE, type Readings, reading, type SqlKind, TRUE } from "./readings.ts";
import { Unsupported } from "./unsupported.ts";

/** What of a query's selectors, or how much of it, is made a condition. */
type Compile = typeof conditionOrLooser;

/** What a candidate is read with, besides its key, its distinct id and its properties. */
export interface CandidateColumns {
  /** Behaviors whose values are read. */
  readonly behaviors: readonly string[];
  /** Static cohorts whose membership is read. */
  readonly cohorts: readonly number[];
  /** Whether the second of the first event is read. */
  readonly firstEvent: boolean;
}

/** A query, compiled. */
export interface SelectStatement {
  /** Whether the statement alone gives the answer, in order and cut to the limit. */
  readonly exact: boolean;
  /** The keys in order; only if `exact`. */
  readonly keys: Fragment;
  /** The keys in no order; only if `exact` and the query gives them by distinct id, all of them. */
  readonly unorderedKeys: Fragment | undefined;
  /** Their number, before any limit; only if `exact`. */
  readonly count: Fragment;
  /** What an expression comes to, by kind, for the profiles that are selected; only if `exact`. */
  readonly rows: RowSource;
  /**
   * Key, distinct id, properties and further columns of every candidate within a range of keys, unordered. The
   * properties of somebody without a profile are null.
   *
   * @throws Unsupported where a behavior cannot be worked out
   */
  readonly candidates: (range: Fragment, columns: CandidateColumns) => Fragment;
  /** The selectors that candidates have still to pass. */
  readonly residual: readonly Selector[];
  /** Compiles behaviors that the selectors may not use, so that it is known whether SQL can work them out. */
  readonly tryBehaviors: (names: Iterable<string>) => void;
  /** Behaviors that SQL cannot work out. */
  readonly unsupportedBehaviors: ReadonlySet<string>;
}

/** Rows that aggregates are made of. */
export interface RowSource {
  /** The readings of an expression, of profiles and of those without. @throws Unsupported */
  readings(expression: Expression): readonly Readings[];
  /** `with … select <each branch's columns> from … where …`, the branches joined. */
  select(columns: readonly (readonly Fragment[])[]): Fragment;
}

/** Compiles a query against one scope's tables. */
export function selectStatement(
  query: ProfileQuery,
  target: ScopeTable,
  computed: ReadonlyMap<string, KeyedValues> = new Map(),
): SelectStatement {
  try {
    return compileSelect(query, target, computed, conditionOrLooser);
  } catch (error) {
    if (!(error instanceof Unsupported)) throw error;
  }
  // Each selector fits a statement, all of them together do not.
  return compileSelect(query, target, computed, () => ({ condition: TRUE, exact: false }));
}

/** Where profiles come from: those that there are, or those without. */
interface Branch {
  readonly from: Fragment;
  readonly properties: Fragment;
  readonly where: Fragment;
  readonly context: SqlContext;
}

function compileSelect(
  query: ProfileQuery,
  target: ScopeTable,
  computed: ReadonlyMap<string, KeyedValues>,
  compile: Compile,
): SelectStatement {
  const tables = new BehaviorTables(query, target, computed, {
    readings: readingsOf,
    condition: conditionOf,
  });
  const residual = new Set<Selector>();
  const branches = [profileBranch(query, target, tables, compile, residual)];
  if (query.includesStrangers) {
    branches.push(strangerBranch(query, target, tables, compile, residual));
  }
  const order =
    query.sort !== undefined && branches.length > 1 ? undefined : orderBy(query, branches);
  const limit = query.limit === undefined ? raw("") : raw(` limit ${Math.trunc(query.limit)}`);
  const isById = query.sort === undefined && query.limit === undefined && branches.length === 1;
  return {
    exact: residual.size === 0 && order !== undefined,
    unorderedKeys: isById ? selectProfiles(raw("p.key"), tables, branches) : undefined,
    keys: selectKeys(tables, branches, sql`${order ?? raw("distinct_id")}${limit}`),
    count: countRows(tables, branches),
    rows: {
      readings: (expression) => branches.map(({ context }) => readingsOf(expression, context)),
      select: (columns) => selectRows(tables, branches, columns),
    },
    candidates: (range, columns) => selectCandidates(tables, branches, range, columns, target),
    residual: [...residual],
    tryBehaviors: (names) => {
      for (const name of names) tables.attempt(name);
    },
    unsupportedBehaviors: tables.unsupported,
  };
}

function profileBranch(
  query: ProfileQuery,
  target: ScopeTable,
  tables: BehaviorTables,
  compile: Compile,
  residual: Set<Selector>,
): Branch {
  const names = new ProfileNames(query, target, target.catalog, tables);
  const context = contextOf(query, target, names);
  return {
    from: sql`${target.table} p`,
    properties: raw("p.properties"),
    where: conditionsOf(query, context, compile, residual, []),
    context,
  };
}

/** Distinct ids that are known and have no profile; each stands for its cluster. */
function strangerBranch(
  query: ProfileQuery,
  target: ScopeTable,
  tables: BehaviorTables,
  compile: Compile,
  residual: Set<Selector>,
): Branch {
  const names = new ProfileNames(query, target, new Catalog(), tables);
  const context = contextOf(query, target, names);
  const isStranger = sql`p.canonical is null and p.distinct_id <> '' and p.key not in (select key from ${target.table})`;
  return {
    from: sql`${target.people} p`,
    properties: raw("cast(null as varchar)"),
    where: conditionsOf(query, context, compile, residual, [isStranger]),
    context,
  };
}

function contextOf(query: ProfileQuery, { dialect }: ScopeTable, names: ProfileNames): SqlContext {
  return {
    dialect,
    names,
    evaluation: evaluationOf(query),
    variables: new Map(),
    readings: readingsOf,
    condition: conditionOf,
  };
}

function conditionsOf(
  query: ProfileQuery,
  context: SqlContext,
  compile: Compile,
  residual: Set<Selector>,
  first: readonly Fragment[],
): Fragment {
  const conditions = [...first];
  if (query.distinctIds !== undefined) conditions.push(oneOfIds(query.distinctIds));
  for (const selector of query.selectors) {
    const { condition, exact } = compile(selector.expression, context);
    conditions.push(condition);
    if (!exact) residual.add(selector);
  }
  return all(conditions);
}

function oneOfIds(ids: readonly string[]): Fragment {
  if (ids.length === 0) return FALSE;
  return sql`p.distinct_id in (${join(
    ids.map((id) => sql`${id}`),
    ", ",
  )})`;
}

/** Columns of the profiles; undefined where there are strangers beside them. */
function selectProfiles(
  columns: Fragment,
  tables: BehaviorTables,
  branches: readonly Branch[],
): Fragment | undefined {
  const [only] = branches;
  if (branches.length > 1 || only === undefined) return undefined;
  return sql`${tables.with}select ${columns} from ${only.from}${tables.joins}${where(only.where)}`;
}

function selectKeys(
  tables: BehaviorTables,
  branches: readonly Branch[],
  orderAndLimit: Fragment,
): Fragment {
  const profiles = selectProfiles(raw("p.key"), tables, branches);
  if (profiles !== undefined) return sql`${profiles} order by ${orderAndLimit}`;
  const rows = selectRows(
    tables,
    branches,
    branches.map(() => [raw("p.key as key"), raw("p.distinct_id as distinct_id")]),
  );
  return sql`select key from (${rows}) order by ${orderAndLimit}`;
}

function countRows(tables: BehaviorTables, branches: readonly Branch[]): Fragment {
  const profiles = selectProfiles(raw("count(*)"), tables, branches);
  if (profiles !== undefined) return profiles;
  return sql`select count(*) from (${selectRows(
    tables,
    branches,
    branches.map(() => [raw("p.key")]),
  )})`;
}

function selectRows(
  tables: BehaviorTables,
  branches: readonly Branch[],
  columns: readonly (readonly Fragment[])[],
): Fragment {
  const selects = branches.map(
    (branch, index) =>
      sql`select ${join(columns[index] ?? [], ", ")} from ${branch.from}${tables.joins}${where(branch.where)}`,
  );
  return sql`${tables.with}${join(selects, " union all ")}`;
}

function selectCandidates(
  tables: BehaviorTables,
  branches: readonly Branch[],
  range: Fragment,
  columns: CandidateColumns,
  target: ScopeTable,
): Fragment {
  const further = [
    ...columns.behaviors.map((name) => tables.value(name)),
    ...columns.cohorts.map((cohortId) => sql`(p.key in (${target.members(cohortId)}))`),
    ...(columns.firstEvent ? [tables.value(undefined)] : []),
  ];
  const selects = branches.map(({ properties }) => [
    raw("p.key"),
    raw("p.distinct_id"),
    properties,
    ...further,
  ]);
  const ranged = branches.map((branch) => ({ ...branch, where: all([range, branch.where]) }));
  return selectRows(tables, ranged, selects);
}

function where(condition: Fragment): Fragment {
  return condition === TRUE ? raw("") : sql` where ${condition}`;
}

const SORTED_KINDS: readonly SqlKind[] = ["number", "string", "boolean", "datetime"];

/** Numbers, texts, truth values, instants, then the rest; missing last; ties by distinct id. */
function orderBy({ sort }: ProfileQuery, branches: readonly Branch[]): Fragment | undefined {
  const [profiles] = branches;
  if (sort === undefined || profiles === undefined) {
    return raw(branches.length === 1 ? "p.distinct_id" : "distinct_id");
  }
  try {
    const readings = readingsOf(sort.key.expression, profiles.context);
    return join([...sortTerms(readings, sort), raw("p.distinct_id")], ", ");
  } catch (error) {
    if (error instanceof Unsupported) return undefined;
    throw error;
  }
}

function sortTerms(readings: Readings, { descending }: SortOrder): readonly Fragment[] {
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
