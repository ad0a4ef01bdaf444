/**
 * What browsers may do from pages of other origins, by who calls an endpoint.
 *
 * @module
 */
import type { FastifyCorsOptions } from "@fastify/cors";
import type { FastifyRequest } from "fastify";
import { pathOf } from "./request-target.ts";
import { routesAt } from "./route-lookup.ts";

const PREFLIGHT_SECONDS = 86_400;

const SHARED: FastifyCorsOptions = {
  methods: "GET, HEAD, POST, PUT, PATCH, DELETE",
  exposedHeaders:
    "Retry-After, RateLimit, RateLimit-Policy, X-Request-Id, X-Whom-Session-Id, X-Whom-Total",
  maxAge: PREFLIGHT_SECONDS,
  strictPreflight: false,
};

/** Browsers write with their cookies, as the SDK asks for it. */
const INGEST: FastifyCorsOptions = { ...SHARED, origin: true, credentials: true };

/**
 * Elsewhere any page may ask, but only with credentials it knows itself: those that a browser remembers for
 * this origin must not work for it.
 */
const OTHERS: FastifyCorsOptions = { ...SHARED, origin: "*", credentials: false };

/** The options for a request. */
export function corsOptionsOf({ url }: FastifyRequest): FastifyCorsOptions {
  return routesAt(pathOf(url))[0]?.family === "ingest" ? INGEST : OTHERS;
}
