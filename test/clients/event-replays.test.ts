import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { basic } from "../support/server.ts";
import { type StoredEvent, storedEvents } from "../support/stored-events.ts";
import { base64 } from "../support/update-endpoint.ts";
import { type ListeningServer, type SocketRequest, send, startListening } from "./duckdb-server.ts";
import { answerOf, FORM, form, TEXT, TEXT_1, VERBOSE_1 } from "./wire.ts";

const NOW_MS = Date.UTC(2026, 4, 1, 10);
const TIME = 1_700_000_000;
const UUID = "16f4b8a2-3c5d-4e6f-8a9b-0c1d2e3f4a5b";

let server: ListeningServer;
let token: string;

beforeEach(async () => {
  server = await startListening({ project: { identity: "original" } });
  server.clock.nowMs = NOW_MS;
  token = server.project.token;
});

afterEach(() => server.end());

const IMPORTED_1 = {
  status: 200,
  body: '{"code":200,"error":null,"num_records_imported":1,"status":1}',
  type: "application/json",
};

const answerTo = (request: SocketRequest): Promise<object> => answerOf(server, request);

function stored(): Promise<readonly StoredEvent[]> {
  return storedEvents(server.store, server.project.id);
}

async function areOne(...ids: readonly string[]): Promise<boolean> {
  return new Set(await server.store.canonicalIds(server.project.id, ids)).size === 1;
}

async function serviceAccount(): Promise<string> {
  const { account, secret } = await server.directory.createServiceAccount({
    name: "importer",
    projectIds: [server.project.id],
    role: "admin",
  });
  return basic(account.username, secret);
}

describe("PyPI mixpanel", () => {
  const headers = {
    "content-type": FORM,
    "user-agent": "python-requests/2.32.3",
    "accept-encoding": "gzip, deflate",
    accept: "*/*",
    connection: "keep-alive",
  };
  const consumer = (path: string, data: unknown, members: object = {}): SocketRequest => ({
    path,
    headers,
    body: form({ data: JSON.stringify(data), verbose: "1", ip: "0", ...members }),
  });
  const event = (insertId: string) => ({
    event: "Signed up",
    properties: {
      token,
      distinct_id: "py",
      time: TIME + 0.25,
      $insert_id: insertId,
      mp_lib: "python",
      $lib_version: "5.3.0",
      text: TEXT,
    },
  });

  it("tracks one event, and a buffer of them", async () => {
    expect(await answerTo(consumer("/track", event("1")))).toEqual(VERBOSE_1);
    expect(await answerTo(consumer("/track", [event("2"), event("3")]))).toEqual(VERBOSE_1);
    const events = await stored();
    expect(events.map(({ insertId }) => insertId)).toEqual(["1", "2", "3"]);
    expect(events[0]).toEqual({
      event: "Signed up",
      distinctId: "py",
      timeMs: TIME * 1000 + 250,
      insertId: "1",
      properties: { mp_lib: "python", $lib_version: "5.3.0", text: TEXT },
    });
  });

  it("imports with a secret, or with a key in the form", async () => {
    const authorization = server.secretAuthorization;
    const request = consumer("/import", event("1"));
    expect(await answerTo({ ...request, headers: { ...headers, authorization } })).toEqual(
      IMPORTED_1,
    );
    const keyed = consumer("/import", event("2"), { api_key: server.project.apiSecret });
    expect(await answerTo(keyed)).toEqual(IMPORTED_1);
    expect(await stored()).toHaveLength(2);
  });

  it("makes aliases and merges", async () => {
    const alias = {
      event: "$create_alias",
      properties: { distinct_id: "py", alias: "new", token },
    };
    expect(await answerTo(consumer("/track", alias))).toEqual(VERBOSE_1);
    expect(await areOne("py", "new")).toBe(true);
    const merge = { event: "$merge", properties: { $distinct_ids: ["py", "other"], token } };
    const request = consumer("/import", merge, { api_key: server.project.apiSecret });
    expect(await answerTo(request)).toEqual(IMPORTED_1);
    expect(await areOne("py", "new", "other")).toBe(true);
  });

  it("finds an error where it was refused", async () => {
    const answer = await send(server, consumer("/import", event("1"), { api_key: "wrong" }));
    expect(JSON.parse(answer.body)).toMatchObject({ error: "Invalid credentials" });
    expect(JSON.parse(answer.body).status).not.toBe(1);
  });
});

