import { beforeEach, describe, expect, it } from "vitest";
import { Writer } from "../../src/ingest/writer.ts";
import { PROPERTIES_MAX, RECORDS_MAX } from "../../src/profile/limits.ts";
import { MemoryStore } from "../../src/store/memory.ts";
import {
  base64,
  exactAnswers,
  replyTo,
  setting,
  TEXT_0,
  TEXT_1,
  TOKEN,
  UpdateEndpoint,
  VERBOSE_1,
} from "../support/update-endpoint.ts";
import { idsOf, query } from "../support/updates.ts";

let endpoint: UpdateEndpoint;
beforeEach(() => {
  endpoint = new UpdateEndpoint();
});

describe("the answer", () => {
  const good = setting("ada", { a: 1 });
  const bad = { $token: TOKEN, $set: { a: 1 } };
  const worse = { $token: TOKEN, $distinct_id: "bob", $set: 5 };

  const rows = exactAnswers({
    good,
    bad: [bad, "'$distinct_id' is invalid: must not be missing"],
    worse: [worse, "'$set' is invalid: must be an object"],
    failedRecords: `[{"index":0,"field":"$distinct_id","message":"'$distinct_id' is invalid: must not be missing"},{"index":2,"$distinct_id":"bob","field":"$set","message":"'$set' is invalid: must be an object"}]`,
  });

  it.each(rows)("for ?%s is exact", async (queryString, records, body) => {
    const reply = await endpoint.send({ query: queryString, body: JSON.stringify(records) });
    expect(reply).toEqual(replyTo(queryString, body));
    expect(await endpoint.store.count(query())).toBe(records.includes(good) ? 1 : 0);
  });

  it("is an image when asked for", async () => {
    const reply = await endpoint.send({ query: "img=1", body: JSON.stringify(good) });
    expect([reply.status, reply.headers["content-type"]]).toEqual([200, "image/gif"]);
    const bytes = reply.body as Buffer;
    expect(bytes.toString("latin1", 0, 6)).toMatch(/^GIF8[79]a$/);
    expect([bytes.readUInt16LE(6), bytes.readUInt16LE(8), bytes.at(-1)]).toEqual([1, 1, 0x3b]);
    expect(await idsOf(endpoint.store)).toEqual(["ada"]);
  });

  it.each(["alert(1)//", "a b", "a-b", "f(", "a..b", "x".repeat(256), "<script>"])(
    "refuses the callback %s",
    async (callback) => {
      const reply = await endpoint.send({
        query: `callback=${encodeURIComponent(callback)}`,
        body: JSON.stringify(good),
      });
      expect([reply.status, reply.headers["content-type"]]).toEqual([
        400,
        "application/json; charset=utf-8",
      ]);
      expect(await endpoint.store.count(query())).toBe(0);
    },
  );

  it.each([
    ["", "", '{"error":"data, missing or empty","status":0}'],
    ["data=", "", '{"error":"data, missing or empty","status":0}'],
    ["", "verbose=1", '{"error":"data, missing or empty","status":0}'],
    [
      "",
      "data=%25%25",
      '{"error":"data cannot be decoded: it is neither JSON nor base64","status":0}',
    ],
    [
      "",
      `data=${base64(5)}`,
      '{"error":"data cannot be decoded: it is neither a record nor a list of records","status":0}',
    ],
    [
      "",
      `data=${base64(null)}`,
      '{"error":"data cannot be decoded: it is neither a record nor a list of records","status":0}',
    ],
  ])("to ?%s with the body %j is 400", async (queryString, body, text) => {
    const reply = await endpoint.send({ query: queryString, body });
    expect([reply.status, reply.body]).toEqual([400, text]);
  });

  it.each([
    "{",
    '[{"a":1}',
    "{'a':1}",
    "data=e30",
    `data=${Buffer.from("no json").toString("base64")}`,
  ])("to %s says what is wrong", async (body) => {
    const reply = await endpoint.send({ query: "verbose=1", body });
    if (body === "data=e30") expect(reply.body).toContain("'$token' is invalid");
    else
      expect([reply.status, reply.body]).toEqual([
        400,
        expect.stringContaining("data cannot be decoded: "),
      ]);
  });

  it("to more records than the limit is 413, and nothing is written", async () => {
    const records = Array.from({ length: RECORDS_MAX + 1 }, (_, n) => setting(`id${n}`, {}));
    const reply = await endpoint.send({ body: JSON.stringify(records) });
    expect([reply.status, reply.body]).toEqual([
      413,
      '{"error":"2001 records in one request, more than 2000","status":0}',
    ]);
    expect(await endpoint.store.count(query())).toBe(0);
    expect(await endpoint.send({ body: JSON.stringify(records.slice(1)) })).toEqual(TEXT_1);
    expect(await endpoint.store.count(query())).toBe(RECORDS_MAX);
  });

  it("reports a record that breaks a limit of its profile", async () => {
    const full = Object.fromEntries(Array.from({ length: PROPERTIES_MAX }, (_, n) => [`p${n}`, n]));
    const body = JSON.stringify([
      setting("bob", {}),
      setting("ada", full),
      setting("ada", { over: 1 }),
    ]);
    const reply = await endpoint.send({ query: "verbose=1&strict=1", body });
    expect(JSON.parse(String(reply.body))).toEqual({
      error: "some data points in the request failed validation",
      status: 0,
      failed_records: [
        {
          index: 2,
          $distinct_id: "ada",
          field: "properties",
          message: expect.stringContaining("at most 2000 properties"),
        },
      ],
      num_good_events: 2,
    });
    expect(await endpoint.send({ body: JSON.stringify(setting("ada", { over: 1 })) })).toEqual(
      TEXT_0,
    );
  });

  it("names groups by their id", async () => {
    const body = JSON.stringify([
      { $token: TOKEN, $group_key: "company", $group_id: "acme", $set: 1 },
    ]);
    const reply = await endpoint.send({ query: "verbose=1&strict=1", body, target: "groups" });
    expect(JSON.parse(String(reply.body)).failed_records).toEqual([
      {
        index: 0,
        $group_id: "acme",
        field: "$set",
        message: "'$set' is invalid: must be an object",
      },
    ]);
  });

  it("is 503 with Retry-After when too much waits, and the store's failure is thrown", async () => {
    let release = (): void => undefined;
    const slow = new MemoryStore();
    slow.apply = async () => new Promise((resolve) => (release = () => resolve([])));
    endpoint.context = { ...endpoint.context, writer: new Writer(slow, { updatesWaitingMax: 1 }) };
    const body = JSON.stringify(good);
    const taken = [endpoint.send({ body }), endpoint.send({ body })];
    const reply = await endpoint.send({ body });
    expect([reply.status, reply.headers["retry-after"]]).toEqual([503, "1"]);
    expect(reply.body).toBe('{"error":"too many writes are waiting","status":0}');
    release();
    expect(await taken[0]).toEqual(TEXT_1);
    slow.apply = async () => Promise.reject(new Error("disk"));
    release();
    await taken[1];
    await expect(endpoint.send({ body })).rejects.toThrow("disk");
  });
});

