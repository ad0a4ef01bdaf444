import { beforeEach, describe, expect, it } from "vitest";
import { Writer } from "../../src/ingest/writer.ts";
import { RECORDS_MAX } from "../../src/profile/limits.ts";
import { MemoryStore } from "../../src/store/memory.ts";
import { namesAndIds, storedEvents } from "../support/stored-events.ts";
import {
  base64,
  exactAnswers,
  replyTo,
  type Sent,
  TEXT_0,
  TEXT_1,
  TOKEN,
  UpdateEndpoint,
  VERBOSE_1,
} from "../support/update-endpoint.ts";
import { SEEN_AT_SECONDS } from "../support/updates.ts";

const TIME = 1_700_000_000;
const NOW_MS = SEEN_AT_SECONDS * 1000;

let endpoint: UpdateEndpoint;
beforeEach(() => {
  endpoint = new UpdateEndpoint();
});

function track(sent: Sent) {
  return endpoint.send({ target: "track", ...sent });
}

/** A record as the reference has it. */
function record(insertId: string, members: object = {}, token: string = TOKEN) {
  const properties = { token, distinct_id: "ada", time: TIME, $insert_id: insertId, ...members };
  return { event: "X", properties };
}

describe("the answer", () => {
  const good = record("good");
  const bad = { event: "", properties: { token: TOKEN, $insert_id: "bad" } };
  const worse = { event: "X", properties: { distinct_id: "bob" } };

  const rows = exactAnswers({
    good,
    bad: [bad, "'event' is invalid: must not be missing"],
    worse: [worse, "'properties.token' is invalid: must not be missing"],
    failedRecords: `[{"index":0,"insert_id":"bad","$insert_id":"bad","field":"event","message":"'event' is invalid: must not be missing"},{"index":2,"field":"properties.token","message":"'properties.token' is invalid: must not be missing"}]`,
  });

  it.each(rows)("for ?%s is exact", async (query, records, body) => {
    const reply = await track({ query, body: JSON.stringify(records) });
    expect(reply).toEqual(replyTo(query, body));
    const stored = (await storedEvents(endpoint.store)).map(({ insertId }) => insertId);
    expect(stored).toEqual(records.includes(good) ? ["good"] : []);
  });

  it("is an image when asked for", async () => {
    const data = encodeURIComponent(base64(good));
    const reply = await track({ query: `img=1&data=${data}` });
    expect([reply.status, reply.headers["content-type"]]).toEqual([200, "image/gif"]);
    expect((reply.body as Buffer).toString("latin1", 0, 3)).toBe("GIF");
    expect(await namesAndIds(endpoint.store)).toEqual([["X", "ada"]]);
  });

  it("refuses a callback that is no name", async () => {
    const reply = await track({ query: "callback=alert(1)", body: JSON.stringify(good) });
    expect(reply.status).toBe(400);
    expect(await storedEvents(endpoint.store)).toEqual([]);
  });

  it.each([
    ["", '{"error":"data, missing or empty","status":0}'],
    ["data=%25", '{"error":"data cannot be decoded: it is neither JSON nor base64","status":0}'],
    [
      `${JSON.stringify(record("1"))}\n${JSON.stringify(record("2"))}`,
      expect.stringContaining("data cannot be decoded: "),
    ],
  ])("to %s is 400", async (body, text) => {
    const reply = await track({ body });
    expect([reply.status, reply.body]).toEqual([400, text]);
  });

  it("to more records than the limit is 413, and nothing is written", async () => {
    const records = Array.from({ length: RECORDS_MAX + 1 }, (_, n) => record(`i${n}`));
    const reply = await track({ body: JSON.stringify(records) });
    expect([reply.status, reply.body]).toEqual([
      413,
      '{"error":"2001 records in one request, more than 2000","status":0}',
    ]);
    expect(await track({ body: JSON.stringify(records.slice(1)) })).toEqual(TEXT_1);
    expect(await storedEvents(endpoint.store)).toHaveLength(RECORDS_MAX);
  });

  it("is 503 when too much waits, and the store's failure is thrown", async () => {
    const slow = new MemoryStore();
    slow.apply = async () => Promise.reject(new Error("disk"));
    endpoint.context = { ...endpoint.context, writer: new Writer(slow) };
    await expect(track({ body: JSON.stringify(good) })).rejects.toThrow("disk");
    let release = (): void => undefined;
    slow.apply = async () => new Promise((resolve) => (release = () => resolve([])));
    endpoint.context = { ...endpoint.context, writer: new Writer(slow, { updatesWaitingMax: 1 }) };
    const taken = [1, 2].map(() => track({ body: JSON.stringify(good) }));
    const reply = await track({ body: JSON.stringify(good) });
    expect([reply.status, reply.headers["retry-after"], reply.body]).toEqual([
      503,
      "1",
      '{"error":"too many writes are waiting","status":0}',
    ]);
    release();
    expect(await taken[0]).toEqual(TEXT_1);
  });
});

