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

/** What every failure is answered with. */
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

/** What an endpoint that writes answers with `verbose`; without, the text `1` or `0`. */
export const UPDATE_SCHEMA: TSchema = Type.Object(
  {
    error: Type.Union([Type.String(), Type.Null()]),
    status: Type.Union([Type.Literal(0), Type.Literal(1)]),
    num_good_events: Type.Optional(Type.Integer()),
    failed_records: Type.Optional(
      Type.Array(
        Type.Object({ index: Type.Integer(), field: Type.String(), message: Type.String() }),
      ),
    ),
  },
  { description: "With `verbose=1`; without, the text `1` or `0`." },
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

/** Records in a body of their own. */
export const RECORDS_SCHEMA: TSchema = Type.Array(
  Type.Object(
    {
      $token: Type.String(),
      $distinct_id: Type.Optional(Type.String()),
      $group_key: Type.Optional(Type.String()),
      $group_id: Type.Optional(Type.String()),
    },
    { additionalProperties: true },
  ),
  { description: "Records, each with one operation such as `$set`." },
);

/** The state of the server. */
export const HEALTH_SCHEMA: TSchema = Type.Object(
  { status: Type.String(), error: Type.Optional(Type.String()) },
  { description: "`ok`, or why not." },
);
