/**
 * Random requests to a server in a process of its own: `npm run api-fuzz -- --requests 100000 --seed 1`, or one of them
 * again with `--only N`.
 *
 * Meanwhile a calm client asks the same question over and over; odd bytes are sent as no client would send them.
 *
 * @module
 */
import { mkdtemp, rm } from "node:fs/promises";
import { Agent, request as httpRequest } from "node:http";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { gzipSync } from "node:zlib";
import { residentMb } from "../bench/memory.ts";
import { BenchServer, type Credentials, whom } from "../bench/server.ts";
import { ORGANIZATION } from "../src/project/project.ts";
import type { FuzzAnswer } from "../test/support/api-fuzz/check.ts";
import { fuzz, requestAt, show } from "../test/support/api-fuzz/fuzz.ts";
import { type FuzzRequest, operationsOf, type Target } from "../test/support/api-fuzz/requests.ts";
import { decoded } from "../test/support/api-fuzz/target.ts";

const { values } = parseArgs({
  options: {
    requests: { type: "string", default: "5000" },
    seed: { type: "string", default: "1" },
    clients: { type: "string", default: "8" },
    only: { type: "string" },
  },
});
const requestCount = Number(values.requests);
const seed = Number(values.seed);
const clientCount = Number(values.clients);

/** What the calm client may wait, on a machine that is busy with everybody else. */
const CALM_MS_MAX = 10_000;
const CALM_PAUSE_MS = 20;
/** Resident memory that a server with some dozens of profiles never needs. */
const RESIDENT_MB_MAX = 1_000;
/** How long a connection may be left open that sends nonsense. */
const SOCKET_MS_MAX = 20_000;
const PROFILES = Array.from({ length: 40 }, (_, n) => ({ id: `p${n}`, n, tags: ["a", "é"] }));

const agent = new Agent({ keepAlive: true });
const folder = await mkdtemp(join(tmpdir(), "whom-fuzz-"));
let server: BenchServer | undefined;
try {
  process.exitCode = await run();
} finally {
  agent.destroy();
  await server?.stop();
  await rm(folder, { recursive: true, force: true });
}

async function run(): Promise<number> {
  const data = join(folder, "data");
  const credentials = JSON.parse(whom("init", "--data", data, "--json")) as Credentials;
  server = await BenchServer.start(data, credentials);
  const target = await makeTarget(server, credentials);
  if (values.only !== undefined) {
    const only = requestAt(seed, Number(values.only), target);
    const { status, text } = await send(only);
    print(`${show(only)}\n${status} ${text.slice(0, 2_000)}`);
    return 0;
  }
  const startedMs = performance.now();
  const stop = new AbortController();
  const calm = askCalmly(server, credentials, stop.signal);
  const odd = await sendOddBytes(server);
  const share = Math.ceil(requestCount / clientCount);
  let done = 0;
  const reports = await Promise.all(
    Array.from({ length: clientCount }, (_, client) =>
      fuzz({ seed, from: client * share, count: share }, target, send, () => {
        if (++done % 5_000 === 0) process.stderr.write(`${done} requests\n`);
      }),
    ),
  );
  stop.abort();
  const { asked, worstMs, wrong } = await calm;
  const residentPeakMb = residentMb(server.pid);
  const faults = [
    ...odd.faults,
    ...reports.flatMap((report) => report.faults),
    ...wrong,
    ...(worstMs > CALM_MS_MAX ? [`a calm client waited ${worstMs.toFixed(0)} ms`] : []),
    ...(residentPeakMb > RESIDENT_MB_MAX ? [`the server has ${residentPeakMb} MB`] : []),
  ];
  for (const fault of faults.slice(0, 20)) print(`violation: ${fault}`);
  const statuses = new Map<number, number>();
  for (const [status, count] of reports.flatMap((report) => [...report.statuses])) {
    statuses.set(status, (statuses.get(status) ?? 0) + count);
  }
  const shown = [...statuses].toSorted(([a], [b]) => a - b).map(([s, n]) => `${s}: ${n}`);
  print(
    `api-fuzz: ${done} requests (${shown.join(", ")}), ${odd.count} connections with odd bytes, ` +
      `${asked} calm requests of which the slowest took ${worstMs.toFixed(0)} ms, ` +
      `${residentPeakMb.toFixed(0)} MB resident at the end; seed ${seed}; ` +
      `${((performance.now() - startedMs) / 1000).toFixed(1)} s; ${faults.length} violations`,
  );
  return faults.length === 0 ? 0 : 1;
}

