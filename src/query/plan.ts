/**
 * What a request asks as a query that can run: selectors compiled, names resolved, cohorts and the workspace put in.
 *
 * @module
 */
import { createBehaviorPool } from "../cohort/behavior-pool.ts";
import type { CohortSource, SavedCohort } from "../cohort/cohort.ts";
import { withoutCast } from "../cohort/filter.ts";
import { createInliner, type Inliner, type Unanswerable } from "../cohort/inline.ts";
import { meaningOf } from "../cohort/meaning.ts";
import { fail, WhomError } from "../errors/error.ts";
import type { Behavior, BehaviorDefinition } from "../event/behavior.ts";
import { readBehaviors } from "../event/read-behaviors.ts";
import { behaviorAt } from "../event/window.ts";
import type { Scope } from "../profile/profile.ts";
import { FIRST_EVENT_TIME } from "../profile/reserved.ts";
import type { Project, Workspace } from "../project/project.ts";
import { children } from "../selector/children.ts";
import { rewrite } from "../selector/rewrite.ts";
import { compile, EVENT_SCOPE, print, type Selector } from "../selector/selector.ts";
import type { CohortTest, Expression } from "../selector/syntax.ts";
import { type CohortFilter, isNothing, readCohortFilter } from "./cohort-filter.ts";
import { groupKeyOf } from "./data-group.ts";
import type { ProfileQuery, SortOrder } from "./query.ts";
import { searchCondition } from "./search.ts";

/** What a request asks, its parameters read and checked one by one. */
export interface QueryRequest {
  /** The text of a selector; blank selects everything. */
  readonly where: string | undefined;
  /** Undefined for all; an empty list selects nothing. */
  readonly distinctIds: readonly string[] | undefined;
  /** The id of a data group, or its group key; undefined for users, or for the group of a cohort. */
  readonly dataGroup: string | undefined;
  /** A text to find, ignoring case; undefined for no search. */
  readonly search: string | undefined;
  /** Properties that `search` looks into besides `$distinct_id` and `$email`. */
  readonly outputProperties: readonly string[] | undefined;
  /** An expression, or the bare name of a property. */
  readonly sortKey: string | undefined;
  readonly descending: boolean;
  readonly limit: number | undefined;
  readonly asOfSeconds: number;
  /** A JSON list of behaviors; undefined, or empty, for none. */
  readonly behaviors: unknown;
  /** The JSON of a cohort to filter by; undefined, or empty, for none. */
  readonly filterByCohort: unknown;
  /** Whether a filter by cohort also finds members without a profile. */
  readonly includeAllUsers: boolean;
}

/** Where a request is asked. */
export interface PlanContext {
  readonly project: Project;
  readonly workspace: Workspace;
  /** The group keys of the project that have been written to. */
  readonly groupKeys: readonly string[];
  readonly cohorts: CohortSource;
}

/** A query, and expressions to compute for the profiles it selects. */
export interface PlannedExpressions {
  readonly query: ProfileQuery;
  /** Those that were asked for, in their order. */
  readonly expressions: readonly Expression[];
}

const NOWHERE = { start: 0, end: 0 };
const NO_BEHAVIORS: ReadonlyMap<string, BehaviorDefinition> = new Map();

