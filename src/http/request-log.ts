/**
 * A request that is over as a line of the log and as counts.
 *
 * @module
 */
import type { FastifyReply, FastifyRequest } from "fastify";
import type { ApiReply } from "./api.ts";
import type { ServerContext } from "./context.ts";
import { pathOf } from "./request-target.ts";

declare module "fastify" {
  interface FastifyContextConfig {
    /** What the route is called in metrics and the log. */
    readonly route?: string;
  }
  interface FastifyReply {
    /** What the log line says beside the usual. */
    logged: ApiReply["logged"];
  }
}

const LOGGED_PATH_LENGTH_MAX = 200;

const KNOWN_METHODS: ReadonlySet<string> = new Set([
  "GET",
  "HEAD",
  "POST",
  "PUT",
  "PATCH",
  "DELETE",
  "OPTIONS",
]);

/** Counts and logs a request that is over. */
export function record(
  { metrics, logger }: Pick<ServerContext, "metrics" | "logger">,
  request: FastifyRequest,
  reply: FastifyReply,
  status: number,
): void {
  const route = routeNameOf(request);
  const { elapsedTime } = reply;
  metrics.requests.inc({ route, method: methodLabel(request), status });
  metrics.requestSeconds.observe({ route }, elapsedTime / 1000);
  logger[status >= 500 ? "error" : "info"](
    {
      requestId: request.id,
      method: request.method,
      path: pathOf(request.url).slice(0, LOGGED_PATH_LENGTH_MAX),
      route,
      status,
      durationMs: Math.round(elapsedTime * 10) / 10,
      ...reply.logged,
    },
    "request",
  );
}

function routeNameOf(request: FastifyRequest): string {
  return request.routeOptions.config.route ?? (request.is404 ? "none" : "docs");
}

/** Methods are what a client writes; only known ones become a label. */
function methodLabel({ method }: FastifyRequest): string {
  return KNOWN_METHODS.has(method) ? method : "other";
}