async function makeTarget(to: BenchServer, credentials: Credentials): Promise<Target> {
  const records = PROFILES.map(({ id, ...$set }) => ({
    $token: credentials.token,
    $distinct_id: id,
    $set,
  }));
  await to.post("/engage?verbose=1&strict=1", records as never);
  const page = JSON.parse(await to.query(credentials.project_id, { page_size: 10 })) as {
    readonly session_id: string;
  };
  const document = (await (await fetch(`${to.url}/openapi.json`)).json()) as Parameters<
    typeof operationsOf
  >[0];
  const me = (await (
    await fetch(`${to.url}/api/app/me`, { headers: { authorization: to.authorization } })
  ).json()) as { readonly results: { readonly workspaces: Readonly<Record<string, unknown>> } };
  return {
    operations: operationsOf(document),
    known: {
      project_id: String(credentials.project_id),
      workspace_id: Object.keys(me.results.workspaces)[0] ?? "",
      organization_id: String(ORGANIZATION.id),
      session_id: page.session_id,
      token: credentials.token,
    },
    // Wrong credentials would be braked, and all clients here have one address.
    authorizations: [
      to.authorization,
      to.authorization,
      `Basic ${Buffer.from(`${credentials.api_secret}:`).toString("base64")}`,
      undefined,
    ],
  };
}

function send({ method, url, headers, body }: FuzzRequest): Promise<FuzzAnswer> {
  return new Promise((resolve, reject) => {
    const startedMs = performance.now();
    // Of some methods a body would be sent without its length, and read as the next request.
    const length = body === undefined ? {} : { "content-length": String(body.length) };
    const asking = httpRequest(`${server?.url}${url}`, {
      method,
      headers: { ...headers, ...length },
      agent,
    });
    asking.once("error", (error) => reject(new Error(`${method} ${url}: ${error.message}`)));
    asking.once("response", (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.once("error", reject);
      response.once("end", () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          text: decoded(response.headers["content-encoding"], Buffer.concat(chunks)),
          elapsedMs: performance.now() - startedMs,
        }),
      );
    });
    asking.end(body);
  });
}

interface Calm {
  readonly asked: number;
  readonly worstMs: number;
  readonly wrong: readonly string[];
}

/** One client that means well. */
async function askCalmly(
  to: BenchServer,
  { project_id: projectId }: Credentials,
  signal: AbortSignal,
): Promise<Calm> {
  const wrong: string[] = [];
  let asked = 0;
  let worstMs = 0;
  while (!signal.aborted) {
    const startedMs = performance.now();
    const text = await to
      .query(projectId, { distinct_ids: ["p1"], output_properties: ["n"] })
      .catch((error: unknown) => String(error));
    worstMs = Math.max(worstMs, performance.now() - startedMs);
    asked++;
    if (!text.includes('"$distinct_id":"p1"'))
      wrong.push(`a calm client got ${text.slice(0, 200)}`);
    await sleep(CALM_PAUSE_MS);
  }
  return { asked, worstMs, wrong: wrong.slice(0, 3) };
}

