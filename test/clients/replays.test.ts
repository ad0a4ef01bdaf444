import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { base64 } from "../support/update-endpoint.ts";
import {
  type ListeningServer,
  readProfile,
  type SocketRequest,
  send,
  startListening,
} from "./duckdb-server.ts";
import { answerOf, FORM, form, TEXT, TEXT_1, VERBOSE_1 } from "./wire.ts";

const NOW_MS = Date.UTC(2026, 4, 1, 10);
const SEEN = { $last_seen: "2026-05-01T10:00:00" };
const TIME_SECONDS = 1_700_000_000;
const TIME_SEEN = { $last_seen: "2023-11-14T22:13:20" };

let server: ListeningServer;
let token: string;

beforeAll(async () => {
  server = await startListening();
  server.clock.nowMs = NOW_MS;
  token = server.project.token;
});

afterAll(() => server.end());

const answerTo = (request: SocketRequest): Promise<object> => answerOf(server, request);

function profile(id: string, groupKey?: string): Promise<object | undefined> {
  return readProfile(server, id, groupKey);
}

describe("PyPI mixpanel", () => {
  const headers = {
    "content-type": FORM,
    "user-agent": "python-requests/2.32.3",
    "accept-encoding": "gzip, deflate",
    accept: "*/*",
    connection: "keep-alive",
  };
  const consumer = (path: string, data: unknown): SocketRequest => ({
    path,
    headers,
    body: form({ data: JSON.stringify(data), verbose: "1", ip: "0" }),
  });

  it("sets, adds, and deletes, one record a request", async () => {
    const common = { $token: token, $time: TIME_SECONDS + 0.25, $distinct_id: "python" };
    const records = [
      { ...common, $set: { text: TEXT, n: 1, when: "2024-01-02T03:04:05" } },
      { ...common, $set_once: { n: 9, once: true } },
      { ...common, $add: { n: 2 } },
      { ...common, $append: { list: "a" } },
      { ...common, $union: { list: ["a", "b"] } },
      { ...common, $remove: { list: "a" } },
      { ...common, $unset: ["once"] },
      { ...common, $append: { $transactions: { $amount: 50 } } },
    ];
    for (const record of records) {
      expect(await answerTo(consumer("/engage", record))).toEqual(VERBOSE_1);
    }
    const properties = {
      text: TEXT,
      n: 3,
      when: "2024-01-02T03:04:05",
      list: ["b"],
      $transactions: [{ $amount: 50 }],
      ...TIME_SEEN,
    };
    expect(await profile("python")).toEqual(properties);
    expect(await answerTo(consumer("/engage", { ...common, $delete: "" }))).toEqual(VERBOSE_1);
    expect(await profile("python")).toBeUndefined();
  });

  it("sends a buffer as one list, of people and of groups", async () => {
    const people = Array.from({ length: 50 }, (_, n) => ({
      $token: token,
      $time: TIME_SECONDS,
      $distinct_id: `buffered ${n}`,
      $set: { n },
    }));
    expect(await answerTo(consumer("/engage", people))).toEqual(VERBOSE_1);
    expect(await profile("buffered 49")).toEqual({ n: 49, ...TIME_SEEN });
    const group = { $token: token, $time: TIME_SECONDS, $group_key: "py", $group_id: 7 };
    expect(await answerTo(consumer("/groups", [{ ...group, $set: { a: 1 } }]))).toEqual(VERBOSE_1);
    expect(await profile("7", "py")).toEqual({
      a: 1,
      $group_key: "py",
      $group_id: "7",
      ...TIME_SEEN,
    });
  });
});

describe("mixpanel-go", () => {
  const headers = {
    "content-type": "application/json",
    accept: "text/plain",
    "user-agent": "Go-http-client/1.1",
    "accept-encoding": "gzip",
  };

  it("sets and deletes by JSON lists, and reads the answer as the integer 1", async () => {
    const set = [{ $token: token, $distinct_id: "go", $set: { text: TEXT, $ip: "127.0.0.1" } }];
    const answer = await answerTo({ path: "/engage", headers, body: JSON.stringify(set) });
    expect(answer).toEqual(TEXT_1);
    expect(await profile("go")).toEqual({ text: TEXT, $ip: "127.0.0.1", ...SEEN });
    const gone = [{ $token: token, $distinct_id: "go", $delete: "null", $ignore_alias: "true" }];
    expect(await answerTo({ path: "/engage", headers, body: JSON.stringify(gone) })).toEqual(
      TEXT_1,
    );
    expect(await profile("go")).toBeUndefined();
  });

  it("updates groups", async () => {
    const group = { $token: token, $group_key: "go", $group_id: "acme" };
    for (const operation of [
      { $set: { name: "Acme", list: ["a"] } },
      { $set_once: { name: "no" } },
      { $union: { list: ["a", "b"] } },
      { $remove: { list: "a" } },
      { $unset: ["nothing"] },
    ]) {
      const body = JSON.stringify([{ ...group, ...operation }]);
      expect(await answerTo({ path: "/groups", headers, body })).toEqual(TEXT_1);
    }
    expect(await profile("acme", "go")).toMatchObject({ name: "Acme", list: ["b"] });
    const body = JSON.stringify([{ ...group, $delete: "null" }]);
    expect(await answerTo({ path: "/groups", headers, body })).toEqual(TEXT_1);
    expect(await profile("acme", "go")).toBeUndefined();
  });
});

