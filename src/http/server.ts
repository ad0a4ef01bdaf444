/**
 * The route table on a socket: bodies read, deadlines kept, failures answered, and a stop that loses nothing.
 *
 * @module
 */

import type { Readable } from "node:stream";
import compress from "@fastify/compress";
import cors from "@fastify/cors";
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import { Pager } from "../paging/pager.ts";
import { createAccessContext } from "../project/access.ts";
import { QuotaGuard } from "../project/quota.ts";
import { createRegistry } from "../registry/registry.ts";
import type { ApiReply, ApiRequest } from "./api.ts";
import { CohortCounts } from "./app/cohort-counts.ts";
import { Retrievals } from "./app/retrievals.ts";
import type { ServerContext, ServerParts } from "./context.ts";
import { countingWriter } from "./counting-writer.ts";
import { ExportGate } from "./export-gate.ts";
import { ClientGone, replyToFailure, STATUS_CLIENT_GONE } from "./failure.ts";
import { asKnownFailure, refuseConnection } from "./framework-failure.ts";
import { inflateBody } from "./inflate.ts";
import { createMetrics } from "./metrics.ts";
import { operationSchema, registerDocument } from "./openapi.ts";
import { requestIdOf } from "./request-id.ts";
import { routedTarget, shownTarget, splitTarget } from "./request-target.ts";
import type { Route } from "./route.ts";
import { familyOf, missedRoute, routesAt } from "./route-lookup.ts";
import { ROUTES } from "./routes.ts";
import { openBody, startDeadline } from "./streaming.ts";

declare module "fastify" {
  interface FastifyContextConfig {
    /** What the route is called in metrics and the log. */
    readonly route?: string;
  }
}

/** A server that can be listened with, asked without a socket, and stopped. */
export interface Server {
  readonly app: FastifyInstance;
  /** @returns the address, `http://127.0.0.1:8274` */
  listen(host: string, port: number): Promise<string>;
  /**
   * Takes no more requests, finishes those under way within the deadline, makes accepted writes durable and
   * closes the parts. Calling it again waits for the same stop.
   */
  stop(): Promise<void>;
}

/** A client has so long to send its headers. */
const HEADERS_TIMEOUT_MS = 60_000;
/** A client has so long to send its whole request. */
const REQUEST_TIMEOUT_MS = 120_000;
/** Longer than load balancers keep a connection, so that it is they who close it. */
const KEEP_ALIVE_TIMEOUT_MS = 72_000;
/** How often a stopping server closes the connections whose last answer is out. */
const IDLE_SWEEP_MS = 50;
/** Selectors stand in query strings, escaped. */
const HEADER_BYTES_MAX = 256 * 1024;
/** Shorter answers are not worth compressing. */
const COMPRESSED_BYTES_MIN = 1024;
const COMPRESSION_LEVEL = 4;
const LOGGED_PATH_LENGTH_MAX = 200;
const PREFLIGHT_SECONDS = 86_400;

/** The headers of a request as they were sent, before the body reader hid the content type from Fastify. */
const SENT_CONTENT_TYPE: unique symbol = Symbol("content type as sent");

/** Makes a server of its parts; it answers once `listen` or `app.inject` is called. */
export async function createServer(parts: ServerParts): Promise<Server> {
  let isStopping = false;
  const context = createContext(parts, () => isStopping);
  const app = fastify({
    bodyLimit: parts.settings.bodyBytesMax,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    forceCloseConnections: "idle",
    http: { maxHeaderSize: HEADER_BYTES_MAX, headersTimeout: HEADERS_TIMEOUT_MS },
    routerOptions: {
      ignoreTrailingSlash: true,
      querystringParser: () => ({}),
      // A long part of a path is no bug of ours, but the name of something that is not there.
      maxParamLength: HEADER_BYTES_MAX,
    },
    exposeHeadRoutes: false,
    rewriteUrl: ({ url }) => routedTarget(url ?? "/"),
    genReqId: ({ headers }) => requestIdOf(headers["x-request-id"]),
    clientErrorHandler: refuseConnection,
    frameworkErrors: (failure, request, reply) => {
      setStandardHeaders(request, reply);
      answerFailure(context, failure, request, reply);
    },
  });
  await registerPlugins(app, parts.version);
  addHooks(app, context);
  addBodyReader(app, context);
  for (const route of ROUTES) addRoute(app, context, route);
  addFallbacks(app, context);

  let stopped: Promise<void> | undefined;
  return {
    app,
    listen: (host, port) => app.listen({ host, port }),
    stop: () => {
      isStopping = true;
      stopped ??= stop(app, context);
      return stopped;
    },
  };
}

