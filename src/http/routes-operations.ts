/**
 * The endpoints that operators and their machines ask.
 *
 * @module
 */
import { type TSchema, Type } from "@sinclair/typebox";
import { live, ready } from "./health.ts";
import type { Route } from "./route.ts";
import { HEALTH_SCHEMA, METRICS_ANSWER } from "./wire.ts";

const NOTHING: TSchema = Type.Object({});

/** The table. */
export const OPERATIONS_ROUTES: readonly Route[] = [
  {
    name: "health_live",
    family: "operations",
    methods: ["GET"],
    paths: ["/health/live"],
    aliases: [],
    summary: "Whether the process runs",
    guard: "anyone",
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
    guard: "anyone",
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
    guard: "anyone",
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
