/**
 * A server over the reference store, with one project and a service account, asked without a socket.
 *
 * @module
 */
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Writable } from "node:stream";
import type { InjectOptions, LightMyRequestResponse as InjectResponse } from "fastify";
import { pino } from "pino";
import type { ServerSettings } from "../../src/http/context.ts";
import { createServer, type Server } from "../../src/http/server.ts";
import { Writer, type WriterOptions } from "../../src/ingest/writer.ts";
import {
  SESSION_BYTES_MAX,
  SESSION_IDLE_MS,
  SESSIONS_PER_PROJECT_MAX,
  SessionStore,
  type SessionStoreOptions,
} from "../../src/paging/session-store.ts";
import { type NewProject, ProjectDirectory } from "../../src/project/directory.ts";
import type { Project } from "../../src/project/project.ts";
import { MemoryStore } from "../../src/store/memory.ts";
import type { Store } from "../../src/store/store.ts";
import { type TestClock, testClock } from "./clock.ts";

/** Settings of a test server. */
const TEST_SETTINGS: ServerSettings = {
  bodyBytesMax: 1024 * 1024,
  queryTimeoutMs: 10_000,
  queryProfilesMax: 0,
  stopTimeoutMs: 1000,
  strictTokens: false,
  strictQueryRoles: false,
  signedRequests: false,
  bearerTokens: [],
};

/** What may be different. */
export interface TestServerOptions {
  readonly clock?: TestClock;
  readonly store?: Store;
  readonly directory?: ProjectDirectory;
  /** A folder for sessions; a new one when left out. */
  readonly folder?: string;
  readonly project?: Partial<NewProject>;
  readonly settings?: Partial<ServerSettings>;
  readonly sessions?: Partial<SessionStoreOptions>;
  readonly writer?: WriterOptions;
}

/** The parameters of a request; a value that is no text is sent as JSON. */
export type Parameters = Readonly<Record<string, unknown>>;