describe("tokens", () => {
  it("decide the project of each record", async () => {
    const body = JSON.stringify([setting("a", {}), setting("b", {}, "token-2"), setting("c", {})]);
    expect(await endpoint.send({ body })).toEqual(TEXT_1);
    expect(await idsOf(endpoint.store)).toEqual(["a", "c"]);
    expect(await idsOf(endpoint.store, { scope: { projectId: 2, groupKey: undefined } })).toEqual([
      "b",
    ]);
  });

  it("that are unknown drop the record and say nothing", async () => {
    const body = JSON.stringify([
      setting("a", {}, "nobody"),
      setting("b", {}, "nobody"),
      setting("c", {}),
    ]);
    expect(await endpoint.send({ query: "verbose=1", body })).toEqual(VERBOSE_1);
    expect(await endpoint.send({ body: JSON.stringify(setting("a", {}, "nobody")) })).toEqual(
      TEXT_1,
    );
    expect(await idsOf(endpoint.store)).toEqual(["c"]);
    expect(endpoint.droppedCount).toBe(3);
  });

  it("that are unknown are reported when so configured", async () => {
    endpoint.context = { ...endpoint.context, strictTokens: true };
    const unknown = setting("a", {}, "nobody");
    expect(await endpoint.send({ body: JSON.stringify(unknown) })).toEqual(TEXT_0);
    const verbose = await endpoint.send({ query: "verbose=1", body: JSON.stringify(unknown) });
    expect(verbose.body).toBe('{"error": "Invalid token", "status": 0}');
    const strict = await endpoint.send({
      query: "verbose=1&strict=1",
      body: JSON.stringify([5, setting("c", {}), unknown]),
    });
    expect(JSON.parse(String(strict.body))).toMatchObject({
      num_good_events: 1,
      failed_records: [
        { index: 0 },
        { index: 2, $distinct_id: "a", field: "$token", message: "Invalid token" },
      ],
    });
    expect(endpoint.droppedCount).toBe(3);
  });

  it.each(["project_id=2", "project_id=x", "project_id=01"])(
    "of another project than ?%s are refused, and nothing is written",
    async (queryString) => {
      const body = JSON.stringify([setting("a", {}), setting("b", {}, "token-2")]);
      const reply = await endpoint.send({ query: queryString, body });
      expect(reply.status).toBe(401);
      expect(JSON.parse(String(reply.body))).toEqual({
        error: expect.stringContaining("token is not of project"),
        status: "error",
      });
      expect(await endpoint.store.count(query())).toBe(0);
      expect(
        await endpoint.store.count(query({ scope: { projectId: 2, groupKey: undefined } })),
      ).toBe(0);
    },
  );

  it("are held to a project_id of the form as well", async () => {
    const data = encodeURIComponent(base64(setting("a", {})));
    expect((await endpoint.send({ body: `data=${data}&project_id=2` })).status).toBe(401);
    expect(
      await endpoint.send({ query: "project_id=2", body: `data=${data}&project_id=1` }),
    ).toEqual(TEXT_1);
    expect(await endpoint.send({ query: "project_id=", body: `data=${data}` })).toEqual(TEXT_1);
  });
});