function createContext(parts: ServerParts, isStopping: () => boolean): ServerContext {
  const { directory, store, writer, sessions, clock, settings } = parts;
  const metrics = createMetrics({
    openSessionCount: () => sessions.count,
    sessionBytes: () => sessions.bytes,
    waitingUpdateCount: () => writer.waitingCount,
  });
  return {
    ...parts,
    metrics,
    access: createAccessContext(clock, settings),
    pager: new Pager({ store, sessions, clock }),
    quotas: new QuotaGuard(clock),
    exports: new ExportGate(),
    registry: createRegistry(store, clock),
    cohortCounts: new CohortCounts(),
    retrievals: new Retrievals(clock),
    updates: {
      projectByToken: (token) => directory.projectByToken(token),
      writer: countingWriter(writer, metrics),
      clock,
      strictTokens: settings.strictTokens,
      onDropped: (count) => metrics.recordsDropped.inc(count),
    },
    isStopping,
  };
}

async function registerPlugins(app: FastifyInstance, version: string): Promise<void> {
  // Requests are checked by the parameter table, which takes more than one wire form; the schemas document it.
  app.setValidatorCompiler(() => () => true);
  app.setSerializerCompiler(() => (value) => JSON.stringify(value));
  await app.register(cors, {
    delegator: (request, done) => done(null, corsOptions(request)),
  });
  await app.register(compress, {
    globalDecompression: false,
    encodings: ["gzip", "deflate"],
    threshold: COMPRESSED_BYTES_MIN,
    zlibOptions: { level: COMPRESSION_LEVEL },
  });
  await registerDocument(app, version);
}

/**
 * Browsers write with their cookies, as the SDK asks for it. Elsewhere any page may ask, but only with
 * credentials it knows itself: those that a browser remembers for this origin must not work for it.
 */
function corsOptions({ url }: FastifyRequest) {
  const family = routesAt(pathOf(url))[0]?.family;
  return {
    origin: family === "ingest" ? true : "*",
    credentials: family === "ingest",
    methods: ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"],
    exposedHeaders: ["Retry-After", "RateLimit", "RateLimit-Policy", "X-Request-Id"],
    maxAge: PREFLIGHT_SECONDS,
    strictPreflight: false,
  };
}

function addHooks(app: FastifyInstance, context: ServerContext): void {
  app.addHook("onRequest", async (request, reply) => {
    setStandardHeaders(request, reply);
    // The body is told by what is in it: a content type that no parser knows, or that is none, must not stop it.
    const { headers } = request.raw;
    Object.assign(request, { [SENT_CONTENT_TYPE]: headers["content-type"] });
    if (headers["content-type"] !== undefined) headers["content-type"] = "application/octet-stream";
  });
  app.addHook("onResponse", async (request, reply) => {
    record(context, request, reply, reply.statusCode);
  });
}

/** Counts and logs a request that is over. */
function record(
  { metrics, logger }: ServerContext,
  request: FastifyRequest,
  reply: FastifyReply,
  status: number,
): void {
  const route = routeNameOf(request);
  metrics.requests.inc({ route, method: methodLabel(request), status });
  metrics.requestSeconds.observe({ route }, reply.elapsedTime / 1000);
  logger[status >= 500 ? "error" : "info"](
    {
      requestId: request.id,
      method: request.method,
      path: pathOf(request.url).slice(0, LOGGED_PATH_LENGTH_MAX),
      route,
      status,
      durationMs: Math.round(reply.elapsedTime * 10) / 10,
      ...(reply as LoggedReply).logged,
    },
    "request",
  );
}

interface LoggedReply {
  logged?: ApiReply["logged"];
}

function addBodyReader(app: FastifyInstance, { settings }: ServerContext): void {
  const { bodyBytesMax } = settings;
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    "*",
    { parseAs: "buffer", bodyLimit: bodyBytesMax },
    async (request: FastifyRequest, body: Buffer) =>
      inflateBody(body, request.headers["content-encoding"], bodyBytesMax),
  );
}

function addRoute(app: FastifyInstance, context: ServerContext, route: Route): void {
  const handler = async (request: FastifyRequest, reply: FastifyReply) => {
    const deadline = startDeadline(reply.raw, context.settings.queryTimeoutMs);
    try {
      const answer = await route.handler(context, toApiRequest(request, deadline.signal));
      const body = await openBody(answer.body, deadline, (failure) => {
        breakOff(context, failure, request, reply);
      });
      send(reply, answer, body);
    } catch (failure) {
      deadline.end();
      answerFailure(context, failure, request, reply);
    }
    return reply;
  };
  for (const path of [...route.paths, ...route.aliases]) {
    const config = { route: route.name };
    const hide = route.aliases.includes(path);
    for (const method of route.methods) {
      app.route({
        method,
        url: path,
        config,
        handler,
        schema: operationSchema(route, method, path, hide),
      });
    }
    if (!route.methods.includes("GET")) continue;
    // A look at the headers must neither query nor write; of the health checks it must tell the state.
    const head = async (_request: FastifyRequest, reply: FastifyReply) => reply.send();
    app.route({
      method: "HEAD",
      url: path,
      config,
      handler: route.family === "operations" ? handler : head,
      schema: { hide: true },
    });
  }
}