/** A text with one of these is an expression somebody got wrong, not the name of a property. */
const EXPRESSION_SIGN = /["'()[\]]/;

/**
 * Plans a request.
 *
 * @throws `selector.*` for `where`, `sort_key` or an event selector, `cohort.*`, `query.exclusive`,
 * `query.invalid_parameter` and `query.invalid_json` for `behaviors`, `query.unknown_data_group`
 */
export function plan(request: QueryRequest, context: PlanContext): ProfileQuery {
  return planWith(request, context, []).query;
}

/**
 * Plans a request together with expressions to compute, which may test cohorts, too.
 *
 * @param expressions checked
 * @throws what `plan` throws
 */
export function planWith(
  request: QueryRequest,
  context: PlanContext,
  expressions: readonly Expression[],
): PlannedExpressions {
  if (!isNothing(request.behaviors) && !isNothing(request.filterByCohort)) {
    throw fail("query.exclusive", { one: "behaviors", other: "filter_by_cohort" });
  }
  const filter = readCohortFilter(request.filterByCohort, context.cohorts);
  const scope = filteredScope(request.dataGroup, filter, context);
  const given = isNothing(request.behaviors) ? NO_BEHAVIORS : readBehaviors(request.behaviors);
  const pool = createBehaviorPool(given);
  const inliner = createInliner({ cohorts: context.cohorts, groupKey: scope.groupKey, pool });
  const selectors = [
    workspaceSelector(context.workspace, inliner),
    filter && selectorOf(cohortCondition(filter, inliner)),
    inlined(compile(request.where ?? "", profileScope(given)), inliner, scope),
    searchSelector(request),
  ].filter((selector) => selector !== undefined);
  const sort = sortOrder(request, (text) =>
    inlined(compile(text, profileScope(given)), inliner, scope),
  );
  const computed = expressions.map((expression) =>
    inliner.inline(expression, refusing(undefined, scope)),
  );
  const read = [...selectors.map(({ expression }) => expression), ...computed];
  if (sort !== undefined) read.push(sort.key.expression);
  const query = {
    scope,
    distinctIds: request.distinctIds,
    selectors,
    sort,
    limit: request.limit,
    asOfSeconds: request.asOfSeconds,
    timeZone: context.project.timeZone,
    behaviors: behaviorsRead(read, pool.behaviors, request.asOfSeconds, context.project.timeZone),
    includesStrangers: filter !== undefined && request.includeAllUsers,
  };
  return { query, expressions: computed };
}

/** The members of a saved cohort, whatever workspace somebody looks through. */
export interface MembersRequest {
  readonly asOfSeconds: number;
  /** Whether members without a profile are members, too. */
  readonly includesStrangers: boolean;
}

/**
 * Plans the query for the members of a saved cohort, which checks its definition as well.
 *
 * @throws `cohort.*`, `selector.*`
 */
export function planCohort(
  cohort: SavedCohort,
  { project, cohorts }: Pick<PlanContext, "project" | "cohorts">,
  { asOfSeconds, includesStrangers }: MembersRequest,
): ProfileQuery {
  const pool = createBehaviorPool();
  const inliner = createInliner({ cohorts, groupKey: cohort.groupKey, pool });
  const condition = withoutCast(inliner.cohort(cohort));
  const { timeZone } = project;
  return {
    scope: { projectId: project.id, groupKey: cohort.groupKey },
    distinctIds: undefined,
    selectors: [selectorOf(condition)],
    sort: undefined,
    limit: undefined,
    asOfSeconds,
    timeZone,
    behaviors: behaviorsRead([condition], pool.behaviors, asOfSeconds, timeZone),
    includesStrangers,
  };
}

/**
 * The selector of a request for events; what a workspace asks of profiles is asked of whose event it is.
 *
 * @returns undefined where nothing is asked
 * @throws `selector.*`; so does a workspace that is made of cohorts or of first events, which events cannot be asked about
 */
export function planEvents(where: string | undefined, workspace?: Workspace): Selector | undefined {
  const asked = compile(where ?? "", EVENT_SCOPE);
  const view = workspace && compiledWorkspace(workspace);
  if (view === undefined) return asked;
  const ofEvents = rewrite(view.expression, (leaf) => {
    if (leaf.kind !== "accessor") {
      throw fail("selector.not_available_here", { accessor: leaf.kind });
    }
    // The selector of an event reads what is stored of a profile, and this is not.
    if (leaf.name === FIRST_EVENT_TIME) {
      throw fail("selector.not_available_here", { accessor: leaf.name });
    }
    return { ...leaf, scope: "user" };
  });
  if (asked === undefined) return selectorOf(ofEvents);
  const { expression: right } = asked;
  return selectorOf({ kind: "binary", operator: "and", left: ofEvents, right, span: NOWHERE });
}

/**
 * The profiles that a data group, or its absence, is about.
 *
 * @throws `query.unknown_data_group`
 */
function scopeOf(
  dataGroup: string | undefined,
  { project, groupKeys }: Pick<PlanContext, "project" | "groupKeys">,
): Scope {
  return {
    projectId: project.id,
    groupKey: dataGroup === undefined ? undefined : groupKeyOf(dataGroup, groupKeys),
  };
}

/** A cohort is about profiles of its own kind: the request may leave out which, but not name another. */
function filteredScope(
  dataGroup: string | undefined,
  filter: CohortFilter | undefined,
  context: PlanContext,
): Scope {
  const asked = scopeOf(dataGroup, context);
  if (filter === undefined) return asked;
  if (filter.kind === "inline" && filter.dataGroup === undefined) return asked;
  const { groupKey } = filter.kind === "saved" ? filter.cohort : scopeOf(filter.dataGroup, context);
  if (dataGroup === undefined || groupKey === asked.groupKey) return { ...asked, groupKey };
  const cohort = filter.kind === "saved" ? String(filter.cohort.id) : "raw_cohort";
  throw fail("cohort.other_group", otherGroup(cohort, groupKey, asked.groupKey));
}

function otherGroup(cohort: string, about: string | undefined, asked: string | undefined) {
  return { cohort, about: membersName(about), asked: membersName(asked) };
}

function membersName(groupKey: string | undefined): string {
  return groupKey === undefined ? "users" : `groups by ${groupKey}`;
}

function cohortCondition(filter: CohortFilter, inliner: Inliner): Expression {
  const condition =
    filter.kind === "saved"
      ? inliner.cohort(filter.cohort)
      : inliner.meaning(meaningOf(filter.definition));
  if (!filter.isNegated) return withoutCast(condition);
  return { kind: "unary", operator: "not", operand: condition, span: NOWHERE };
}

/** A selector whose cohort tests have been put in their place. */
function inlined(
  selector: Selector | undefined,
  inliner: Inliner,
  scope: Scope,
): Selector | undefined {
  if (selector === undefined) return undefined;
  const expression = inliner.inline(selector.expression, refusing(selector.source, scope));
  return expression === selector.expression ? selector : selectorOf(withoutCast(expression));
}

/** Whoever names a cohort that cannot be asked is told so, and where in what they wrote. */
function refusing(source: string | undefined, { groupKey }: Scope): Unanswerable {
  return ({ cohort, span }, saved) => {
    const name = JSON.stringify(cohort);
    const error =
      saved === undefined
        ? fail("selector.unknown_cohort", { cohort: name }, span)
        : fail("cohort.other_group", otherGroup(name, saved.groupKey, groupKey), span);
    throw source === undefined ? error : error.within(source);
  };
}

/** A workspace is no way around a cohort that is gone: it then shows nothing at all. */
function workspaceSelector(workspace: Workspace, inliner: Inliner): Selector | undefined {
  const selector = compiledWorkspace(workspace);
  if (selector === undefined) return undefined;
  const expression = inliner.inline(selector.expression, refuseUnknown);
  return expression === selector.expression ? selector : selectorOf(withoutCast(expression));
}

/** A cohort of users has no members among groups. */
function refuseUnknown(test: CohortTest, saved: SavedCohort | undefined): Expression {
  if (saved !== undefined) return { kind: "literal", value: false, span: NOWHERE };
  throw fail("selector.unknown_cohort", { cohort: JSON.stringify(test.cohort) });
}

/** A workspace's selector was checked when it was made, so a failure here is ours, not the caller's. */
function compiledWorkspace(workspace: Workspace): Selector | undefined {
  try {
    return compile(workspace.selector ?? "");
  } catch (failure) {
    throw new Error(`the selector of workspace ${workspace.id} does not compile`, {
      cause: failure,
    });
  }
}

function profileScope(behaviors: ReadonlyMap<string, unknown>) {
  return { behaviors: new Set(behaviors.keys()), event: false };
}

function sortOrder(
  { sortKey, descending }: QueryRequest,
  compileKey: (text: string) => Selector | undefined,
): SortOrder | undefined {
  if (sortKey === undefined || sortKey.trim() === "") return undefined;
  return { key: sortSelector(sortKey, compileKey), descending };
}

function sortSelector(text: string, compileKey: (text: string) => Selector | undefined): Selector {
  try {
    const compiled = compileKey(text);
    if (compiled !== undefined) return compiled;
  } catch (failure) {
    if (!(failure instanceof WhomError) || EXPRESSION_SIGN.test(text)) throw failure;
  }
  return selectorOf({ kind: "accessor", scope: "properties", name: text.trim(), span: NOWHERE });
}

function searchSelector({ search, outputProperties }: QueryRequest): Selector | undefined {
  if (search === undefined || search === "") return undefined;
  return selectorOf(searchCondition(search, outputProperties ?? []));
}

/** The behaviors that expressions read, at the query's time: the others need no counting. */
function behaviorsRead(
  expressions: readonly Expression[],
  known: ReadonlyMap<string, BehaviorDefinition>,
  asOfSeconds: number,
  timeZone: string,
): ReadonlyMap<string, Behavior> {
  const read = new Map<string, Behavior>();
  const open = [...expressions];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    for (const child of children(next)) open.push(child);
    if (next.kind !== "accessor" || next.scope !== "behaviors" || read.has(next.name)) continue;
    const behavior = known.get(next.name);
    if (behavior !== undefined) read.set(next.name, behaviorAt(behavior, asOfSeconds, timeZone));
  }
  return read;
}

function selectorOf(expression: Expression): Selector {
  return { source: print(expression), expression };
}