describe("mixpanel-go", () => {
  const headers = { "user-agent": "Go-http-client/1.1", "accept-encoding": "gzip" };
  const event = (insertId: string) => ({
    event: "Signed up",
    properties: {
      token,
      distinct_id: "go",
      time: TIME * 1000 + 5,
      $insert_id: insertId,
      mp_lib: "go",
      text: TEXT,
    },
  });

  it("tracks a JSON list and reads a verbose answer as text", async () => {
    const answer = await answerTo({
      path: "/track?verbose=1",
      headers: { ...headers, accept: "text/plain", "content-type": "application/json" },
      body: JSON.stringify([event("1")]),
    });
    expect(answer).toEqual(VERBOSE_1);
    expect(await stored()).toMatchObject([{ insertId: "1", timeMs: TIME * 1000 + 5 }]);
  });

  it.each(["a service account", "the token", "the secret"])(
    "imports gzip strictly with %s",
    async (who) => {
      const credentials: Readonly<Record<string, () => Promise<string>>> = {
        "a service account": serviceAccount,
        "the token": async () => basic(token, ""),
        "the secret": async () => server.secretAuthorization,
      };
      const answer = await answerTo({
        path: `/import?project_id=${server.project.id}&strict=1&verbose=1`,
        headers: {
          ...headers,
          accept: "application/json",
          "content-type": "application/json",
          "content-encoding": "gzip",
          authorization: (await credentials[who]?.()) ?? "",
        },
        body: gzipSync(JSON.stringify([event("1"), event("2")])),
      });
      expect(answer).toEqual({
        status: 200,
        body: '{"code":200,"num_records_imported":2,"status":"OK"}',
        type: "application/json",
      });
      expect(await stored()).toHaveLength(2);
    },
  );

  it("is told by insert_id what failed", async () => {
    const wrong = { ...event("bad"), event: "" };
    const { status, body } = await send(server, {
      path: `/import?project_id=${server.project.id}&strict=1&verbose=1`,
      headers: { ...headers, authorization: server.secretAuthorization },
      body: JSON.stringify([wrong, event("good")]),
    });
    expect([status, JSON.parse(body)]).toEqual([
      400,
      {
        code: 400,
        error: "some data points in the request failed validation",
        failed_records: [
          {
            index: 0,
            insert_id: "bad",
            $insert_id: "bad",
            field: "event",
            message: "'event' is invalid: must not be missing",
          },
        ],
        num_records_imported: 1,
        status: "Bad Request",
      },
    ]);
  });

  it("makes aliases by a fragment and merges by a form, reading both answers as the integer 1", async () => {
    const alias = {
      event: "$create_alias",
      properties: { distinct_id: "go", alias: "new", token },
    };
    const aliased = await answerTo({
      path: "/track#identity-create-alias",
      headers: { ...headers, accept: "text/plain", "content-type": FORM },
      body: form({ data: JSON.stringify(alias) }),
    });
    expect(aliased).toEqual(TEXT_1);
    const merge = { event: "$merge", properties: { $distinct_ids: ["go", "other"] } };
    const merged = await answerTo({
      path: "/import",
      headers: {
        ...headers,
        accept: "text/plain",
        "content-type": FORM,
        authorization: server.secretAuthorization,
      },
      body: form({ data: JSON.stringify(merge) }),
    });
    expect(merged).toEqual(TEXT_1);
    expect(await areOne("go", "new", "other")).toBe(true);
  });
});

describe("mixpanel-ruby", () => {
  const post = (path: string, data: unknown, members: object = {}): SocketRequest => ({
    path,
    headers: { "content-type": FORM, "accept-encoding": "gzip;q=1.0,deflate;q=0.6,identity;q=0.3" },
    body: form({ data: base64(data), verbose: "1", ...members }),
  });

  it("tracks base64 in a form", async () => {
    const properties = { distinct_id: "ruby", token, time: TIME, mp_lib: "ruby", text: TEXT };
    expect(await answerTo(post("/track", { event: "a", properties }))).toEqual(VERBOSE_1);
    expect(await stored()).toMatchObject([{ distinctId: "ruby", properties: { text: TEXT } }]);
  });

  it("imports with its key in the form, and wants a numeric status", async () => {
    const properties = { distinct_id: "ruby", token, time: TIME, text: TEXT };
    const request = post("/import", { event: "a", properties }, { api_key: token });
    expect(await answerTo(request)).toEqual(IMPORTED_1);
    expect(await stored()).toHaveLength(1);
  });
});

