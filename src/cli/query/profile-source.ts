/**
 * One interface to the profiles of a data folder and of a running server, for commands that read.
 *
 * @module
 */
import { SYSTEM_CLOCK } from "../../clock.ts";
import { readBehaviors } from "../../event/read-behaviors.ts";
import type { Project } from "../../project/project.ts";
import { type PlanContext, plan, type QueryRequest } from "../../query/plan.ts";
import { everyProfile } from "../../query/query.ts";
import { createRegistry } from "../../registry/registry.ts";
import type { SelectorScope } from "../../selector/checker.ts";
import { compile } from "../../selector/selector.ts";
import type { Store } from "../../store/store.ts";
import { accepted, ask, isRecord } from "../http-client.ts";

/** What a command asks for. */
export interface ReadRequest {
  readonly selector: string;
  readonly groupKey: string | undefined;
  readonly sort: string | undefined;
  readonly descending: boolean;
  readonly limit: number | undefined;
  /** The query's time in epoch seconds; undefined for now. */
  readonly asOfSeconds: number | undefined;
  /** A JSON list, as the parameter has it; undefined for none. */
  readonly behaviors: unknown;
  /** Only members of this saved cohort. */
  readonly cohortId: number | undefined;
  /** Whether members of the cohort count that have no profile. */
  readonly includesStrangers: boolean;
  /** Undefined gives every property. */
  readonly properties: readonly string[] | undefined;
}

/** A profile as it is printed. */
export interface Row {
  readonly distinctId: string;
  readonly propertiesJson: string;
}

/** Where profiles are read. */
export interface ProfileSource {
  count(request: ReadRequest): Promise<number>;
  rows(request: ReadRequest): AsyncIterable<Row>;
  /** The names of the properties that profiles have, most frequent first. */
  propertyNames(groupKey: string | undefined): Promise<readonly string[]>;
}

const READ_ROW_COUNT = 1000;
const PAGE_SIZE = 5000;
const NAME_COUNT_MAX = 10_000;

/** The request as any client would make it, of the profiles as they are now. */
export function queryRequest(request: ReadRequest): QueryRequest {
  return {
    where: request.selector,
    distinctIds: undefined,
    dataGroup: request.groupKey,
    search: undefined,
    outputProperties: undefined,
    sortKey: request.sort,
    descending: request.descending,
    limit: request.limit,
    asOfSeconds: request.asOfSeconds ?? Math.floor(Date.now() / 1000),
    behaviors: request.behaviors,
    filterByCohort: cohortFilter(request),
    includeAllUsers: request.includesStrangers,
  };
}

function cohortFilter({ cohortId }: ReadRequest): { readonly id: number } | undefined {
  return cohortId === undefined ? undefined : { id: cohortId };
}

/** What a project of an opened data folder has that queries are planned with. */
export async function planContext(store: Store, project: Project): Promise<PlanContext> {
  const registry = createRegistry(store, SYSTEM_CLOCK);
  const [workspace] = project.workspaces.filter(({ isGlobal }) => isGlobal);
  if (workspace === undefined) throw new Error(`project ${project.id} has no global workspace`);
  const groupKeys = await registry.groupKeys(project.id);
  return { project, workspace, groupKeys, cohorts: await registry.cohorts(project.id) };
}

/** The profiles of one project of an opened data folder. */
export function storeSource(store: Store, project: Project): ProfileSource {
  return {
    count: async (request) =>
      store.count(plan(queryRequest(request), await planContext(store, project))),
    rows: async function* (request) {
      const query = plan(queryRequest(request), await planContext(store, project));
      const keys = await store.select(query);
      for (let start = 0; start < keys.length; start += READ_ROW_COUNT) {
        const part = keys.subarray(start, start + READ_ROW_COUNT);
        yield* await store.read(query.scope, part, query.includesStrangers);
      }
    },
    propertyNames: async (groupKey) => {
      const all = everyProfile({ projectId: project.id, groupKey });
      const summaries = await store.properties(all, NAME_COUNT_MAX);
      return summaries.map(({ name }) => name);
    },
  };
}

/** How to ask a server. */
export interface ServerAddress {
  readonly url: string;
  /** The value of the `Authorization` header. */
  readonly authorization: string;
  readonly projectId: string;
}

/** The profiles of a project of a running server, through the query API. */
export function serverSource({ url, authorization, projectId }: ServerAddress): ProfileSource {
  const headers = { authorization };

  async function page(
    request: ReadRequest,
    more: Readonly<Record<string, unknown>>,
  ): Promise<Readonly<Record<string, unknown>>> {
    const body = JSON.stringify({ project_id: projectId, ...parameters(request), ...more });
    return accepted(await ask(url, { method: "POST", path: "/api/query/engage", headers, body }));
  }

  return {
    count: async (request) => Number((await page(request, { page_size: 1 }))["total"]),
    rows: async function* (request) {
      let answer = await page(request, { page: 0, page_size: PAGE_SIZE });
      for (let number = 1; ; number++) {
        const results = Array.isArray(answer["results"]) ? answer["results"] : [];
        yield* results.filter(isRecord).map(rowOf);
        if (
          results.length === 0 ||
          number * Number(answer["page_size"]) >= Number(answer["total"])
        ) {
          return;
        }
        answer = await page(request, { page: number, session_id: answer["session_id"] });
      }
    },
    propertyNames: async (groupKey) => {
      const query = new URLSearchParams({ limit: String(NAME_COUNT_MAX), project_id: projectId });
      if (groupKey !== undefined) query.set("data_group_id", groupKey);
      const path = `/api/query/engage/properties?${query}`;
      const answer = accepted(await ask(url, { method: "GET", path, headers }));
      return isRecord(answer["results"]) ? Object.keys(answer["results"]) : [];
    },
  };
}

/** The parameters of a request to a server. @throws `query.*`, `selector.*` */
export function parameters(request: ReadRequest): Readonly<Record<string, unknown>> {
  // The server would find the same mistakes, but cannot show where they are as well.
  compile(request.selector, selectorScope(request.behaviors));
  const filter = cohortFilter(request);
  return {
    where: request.selector,
    ...(request.groupKey === undefined ? {} : { data_group_id: request.groupKey }),
    ...(request.properties === undefined ? {} : { output_properties: request.properties }),
    ...(request.limit === undefined ? {} : { limit: request.limit }),
    ...(request.sort === undefined
      ? {}
      : { sort_key: request.sort, sort_order: request.descending ? "descending" : "ascending" }),
    ...(request.asOfSeconds === undefined ? {} : { as_of_timestamp: request.asOfSeconds }),
    ...(request.behaviors === undefined ? {} : { behaviors: request.behaviors }),
    ...(filter === undefined
      ? {}
      : { filter_by_cohort: filter, include_all_users: request.includesStrangers }),
  };
}

/** Where a selector stands that may read these behaviors. @throws `query.*`, `selector.*` */
export function selectorScope(behaviors: unknown): SelectorScope {
  const names = behaviors === undefined ? [] : readBehaviors(behaviors).keys();
  return { behaviors: new Set(names), event: false };
}

function rowOf(result: Readonly<Record<string, unknown>>): Row {
  return {
    distinctId: String(result["$distinct_id"]),
    propertiesJson: JSON.stringify(result["$properties"] ?? {}),
  };
}
