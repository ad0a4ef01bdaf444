/**
 * The shapes of answers on the wire, as JSON Schema for the OpenAPI document.
 *
 * @module
 */
import { type TSchema, Type } from "@sinclair/typebox";
import { PARAMETERS, type ParameterName } from "./parameter-table.ts";

/** The parameters of an endpoint as the members of a query string or body. */
export function parametersSchema(names: readonly ParameterName[]): TSchema {
  const members = names.map((name) => [name, Type.Optional(PARAMETERS[name].schema)] as const);
  return Type.Object(Object.fromEntries(members), { additionalProperties: true });
}

/** The same parameters in a query string, where lists and objects are JSON within a text. */
export function queryStringSchema(names: readonly ParameterName[]): TSchema {
  const members = names.map((name) => {
    const { schema } = PARAMETERS[name];
    const isJson = schema["type"] === "array" || schema["type"] === "object";
    const shown = isJson ? { ...schema, "x-consume": "application/json" } : schema;
    return [name, Type.Optional(shown)] as const;
  });
  return Type.Object(Object.fromEntries(members), { additionalProperties: true });
}

/** What every failure is answered with, but for writes. */
export const FAILURE_SCHEMA: TSchema = Type.Object(
  {
    request: Type.String({ description: "Path and query string of the request, without secrets." }),
    error: Type.String({ description: "What was found." }),
    status: Type.Literal("error"),
    code: Type.Optional(Type.String({ description: "The error's name, which does not change." })),
    hint: Type.Optional(Type.String({ description: "What to do." })),
    position: Type.Optional(
      Type.Integer({ description: "Where in the selector, in UTF-16 units from 0." }),
    ),
    span: Type.Optional(Type.Object({ start: Type.Integer(), end: Type.Integer() })),
    frame: Type.Optional(Type.String({ description: "The selector with the place marked." })),
  },
  { description: "What was found and what to do." },
);

/** What every failure of the App API is answered with. */
export const APP_FAILURE_SCHEMA: TSchema = Type.Object(
  {
    status: Type.Literal("error"),
    error: Type.String({ description: "What was found." }),
    code: Type.Optional(Type.String({ description: "The error's name, which does not change." })),
    hint: Type.Optional(Type.String({ description: "What to do." })),
    details: Type.Optional(
      Type.Object(
        {
          path: Type.Array(Type.Union([Type.String(), Type.Integer()])),
          schema: Type.Unknown(),
          data: Type.Optional(Type.Unknown()),
        },
        { description: "Where the body differs from its schema." },
      ),
    ),
  },
  { description: "What was found and what to do." },
);

/** One page of profiles. */
export const PAGE_SCHEMA: TSchema = Type.Object(
  {
    page: Type.Integer({ minimum: 0 }),
    page_size: Type.Integer({
      minimum: 0,
      description:
        "As the first page has it; less on a full page that profiles deleted since are left out of.",
    }),
    results: Type.Array(
      Type.Object({
        $distinct_id: Type.String(),
        $properties: Type.Object(
          { $last_seen: Type.String({ description: "UTC, `YYYY-MM-DDTHH:MM:SS`." }) },
          { additionalProperties: true },
        ),
      }),
    ),
    session_id: Type.String(),
    status: Type.Literal("ok"),
    total: Type.Integer({ minimum: 0, description: "Profiles over all pages." }),
  },
  { description: "A page of profiles." },
);

/** What `/engage/properties` answers. */
export const PROPERTIES_SCHEMA: TSchema = Type.Object(
  {
    computed_at: Type.String(),
    results: Type.Record(
      Type.String(),
      Type.Object({
        count: Type.Integer({ minimum: 1 }),
        type: Type.Union(
          ["string", "number", "boolean", "datetime", "object", "list"].map((type) =>
            Type.Literal(type),
          ),
        ),
      }),
    ),
    status: Type.Literal("ok"),
  },
  { description: "Properties by name, most frequent first." },
);

const VERBOSE_SCHEMA: TSchema = Type.Object(
  {
    error: Type.Union([Type.String(), Type.Null()]),
    status: Type.Union([Type.Literal(0), Type.Literal(1)]),
    num_good_events: Type.Optional(Type.Integer()),
    failed_records: Type.Optional(
      Type.Array(
        Type.Object({
          index: Type.Integer(),
          $distinct_id: Type.Optional(Type.String()),
          $group_id: Type.Optional(Type.String()),
          insert_id: Type.Optional(Type.String()),
          $insert_id: Type.Optional(Type.String()),
          field: Type.String(),
          message: Type.String(),
        }),
      ),
    ),
  },
  { description: "With `verbose=1`." },
);

/** What an endpoint that writes answers. */
export const UPDATE_ANSWER: object = {
  description: "What became of the records.",
  content: {
    "text/plain": { schema: Type.Union([Type.Literal("1"), Type.Literal("0")]) },
    "application/json": { schema: VERBOSE_SCHEMA },
  },
};

/** What an endpoint that writes answers when it can take nothing. */
export const UPDATE_FAILURE_SCHEMA: TSchema = Type.Object(
  {
    error: Type.String({ description: "What was found." }),
    status: Type.Union([Type.Literal(0), Type.String()]),
    code: Type.Optional(Type.Integer({ description: "Of `/import`: the HTTP status." })),
  },
  { description: "Nothing was written, or not all, and why.", additionalProperties: true },
);

/** The parameters of an endpoint that writes. */
export const UPDATE_PARAMETERS_SCHEMA: TSchema = Type.Object(
  {
    data: Type.Optional(Type.String({ description: "Records as JSON, or as base64 of JSON." })),
    verbose: Type.Optional(Type.Integer({ description: "1 answers JSON." })),
    strict: Type.Optional(Type.Integer({ description: "1 reports each record that was wrong." })),
    ip: Type.Optional(Type.Integer({ description: "Accepted; no place is looked up." })),
    callback: Type.Optional(Type.String({ description: "Answers a call of this function." })),
    img: Type.Optional(Type.Integer({ description: "1 answers a GIF of one pixel." })),
    project_id: Type.Optional(Type.Integer({ description: "Must be the project of the tokens." })),
  },
  { additionalProperties: true },
);

const RECORD_SCHEMA: TSchema = Type.Object(
  {
    $token: Type.String(),
    $distinct_id: Type.Optional(Type.String()),
    $group_key: Type.Optional(Type.String()),
    $group_id: Type.Optional(Type.String()),
  },
  { description: "A record with one operation such as `$set`.", additionalProperties: true },
);

/** The body of a request that writes: records, or a form that holds them. */
export const UPDATE_BODY: object = {
  content: {
    "application/json": { schema: Type.Union([Type.Array(RECORD_SCHEMA), RECORD_SCHEMA]) },
    "application/x-www-form-urlencoded": { schema: UPDATE_PARAMETERS_SCHEMA },
  },
};

/** The counters. */
export const METRICS_ANSWER: object = {
  description: "The text format of Prometheus.",
  content: { "text/plain": { schema: Type.String() } },
};

/** The state of the server. */
export const HEALTH_SCHEMA: TSchema = Type.Object(
  { status: Type.String(), error: Type.Optional(Type.String()) },
  { description: "`ok`, or why not." },
);