describe("mixpanel_api_ex of Elixir", () => {
  it("tracks by GET and compares the body with 1", async () => {
    const event = { event: "a", properties: { token, distinct_id: "ex", time: TIME, text: TEXT } };
    const path = `/track?${form({ data: base64(event) })}`;
    expect(await answerTo({ method: "GET", path })).toEqual(TEXT_1);
    expect(await stored()).toMatchObject([{ distinctId: "ex", properties: { text: TEXT } }]);
  });

  it("makes aliases by base64 that is not escaped", async () => {
    const properties = { token, distinct_id: "ex", alias: TEXT };
    const data = base64({ event: "$create_alias", properties });
    expect(data).toContain("+");
    const answer = await answerTo({
      path: "/track#identity-create-alias",
      headers: { "content-type": FORM },
      body: `data=${data}`,
    });
    expect(answer).toEqual(TEXT_1);
    expect(await areOne("ex", TEXT)).toBe(true);
  });
});

describe("npm mixpanel-browser", () => {
  const origin = "https://shop.example";
  const headers = { origin, "content-type": FORM, referer: `${origin}/`, cookie: "mp=1" };
  const event = (insertId: string) => ({
    event: "Page view",
    properties: {
      $os: "Linux",
      $browser: "Firefox",
      mp_lib: "web",
      $insert_id: insertId,
      time: TIME + 0.123,
      distinct_id: `$device:${UUID}`,
      $device_id: UUID,
      text: TEXT,
      token,
    },
  });

  it.each([
    ["base64", (records: unknown) => encodeURIComponent(base64(records))],
    ["json", (records: unknown) => encodeURIComponent(JSON.stringify(records))],
  ])("tracks batches as %s from another origin, with its cookies", async (_, encode) => {
    const answer = await send(server, {
      path: "/track/?verbose=1&ip=1&_=1777629600000",
      headers,
      body: `data=${encode([event("1"), event("2")])}`,
    });
    expect([answer.status, answer.body]).toEqual([200, VERBOSE_1.body]);
    expect(answer.headers["access-control-allow-origin"]).toBe(origin);
    expect(answer.headers["access-control-allow-credentials"]).toBe("true");
    const single = { path: "/track/?ip=1&_=1", headers, body: `data=${encode(event("3"))}` };
    expect(await answerTo(single)).toEqual(TEXT_1);
    expect((await stored()).map(({ insertId, timeMs }) => [insertId, timeMs])).toEqual(
      ["1", "2", "3"].map((insertId) => [insertId, TIME * 1000 + 123]),
    );
  });

  it("tracks by a beacon, whose form comes as plain text", async () => {
    const answer = await answerTo({
      path: "/track/?ip=1&_=1777629600000",
      headers: { origin, "content-type": "text/plain;charset=UTF-8" },
      body: `data=${encodeURIComponent(base64([event("1")]))}`,
    });
    expect(answer).toEqual(TEXT_1);
    expect(await stored()).toHaveLength(1);
  });

  it("identifies who was anonymous", async () => {
    const properties = {
      token,
      distinct_id: "ada",
      $identified_id: "ada",
      $anon_id: UUID,
      time: TIME,
    };
    const body = `data=${encodeURIComponent(base64({ event: "$identify", properties }))}`;
    expect(await answerTo({ path: "/track/?ip=1", headers, body })).toEqual(TEXT_1);
    expect(await areOne("ada", UUID)).toBe(true);
  });

  it("halves a batch that is too large", async () => {
    const answer = await send(server, {
      path: "/track/?ip=1&verbose=1",
      headers,
      body: `data=${"A".repeat(1024 * 1024 + 1)}`,
    });
    expect(answer.status).toBe(413);
    expect(answer.headers["access-control-allow-origin"]).toBe(origin);
  });
});

describe("npm mixpanel-import", () => {
  it.each([
    ["gzip", "gzip", (body: string) => gzipSync(body)],
    ["plain, with an empty Content-Encoding", "", (body: string) => Buffer.from(body)],
  ])("imports 2000 events strictly as %s", async (_, encoding, encode) => {
    const events = Array.from({ length: 2000 }, (_each, n) => ({
      event: "a",
      properties: { distinct_id: `id${n % 10}`, time: TIME + n, $insert_id: `i-${n}`, text: TEXT },
    }));
    const { status, body } = await send(server, {
      path: `/import?ip=0&verbose=1&strict=1&project_id=${server.project.id}`,
      headers: {
        "content-type": "application/json",
        "content-encoding": encoding,
        accept: "application/json",
        authorization: await serviceAccount(),
      },
      body: encode(JSON.stringify(events)),
    });
    expect([status, JSON.parse(body)]).toEqual([
      200,
      { code: 200, num_records_imported: 2000, status: "OK" },
    ]);
    expect(await stored()).toHaveLength(2000);
  });
});
