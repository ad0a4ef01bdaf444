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
import { boundedStore } from "./bounded-store.ts";
import type { ServerContext, ServerParts } from "./context.ts";
import { corsOptionsOf } from "./cors.ts";
import { countingWriter } from "./counting-writer.ts";
import { ExportGate } from "./export-gate.ts";
import { ClientGone, replyToFailure, STATUS_CLIENT_GONE } from "./failure.ts";
import { asKnownFailure, refuseConnection } from "./framework-failure.ts";
import { inflateBody } from "./inflate.ts";
import { createMetrics } from "./metrics.ts";
import { operationSchema, registerDocument } from "./openapi.ts";
import { requestIdOf } from "./request-id.ts";
import { record } from "./request-log.ts";
import { pathOf, routedTarget, shownTarget, splitTarget } from "./request-target.ts";
import type { Route } from "./route.ts";
import { familyOf, missedRoute, routesAt } from "./route-lookup.ts";
import { ROUTES } from "./routes.ts";
import { openBody, sendTrailers, startDeadline } from "./streaming.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** As it was sent, before the body reader hid it from Fastify. */
    sentContentType: string | undefined;
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

const NO_BODY = Buffer.alloc(0);

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
  const { directory, writer, sessions, clock, settings } = parts;
  const store = boundedStore(parts.store, settings.queryProfilesMax);
  const metrics = createMetrics({
    openSessionCount: () => sessions.count,
    sessionBytes: () => sessions.bytes,
    waitingUpdateCount: () => writer.waitingCount,
  });
  return {
    ...parts,
    store,
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
    delegator: (request, done) => done(null, corsOptionsOf(request)),
  });
  await app.register(compress, {
    globalDecompression: false,
    encodings: ["gzip", "deflate"],
    threshold: COMPRESSED_BYTES_MIN,
    zlibOptions: { level: COMPRESSION_LEVEL },
  });
  await registerDocument(app, version);
}

function addHooks(app: FastifyInstance, context: ServerContext): void {
  // Hooks that are no promises cost a request nothing but themselves.
  app.decorateRequest("sentContentType", undefined);
  app.decorateReply("logged", undefined);
  app.addHook("onRequest", (request, reply, done) => {
    setStandardHeaders(request, reply);
    // The body is told by what is in it: a content type that no parser knows, or that is none, must not stop it.
    const { headers } = request.raw;
    request.sentContentType = headers["content-type"];
    if (headers["content-type"] !== undefined) headers["content-type"] = "application/octet-stream";
    done();
  });
  app.addHook("onResponse", (request, reply, done) => {
    record(context, request, reply, reply.statusCode);
    done();
  });
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
  return {
    id: request.id,
    method: request.method,
    path,
    pathParameters: request.params as Readonly<Record<string, string | undefined>>,
    queryString: query,
    headers: { ...request.headers, "content-type": request.sentContentType },
    body: Buffer.isBuffer(request.body) ? request.body : NO_BODY,
    remoteAddress: request.ip,
    signal,
  };
}

function send(
  reply: FastifyReply,
  { status, headers, trailers, logged }: ApiReply,
  body: string | Buffer | Readable,
): void {
  reply.logged = logged;
  // HTTP/1.0 has no place for them.
  const takesTrailers = reply.request.raw.httpVersion !== "1.0";
  if (takesTrailers && trailers !== undefined) sendTrailers(reply.raw, trailers, body);
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
  if (failure instanceof ClientGone || isCutOff(failure, request)) {
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

/** Whether the client went away before its request was whole. */
function isCutOff(failure: unknown, { raw }: FastifyRequest): boolean {
  const { code } = failure as NodeJS.ErrnoException;
  return code === "ECONNRESET" && !raw.complete;
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

async function stop(app: FastifyInstance, context: ServerContext): Promise<void> {
  const { settings, writer, sessions, store, metrics, logger } = context;
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
  metrics.close();
  logger.info("stopped");
}
