import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type ListeningServer, startListening } from "../clients/duckdb-server.ts";
import { testClock } from "../support/clock.ts";
import { type Answer, basic, type RawRequest } from "../support/server.ts";
import { storedEvents } from "../support/stored-events.ts";

const NOW_MS = Date.parse("2024-05-10T12:00:00Z");
const TIME = 1_715_300_000;
const FORM = "application/x-www-form-urlencoded";
const FAILED = "some data points in the request failed validation";

let server: ListeningServer;
let token: string;

async function start(identity: "simplified" | "original" = "simplified"): Promise<void> {
  server = await startListening({ clock: testClock(NOW_MS), project: { identity } });
  ({ token } = server.project);
}

beforeEach(() => start());
afterEach(() => server.end());

/** What a browser or an SDK tracks. */
function event(name: string, properties: object): object {
  return { event: name, properties: { token, ...properties } };
}

function post(url: string, body: unknown, headers: RawRequest["headers"] = {}): Promise<Answer> {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return server.send({ method: "POST", url, headers, body: text });
}

function importAll(query: string, records: readonly unknown[]): Promise<Answer> {
  return post(`/import?${query}`, records, { authorization: server.secretAuthorization });
}

/** The events as `/api/2.0/export` gives them. */
async function exported(): Promise<
  readonly { event: string; properties: Record<string, unknown> }[]
> {
  const days = { from_date: "2020-01-01", to_date: "2024-05-10" };
  const { text } = await server.get(days, "/api/2.0/export");
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));
}

async function canonical(...ids: readonly string[]): Promise<readonly string[]> {
  return server.store.canonicalIds(server.project.id, ids);
}

describe("/engage, /groups and /track", () => {
  const good = {
    "/engage": () => ({ $token: token, $distinct_id: "ada", $set: { a: 1 } }),
    "/groups": () => ({ $token: token, $group_key: "c", $group_id: "x", $set: { a: 1 } }),
    "/track": () => event("X", { distinct_id: "ada", time: TIME }),
  };
  const missing = {
    "/engage": "'$distinct_id' is invalid: must not be missing",
    "/groups": "'$group_key' is invalid: must not be missing",
    "/track": "'event' is invalid: must not be missing",
  };
  const paths = ["/engage", "/groups", "/track"] as const;

  it.each(paths)("%s answers 1 and 0 as text, and their verbose forms as JSON", async (path) => {
    const bad = path === "/track" ? { properties: { token } } : { $token: token, $set: {} };
    const answers: readonly [string, unknown, string, string][] = [
      ["", [good[path]()], "1", "text/plain"],
      ["", [bad], "0", "text/plain"],
      ["?verbose=1", [good[path]()], '{"error": null, "status": 1}', "application/json"],
      ["?verbose=2", [good[path]()], '{"error": null, "status": 1}', "application/json"],
      ["?verbose=1", [bad], `{"error": "${missing[path]}", "status": 0}`, "application/json"],
      ["?callback=f", [good[path]()], "f(1)", "text/javascript"],
    ];
    for (const [query, body, text, type] of answers) {
      const answer = await post(`${path}${query}`, body);
      expect([answer.status, answer.text]).toEqual([200, text]);
      expect(String(answer.headers["content-type"]).split(";")[0]).toBe(type);
    }
  });

  it.each(paths)("%s with strict=1 stores the good and reports the others", async (path) => {
    const bad = path === "/track" ? { properties: { token } } : { $token: token, $set: {} };
    const { status, json } = await post(`${path}?verbose=1&strict=1`, [bad, good[path]()]);
    expect(status).toBe(200);
    expect(json).toEqual({
      error: FAILED,
      status: 0,
      failed_records: [expect.objectContaining({ index: 0, message: missing[path] })],
      num_good_events: 1,
    });
  });

  it.each(paths)("%s answers what it cannot read with 400, and a pixel for img=1", async (path) => {
    const empty = await post(path, "");
    expect([empty.status, empty.json]).toEqual([
      400,
      { error: "data, missing or empty", status: 0 },
    ]);
    const data = Buffer.from(JSON.stringify(good[path]())).toString("base64url");
    const { status, headers } = await server.send({ url: `${path}?img=1&data=${data}` });
    expect([status, headers["content-type"]]).toEqual([200, "image/gif"]);
  });

  it.each(paths)("%s answers 1 for a token that nobody has", async (path) => {
    const record = JSON.stringify(good[path]()).replace(token, "f".repeat(32));
    const answer = await post(path, record);
    expect([answer.status, answer.text]).toEqual([200, "1"]);
  });
});

