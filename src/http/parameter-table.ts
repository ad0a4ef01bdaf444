/**
 * The parameters of Query Profiles: one table for reading, checking and the OpenAPI document.
 *
 * @module
 */
import { type TSchema, Type } from "@sinclair/typebox";

/** The page length when none is asked for. */
export const PAGE_SIZE_DEFAULT = 1000;
/** The longest page; a longer wish gets this one. */
export const PAGE_SIZE_MAX = 5000;
/** The most ids in `distinct_ids`. */
export const DISTINCT_ID_COUNT_MAX = 2000;
/** The most names in `output_properties`: a profile has no more. */
const OUTPUT_PROPERTY_COUNT_MAX = 2000;
/** How many properties `/engage/properties` lists when no limit is asked for. */
export const PROPERTY_LIMIT_DEFAULT = 2000;

/** How many values a breakdown shows when no limit is asked for. */
export const VALUE_COUNT_DEFAULT = 20;
/** The most values a breakdown shows. */
export const VALUE_COUNT_MAX = 1000;
/** How many buckets a breakdown has when none are asked for. */
export const BUCKET_COUNT_DEFAULT = 20;
/** The most buckets of a breakdown. */
export const BUCKET_COUNT_MAX = 500;
/** The most events of one activity stream. */
export const STREAM_EVENT_COUNT_MAX = 10_000;

/** The most names in `event`. */
const EVENT_NAME_COUNT_MAX = 2000;

/** 31 December 9999, the last second with a year of four digits. */
const AS_OF_SECONDS_MAX = 253_402_300_799;

/** A parameter. */
export interface ParameterRow {
  /** What a value must be once it is read; JSON Schema. */
  readonly schema: TSchema;
  /** The same as a noun phrase for errors. */
  readonly expected: string;
  /** Whether the texts `null` and `None` mean that it was not sent, as HTTP libraries write it. */
  readonly nullable: boolean;
}

/** The parameters that have a meaning; any other is ignored. */
export type ParameterName =
  | "project_id"
  | "workspace_id"
  | "where"
  | "selector"
  | "distinct_id"
  | "distinct_ids"
  | "data_group_id"
  | "search"
  | "sort_key"
  | "sort_order"
  | "limit"
  | "page"
  | "page_size"
  | "session_id"
  | "output_properties"
  | "as_of_timestamp"
  | "behaviors"
  | "filter_by_cohort"
  | "include_all_users"
  | "action"
  | "segment_by_cohorts"
  | "property"
  | "expression"
  | "buckets"
  | "from_date"
  | "to_date"
  | "unit"
  | "event"
  | "format"
  | "offset"
  | "footer"
  | "spreadsheet_safe";

const whole = (description: string, minimum: number, maximum = Number.MAX_SAFE_INTEGER) => ({
  schema: Type.Integer({ description, minimum, maximum }),
  expected: maximum === Number.MAX_SAFE_INTEGER && minimum === 0 ? "a whole number" : "an integer",
  nullable: true,
});

const text = (description: string, nullable = false) => ({
  schema: Type.String({ description }),
  expected: "a text",
  nullable,
});

const truth = (description: string, byDefault: boolean) => ({
  schema: Type.Boolean({ description, default: byDefault }),
  expected: "true or false",
  nullable: true,
});

const texts = (description: string, maxItems: number) => ({
  schema: Type.Array(Type.String(), { description, maxItems }),
  expected: "a JSON array of strings",
  nullable: true,
});

