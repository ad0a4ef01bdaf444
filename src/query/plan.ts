/**
 * What a request asks as a query that can run: selectors compiled, names resolved, the workspace added.
 *
 * @module
 */
import { WhomError } from "../errors/error.ts";
import type { Scope } from "../profile/profile.ts";
import { DISTINCT_ID } from "../profile/reserved.ts";
import type { Project, Workspace } from "../project/project.ts";
import { compile, print, type Selector } from "../selector/selector.ts";
import type { Expression } from "../selector/syntax.ts";
import { groupKeyOf } from "./data-group.ts";
import type { ProfileQuery, SortOrder } from "./query.ts";

/** What a request asks, its parameters read and checked one by one. */
export interface QueryRequest {
  /** The text of a selector; blank selects everything. */
  readonly where: string | undefined;
  /** Undefined for all; an empty list selects nothing. */
  readonly distinctIds: readonly string[] | undefined;
  /** The id of a data group, or its group key; undefined for users. */
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
}

/** Where a request is asked. */
export interface PlanContext {
  readonly project: Project;
  readonly workspace: Workspace;
  /** The group keys of the project that have been written to. */
  readonly groupKeys: readonly string[];
}

const NOWHERE = { start: 0, end: 0 };

/** A text with one of these is an expression somebody got wrong, not the name of a property. */
const EXPRESSION_SIGN = /["'()[\]]/;

/**
 * Plans a request.
 *
 * @throws `selector.*` for `where` or `sort_key`, `query.unknown_data_group`
 */
export function plan(request: QueryRequest, context: PlanContext): ProfileQuery {
  return {
    scope: scopeOf(request.dataGroup, context),
    distinctIds: request.distinctIds,
    selectors: [
      compileWorkspace(context.workspace),
      compile(request.where ?? ""),
      searchSelector(request),
    ].filter((selector) => selector !== undefined),
    sort: sortOrder(request),
    limit: request.limit,
    asOfSeconds: request.asOfSeconds,
    timeZone: context.project.timeZone,
  };
}

/**
 * The profiles that a data group, or its absence, is about.
 *
 * @throws `query.unknown_data_group`
 */
export function scopeOf(dataGroup: string | undefined, { project, groupKeys }: PlanContext): Scope {
  return {
    projectId: project.id,
    groupKey: dataGroup === undefined ? undefined : groupKeyOf(dataGroup, groupKeys),
  };
}

/** A workspace's selector was checked when it was made, so a failure here is ours, not the caller's. */
function compileWorkspace(workspace: Workspace): Selector | undefined {
  try {
    return compile(workspace.selector ?? "");
  } catch (failure) {
    throw new Error(`the selector of workspace ${workspace.id} does not compile`, {
      cause: failure,
    });
  }
}

function sortOrder({ sortKey, descending }: QueryRequest): SortOrder | undefined {
  if (sortKey === undefined || sortKey.trim() === "") return undefined;
  return { key: compileSortKey(sortKey), descending };
}

function compileSortKey(text: string): Selector {
  try {
    const compiled = compile(text);
    if (compiled !== undefined) return compiled;
  } catch (failure) {
    if (!(failure instanceof WhomError) || EXPRESSION_SIGN.test(text)) throw failure;
  }
  return selectorOf(property(text.trim()));
}

/** Free text: it occurs, ignoring case, in the id, the e-mail address or a property that is asked for. */
function searchSelector({ search, outputProperties }: QueryRequest): Selector | undefined {
  if (search === undefined || search === "") return undefined;
  const names = new Set([DISTINCT_ID, "$email", ...(outputProperties ?? [])]);
  return selectorOf(anyOf([...names].map((name) => contains(name, search))));
}

function contains(name: string, text: string): Expression {
  return {
    kind: "binary",
    operator: "in",
    left: { kind: "literal", value: text, span: NOWHERE },
    // A number is found by its digits, as a person sees it.
    right: { kind: "call", name: "string", arguments: [property(name)], span: NOWHERE },
    span: NOWHERE,
  };
}

/** Joins conditions by `or`, half and half: a long list must not nest deeper than engines allow. */
function anyOf(conditions: readonly Expression[]): Expression {
  const [first] = conditions;
  if (first === undefined) return { kind: "literal", value: false, span: NOWHERE };
  if (conditions.length === 1) return first;
  const middle = conditions.length >> 1;
  return {
    kind: "binary",
    operator: "or",
    left: anyOf(conditions.slice(0, middle)),
    right: anyOf(conditions.slice(middle)),
    span: NOWHERE,
  };
}

function property(name: string): Expression {
  return { kind: "accessor", scope: "properties", name, span: NOWHERE };
}

function selectorOf(expression: Expression): Selector {
  return { source: print(expression), expression };
}