describe("/track", () => {
  it("takes times in seconds, parts of them and milliseconds, none, and those to come as now", async () => {
    const times = [TIME, TIME + 0.25, TIME * 1000 + 500, undefined, TIME + 10 * 86_400];
    const records = times.map((time, n) =>
      event("X", { distinct_id: "ada", time, $insert_id: `${n}` }),
    );
    expect((await post("/track", records)).text).toBe("1");
    const stored = await storedEvents(server.store, server.project.id);
    const byId = stored.map(({ insertId, timeMs }) => [Number(insertId), timeMs]);
    expect(byId.toSorted(([a = 0], [b = 0]) => a - b)).toEqual([
      [0, TIME * 1000],
      [1, TIME * 1000 + 250],
      [2, TIME * 1000 + 500],
      [3, NOW_MS],
      [4, NOW_MS],
    ]);
  });

  it("takes events older than five days, and those of nobody", async () => {
    const old = event("X", { time: TIME - 100 * 86_400, distinct_id: "" });
    expect((await post("/track?verbose=1", old)).text).toBe('{"error": null, "status": 1}');
    expect((await exported())[0]?.properties).toMatchObject({ distinct_id: "" });
  });

  it("takes 2000 events and answers more with 413", async () => {
    const records = (count: number) => Array.from({ length: count }, () => event("X", {}));
    expect((await post("/track", records(2000))).text).toBe("1");
    expect((await post("/track", records(2001))).status).toBe(413);
  });
});

describe("/import", () => {
  const record = (insertId: string, properties: object = {}) => ({
    event: "X",
    properties: { time: TIME, distinct_id: "ada", $insert_id: insertId, ...properties },
  });

  it("has the four shapes of good answers", async () => {
    const records = [record("a"), record("b")];
    const texts = ["strict=1", "strict=0&verbose=1", ""].map((query) => importAll(query, records));
    expect((await Promise.all(texts)).map(({ status, text }) => [status, text])).toEqual([
      [200, '{"code":200,"num_records_imported":2,"status":"OK"}'],
      [200, '{"code":200,"error":null,"num_records_imported":2,"status":1}'],
      [200, "1"],
    ]);
    const form = `data=${encodeURIComponent(JSON.stringify(records))}&verbose=1`;
    const headers = { authorization: server.secretAuthorization, "content-type": FORM };
    expect((await post("/import", form, headers)).json).toMatchObject({ status: 1 });
  });

  it("answers a probe of credentials with the object that is deep-compared", async () => {
    expect((await importAll("strict=0&verbose=1", [{}])).json).toEqual({
      code: 200,
      error: FAILED,
      num_records_imported: 0,
      status: 0,
    });
    expect((await importAll("", [{}])).text).toBe("0");
  });

  it("names the insert id of a failed record in both ways, and stores the others", async () => {
    const { status, json } = await importAll("strict=1", [
      record("bad", { time: "x" }),
      record("ok"),
    ]);
    expect([status, json]).toEqual([
      400,
      {
        code: 400,
        error: FAILED,
        failed_records: [
          {
            index: 0,
            insert_id: "bad",
            $insert_id: "bad",
            field: "properties.time",
            message: "'properties.time' is invalid: must be specified as seconds since epoch",
          },
        ],
        num_records_imported: 1,
        status: "Bad Request",
      },
    ]);
  });

  it.each<[string, object, string]>([
    ["no distinct_id", { distinct_id: undefined }, "properties.distinct_id"],
    ["no time", { time: undefined }, "properties.time"],
    ["no insert id", { $insert_id: undefined }, "properties.$insert_id"],
    ["a time before 1971", { time: 86_400 }, "properties.time"],
    ["a time in more than an hour", { time: NOW_MS / 1000 + 3700 }, "properties.time"],
    ["an insert id of 37 bytes", { $insert_id: "x".repeat(37) }, "properties.$insert_id"],
    ["an insert id with a sign", { $insert_id: "a_b" }, "properties.$insert_id"],
    [
      "256 properties",
      Object.fromEntries(Array.from({ length: 256 }, (_, n) => [n, n])),
      "properties",
    ],
    ["values four deep", { a: { b: { c: { d: {} } } } }, "properties.a"],
    ...[
      "00000000-0000-0000-0000-000000000000",
      ...["anon", "anonymous", "nil", "none", "null", "n/a", "na", "undefined", "unknown"],
      ...["<nil>", "0", "-1", "true", "false", "[]", "{}"],
    ].map((distinct_id): [string, object, string] => [
      `the distinct id ${distinct_id}`,
      { distinct_id },
      "properties.distinct_id",
    ]),
  ])("is strict about %s", async (_name, properties, field) => {
    const { status, json } = await importAll("strict=1", [record("a", properties)]);
    expect(status).toBe(400);
    expect(json.failed_records).toMatchObject([{ index: 0, field }]);
    expect(json.failed_records[0].message).toMatch(/^'.+' is invalid: /);
  });

  it.each<[string, () => Record<string, string>, number]>([
    ["nothing", () => ({}), 401],
    ["a stranger", () => ({ authorization: basic("nobody", "x") }), 401],
    ["the secret", () => ({ authorization: server.secretAuthorization }), 200],
    ["the token", () => ({ authorization: basic(token, "") }), 200],
  ])("with %s", async (_name, headers, status) => {
    const answer = await post("/import?strict=1", [record("a")], headers());
    expect(answer.status).toBe(status);
    if (status === 200) return;
    expect(answer.json).toEqual({
      code: 401,
      error: "Invalid credentials",
      status: "Unauthorized",
    });
  });

  it("says how large a request may be, as 413", async () => {
    const { status, json } = await importAll("strict=1", [
      record("a", { text: "x".repeat(2 ** 20) }),
    ]);
    expect([status, json]).toEqual([
      413,
      {
        code: 413,
        error: `request exceeds max limit of ${2 ** 20} bytes`,
        status: "Request Entity Too Large",
      },
    ]);
  });

  it("keeps the latest of duplicates, and all of those without an insert id", async () => {
    await importAll("", [record("a", { n: 1 }), record("a", { n: 2 }), record("b", { n: 3 })]);
    await importAll("", [record("a", { n: 4 }), record("a", { n: 5, time: TIME + 1 })]);
    await importAll(
      "",
      [1, 2].map(() => record("", { $insert_id: undefined, n: 6 })),
    );
    const kept = (await exported()).map(({ properties }) => properties["n"]);
    expect(kept.toSorted()).toEqual([3, 4, 5, 6, 6]);
  });
});