/** An answer, read as JSON. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>> & { readonly ratelimit?: unknown };
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: an answer is looked into as a client without types does
  readonly json: any;
}

/** A request without conveniences. */
export interface RawRequest {
  readonly method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE" | "HEAD" | "OPTIONS";
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

/** A running test server. */
export interface TestServer extends Server {
  readonly clock: TestClock;
  readonly store: Store;
  readonly directory: ProjectDirectory;
  readonly sessions: SessionStore;
  readonly folder: string;
  readonly project: Project;
  /** Basic credentials of a service account that is an admin of the project; made when first asked for. */
  authorization(): Promise<string>;
  /** Basic credentials of the project's secret. */
  readonly secretAuthorization: string;
  /** What was logged, line by line. */
  readonly log: string[];
  /** Sends a request as it is. */
  send(request: RawRequest): Promise<Answer>;
  /** Queries by POST with a JSON body, as the project's secret. */
  query(parameters?: Parameters): Promise<Answer>;
  /** Queries by GET, as the project's secret. */
  get(parameters?: Parameters, path?: string): Promise<Answer>;
  /** Writes records over HTTP. */
  write(records: readonly object[], target?: "engage" | "groups"): Promise<Answer>;
  /** Sets the properties of a user over HTTP. */
  set(distinctId: string, properties: object): Promise<Answer>;
}

/** Starts a server. Stop it in `afterEach`. */
export async function startTestServer(options: TestServerOptions = {}): Promise<TestServer> {
  const clock = options.clock ?? testClock();
  const store = options.store ?? new MemoryStore();
  const directory = options.directory ?? ProjectDirectory.inMemory(clock);
  const folder = options.folder ?? (await mkdtemp(join(tmpdir(), "whom-sessions-")));
  const project =
    directory.projects()[0] ??
    (await directory.createProject({ name: "test", ...options.project }));
  const log: string[] = [];
  const logger = pino({ level: "info" }, lines(log));
  const sessions = await SessionStore.open({
    folder,
    clock,
    idleMs: SESSION_IDLE_MS,
    perProjectMax: SESSIONS_PER_PROJECT_MAX,
    bytesMax: SESSION_BYTES_MAX,
    warn: (message, facts) => logger.warn(facts, message),
    ...options.sessions,
  });
  const server = await createServer({
    directory,
    store,
    writer: new Writer(store, options.writer),
    sessions,
    clock,
    settings: { ...TEST_SETTINGS, ...options.settings },
    logger,
    version: "0.0.0",
  });
  let authorization: Promise<string> | undefined;
  const secretAuthorization = basic(project.apiSecret, "");
  const send = (request: RawRequest): Promise<Answer> => ask(server, request);
  return {
    ...server,
    clock,
    store,
    directory,
    sessions,
    folder,
    project,
    authorization: () => {
      authorization ??= createAccount(directory, project.id);
      return authorization;
    },
    secretAuthorization,
    log,
    send,
    query: (parameters = {}) =>
      send({
        method: "POST",
        url: "/api/query/engage",
        headers: { authorization: secretAuthorization, "content-type": "application/json" },
        body: JSON.stringify(parameters),
      }),
    get: (parameters = {}, path = "/api/query/engage") =>
      send({
        url: `${path}?${encodeQuery(parameters)}`,
        headers: { authorization: secretAuthorization },
      }),
    write: (records, target = "engage") =>
      send({
        method: "POST",
        url: `/${target}?verbose=1&strict=1`,
        headers: { "content-type": "application/json" },
        body: JSON.stringify(records.map((record) => ({ $token: project.token, ...record }))),
      }),
    set: (distinctId, properties) =>
      send({
        method: "POST",
        url: "/engage?verbose=1&strict=1",
        body: JSON.stringify({ $token: project.token, $distinct_id: distinctId, $set: properties }),
      }),
  };
}

async function createAccount(directory: ProjectDirectory, projectId: number): Promise<string> {
  const created = await directory.createServiceAccount({
    name: "tester",
    projectIds: [projectId],
    role: "admin",
  });
  return basic(created.account.username, created.secret);
}

/** Basic credentials. */
export function basic(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;
}

/** Makes users `p00000`, `p00001` … with `n` and, every other one, the plan `pro`. */
export async function fill(server: TestServer, count: number): Promise<void> {
  const records = Array.from({ length: count }, (_, n) => ({
    $distinct_id: userId(n),
    $set: { n, plan: n % 2 === 0 ? "pro" : "free" },
  }));
  for (let start = 0; start < count; start += 2000) {
    const { json } = await server.write(records.slice(start, start + 2000));
    if (json.status !== 1) throw new Error(json.error);
  }
}

/** The id of the nth user that `fill` makes. */
export function userId(n: number): string {
  return `p${String(n).padStart(5, "0")}`;
}

/** The ids on a page. */
export function idsOf({ json }: Answer): string[] {
  return json.results.map((row: { $distinct_id: string }) => row.$distinct_id);
}

/** A query string or form; values that are no text become JSON. */
export function encodeQuery(parameters: Parameters): string {
  return new URLSearchParams(
    Object.entries(parameters).map(([name, value]): [string, string] => [
      name,
      typeof value === "string" ? value : JSON.stringify(value),
    ]),
  ).toString();
}

async function ask(
  { app }: Server,
  { method = "GET", url, headers = {}, body }: RawRequest,
): Promise<Answer> {
  const options: InjectOptions = { method, url, headers };
  const pending: Promise<InjectResponse> = app.inject(
    body === undefined ? options : { ...options, payload: body },
  );
  const response = await pending;
  return {
    status: response.statusCode,
    headers: response.headers,
    text: response.payload,
    get json() {
      return response.json();
    },
  };
}

function lines(log: string[]): Writable {
  return new Writable({
    write(chunk: Buffer, _encoding, done) {
      log.push(chunk.toString("utf8"));
      done();
    },
  });
}
