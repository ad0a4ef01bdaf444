/**
 * A request as named parameters: from the query string and the body, as text or as JSON, checked by the table.
 *
 * The body is read as JSON first, whatever its Content-Type says, then as a form; it wins over the query
 * string, even with an empty text. A body that is neither adds nothing.
 *
 * @module
 */
import { Value } from "@sinclair/typebox/value";
import { fail } from "../errors/error.ts";
import { isNothing } from "../query/cohort-filter.ts";
import type { QueryRequest } from "../query/plan.ts";
import { quoteLongIntegers } from "../values/long-integers.ts";
import { showJson } from "../values/shown.ts";
import type { ApiRequest } from "./api.ts";
import { parseForm } from "./form.ts";
import {
  DISTINCT_ID_COUNT_MAX,
  PAGE_SIZE_DEFAULT,
  PAGE_SIZE_MAX,
  PARAMETERS,
  type ParameterName,
  PROPERTY_LIMIT_DEFAULT,
} from "./parameter-table.ts";

/** The parameters of a request as they were sent: texts, or JSON values. */
export type Members = ReadonlyMap<string, unknown>;

/** What a request to Query Profiles asks. */
export interface QueryParameters {
  readonly query: QueryRequest;
  readonly page: number;
  readonly pageSize: number;
  readonly sessionId: string | undefined;
  /** Undefined when the request does not say; an empty list gives all. */
  readonly outputProperties: readonly string[] | undefined;
  /** Whether the request says all of what it selects, so that asking again selects the same. */
  readonly repeatsQuery: boolean;
}

/** Those that say what is selected: a session that is gone can be opened again from them. */
const SELECTING: readonly ParameterName[] = [
  "where",
  "selector",
  "distinct_id",
  "distinct_ids",
  "data_group_id",
  "search",
  "sort_key",
  "limit",
  "behaviors",
  "filter_by_cohort",
];

const INTEGER = /^[+-]?\d{1,15}$/;
const TRUTHS: ReadonlyMap<unknown, boolean> = new Map<unknown, boolean>([
  ["true", true],
  ["True", true],
  ["1", true],
  [1, true],
  ["false", false],
  ["False", false],
  ["0", false],
  [0, false],
  ["", false],
]);
const NULL_TEXTS: ReadonlySet<string> = new Set(["null", "None", "undefined"]);
const FOUND_LENGTH_MAX = 60;
/** Parameters that are texts even where a client writes them as numbers. */
const ID_NAMES: ReadonlySet<string> = new Set<ParameterName>(["distinct_id", "data_group_id"]);

/** The parameters of a request, unchecked. */
export function readMembers(request: ApiRequest): Members {
  const members = new Map<string, unknown>(parseForm(request.queryString));
  if (request.method === "GET" || request.method === "HEAD") return members;
  for (const [name, value] of readBody(request.body)) members.set(name, value);
  return members;
}

/** Whether a request reads on in a session, whatever else is wrong with it. */
export function namesSession(members: Members): boolean {
  return sent(members, "session_id") !== undefined;
}

/**
 * Reads and checks the parameters of Query Profiles.
 *
 * @throws `query.invalid_parameter`, `query.invalid_json`, `query.too_many_ids`
 */
export function readQuery(members: Members, nowMs: number): QueryParameters {
  const query = readSelection(members, nowMs);
  return {
    query,
    page: readInteger(members, "page") ?? 0,
    pageSize: clamp(readInteger(members, "page_size") ?? PAGE_SIZE_DEFAULT, 1, PAGE_SIZE_MAX),
    sessionId: readText(members, "session_id"),
    outputProperties: query.outputProperties,
    repeatsQuery: repeatsQuery(members, query),
  };
}

/**
 * Reads and checks the parameters that say what is selected.
 *
 * @throws `query.invalid_parameter`, `query.invalid_json`, `query.too_many_ids`
 */
export function readSelection(members: Members, nowMs: number): QueryRequest {
  return {
    where: readWhere(members),
    distinctIds: readDistinctIds(members),
    dataGroup: readText(members, "data_group_id"),
    search: readText(members, "search"),
    outputProperties: readTexts(members, "output_properties"),
    sortKey: readText(members, "sort_key"),
    descending: readDescending(members),
    limit: readInteger(members, "limit"),
    asOfSeconds: readInteger(members, "as_of_timestamp") ?? Math.floor(nowMs / 1000),
    behaviors: readJson(members, "behaviors"),
    filterByCohort: readJson(members, "filter_by_cohort"),
    includeAllUsers: readTruth(members, "include_all_users") ?? true,
  };
}

/** Without a fixed time, the windows of behaviors would end at another now, and pages would be of two queries. */
function repeatsQuery(members: Members, { behaviors }: QueryRequest): boolean {
  if (behaviors !== undefined && sent(members, "as_of_timestamp") === undefined) return false;
  return SELECTING.some((name) => sent(members, name) !== undefined);
}

/** What a request to `/engage/properties` asks. */
export interface PropertiesParameters {
  readonly dataGroup: string | undefined;
  readonly limit: number;
}

/**
 * Reads and checks the parameters of `/engage/properties`.
 *
 * @throws `query.invalid_parameter`
 */
export function readProperties(members: Members): PropertiesParameters {
  return {
    dataGroup: readText(members, "data_group_id"),
    limit: readInteger(members, "limit") ?? PROPERTY_LIMIT_DEFAULT,
  };
}

/**
 * A parameter that is a whole number.
 *
 * @throws `query.invalid_parameter`
 */