/** The table. */
export const PARAMETERS: Readonly<Record<ParameterName, ParameterRow>> = {
  project_id: whole(
    "The project. Needed with a service account; a project's secret implies it.",
    0,
  ),
  workspace_id: whole("The workspace to query through. All project data when left out.", 0),
  where: text("A selector. Blank selects every profile."),
  selector: text("The older name of `where`, which wins when both are sent."),
  distinct_id: text("One profile; joined with `distinct_ids`."),
  distinct_ids: texts(
    `Only these profiles, at most ${DISTINCT_ID_COUNT_MAX}. An empty list selects none.`,
    DISTINCT_ID_COUNT_MAX,
  ),
  data_group_id: text(
    "Groups instead of users: the id of a data group, as text because it has 64 bits, or its group key.",
    true,
  ),
  search: text(
    "Free text, ignoring case, in `$distinct_id`, `$email` and the properties named by `output_properties`.",
  ),
  sort_key: text(
    'An expression such as `properties["$last_seen"]`, or the bare name of a property.',
  ),
  sort_order: {
    schema: Type.Union([Type.Literal("ascending"), Type.Literal("descending")], {
      description: "The direction of `sort_key`.",
      default: "ascending",
    }),
    expected: '"ascending" or "descending"',
    nullable: true,
  },
  limit: whole("The most profiles over all pages; `total` counts no more.", 0),
  page: whole("The page, counted from 0. Later pages need `session_id`.", 0),
  page_size: {
    schema: Type.Integer({
      description: `Profiles a page, clamped to 1…${PAGE_SIZE_MAX}. Fixed by the first page of a session.`,
      default: PAGE_SIZE_DEFAULT,
    }),
    expected: "an integer",
    nullable: true,
  },
  session_id: text("From an earlier answer. Empty, `null` or `None` opens a new session.", true),
  output_properties: texts(
    "The properties to give, besides `$last_seen`. Empty gives all.",
    OUTPUT_PROPERTY_COUNT_MAX,
  ),
  as_of_timestamp: whole(
    "The query's time in Unix seconds: `NOW` and `today()` in its selectors. Now when left out.",
    0,
    AS_OF_SECONDS_MAX,
  ),
  behaviors: {
    schema: Type.Array(Type.Any(), {
      description:
        'Counts of events by name, read with `behaviors["name"]`: `[{"name", "window": "30d", "event_selectors": [{"event", "selector"}]}]`. Not together with `filter_by_cohort`.',
    }),
    expected: "a JSON array",
    nullable: true,
  },
  filter_by_cohort: {
    schema: Type.Object(
      {},
      {
        description: 'Only members of a cohort: `{"id": 12345}` or `{"raw_cohort": {…}}`.',
        additionalProperties: true,
      },
    ),
    expected: "a JSON object",
    nullable: true,
  },
  include_all_users: truth(
    "Looked at only together with `filter_by_cohort`: false leaves out members without a profile.",
    true,
  ),
  action: {
    schema: Type.String({
      description:
        'What to find out: `count()`, `extremes(properties["age"])`, `percentile(properties["age"], 90)`, `numeric_summary(…)`, `sum(…)`, `average(…)`, `min(…)`, `max(…)` or `median(…)`.',
      default: "count()",
    }),
    expected: "a text",
    nullable: false,
  },
  segment_by_cohorts: {
    schema: Type.Record(Type.String(), Type.Any(), {
      description: 'One answer for each cohort: `{"12345": true, "12346": true}`.',
    }),
    expected: 'a JSON object such as {"12345": true}',
    nullable: true,
  },
  property: text("The property whose values are counted."),
  expression: text('An expression whose values are counted, such as `lower(properties["plan"])`.'),
  buckets: whole("The most buckets of the histogram.", 0),
  from_date: text("The first day, `YYYY-MM-DD`, in the project's time zone.", true),
  to_date: text("The last day, `YYYY-MM-DD`, in the project's time zone.", true),
  unit: {
    schema: Type.Union([Type.Literal("day"), Type.Literal("week"), Type.Literal("month")], {
      description: "How long a period is; weeks begin on Monday.",
      default: "day",
    }),
    expected: '"day", "week" or "month"',
    nullable: true,
  },
  event: texts("Only events with these names. All when left out or empty.", EVENT_NAME_COUNT_MAX),
  format: {
    schema: Type.Union([Type.Literal("ndjson"), Type.Literal("csv"), Type.Literal("parquet")], {
      description: "What the profiles are sent as. Wins over `Accept`.",
      default: "ndjson",
    }),
    expected: '"ndjson", "csv" or "parquet"',
    nullable: true,
  },
  offset: whole("Read on from this profile of the session, counted from 0.", 0),
  footer: truth(
    "A last line of NDJSON that tells how many profiles there were, for clients that read no trailers.",
    false,
  ),
  spreadsheet_safe: truth(
    "Whether texts of CSV that a spreadsheet would run as a formula get an apostrophe in front.",
    true,
  ),
};
