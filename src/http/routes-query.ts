/**
 * The endpoints of the Query API.
 *
 * @module
 */
import { COHORT_LIST_SCHEMA, listCohorts } from "./cohort-list.ts";
import { exportProfiles } from "./export/export-profiles.ts";
import { exportEvents } from "./export-events.ts";
import { listProperties } from "./list-properties.ts";
import type { ParameterName } from "./parameter-table.ts";
import { queryProfiles } from "./query-profiles.ts";
import { breakDown, queryStatistics } from "./query-statistics.ts";
import { queryRevenue } from "./revenue.ts";
import type { Route } from "./route.ts";
import { queryStream } from "./stream-query.ts";
import { PAGE_SCHEMA, PROPERTIES_SCHEMA, parametersSchema, queryStringSchema } from "./wire.ts";
import {
  BREAKDOWN_SCHEMA,
  EXPORT_ANSWER,
  PROFILE_EXPORT_ANSWER,
  REVENUE_SCHEMA,
  STATISTICS_SCHEMA,
  STREAM_SCHEMA,
} from "./wire-query.ts";

const PREFIXES = ["/api/query", "/api/2.0"];

const QUERY_PARAMETERS: readonly ParameterName[] = [
  "project_id",
  "workspace_id",
  "where",
  "selector",
  "distinct_id",
  "distinct_ids",
  "data_group_id",
  "search",
  "sort_key",
  "sort_order",
  "limit",
  "page",
  "page_size",
  "session_id",
  "output_properties",
  "as_of_timestamp",
  "behaviors",
  "filter_by_cohort",
  "include_all_users",
];

const PROFILE_EXPORT_PARAMETERS: readonly ParameterName[] = [
  "format",
  "offset",
  "footer",
  "spreadsheet_safe",
  ...QUERY_PARAMETERS.filter((name) => name !== "page"),
];

const PROPERTIES_PARAMETERS: readonly ParameterName[] = [
  "project_id",
  "workspace_id",
  "data_group_id",
  "limit",
];

const SELECTING: readonly ParameterName[] = [
  "project_id",
  "workspace_id",
  "where",
  "selector",
  "distinct_id",
  "distinct_ids",
  "data_group_id",
  "search",
  "as_of_timestamp",
  "filter_by_cohort",
  "include_all_users",
];

const STATISTICS_PARAMETERS: readonly ParameterName[] = [
  "action",
  ...SELECTING,
  "segment_by_cohorts",
];

const BREAKDOWN_PARAMETERS: readonly ParameterName[] = [
  "property",
  "expression",
  "limit",
  "buckets",
  ...SELECTING,
  "segment_by_cohorts",
];

const REVENUE_PARAMETERS: readonly ParameterName[] = ["from_date", "to_date", "unit", ...SELECTING];

const STREAM_PARAMETERS: readonly ParameterName[] = [
  "project_id",
  "workspace_id",
  "distinct_ids",
  "distinct_id",
  "from_date",
  "to_date",
  "limit",
];

const EXPORT_PARAMETERS: readonly ParameterName[] = [
  "project_id",
  "workspace_id",
  "from_date",
  "to_date",
  "event",
  "where",
  "limit",
];

const COHORT_LIST_PARAMETERS: readonly ParameterName[] = ["project_id", "workspace_id"];

/** The table. */
export const QUERY_ROUTES: readonly Route[] = [
  {
    ...queryRoute("engage_query", "/engage", "Query profiles", QUERY_PARAMETERS),
    aliases: PREFIXES.map((prefix) => `${prefix}/engage/query`),
    answer: PAGE_SCHEMA,
    handler: queryProfiles,
  },
  {
    ...queryRoute(
      "engage_export",
      "/engage/export",
      "Export all profiles of a query",
      PROFILE_EXPORT_PARAMETERS,
    ),
    guard: "export",
    answer: PROFILE_EXPORT_ANSWER,
    handler: exportProfiles,
  },
  {
    ...queryRoute(
      "engage_properties",
      "/engage/properties",
      "List the properties that profiles have",
      PROPERTIES_PARAMETERS,
    ),
    answer: PROPERTIES_SCHEMA,
    handler: listProperties,
  },
  {
    ...queryRoute(
      "engage_stats",
      "/engage/stats",
      "Count profiles, or find out about the numbers they have",
      STATISTICS_PARAMETERS,
    ),
    answer: STATISTICS_SCHEMA,
    handler: queryStatistics,
  },
  {
    ...queryRoute(
      "engage_breakdown",
      "/engage/breakdown",
      "Count the values of a property",
      BREAKDOWN_PARAMETERS,
    ),
    answer: BREAKDOWN_SCHEMA,
    handler: breakDown,
  },
  {
    ...queryRoute(
      "engage_revenue",
      "/engage/revenue",
      "Add up what profiles have paid",
      REVENUE_PARAMETERS,
    ),
    answer: REVENUE_SCHEMA,
    handler: queryRevenue,
  },
  {
    ...queryRoute("cohorts_list", "/cohorts/list", "List saved cohorts", COHORT_LIST_PARAMETERS),
    answer: COHORT_LIST_SCHEMA,
    handler: listCohorts,
  },
  {
    ...queryRoute(
      "stream_query",
      "/stream/query",
      "List what some people did, the latest first",
      STREAM_PARAMETERS,
    ),
    answer: STREAM_SCHEMA,
    handler: queryStream,
  },
  {
    ...queryRoute("export", "/export", "Export events", EXPORT_PARAMETERS),
    guard: "export",
    paths: ["/api/2.0/export"],
    answer: EXPORT_ANSWER,
    handler: exportEvents,
  },
];

/** What is the same for all: they answer below both prefixes, and take the same parameters in query string and body. */
function queryRoute(
  name: string,
  path: string,
  summary: string,
  parameters: readonly ParameterName[],
): Omit<Route, "answer" | "handler"> {
  return {
    name,
    family: "query",
    methods: ["GET", "POST"],
    paths: PREFIXES.map((prefix) => `${prefix}${path}`),
    aliases: [],
    summary,
    guard: "query",
    parameters: queryStringSchema(parameters),
    body: parametersSchema(parameters),
  };
}