describe("mixpanel-ruby", () => {
  it("posts escaped base64 with verbose in the form, times in milliseconds", async () => {
    const record = {
      $token: token,
      $distinct_id: "ruby",
      $time: TIME_SECONDS * 1000 + 999,
      $set: { text: TEXT },
    };
    const request = {
      path: "/engage",
      headers: {
        "content-type": FORM,
        "accept-encoding": "gzip;q=1.0,deflate;q=0.6,identity;q=0.3",
      },
      body: form({ data: base64(record), verbose: "1" }),
    };
    expect(await answerTo(request)).toEqual(VERBOSE_1);
    expect(await profile("ruby")).toEqual({ text: TEXT, ...TIME_SEEN });
  });
});

describe("mixpanel_api_ex of Elixir", () => {
  it("updates by GET and compares the body with 1", async () => {
    const record = {
      $token: token,
      $distinct_id: "elixir",
      $ip: "123.123.123.123",
      $time: TIME_SECONDS,
      $set: { text: TEXT },
    };
    const answer = await answerTo({
      method: "GET",
      path: `/engage?${form({ data: base64(record) })}`,
    });
    expect(answer).toEqual(TEXT_1);
    expect(await profile("elixir")).toEqual({ text: TEXT, ...TIME_SEEN });
  });
});

describe("npm mixpanel-browser", () => {
  const origin = "https://shop.example";
  const headers = { origin, "content-type": FORM, referer: `${origin}/` };
  const extra = { $device_id: "d1", $user_id: "browser", $had_persisted_distinct_id: false };

  it.each([
    ["base64", (records: unknown) => encodeURIComponent(base64(records))],
    ["json", (records: unknown) => encodeURIComponent(JSON.stringify(records))],
  ])("writes batches as %s from another origin, with its cookies", async (format, encode) => {
    const record = { $token: token, $distinct_id: `browser ${format}`, ...extra };
    const answer = await send(server, {
      path: "/engage/?ip=1&_=1777629600000&verbose=1",
      headers: { ...headers, cookie: "mp=1" },
      body: `data=${encode([{ ...record, $set: { text: TEXT, $browser: "Firefox" } }])}`,
    });
    expect(answer.body).toBe(VERBOSE_1.body);
    expect(answer.headers["access-control-allow-origin"]).toBe(origin);
    expect(answer.headers["access-control-allow-credentials"]).toBe("true");
    expect(await profile(`browser ${format}`)).toEqual({
      text: TEXT,
      $browser: "Firefox",
      ...SEEN,
    });
    const gone = await answerTo({
      path: "/engage/?ip=1&_=1777629600001",
      headers,
      body: `data=${encode({ ...record, $delete: record.$distinct_id })}`,
    });
    expect(gone).toEqual(TEXT_1);
    expect(await profile(`browser ${format}`)).toBeUndefined();
  });

  it("writes by a beacon, whose form comes as plain text", async () => {
    const record = { $token: token, $distinct_id: "beacon", ...extra, $set: { text: TEXT } };
    const answer = await answerTo({
      path: "/engage/?ip=1&_=1777629600000",
      headers: { origin, "content-type": "text/plain;charset=UTF-8" },
      body: `data=${encodeURIComponent(base64([record]))}`,
    });
    expect(answer).toEqual(TEXT_1);
    expect(await profile("beacon")).toEqual({ text: TEXT, ...SEEN });
  });

  it("may send headers of its own: the browser asks first", async () => {
    const answer = await send(server, {
      method: "OPTIONS",
      path: "/groups/?ip=1&verbose=1",
      headers: {
        origin,
        "access-control-request-method": "POST",
        "access-control-request-headers": "content-type,x-tenant",
      },
    });
    expect(answer.status).toBeLessThan(300);
    expect(answer.headers).toMatchObject({
      "access-control-allow-origin": origin,
      "access-control-allow-credentials": "true",
      "access-control-allow-headers": "content-type,x-tenant",
    });
    expect(answer.headers["access-control-allow-methods"]).toContain("POST");
  });

  it("is told of too large a batch by 413, and halves it", async () => {
    const answer = await send(server, {
      path: "/engage/?ip=1&verbose=1",
      headers,
      body: `data=${"A".repeat(1024 * 1024 + 1)}`,
    });
    expect(answer.status).toBe(413);
    expect(answer.headers["access-control-allow-origin"]).toBe(origin);
  });
});

