/**
 * The endpoints of the Query API.
 *
 * @module
 */
import { COHORT_LIST_SCHEMA, listCohorts } from "./cohort-list.ts";
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
    name: "engage_query",
    family: "query",
    methods: ["GET", "POST"],
    paths: PREFIXES.map((prefix) => `${prefix}/engage`),
    aliases: PREFIXES.map((prefix) => `${prefix}/engage/query`),
    summary: "Query profiles",
    parameters: queryStringSchema(QUERY_PARAMETERS),
    body: parametersSchema(QUERY_PARAMETERS),
    answer: PAGE_SCHEMA,
    handler: queryProfiles,
  },
  {
    name: "engage_properties",
    family: "query",
    methods: ["GET", "POST"],
    paths: PREFIXES.map((prefix) => `${prefix}/engage/properties`),
    aliases: [],
    summary: "List the properties that profiles have",
    parameters: queryStringSchema(PROPERTIES_PARAMETERS),
    body: parametersSchema(PROPERTIES_PARAMETERS),
    answer: PROPERTIES_SCHEMA,
    handler: listProperties,
  },
  {
    name: "engage_stats",
    family: "query",
    methods: ["GET", "POST"],
    paths: PREFIXES.map((prefix) => `${prefix}/engage/stats`),
    aliases: [],
    summary: "Count profiles, or find out about the numbers they have",
    parameters: queryStringSchema(STATISTICS_PARAMETERS),
    body: parametersSchema(STATISTICS_PARAMETERS),
    answer: STATISTICS_SCHEMA,
    handler: queryStatistics,
  },
  {
    name: "engage_breakdown",
    family: "query",
    methods: ["GET", "POST"],
    paths: PREFIXES.map((prefix) => `${prefix}/engage/breakdown`),
    aliases: [],
    summary: "Count the values of a property",
    parameters: queryStringSchema(BREAKDOWN_PARAMETERS),
    body: parametersSchema(BREAKDOWN_PARAMETERS),
    answer: BREAKDOWN_SCHEMA,
    handler: breakDown,
  },
  {
    name: "engage_revenue",
    family: "query",
    methods: ["GET", "POST"],
    paths: PREFIXES.map((prefix) => `${prefix}/engage/revenue`),
    aliases: [],
    summary: "Add up what profiles have paid",
    parameters: queryStringSchema(REVENUE_PARAMETERS),
    body: parametersSchema(REVENUE_PARAMETERS),
    answer: REVENUE_SCHEMA,
    handler: queryRevenue,
  },
  {
    name: "cohorts_list",
    family: "query",
    methods: ["GET", "POST"],
    paths: PREFIXES.map((prefix) => `${prefix}/cohorts/list`),
    aliases: [],
    summary: "List saved cohorts",
    parameters: queryStringSchema(COHORT_LIST_PARAMETERS),
    body: parametersSchema(COHORT_LIST_PARAMETERS),
    answer: COHORT_LIST_SCHEMA,
    handler: listCohorts,
  },
  {
    name: "stream_query",
    family: "query",
    methods: ["GET", "POST"],
    paths: PREFIXES.map((prefix) => `${prefix}/stream/query`),
    aliases: [],
    summary: "List what some people did, the latest first",
    parameters: queryStringSchema(STREAM_PARAMETERS),
    body: parametersSchema(STREAM_PARAMETERS),
    answer: STREAM_SCHEMA,
    handler: queryStream,
  },
  {
    name: "export",
    family: "query",
    methods: ["GET", "POST"],
    paths: ["/api/2.0/export"],
    aliases: [],
    summary: "Export events",
    parameters: queryStringSchema(EXPORT_PARAMETERS),
    body: parametersSchema(EXPORT_PARAMETERS),
    answer: EXPORT_ANSWER,
    handler: exportEvents,
  },
];