export function readInteger(members: Members, name: ParameterName): number | undefined {
  const value = sent(members, name);
  if (value === undefined) return undefined;
  const number = typeof value === "string" && INTEGER.test(value.trim()) ? Number(value) : value;
  return check<number>(name, number);
}

function readBody(body: Buffer): Iterable<readonly [string, unknown]> {
  const text = body.toString("utf8");
  const json = parseJson(quoteLongIntegers(text, ID_NAMES));
  if (json === undefined) return parseForm(text.trim());
  const { value } = json;
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
  return isObject ? Object.entries(value) : [];
}

/** The value of a JSON text, in a box because it may be anything; undefined when it is no JSON. */
function parseJson(text: string): { readonly value: unknown } | undefined {
  try {
    // A byte order mark is white space to trim(), as JSON.parse would not have it.
    return { value: JSON.parse(text.trim()) as unknown };
  } catch {
    return undefined;
  }
}

/** What was sent for a parameter; undefined for what means that nothing was. */
function sent(members: Members, name: ParameterName): unknown {
  const value = members.get(name);
  if (value === undefined || value === null || value === "") return undefined;
  if (typeof value !== "string" || !PARAMETERS[name].nullable) return value;
  return NULL_TEXTS.has(value.trim()) ? undefined : value;
}

/** The selector of a request. */
export function readWhere(members: Members): string | undefined {
  const where = readText(members, "where");
  return where === undefined || where.trim() === "" ? readText(members, "selector") : where;
}

function readDescending(members: Members): boolean {
  const value = sent(members, "sort_order");
  if (value === undefined) return false;
  return check<string>("sort_order", value) === "descending";
}

/** A parameter that is a text, or a number in its place. */
export function readText(members: Members, name: ParameterName): string | undefined {
  const value = sent(members, name);
  // Well-formed, as texts are stored.
  return value === undefined ? undefined : check<string>(name, asText(value)).toWellFormed();
}

/**
 * A text that must be sent.
 *
 * @throws `query.parameter_required`
 */
export function required(members: Members, name: ParameterName): string {
  const text = readText(members, name);
  if (text === undefined) throw fail("query.parameter_required", { parameter: name });
  return text;
}

/** The ids of both parameters, each once; undefined for all. */
export function readDistinctIds(members: Members): readonly string[] | undefined {
  const one = readText(members, "distinct_id");
  const many = readTexts(members, "distinct_ids", DISTINCT_ID_COUNT_MAX);
  if (one === undefined && many === undefined) return undefined;
  const ids = [...(one === undefined ? [] : [one]), ...(many ?? [])];
  // As they are stored.
  return [...new Set(ids.map((id) => id.toWellFormed()))];
}

/** A parameter that is a list of texts. */
function readTexts(
  members: Members,
  name: ParameterName,
  countMax?: number,
): readonly string[] | undefined {
  const value = sentJson(members, name);
  if (value === undefined || value === null) return undefined;
  if (!Array.isArray(value)) return check<never>(name, value);
  if (countMax !== undefined && value.length > countMax) {
    throw fail("query.too_many_ids", { count: value.length, countMax });
  }
  return check<readonly string[]>(name, value.map(asText)).map((text) => text.toWellFormed());
}

/**
 * A list or object, which may be sent as JSON or as JSON within a text.
 *
 * @throws `query.invalid_json`
 */
export function sentJson(members: Members, name: ParameterName): unknown {
  const value = sent(members, name);
  if (typeof value !== "string" || value.trim() === "") {
    return typeof value === "string" ? undefined : value;
  }
  const json = parseJson(value);
  if (json === undefined) throw fail("query.invalid_json", { parameter: name });
  return json.value;
}

/**
 * The names of events: a list, or one name by itself; undefined for all.
 *
 * @throws `query.invalid_json` for a text that begins like JSON and is none
 */
export function readNames(members: Members): readonly string[] | undefined {
  const value = sent(members, "event");
  const isOneName = typeof value === "string" && !/^\s*["[{]/.test(value);
  const json = isOneName ? value : sentJson(members, "event");
  if (json === undefined || json === null) return undefined;
  const names = check<readonly string[]>("event", Array.isArray(json) ? json : [json]);
  return names.length === 0 ? undefined : names.map((name) => name.toWellFormed());
}

/** A parameter that is true or false in any of the ways that clients write it. */
export function readTruth(members: Members, name: ParameterName): boolean | undefined {
  const value = members.get(name);
  if (value !== "" && sent(members, name) === undefined) return undefined;
  return check<boolean>(
    name,
    TRUTHS.get(typeof value === "string" ? value.trim() : value) ?? value,
  );
}

/** JSON that the plan reads; undefined for what says nothing. */
function readJson(members: Members, name: ParameterName): unknown {
  const value = sentJson(members, name);
  return isNothing(value) ? undefined : value;
}

/** Ids are numbers in some programs; they are compared as text. One that has lost digits is left, and refused. */
function asText(value: unknown): unknown {
  if (typeof value !== "number") return value;
  return Number.isInteger(value) && !Number.isSafeInteger(value) ? value : String(value);
}

/**
 * A value as what the table says it is.
 *
 * @throws `query.invalid_parameter`
 */
export function check<Type>(name: ParameterName, value: unknown): Type {
  const { schema, expected } = PARAMETERS[name];
  if (Value.Check(schema, value)) return value as Type;
  throw fail("query.invalid_parameter", {
    parameter: name,
    expected,
    found: showJson(value, FOUND_LENGTH_MAX),
  });
}

/** A number within bounds. */
export function clamp(value: number, min: number, max: number): number {
  return Math.min(Math.max(value, min), max);
}