describe("what is stored", () => {
  it("is the event, at the time it says, in seconds or milliseconds", async () => {
    const records = [
      record("s"),
      record("ms", { time: TIME * 1000 + 123 }),
      record("python", { time: TIME + 0.5 }),
      record("text", { time: String(TIME) }),
      record("future", { time: 2_000_000_000 }),
      record("none", { time: undefined }),
    ];
    expect(await track({ body: JSON.stringify(records) })).toEqual(TEXT_1);
    const times = (await storedEvents(endpoint.store)).map((event) => [
      event.insertId,
      event.timeMs,
    ]);
    expect(Object.fromEntries(times)).toEqual({
      s: TIME * 1000,
      ms: TIME * 1000 + 123,
      python: TIME * 1000 + 500,
      text: TIME * 1000,
      future: NOW_MS,
      none: NOW_MS,
    });
  });

  it("is the latest of two with the same name, distinct id, time and insert id", async () => {
    const records = [record("i", { n: 1 }), record("j", { n: 2 }), record("i", { n: 3 })];
    expect(await track({ body: JSON.stringify(records) })).toEqual(TEXT_1);
    const others = [
      record("i", { n: 4, time: TIME + 1 }),
      { ...record("i", { n: 5 }), event: "Y" },
      record("i", { n: 6, distinct_id: "bob" }),
      record("i", { n: 7 }),
    ];
    expect(await track({ body: JSON.stringify(others) })).toEqual(TEXT_1);
    const stored = (await storedEvents(endpoint.store)).map(({ properties }) => properties["n"]);
    expect(stored.toSorted()).toEqual([2, 4, 5, 6, 7]);
  });

  it("never replaces another where no insert id is sent", async () => {
    const body = JSON.stringify([record("", {}), record("", {})]);
    expect(await track({ body })).toEqual(TEXT_1);
    expect(await track({ body })).toEqual(TEXT_1);
    expect(await storedEvents(endpoint.store)).toHaveLength(4);
  });

  it("leaves out the token and what has a place of its own", async () => {
    await track({ body: JSON.stringify(record("i", { plan: "pro", mp_lib: "web", $os: "X" })) });
    expect(await storedEvents(endpoint.store)).toEqual([
      {
        event: "X",
        distinctId: "ada",
        timeMs: TIME * 1000,
        insertId: "i",
        properties: { plan: "pro", mp_lib: "web", $os: "X" },
      },
    ]);
  });

  it("is nothing of an event that is to be ignored, which counts as taken", async () => {
    expect(await track({ body: JSON.stringify(record("i", { $ignore: true })) })).toEqual(TEXT_1);
    expect(await storedEvents(endpoint.store)).toEqual([]);
  });

  it("is nothing of $merge, which anybody could send", async () => {
    const merge = { event: "$merge", properties: { token: TOKEN, $distinct_ids: ["a", "b"] } };
    const reply = await track({ query: "verbose=1", body: JSON.stringify(merge) });
    expect(JSON.parse(String(reply.body))).toEqual({
      error:
        "'event' is invalid: $merge needs a service account or the API secret: send it to /import with one",
      status: 0,
    });
    expect(await storedEvents(endpoint.store)).toEqual([]);
  });
});

describe("whose an event is", () => {
  const anonymous = { event: "X", properties: { token: TOKEN } };
  const body = JSON.stringify(anonymous);
  const idOf = async (sent: Sent): Promise<string | undefined> => {
    const fresh = new UpdateEndpoint();
    expect(await fresh.send({ target: "track", ...sent })).toEqual(TEXT_1);
    return (await storedEvents(fresh.store))[0]?.distinctId;
  };

  it("is a hash of the address with ip=1, where nobody is named", async () => {
    const id = await idOf({ query: "ip=1", body });
    expect(id).toMatch(/^[\da-f]{32}$/);
    expect(await idOf({ query: "ip=1", body })).toBe(id);
    expect(await idOf({ body: `ip=1&data=${encodeURIComponent(body)}` })).toBe(id);
    expect(await idOf({ query: "ip=1", body, remoteAddress: "10.0.0.1" })).not.toBe(id);
  });

  it("differs between projects for one address", async () => {
    const other = { event: "X", properties: { token: "token-2" } };
    expect(await track({ query: "ip=1", body: JSON.stringify([anonymous, other]) })).toEqual(
      TEXT_1,
    );
    const [first] = await storedEvents(endpoint.store, 1);
    const [second] = await storedEvents(endpoint.store, 2);
    expect(first?.distinctId).toMatch(/^[\da-f]{32}$/);
    expect(second?.distinctId).toMatch(/^[\da-f]{32}$/);
    expect(second?.distinctId).not.toBe(first?.distinctId);
  });

  it.each(["", "ip=0", "ip="])("is nobody's with ?%s", async (query) => {
    expect(await idOf({ query, body })).toBe("");
  });

  it.each([
    [{ distinct_id: "" }, ""],
    [{ $device_id: "d" }, "$device:d"],
    [{ $device_id: "d", $user_id: "u", distinct_id: "x" }, "u"],
  ])("of %j does not need the address", async (members, distinctId) => {
    const properties = { token: TOKEN, ...members };
    const sent = { query: "ip=1", body: JSON.stringify({ event: "X", properties }) };
    expect(await idOf(sent)).toBe(distinctId);
  });

  it("keeps every digit of ids that are numbers of 64 bits", async () => {
    const text = (id: string): string =>
      `{"event":"X","properties":{"token":"${TOKEN}","time":${TIME},"distinct_id":${id},"$insert_id":${id}}}`;
    const sent = `[${text("1234567890123456788")},${text("1234567890123456789")}]`;
    expect(await track({ body: sent })).toEqual(TEXT_1);
    const stored = await storedEvents(endpoint.store);
    expect(stored.map(({ distinctId, insertId }) => [distinctId, insertId])).toEqual([
      ["1234567890123456788", "1234567890123456788"],
      ["1234567890123456789", "1234567890123456789"],
    ]);
  });
});

