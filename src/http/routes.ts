/**
 * The endpoints: one table, from which come the routes and the OpenAPI document.
 *
 * @module
 */
import { type TSchema, Type } from "@sinclair/typebox";
import type { ApiReply, ApiRequest } from "./api.ts";
import type { ServerContext } from "./context.ts";
import { live, ready } from "./health.ts";
import { listProperties } from "./list-properties.ts";
import type { ParameterName } from "./parameter-table.ts";
import { queryProfiles } from "./query-profiles.ts";
import { updateProfiles } from "./update-profiles.ts";
import {
  HEALTH_SCHEMA,
  METRICS_ANSWER,
  PAGE_SCHEMA,
  PROPERTIES_SCHEMA,
  parametersSchema,
  queryStringSchema,
  UPDATE_ANSWER,
  UPDATE_BODY,
  UPDATE_PARAMETERS_SCHEMA,
} from "./wire.ts";

/** Who calls an endpoint: it decides about credentials, CORS and how HEAD is answered. */
type Family = "query" | "ingest" | "operations";

/** A handler takes a request and gives a reply; what it throws becomes one. */
type Handler = (context: ServerContext, request: ApiRequest) => Promise<ApiReply> | ApiReply;

/** An endpoint. */
export interface Route {
  /** The label in metrics and the log. */
  readonly name: string;
  readonly family: Family;
  readonly methods: readonly ("GET" | "POST")[];
  /** Each also answers with a slash at its end. */
  readonly paths: readonly string[];
  /** Paths that answer the same and are not in the document. */
  readonly aliases: readonly string[];
  readonly summary: string;
  readonly parameters: TSchema;
  /** A schema, or one for each content type. */
  readonly body: object;
  readonly answer: object;
  readonly handler: Handler;
}

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

const NOTHING: TSchema = Type.Object({});

/** The table. */
export const ROUTES: readonly Route[] = [
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
    name: "engage_update",
    family: "ingest",
    methods: ["GET", "POST"],
    paths: ["/engage"],
    aliases: [],
    summary: "Update user profiles",
    parameters: UPDATE_PARAMETERS_SCHEMA,
    body: UPDATE_BODY,
    answer: UPDATE_ANSWER,
    handler: (context, request) => updateProfiles(context.updates, request, "engage"),
  },
  {
    name: "groups_update",
    family: "ingest",
    methods: ["GET", "POST"],
    paths: ["/groups"],
    aliases: [],
    summary: "Update group profiles",
    parameters: UPDATE_PARAMETERS_SCHEMA,
    body: UPDATE_BODY,
    answer: UPDATE_ANSWER,
    handler: (context, request) => updateProfiles(context.updates, request, "groups"),
  },
  {
    name: "health_live",
    family: "operations",
    methods: ["GET"],
    paths: ["/health/live"],
    aliases: [],
    summary: "Whether the process runs",
    parameters: NOTHING,
    body: NOTHING,
    answer: HEALTH_SCHEMA,
    handler: live,
  },
  {
    name: "health_ready",
    family: "operations",
    methods: ["GET"],
    paths: ["/health/ready"],
    aliases: [],
    summary: "Whether requests can be served now: 503 when not",
    parameters: NOTHING,
    body: NOTHING,
    answer: HEALTH_SCHEMA,
    handler: (context) => ready(context.store, context.isStopping()),
  },
  {
    name: "metrics",
    family: "operations",
    methods: ["GET"],
    paths: ["/metrics"],
    aliases: [],
    summary: "Counters for Prometheus",
    parameters: NOTHING,
    body: NOTHING,
    answer: METRICS_ANSWER,
    handler: async ({ metrics: { registry } }) => ({
      status: 200,
      headers: { "content-type": registry.contentType },
      body: await registry.metrics(),
    }),
  },
];
