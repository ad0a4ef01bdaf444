/**
 * The shapes of events and of the answers to them, as JSON Schema for the OpenAPI document.
 *
 * @module
 */
import { type TSchema, Type } from "@sinclair/typebox";

const EVENT_PROPERTIES_SCHEMA: TSchema = Type.Object(
  {
    token: Type.Optional(Type.String({ description: "The project's token; /track needs it." })),
    distinct_id: Type.Optional(Type.String({ description: "Who did it; empty for nobody." })),
    time: Type.Optional(
      Type.Number({ description: "When it happened, in seconds or milliseconds since 1970 UTC." }),
    ),
    $insert_id: Type.Optional(
      Type.String({ description: "Makes the event replace one that was sent before." }),
    ),
    $user_id: Type.Optional(Type.String()),
    $device_id: Type.Optional(Type.String()),
  },
  { additionalProperties: true },
);

const EVENT_SCHEMA: TSchema = Type.Object({
  event: Type.String({ description: "The event's name." }),
  properties: EVENT_PROPERTIES_SCHEMA,
});

const ANSWER_PARAMETERS = {
  data: Type.Optional(Type.String({ description: "Events as JSON, or as base64 of JSON." })),
  verbose: Type.Optional(Type.Integer({ description: "1 answers JSON." })),
  callback: Type.Optional(Type.String({ description: "Answers a call of this function." })),
  img: Type.Optional(Type.Integer({ description: "1 answers a GIF of one pixel." })),
};

/** The parameters of `/track`. */
export const TRACK_PARAMETERS_SCHEMA: TSchema = Type.Object(
  {
    ...ANSWER_PARAMETERS,
    strict: Type.Optional(Type.Integer({ description: "1 reports each record that was wrong." })),
    ip: Type.Optional(
      Type.Integer({ description: "1 makes a distinct id of the address for events without one." }),
    ),
    project_id: Type.Optional(Type.Integer({ description: "Must be the project of the tokens." })),
  },
  { additionalProperties: true },
);

/** The parameters of `/import`. */
export const IMPORT_PARAMETERS_SCHEMA: TSchema = Type.Object(
  {
    ...ANSWER_PARAMETERS,
    strict: Type.Optional(
      Type.Integer({ description: "1 validates each event and reports those that are wrong." }),
    ),
    project_id: Type.Optional(
      Type.Integer({ description: "The project; needed with a service account." }),
    ),
    api_key: Type.Optional(
      Type.String({ description: "The project's API secret or token, for clients without Basic." }),
    ),
  },
  { additionalProperties: true },
);

const EVENTS = { schema: Type.Union([Type.Array(EVENT_SCHEMA), EVENT_SCHEMA]) };

/** The body of a request to `/track`: events, or a form that holds them. */
export const EVENTS_BODY: object = {
  content: {
    "application/json": EVENTS,
    "application/x-www-form-urlencoded": { schema: TRACK_PARAMETERS_SCHEMA },
  },
};

/** The body of a request to `/import`: events, also one a line, or a form that holds them. */
export const IMPORT_BODY: object = {
  content: {
    "application/json": EVENTS,
    "application/x-ndjson": {
      schema: Type.String({ description: "One event a line." }),
    },
    "application/x-www-form-urlencoded": { schema: IMPORT_PARAMETERS_SCHEMA },
  },
};

const IMPORTED_SCHEMA: TSchema = Type.Object(
  {
    code: Type.Literal(200),
    error: Type.Optional(Type.Union([Type.String(), Type.Null()])),
    num_records_imported: Type.Integer({ minimum: 0 }),
    status: Type.Union([Type.Literal(0), Type.Literal(1), Type.Literal("OK")]),
  },
  { description: "With `strict=1` or `verbose=1`." },
);

/** What `/import` answers. */
export const IMPORT_ANSWER: object = {
  description: "What became of the events.",
  content: {
    "text/plain": { schema: Type.Union([Type.Literal("1"), Type.Literal("0")]) },
    "application/json": { schema: IMPORTED_SCHEMA },
  },
};