describe("npm mixpanel-import", () => {
  const query = (projectId: number) => `ip=0&verbose=1&strict=1&project_id=${projectId}`;
  const base = {
    "content-type": "application/json",
    authorization: `Basic ${Buffer.from("sa.mp-service-account:password").toString("base64")}`,
    accept: "application/json",
  };
  const taken = (count: number) => ({
    error: null,
    status: 1,
    failed_records: [],
    num_good_events: count,
  });

  it.each([
    ["plain, with an empty Content-Encoding", { "content-encoding": "" }, (body: string) => body],
    ["gzipped", { "content-encoding": "gzip" }, (body: string) => gzipSync(body)],
  ])("imports people and groups %s", async (title, encoding, encode) => {
    const people = Array.from({ length: 2000 }, (_, n) => ({
      $token: token,
      $distinct_id: `${title} ${n}`,
      $set: { n, text: TEXT },
    }));
    const headers = { ...base, ...encoding };
    const answer = await send(server, {
      path: `/engage?${query(server.project.id)}`,
      headers,
      body: encode(JSON.stringify(people)),
    });
    expect(answer.status).toBe(200);
    expect(JSON.parse(answer.body)).toEqual(taken(2000));
    expect(await profile(`${title} 1999`)).toEqual({ n: 1999, text: TEXT, ...SEEN });
    const group = { $token: token, $group_key: title, $group_id: "g", $set: { text: TEXT } };
    const grouped = await send(server, {
      path: `/groups?${query(server.project.id)}`,
      headers,
      body: encode(JSON.stringify([group])),
    });
    expect(JSON.parse(grouped.body)).toEqual(taken(1));
    expect(await profile("g", title)).toMatchObject({ text: TEXT });
  });

  it("is told which records were wrong, while the others are kept", async () => {
    const answer = await send(server, {
      path: `/engage?${query(server.project.id)}`,
      headers: { ...base, "content-encoding": "" },
      body: JSON.stringify([
        { $token: token, $distinct_id: "kept", $set: { a: 1 } },
        { $token: token, $distinct_id: "wrong", $set: "a" },
        { $token: token, $set: { a: 1 } },
      ]),
    });
    expect(answer.status).toBe(200);
    expect(JSON.parse(answer.body)).toEqual({
      error: "some data points in the request failed validation",
      status: 0,
      failed_records: [
        {
          index: 1,
          $distinct_id: "wrong",
          field: "$set",
          message: "'$set' is invalid: must be an object",
        },
        {
          index: 2,
          field: "$distinct_id",
          message: "'$distinct_id' is invalid: must not be missing",
        },
      ],
      num_good_events: 1,
    });
    expect(await profile("kept")).toEqual({ a: 1, ...SEEN });
  });

  it("is refused where project_id and token disagree", async () => {
    const answer = await send(server, {
      path: `/engage?${query(server.project.id + 1)}`,
      headers: { ...base, "content-encoding": "" },
      body: JSON.stringify([{ $token: token, $distinct_id: "other", $set: { a: 1 } }]),
    });
    expect(answer.status).toBe(401);
    expect(JSON.parse(answer.body)).toMatchObject({ status: "error" });
    expect(await profile("other")).toBeUndefined();
  });
});

describe("mixpanel-utils", () => {
  it("writes a form of base64 and project_id, and exports by GET", async () => {
    const project_id = String(server.project.id);
    const text = `utils ${TEXT}`;
    const records = [
      { $token: token, $distinct_id: "utils", $ip: 0, $ignore_time: true, $set: { text } },
    ];
    const headers = { "content-type": FORM, authorization: server.secretAuthorization };
    const body = form({ data: base64(records), project_id });
    expect(await answerTo({ path: "/engage?verbose=1", headers, body })).toEqual(VERBOSE_1);
    const selector = `properties["text"] == ${JSON.stringify(text)}`;
    const answer = await send(server, {
      method: "GET",
      path: `/api/2.0/engage?${form({ selector, project_id })}`,
      headers: { authorization: server.secretAuthorization },
    });
    const { results } = JSON.parse(answer.body) as { readonly results: readonly object[] };
    expect(results).toEqual([{ $distinct_id: "utils", $properties: { text, ...SEEN } }]);
  });
});