/** What no client library sends. */
function oddBytes(): readonly (readonly [name: string, bytes: Buffer | string])[] {
  const head = (more: string): string => `POST /engage HTTP/1.1\r\nHost: a\r\n${more}\r\n`;
  const bomb = gzipSync(Buffer.alloc(200_000_000, 0x20));
  return [
    ["nothing", ""],
    ["no HTTP", "\x16\x03\x01\x02\x00\x01\x00"],
    ["half a line", "GET /api/que"],
    ["HTTP/1.0", "GET /health/live HTTP/1.0\r\n\r\n"],
    ["HTTP/9.9", "GET / HTTP/9.9\r\n\r\n"],
    ["another method", "BREW / HTTP/1.1\r\nHost: a\r\n\r\n"],
    ["TRACE", "TRACE / HTTP/1.1\r\nHost: a\r\n\r\n"],
    ["CONNECT", "CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n"],
    ["an absolute target", "GET http://b/health/live HTTP/1.1\r\nHost: a\r\n\r\n"],
    ["a target of a star", "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n"],
    ["no host", "GET / HTTP/1.1\r\n\r\n"],
    ["two hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"],
    ["two lengths", head("Content-Length: 1\r\nContent-Length: 2\r\n")],
    ["a length and chunks", head("Content-Length: 4\r\nTransfer-Encoding: chunked\r\n")],
    ["chunks of no size", `${head("Transfer-Encoding: chunked\r\n")}zz\r\n`],
    ["chunked twice", head("Transfer-Encoding: chunked, chunked\r\n")],
    ["a negative length", head("Content-Length: -1\r\n")],
    ["a length of a lie", `${head("Content-Length: 100\r\n")}abc`],
    ["an endless length", head("Content-Length: 99999999999999999999\r\n")],
    ["100 MB announced", head("Content-Length: 104857600\r\n")],
    ["many headers", head(Array.from({ length: 5_000 }, (_, n) => `a${n}: b\r\n`).join(""))],
    ["a long header", head(`a: ${"b".repeat(200_000)}\r\n`)],
    ["a long target", `GET /${"a".repeat(200_000)} HTTP/1.1\r\nHost: a\r\n\r\n`],
    ["a folded header", head("a: b\r\n c\r\n")],
    ["NUL in a header", head("a: b\0c\r\n")],
    ["bare line feeds", "GET /health/live HTTP/1.1\nHost: a\n\n"],
    ["many at once", "GET /health/live HTTP/1.1\r\nHost: a\r\n\r\n".repeat(1_000)],
    [
      "a gzip bomb",
      Buffer.concat([
        Buffer.from(
          `POST /engage HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\nContent-Length: ${bomb.length}\r\n\r\n`,
        ),
        bomb,
      ]),
    ],
    [
      "an upgrade",
      "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
    ],
    ["an expectation", head("Expect: 100-continue\r\nContent-Length: 2\r\n")],
  ];
}

/** Sends them all at once, each over a connection of its own that is then half closed. */
async function sendOddBytes(
  to: BenchServer,
): Promise<{ readonly count: number; readonly faults: readonly string[] }> {
  const { hostname, port } = new URL(to.url);
  const cases = oddBytes();
  const faults = await Promise.all(
    cases.map(([name, bytes]) => sendBytes(hostname, Number(port), name, bytes)),
  );
  return { count: cases.length, faults: faults.flat() };
}

function sendBytes(
  host: string,
  port: number,
  name: string,
  bytes: Buffer | string,
): Promise<readonly string[]> {
  return new Promise((resolve) => {
    let answer = "";
    const socket = connect({ host, port, allowHalfOpen: true });
    const timer = setTimeout(() => {
      socket.destroy();
      resolve([`${name}: the connection was left open`]);
    }, SOCKET_MS_MAX);
    socket.on("data", (chunk: Buffer) => {
      answer += chunk.toString("latin1");
    });
    socket.on("error", () => undefined);
    socket.once("close", () => {
      clearTimeout(timer);
      const isServerError = /HTTP\/1\.1 5\d\d/.test(answer);
      resolve(isServerError ? [`${name}: ${answer.slice(0, 200)}`] : []);
    });
    socket.end(bytes);
  });
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