describe("tokens", () => {
  it("decide the project of each record", async () => {
    const records = [record("1"), record("2", {}, "token-2"), record("3")];
    expect(await track({ body: JSON.stringify(records) })).toEqual(TEXT_1);
    const ids = async (projectId: number) =>
      (await storedEvents(endpoint.store, projectId)).map(({ insertId }) => insertId);
    expect([await ids(1), await ids(2)]).toEqual([["1", "3"], ["2"]]);
  });

  it("that are unknown drop the record and say nothing", async () => {
    const records = [record("1", {}, "nobody"), record("2")];
    expect(await track({ query: "verbose=1", body: JSON.stringify(records) })).toEqual(VERBOSE_1);
    expect(await track({ body: JSON.stringify(record("3", {}, "nobody")) })).toEqual(TEXT_1);
    expect(await storedEvents(endpoint.store)).toHaveLength(1);
    expect(endpoint.droppedCount).toBe(2);
  });

  it("that are unknown are reported when so configured", async () => {
    endpoint.context = { ...endpoint.context, strictTokens: true };
    const unknown = record("1", {}, "nobody");
    expect(await track({ body: JSON.stringify(unknown) })).toEqual(TEXT_0);
    const reply = await track({
      query: "verbose=1&strict=1",
      body: JSON.stringify([5, record("2"), unknown]),
    });
    expect(JSON.parse(String(reply.body))).toMatchObject({
      num_good_events: 1,
      failed_records: [
        { index: 0 },
        { index: 2, insert_id: "1", field: "properties.token", message: "Invalid token" },
      ],
    });
  });

  it("of another project than project_id are refused, and nothing is written", async () => {
    const records = [record("1"), record("2", {}, "token-2")];
    const reply = await track({ query: "project_id=2", body: JSON.stringify(records) });
    expect([reply.status, JSON.parse(String(reply.body))]).toEqual([
      401,
      { error: "a record's token is not of project 2", status: "error" },
    ]);
    expect(await storedEvents(endpoint.store)).toEqual([]);
    expect(await storedEvents(endpoint.store, 2)).toEqual([]);
  });
});

describe("what the clients send", () => {
  const event = record("i", { text: "~~>>??û> a+b&c=d 100% 名" });
  const data = base64([event]);

  it.each<[string, Sent]>([
    ["a list", { body: JSON.stringify([event]) }],
    ["one bare object", { body: JSON.stringify(event) }],
    ["GET with base64, escaped", { query: `ip=0&verbose=0&data=${encodeURIComponent(data)}` }],
    ["a form with base64, escaped", { body: `data=${encodeURIComponent(data)}` }],
    ["a form with base64 whose + is not escaped", { body: `data=${data}` }],
    [
      "the URL-safe alphabet without padding",
      { body: `data=${data.replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "")}` },
    ],
    ["a form with JSON", { body: `data=${encodeURIComponent(JSON.stringify(event))}&verbose=0` }],
    ["JSON in the query string", { query: `data=${encodeURIComponent(JSON.stringify(event))}` }],
    ["a byte order mark", { body: `\ufeff${JSON.stringify(event)}` }],
  ])("takes %s", async (_, sent) => {
    expect(await track(sent)).toEqual(TEXT_1);
    const [stored] = await storedEvents(endpoint.store);
    expect(stored?.properties).toEqual({ text: "~~>>??û> a+b&c=d 100% 名" });
  });

  it("has + in its base64, or these tests would show nothing", () => {
    expect(data).toContain("+");
    expect(data).toContain("/");
  });
});