describe("identity", () => {
  const UUID = "16f4b8a2-3c5d-4e6f-8a9b-0c1d2e3f4a5b";

  it("simplified joins a device to its first user, and is not moved by special events", async () => {
    const both = (user: string) => event("X", { $device_id: "d", $user_id: user, time: TIME });
    await post("/track", event("X", { $device_id: "d", time: TIME }));
    expect(await canonical("$device:d")).toEqual(["$device:d"]);
    await post("/track", [both("ada"), both("bob")]);
    await post("/track", event("$create_alias", { distinct_id: "ada", alias: "bob" }));
    await post("/track", event("$identify", { $identified_id: "cyd", $anon_id: UUID }));
    await importAll("", [{ event: "$merge", properties: { $distinct_ids: ["ada", "bob"] } }]);
    expect(await canonical("$device:d", "ada", "bob", UUID)).toEqual(["ada", "ada", "bob", UUID]);
  });

  it("original joins by $identify, $create_alias and $merge, and by nothing else", async () => {
    await server.end();
    await start("original");
    await post("/track", event("$identify", { $identified_id: "ada", $anon_id: UUID }));
    await post("/track", event("$identify", { $identified_id: "ada", $anon_id: "no-uuid" }));
    await post("/track", event("$create_alias", { distinct_id: "ada", alias: "ada-2" }));
    await post("/track", event("X", { $device_id: "d", $user_id: "ada", distinct_id: "other" }));
    const merge = { event: "$merge", properties: { $distinct_ids: ["ada", "old"] } };
    const form = `data=${encodeURIComponent(JSON.stringify(merge))}`;
    const headers = { authorization: server.secretAuthorization, "content-type": FORM };
    expect((await post("/import", form, headers)).text).toBe("1");
    const ids = await canonical("ada", UUID, "no-uuid", "ada-2", "other", "old");
    expect(ids).toEqual(["ada", "ada", "no-uuid", "ada", "other", "ada"]);
  });

  it("merges profiles, the canonical one's values first, and finds it by any id", async () => {
    await server.set("$device:d", { plan: "free", seen: 1 });
    await server.set("ada", { plan: "pro" });
    await post("/track", event("X", { $device_id: "d", $user_id: "ada", time: TIME }));
    const expected = [
      {
        $distinct_id: "ada",
        $properties: { plan: "pro", seen: 1, $last_seen: "2024-05-10T12:00:00" },
      },
    ];
    for (const distinct_id of ["ada", "$device:d"]) {
      expect((await server.query({ distinct_id })).json.results).toEqual(expected);
    }
    await server.set("$device:d", { more: 2 });
    expect((await server.query()).json.results[0].$properties).toMatchObject({ more: 2 });
    const ignoring = { $distinct_id: "$device:d", $ignore_alias: true, $set: { own: 3 } };
    await server.write([ignoring]);
    expect((await server.query()).json.total).toBe(2);
  });
});
