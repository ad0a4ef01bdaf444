/**
 * One interface to the profiles of a data folder and of a running server, for commands that read.
 *
 * @module
 */
import { fail, WhomError } from "../errors/error.ts";
import type { Project } from "../project/project.ts";
import type { ProfileQuery } from "../query/query.ts";
import { compile, type Selector } from "../selector/selector.ts";
import type { Store } from "../store/store.ts";
import { accepted, ask, isRecord } from "./http-client.ts";

/** What a command asks for. */
export interface ReadRequest {
  readonly selector: string;
  readonly groupKey: string | undefined;
  readonly sort: string | undefined;
  readonly descending: boolean;
  readonly limit: number | undefined;
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
  close(): Promise<void>;
}

const READ_ROW_COUNT = 1000;
const PAGE_SIZE = 5000;
const NAME_COUNT_MAX = 10_000;

/** The query a request stands for. @throws `selector.*` */
export function planRead(request: ReadRequest, project: Project, nowMs: number): ProfileQuery {
  const selector = compile(request.selector);
  return {
    scope: { projectId: project.id, groupKey: request.groupKey },
    distinctIds: undefined,
    selectors: selector === undefined ? [] : [selector],
    sort:
      request.sort === undefined
        ? undefined
        : { key: sortKey(request.sort), descending: request.descending },
    limit: request.limit,
    asOfSeconds: Math.floor(nowMs / 1000),
    timeZone: project.timeZone,
  };
}

/** What to sort by: an expression, or the bare name of a property. */
function sortKey(text: string): Selector {
  const key = /^[\w$][\w$ .-]*$/.test(text) ? (bareName(text) ?? compile(text)) : compile(text);
  if (key !== undefined) return key;
  throw fail("command.invalid", {
    reason: "--sort is empty",
    hint: "name a property, or give an expression",
  });
}

/** Names that are expressions, such as `NOW`, stay expressions. */
function bareName(text: string): Selector | undefined {
  try {
    compile(text);
    return undefined;
  } catch (error) {
    if (!(error instanceof WhomError)) throw error;
    return compile(`properties[${JSON.stringify(text)}]`);
  }
}

/** The profiles of one project of an opened data folder. */
export function storeSource(
  store: Store,
  project: Project,
  close: () => Promise<void>,
): ProfileSource {
  return {
    count: (request) => store.count(planRead(request, project, Date.now())),
    rows: async function* (request) {
      const query = planRead(request, project, Date.now());
      const keys = await store.select(query);
      for (let start = 0; start < keys.length; start += READ_ROW_COUNT) {
        yield* await store.read(query.scope, keys.subarray(start, start + READ_ROW_COUNT));
      }
    },
    propertyNames: async (groupKey) => {
      const summaries = await store.properties({ projectId: project.id, groupKey }, NAME_COUNT_MAX);
      return summaries.map(({ name }) => name);
    },
    close,
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
    close: async () => {
      // Nothing is held open between requests.
    },
  };
}

function parameters(request: ReadRequest): Readonly<Record<string, unknown>> {
  // The server would find the same mistakes, but cannot show where they are as well.
  compile(request.selector);
  return {
    where: request.selector,
    ...(request.groupKey === undefined ? {} : { data_group_id: request.groupKey }),
    ...(request.properties === undefined ? {} : { output_properties: request.properties }),
    ...(request.limit === undefined ? {} : { limit: request.limit }),
    ...(request.sort === undefined
      ? {}
      : { sort_key: request.sort, sort_order: request.descending ? "descending" : "ascending" }),
  };
}

function rowOf(result: Readonly<Record<string, unknown>>): Row {
  return {
    distinctId: String(result["$distinct_id"]),
    propertiesJson: JSON.stringify(result["$properties"] ?? {}),
  };
}