function addFallbacks(app: FastifyInstance, context: ServerContext): void {
  app.setErrorHandler((failure, request, reply) => {
    answerFailure(context, failure, request, reply);
  });
  app.setNotFoundHandler((request, reply) => {
    const { methods, failure } = missedRoute(request.method, pathOf(request.url));
    if (methods.length > 0) reply.header("allow", methods.join(", "));
    answerFailure(context, failure, request, reply);
  });
}

function toApiRequest(request: FastifyRequest, signal: AbortSignal): ApiRequest {
  const { path, query } = splitTarget(request.url);
  const contentType = Reflect.get(request, SENT_CONTENT_TYPE) as string | undefined;
  return {
    id: request.id,
    method: request.method,
    path,
    pathParameters: request.params as Readonly<Record<string, string | undefined>>,
    queryString: query,
    headers: { ...request.headers, "content-type": contentType },
    body: Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0),
    remoteAddress: request.ip,
    signal,
  };
}

function send(
  reply: FastifyReply,
  { status, headers, logged }: ApiReply,
  body: string | Buffer | Readable,
): void {
  if (logged !== undefined) (reply as LoggedReply).logged = logged;
  reply
    .code(status)
    .headers({
      "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
      ...headers,
    })
    .send(body);
}

function answerFailure(
  context: ServerContext,
  failure: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
): void {
  if (failure instanceof ClientGone) {
    // Nobody reads an answer, and without one Fastify would not tell that the request is over.
    reply.hijack();
    record(context, request, reply, STATUS_CLIENT_GONE);
    return;
  }
  const { logger, settings } = context;
  const known = asKnownFailure(failure, settings);
  const target = shownTarget(request.originalUrl);
  const path = pathOf(request.url);
  const answer =
    routesAt(path)[0]?.refuse?.(known, request.id) ??
    replyToFailure(known, target, request.id, familyOf(path));
  if (answer.status === 500) logger.error({ requestId: request.id, err: known }, "bug");
  if (answer.status === 503) logger.error({ requestId: request.id, err: known }, "busy");
  send(reply, answer, answer.body);
}

/** Only the log and the metrics can tell that an answer whose status is out was not whole. */
function breakOff(
  context: ServerContext,
  failure: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
): void {
  // Fastify would answer anew as long as the compressor holds all that was written.
  reply.hijack();
  reply.raw.destroy();
  if (failure instanceof ClientGone) {
    record(context, request, reply, STATUS_CLIENT_GONE);
    return;
  }
  const known = asKnownFailure(failure, context.settings);
  context.logger.error({ requestId: request.id, err: known }, "answer broken off");
  record(context, request, reply, replyToFailure(known, "", request.id, undefined).status);
}

function setStandardHeaders(request: FastifyRequest, reply: FastifyReply): void {
  reply.headers({
    "x-request-id": request.id,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "x-frame-options": "DENY",
    "cache-control": "no-store",
  });
}

function routeNameOf(request: FastifyRequest): string {
  return request.routeOptions.config.route ?? (request.is404 ? "none" : "docs");
}

const KNOWN_METHODS: ReadonlySet<string> = new Set([
  "GET",
  "HEAD",
  "POST",
  "PUT",
  "PATCH",
  "DELETE",
  "OPTIONS",
]);

/** Methods are what a client writes; only known ones become a label. */
function methodLabel({ method }: FastifyRequest): string {
  return KNOWN_METHODS.has(method) ? method : "other";
}

function pathOf(url: string): string {
  return splitTarget(url).path;
}

async function stop(app: FastifyInstance, context: ServerContext): Promise<void> {
  const { settings, writer, sessions, store, logger } = context;
  logger.info("stopping");
  const deadline = setTimeout(() => app.server.closeAllConnections(), settings.stopTimeoutMs);
  // A connection that was busy when the stop began stays open for its client's next request, which must not come.
  const sweep = setInterval(() => app.server.closeIdleConnections(), IDLE_SWEEP_MS);
  await app.close();
  clearInterval(sweep);
  clearTimeout(deadline);
  await writer.drain();
  await sessions.close();
  await store.close();
  logger.info("stopped");
}
