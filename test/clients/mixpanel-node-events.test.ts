import http, { type IncomingMessage, type RequestOptions } from "node:http";
import https from "node:https";
import mixpanel from "mixpanel";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { type StoredEvent, storedEvents } from "../support/stored-events.ts";
import { type ListeningServer, startListening } from "./duckdb-server.ts";
import { TEXT } from "./wire.ts";

/** The SDK's own types lack the port and the credentials. */
// biome-ignore lint/suspicious/noExplicitAny: a caller in JavaScript has no types
type Sdk = any;

const NOW_MS = Date.UTC(2026, 4, 1, 10);
const TIME = new Date("2025-01-02T03:04:05.678Z");
/** What the SDK adds itself to an event of its own. */
const LIB = { mp_lib: "node", $lib_version: expect.any(String) };

let server: ListeningServer;
let host: string;

beforeAll(() => {
  // The SDK reads them when it is made, and would send everything there.
  vi.stubEnv("HTTPS_PROXY", undefined);
  vi.stubEnv("HTTP_PROXY", undefined);
});

afterAll(() => {
  vi.unstubAllEnvs();
});

beforeEach(async () => {
  server = await startListening({ project: { identity: "original" } });
  server.clock.nowMs = NOW_MS;
  ({ host } = new URL(server.origin));
});

afterEach(async () => {
  vi.restoreAllMocks();
  await server.end();
});

function init(config: object = {}): Sdk {
  const logger = { trace() {}, debug() {}, info() {}, warn() {}, error() {} };
  const ours = { host, protocol: "http", keepAlive: false, logger };
  return mixpanel.init(server.project.token, { ...ours, ...config } as object);
}

/** The SDK sends secrets by TLS only, which ends at a proxy; here that is taken off before the socket. */
function initSecure(config: object): Sdk {
  const request = (options: RequestOptions, answer: (response: IncomingMessage) => void) =>
    http.request({ ...options, protocol: "http:", agent: false }, answer);
  vi.spyOn(https, "request").mockImplementation(request as typeof https.request);
  return init({ protocol: "https", ...config });
}

/** Calls a method whose last argument is its callback, and gives what the callback was given. */
function called<Given>(call: (callback: (given: Given) => void) => void): Promise<Given> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error("the callback was not called")), 10_000);
    call((given) => {
      clearTimeout(late);
      resolve(given);
    });
  });
}

function stored(): Promise<readonly StoredEvent[]> {
  return storedEvents(server.store, server.project.id);
}

describe.each([
  ["verbose off", false],
  ["verbose on", true],
])("npm mixpanel, %s,", (_mode, verbose) => {
  it("tracks an event", async () => {
    const { track } = init({ verbose });
    const properties = { distinct_id: "ada", text: TEXT, n: 1.5, deep: { a: [1] } };
    expect(await called((done) => track("Signed up", properties, done))).toBeUndefined();
    expect(await stored()).toEqual([
      {
        event: "Signed up",
        distinctId: "ada",
        timeMs: NOW_MS,
        insertId: expect.any(String),
        properties: { text: TEXT, n: 1.5, deep: { a: [1] }, ...LIB },
      },
    ]);
  });

  it("tracks without properties, and with a time of either kind", async () => {
    const { track } = init({ verbose });
    expect(await called((done) => track("bare", done))).toBeUndefined();
    expect(await called((done) => track("date", { time: TIME }, done))).toBeUndefined();
    const seconds = { time: TIME.getTime() / 1000 };
    expect(await called((done) => track("seconds", seconds, done))).toBeUndefined();
    const times = (await stored()).map(({ event, distinctId, timeMs }) => [
      event,
      distinctId,
      timeMs,
    ]);
    expect(times).toEqual([
      ["date", "", TIME.getTime()],
      ["seconds", "", TIME.getTime()],
      ["bare", "", NOW_MS],
    ]);
  });

  it("tracks batches", async () => {
    const { track_batch } = init({ verbose });
    const events = Array.from({ length: 120 }, (_, n) => ({
      event: "batched",
      properties: {
        distinct_id: `id${n}`,
        time: new Date(TIME.getTime() + n),
        text: TEXT.repeat(n % 7),
      },
    }));
    expect(await called((done) => track_batch(events, done))).toBeFalsy();
    const found = await stored();
    expect(found.map(({ distinctId }) => distinctId)).toEqual(
      events.map(({ properties }) => properties.distinct_id),
    );
    expect(found[6]).toMatchObject({ properties: { text: TEXT.repeat(6) } });
    expect(found[6]?.timeMs).toBe(TIME.getTime() + 6);
  });

  it("makes an alias", async () => {
    const sdk = init({ verbose });
    expect(await called((done) => sdk.alias("ada", "ada@example.com", done))).toBeUndefined();
    const ids = await server.store.canonicalIds(server.project.id, ["ada", "ada@example.com"]);
    expect(new Set(ids).size).toBe(1);
    expect(await stored()).toMatchObject([
      { event: "$create_alias", distinctId: "ada", properties: { alias: "ada@example.com" } },
    ]);
  });

  /** Each way the SDK has to say who imports. */
  const credentials: readonly (readonly [string, () => Promise<Sdk>])[] = [
    ["the project's secret", async () => initSecure({ verbose, secret: server.project.apiSecret })],
    ["the secret as a key", async () => init({ verbose, key: server.project.apiSecret })],
    ["the token as a key", async () => init({ verbose, key: server.project.token })],
    [
      "a service account",
      async () => {
        const { id } = server.project;
        const { account, secret } = await server.directory.createServiceAccount({
          name: "importer",
          projectIds: [id],
          role: "admin",
        });
        const { ServiceAccountCredentials } = mixpanel as Sdk;
        const own = new ServiceAccountCredentials(account.username, secret, String(id));
        return initSecure({ verbose, credentials: own });
      },
    ],
  ];

  it.each(credentials)("imports an event with %s", async (_, start) => {
    const sdk = await start();
    const imported = called((done) =>
      sdk.import("Signed up", TIME, { distinct_id: "ada", text: TEXT }, done),
    );
    expect(await imported).toBeUndefined();
    expect(await stored()).toMatchObject([
      { event: "Signed up", distinctId: "ada", timeMs: TIME.getTime(), properties: { text: TEXT } },
    ]);
  });

  it.each(credentials)("imports batches with %s", async (_, start) => {
    const sdk = await start();
    const events = Array.from({ length: 60 }, (_each, n) => ({
      event: "old",
      properties: {
        distinct_id: `id${n}`,
        time: 1_500_000_000 + n,
        $insert_id: `i${n}`,
        text: TEXT,
      },
    }));
    expect(await called((done) => sdk.import_batch(events, done))).toBeFalsy();
    expect((await stored()).map(({ insertId, timeMs }) => [insertId, timeMs])).toEqual(
      events.map(({ properties }) => [properties.$insert_id, properties.time * 1000]),
    );
  });

  it("is told that a credential is wrong", async () => {
    const sdk = init({ verbose, key: "wrong" });
    const error = await called<Error>((done) => sdk.import("a", TIME, {}, done));
    expect(error.message).toMatch(/^Mixpanel Server Error: .*Invalid credentials/);
    expect(await stored()).toEqual([]);
  });

  it("is told what is wrong with an event", async () => {
    const sdk = init({ verbose });
    const error = await called<Error>((done) => sdk.track("", { distinct_id: "ada" }, done));
    const reason = verbose ? "'event' is invalid: must not be missing" : "0";
    expect(error.message).toBe(`Mixpanel Server Error: ${reason}`);
    expect(await stored()).toEqual([]);
  });
});
