/**
 * What can be wrong with a query or the session it pages through.
 *
 * @module
 */
import type { ErrorTable } from "./entry.ts";

/** The facts each query error carries. */
export interface QueryErrorFacts {
  "query.invalid_json": { readonly parameter: string };
  "query.invalid_parameter": {
    readonly parameter: string;
    readonly expected: string;
    readonly found: string;
  };
  "query.session_required": Record<never, never>;
  "query.session_missing": Record<never, never>;
  "query.not_available": { readonly parameter: string };
  "query.parameter_required": { readonly parameter: string };
  "query.invalid_dates": { readonly reason: string };
  "query.too_many_exports": Record<never, never>;
  "query.exclusive": { readonly one: string; readonly other: string };
  "query.unknown_data_group": { readonly dataGroup: string };
  "query.too_many_ids": { readonly count: number; readonly countMax: number };
  "query.too_many_segments": { readonly count: number; readonly countMax: number };
  "query.page_too_large": { readonly bytesMax: number };
  "query.too_many_profiles": { readonly countMax: number };
  "query.too_many_columns": { readonly countMax: number };
  "query.invalid_endpoint": Record<never, never>;
  "query.method_not_allowed": { readonly method: string; readonly allowed: string };
  "query.timeout": { readonly timeoutMs: number };
  "query.body_too_large": { readonly bodyBytesMax: number };
  "request.encoding_unknown": { readonly encoding: string };
  "request.body_damaged": { readonly encoding: string };
  "request.malformed": { readonly reason: string };
  "request.invalid_body": { readonly member: string; readonly reason: string };
  "request.not_found": { readonly path: string };
}

/** The rows of the catalogue for queries. */
export const QUERY_ERRORS: ErrorTable<QueryErrorFacts> = {
  "query.invalid_json": {
    kind: "invalid",
    message: ({ parameter }) => `Invalid JSON Format: ${parameter}`,
    hint: ({ parameter }) => `send ${parameter} as JSON`,
  },
  "query.invalid_parameter": {
    kind: "invalid",
    message: ({ parameter, expected, found }) =>
      `Invalid parameter ${parameter}: expected ${expected}, found ${found}`,
    hint: ({ parameter, expected }) => `send ${parameter} as ${expected}`,
  },
  "query.session_required": {
    kind: "invalid",
    message: () => "must have session_id when requesting page > 0",
    hint: () => "send the session_id of the first page's answer",
  },
  "query.session_missing": {
    kind: "invalid",
    message: () => "request for page in uncached query for params",
    hint: () => "the session is unknown or has expired: ask for page 0 again",
  },
  "query.not_available": {
    kind: "invalid",
    message: ({ parameter }) => `${parameter} is not available here`,
    hint: ({ parameter }) => `leave ${parameter} out, or save a cohort and filter by it`,
  },
  "query.parameter_required": {
    kind: "invalid",
    message: ({ parameter }) => `Missing required parameter: ${parameter}`,
    hint: ({ parameter }) => `send ${parameter}`,
  },
  "query.invalid_dates": {
    kind: "invalid",
    message: ({ reason }) => reason,
    hint: () => "days are those of the project's time zone, both included",
  },
  "query.too_many_exports": {
    kind: "limited",
    message: () => "too many export requests in progress for this project",
    hint: () => "wait until another export ends",
  },
  "query.exclusive": {
    kind: "invalid",
    message: ({ one, other }) => `${one} and ${other} are mutually exclusive`,
    hint: ({ one, other }) => `leave ${one} or ${other} out`,
  },
  "query.unknown_data_group": {
    kind: "invalid",
    message: ({ dataGroup }) => `Unknown data_group_id: ${dataGroup}`,
    hint: () => "send the id of a data group, or the name of its group key",
  },
  "query.too_many_ids": {
    kind: "invalid",
    message: ({ count, countMax }) => `distinct_ids has ${count} ids, more than ${countMax}`,
    hint: () => "split the ids over several requests",
  },
  "query.too_many_segments": {
    kind: "invalid",
    message: ({ count, countMax }) =>
      `segment_by_cohorts has ${count} cohorts, more than ${countMax}`,
    hint: () => "split the cohorts over several requests",
  },
  "query.page_too_large": {
    kind: "invalid",
    message: ({ bytesMax }) => `the page has more than ${bytesMax} bytes`,
    hint: () => "ask for fewer profiles a page with page_size",
  },
  "query.too_many_profiles": {
    kind: "invalid",
    message: ({ countMax }) => `the query selects more than ${countMax} profiles`,
    hint: () => "narrow it, or set a limit",
  },
  "query.too_many_columns": {
    kind: "invalid",
    message: ({ countMax }) => `the profiles have more than ${countMax} properties`,
    hint: () => "name the columns you want with output_properties",
  },
  "query.invalid_endpoint": {
    kind: "invalid",
    message: () => "Invalid API endpoint",
    hint: () => "see /openapi.json for the endpoints",
  },
  "query.method_not_allowed": {
    kind: "invalid",
    message: ({ method, allowed }) => `${method} is not allowed here, only ${allowed}`,
    hint: ({ allowed }) => `use ${allowed}`,
  },
  "query.timeout": {
    kind: "invalid",
    message: () => "Timeout Error.",
    hint: ({ timeoutMs }) => `the query ran longer than ${timeoutMs} ms: narrow it`,
  },
  "query.body_too_large": {
    kind: "large",
    message: ({ bodyBytesMax }) => `request exceeds max limit of ${bodyBytesMax} bytes`,
    hint: () => "send less at once",
  },
  "request.encoding_unknown": {
    kind: "invalid",
    message: ({ encoding }) => `unknown Content-Encoding ${encoding}`,
    hint: () => "send the body as it is, or as gzip, deflate or br",
  },
  "request.body_damaged": {
    kind: "invalid",
    message: ({ encoding }) => `the body is not ${encoding}`,
    hint: () => "send the whole body, or leave Content-Encoding out",
  },
  "request.malformed": {
    kind: "invalid",
    message: ({ reason }) => `malformed request: ${reason}`,
    hint: () => "send well-formed HTTP",
  },
  "request.invalid_body": {
    kind: "invalid",
    message: ({ member, reason }) => `${member} is invalid: ${reason}`,
    hint: ({ member }) => `correct ${member}; /openapi.json has the shape of the body`,
  },
  "request.not_found": {
    kind: "missing",
    message: ({ path }) => `Not found: ${path}`,
    hint: () => "see /openapi.json for the endpoints",
  },
};
