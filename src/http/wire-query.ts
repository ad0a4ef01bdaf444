/**
 * The shapes of numbers and events on the wire, as JSON Schema for the OpenAPI document.
 *
 * @module
 */
import { type TSchema, Type } from "@sinclair/typebox";

const COMPUTED_AT = Type.String({ description: "UTC, `YYYY-MM-DDTHH:MM:SS`." });
const NUMBER_OR_NULL = Type.Union([Type.Number(), Type.Null()]);
const COUNT = Type.Integer({ minimum: 0 });

const RESULT = Type.Union([
  NUMBER_OR_NULL,
  Type.Object({ max: NUMBER_OR_NULL, min: NUMBER_OR_NULL }),
  Type.Object({ percentile: Type.Number(), result: NUMBER_OR_NULL }),
  Type.Object({
    count: COUNT,
    mean: NUMBER_OR_NULL,
    var: NUMBER_OR_NULL,
    sum_of_squares: Type.Number(),
  }),
]);

/** What `/engage/stats` answers. */
export const STATISTICS_SCHEMA: TSchema = Type.Object(
  {
    results: Type.Union([RESULT, Type.Record(Type.String(), RESULT)], {
      description: "By cohort id with `segment_by_cohorts`.",
    }),
    status: Type.Literal("ok"),
    computed_at: COMPUTED_AT,
  },
  { description: "What the action found." },
);

const BREAKDOWN = Type.Object({
  total: COUNT,
  missing: COUNT,
  distinct: COUNT,
  values: Type.Array(Type.Object({ value: Type.Any(), count: COUNT })),
  histogram: Type.Array(Type.Object({ from: Type.Number(), to: Type.Number(), count: COUNT })),
});

/** What `/engage/breakdown` answers. */
export const BREAKDOWN_SCHEMA: TSchema = Type.Object(
  {
    results: Type.Union([BREAKDOWN, Type.Record(Type.String(), BREAKDOWN)], {
      description: "By cohort id with `segment_by_cohorts`.",
    }),
    status: Type.Literal("ok"),
    computed_at: COMPUTED_AT,
  },
  { description: "How values are spread, the most frequent first." },
);

/** What `/engage/revenue` answers. */
export const REVENUE_SCHEMA: TSchema = Type.Object(
  {
    computed_at: COMPUTED_AT,
    results: Type.Record(
      Type.String(),
      Type.Object({ amount: Type.Number(), count: COUNT, paid_count: COUNT }),
      { description: "`$overall`, and the first day of each period." },
    ),
    session_id: Type.String({ description: "Names no session." }),
    status: Type.Literal("ok"),
  },
  { description: "Revenue by period." },
);

const EVENT = Type.Object({
  event: Type.String(),
  properties: Type.Object(
    {
      time: Type.Integer({ description: "Epoch seconds." }),
      distinct_id: Type.String({ description: "The id that the person goes by." }),
      $insert_id: Type.String(),
      mp_processing_time_ms: Type.Integer(),
    },
    { additionalProperties: true },
  ),
});

/** What `/stream/query` answers. */
export const STREAM_SCHEMA: TSchema = Type.Object(
  {
    status: Type.Literal("ok"),
    results: Type.Object({
      events: Type.Array(EVENT),
      truncated: Type.Optional(Type.Literal(true)),
    }),
  },
  { description: "Events, the latest first." },
);

/** What `/engage/export` answers. */
export const PROFILE_EXPORT_ANSWER: object = {
  description:
    "All profiles. `X-Whom-Session-Id` and `X-Whom-Total` stand in the headers, `X-Whom-Rows` and `X-Whom-Complete` in the trailers.",
  content: {
    "application/x-ndjson": {
      schema: Type.Object({
        $distinct_id: Type.String(),
        $properties: Type.Object({}, { additionalProperties: true }),
      }),
    },
    "text/csv": { schema: Type.String() },
    "application/vnd.apache.parquet": { schema: Type.String() },
  },
};

/** What `/export` answers. */
export const EXPORT_ANSWER: object = {
  description: "One JSON object a line.",
  content: { "text/plain": { schema: EVENT } },
};
