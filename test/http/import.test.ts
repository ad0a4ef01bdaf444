import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { IMPORT_BYTES_MAX } from "../../src/http/import-events.ts";
import { RECORDS_MAX } from "../../src/profile/limits.ts";
import {
  IMPORTED_AT_SECONDS,
  type ImportClient,
  type ImportRequest,
  importClient,
  record,
} from "../support/import-endpoint.ts";
import { basic, startTestServer, type TestServer } from "../support/server.ts";
import { storedEvents } from "../support/stored-events.ts";

const NOW_MS = 1_714_557_600_000;
const FAILED = "some data points in the request failed validation";

let server: TestServer;
let client: ImportClient;
beforeEach(async () => {
  server = await startTestServer({ settings: { bodyBytesMax: 2 * IMPORT_BYTES_MAX } });
  server.clock.nowMs = NOW_MS;
  client = importClient(server);
});
afterEach(() => server.stop());

describe("the answer", () => {
  it("with strict=1 counts what is imported, when all is good", async () => {
    const records = Array.from({ length: RECORDS_MAX }, (_, n) => record(`i-${n}`));
    const answer = await client.sendRecords(records, "strict=1");
    expect([answer.status, answer.text]).toEqual([
      200,
      '{"code":200,"num_records_imported":2000,"status":"OK"}',
    ]);
    expect(answer.headers["content-type"]).toContain("application/json");
    expect(await client.insertIds()).toHaveLength(RECORDS_MAX);
  });

  it("with strict=1 reports what is wrong, and the good ones are stored", async () => {
    const records = [
      record("bad-1", { time: "soon" }),
      record("good-1"),
      record("bad-2", { distinct_id: undefined }),
      record("", {}),
    ];
    const answer = await client.sendRecords(records, "strict=1&verbose=1");
    expect(answer.status).toBe(400);
    expect(answer.json).toEqual({
      code: 400,
      error: FAILED,
      failed_records: [
        {
          index: 0,
          insert_id: "bad-1",
          $insert_id: "bad-1",
          field: "properties.time",
          message: "'properties.time' is invalid: must be specified as seconds since epoch",
        },
        {
          index: 2,
          insert_id: "bad-2",
          $insert_id: "bad-2",
          field: "properties.distinct_id",
          message: "'properties.distinct_id' is invalid: must not be missing",
        },
        {
          index: 3,
          insert_id: "",
          $insert_id: "",
          field: "properties.$insert_id",
          message: "'properties.$insert_id' is invalid: must not be missing",
        },
      ],
      num_records_imported: 1,
      status: "Bad Request",
    });
    expect(await client.insertIds()).toEqual(["good-1"]);
  });

  it("with verbose=1 has a numeric status", async () => {
    const answer = await client.sendRecords([record("a"), record("b"), {}], "strict=0&verbose=1");
    expect([answer.status, answer.text]).toEqual([
      200,
      '{"code":200,"error":null,"num_records_imported":2,"status":1}',
    ]);
    expect(await client.insertIds()).toEqual(["a", "b"]);
  });

  it("to the probe of credentials is the object that it is compared with", async () => {
    const answer = await client.sendRecords(
      [{}],
      `strict=0&verbose=1&project_id=${server.project.id}`,
    );
    expect(answer.status).toBe(200);
    expect(answer.json).toEqual({
      code: 200,
      error: FAILED,
      num_records_imported: 0,
      status: 0,
    });
  });

  it("with neither is a digit", async () => {
    const good = await client.sendRecords([record("a"), {}]);
    expect([good.status, good.text, good.headers["content-type"]]).toEqual([
      200,
      "1",
      "text/plain",
    ]);
    const bad = await client.sendRecords([{}], "strict=0&verbose=0");
    expect([bad.status, bad.text]).toEqual([200, "0"]);
    expect((await client.sendRecords([])).text).toBe("0");
  });

  it("to nothing at all counts nothing", async () => {
    expect((await client.sendRecords([], "strict=1")).json).toEqual({
      code: 200,
      num_records_imported: 0,
      status: "OK",
    });
    expect((await client.sendRecords([], "verbose=1")).json).toMatchObject({
      status: 0,
      error: FAILED,
    });
  });

  it("counts events that are to be ignored as good", async () => {
    const answer = await client.sendRecords([record("a", { $ignore: true })], "strict=1");
    expect(answer.json).toEqual({ code: 200, num_records_imported: 1, status: "OK" });
    expect(await client.insertIds()).toEqual([]);
  });

  it("can be a call of a function or a pixel", async () => {
    expect((await client.sendRecords([record("a")], "callback=f")).text).toBe("f(1)");
    const image = await client.sendRecords([record("b")], "img=1");
    expect(image.headers["content-type"]).toBe("image/gif");
    expect(await client.insertIds()).toEqual(["a", "b"]);
  });
});

describe("a request", () => {
  const records = [record("a"), record("b"), record("c")];
  const lines = records.map((each) => JSON.stringify(each));
  const OK = { code: 200, num_records_imported: 3, status: "OK" };

  it.each<[string, ImportRequest]>([
    ["a list", { body: JSON.stringify(records) }],
    ["lines", { body: lines.join("\n"), headers: { "content-type": "application/x-ndjson" } }],
    ["lines with white space", { body: `\ufeff\n${lines.join(" \r\n\n")}\r\n` }],
    [
      "lines called JSON",
      { body: lines.join("\n"), headers: { "content-type": "application/json" } },
    ],
    ["gzip", { body: gzipSync(JSON.stringify(records)), headers: { "content-encoding": "gzip" } }],
    [
      "lines in gzip",
      { body: gzipSync(lines.join("\n")), headers: { "content-encoding": "gzip" } },
    ],
    [
      "an encoding that is empty",
      { body: JSON.stringify(records), headers: { "content-encoding": "" } },
    ],
    ["a form", { body: `data=${encodeURIComponent(JSON.stringify(records))}&strict=1` }],
    [
      "a form with base64",
      { body: `data=${Buffer.from(JSON.stringify(records)).toString("base64")}` },
    ],
    [
      "the query string",
      { query: `strict=1&data=${Buffer.from(JSON.stringify(records)).toString("base64url")}` },
    ],
  ])("may be %s", async (_, sent) => {
    const answer = await client.send({ query: "strict=1", ...sent });
    expect([answer.status, answer.json]).toEqual([200, OK]);
    expect(await client.insertIds()).toEqual(["a", "b", "c"]);
  });

  it("may be one record, on one line or several", async () => {
    for (const [n, space] of [0, 2].entries()) {
      const answer = await client.send({
        query: "strict=1",
        body: JSON.stringify(record(`${n}`), null, space),
      });
      expect(answer.json).toEqual({ ...OK, num_records_imported: 1 });
    }
    expect(await client.insertIds()).toEqual(["0", "1"]);
  });

  it.each([
    ["", "data, missing or empty"],
    ["data=", "data, missing or empty"],
    [`${lines[0]}\n{"event":`, "data cannot be decoded: line 2: "],
    ["{\n", "data cannot be decoded: "],
    ["data=%25", "data cannot be decoded: it is neither JSON nor base64"],
    [`[${lines[0]}`, "data cannot be decoded: "],
  ])("of %j is 400, and nothing is stored", async (body, error) => {
    const answer = await client.send({ query: "strict=1", body });
    expect(answer.status).toBe(400);
    expect(answer.json).toEqual({
      code: 400,
      error: expect.stringContaining(error),
      failed_records: [],
      num_records_imported: 0,
      status: "Bad Request",
    });
    expect(await client.insertIds()).toEqual([]);
  });

  it("has at most 2000 events", async () => {
    const many = Array.from({ length: RECORDS_MAX + 1 }, (_, n) => record(`i-${n}`));
    for (const body of [
      JSON.stringify(many),
      many.map((each) => JSON.stringify(each)).join("\n"),
    ]) {
      const answer = await client.send({ body });
      expect([answer.status, answer.json]).toEqual([
        413,
        {
          code: 413,
          error: "2001 records in one request, more than 2000",
          status: "Request Entity Too Large",
        },
      ]);
    }
    expect(await client.insertIds()).toEqual([]);
  });

  it("has at most 10 MiB, inflated", async () => {
    const body = JSON.stringify([record("a", { text: "x".repeat(IMPORT_BYTES_MAX) })]);
    const tooLarge = {
      code: 413,
      error: `request exceeds max limit of ${IMPORT_BYTES_MAX} bytes`,
      status: "Request Entity Too Large",
    };
    const plain = await client.send({ body });
    expect([plain.status, plain.json]).toEqual([413, tooLarge]);
    const headers = { "content-encoding": "gzip" };
    const zipped = await client.send({ body: gzipSync(body), headers });
    expect([zipped.status, zipped.json]).toEqual([413, tooLarge]);
  });

  it("past the server's own limit is answered alike", async () => {
    const small = await startTestServer({ settings: { bodyBytesMax: 1000 } });
    const answer = await small.send({ method: "POST", url: "/import", body: "x".repeat(1001) });
    expect([answer.status, answer.json]).toEqual([
      413,
      {
        code: 413,
        error: "request exceeds max limit of 1000 bytes",
        status: "Request Entity Too Large",
      },
    ]);
    await small.stop();
  });

  it("takes events of any time, and is lenient unless strict", async () => {
    const events = [
      record("old", { time: 86_400 }),
      record("future", { time: 4_000_000_000 }),
      record("with_underscore", { distinct_id: "anonymous" }),
      record("none", { time: undefined, distinct_id: undefined }),
    ];
    expect((await client.sendRecords(events, "verbose=1")).json).toMatchObject({
      num_records_imported: 4,
    });
    const stored = await storedEvents(server.store, server.project.id);
    expect(
      stored.map(({ insertId, distinctId, timeMs }) => [insertId, distinctId, timeMs]),
    ).toEqual([
      ["old", "ada", 86_400_000],
      ["with_underscore", "anonymous", IMPORTED_AT_SECONDS * 1000],
      ["none", "", NOW_MS],
      ["future", "ada", 4_000_000_000_000],
    ]);
    const { json } = await client.sendRecords(events, "strict=1");
    expect(json.failed_records.map(({ field }: { field: string }) => field)).toEqual([
      "properties.time",
      "properties.time",
      "properties.distinct_id",
      "properties.time",
    ]);
  });
});

describe("$merge", () => {
  it("joins two ids where identity is original, as a form without a token, but not for who has only the token", async () => {
    const original = await startTestServer({ project: { identity: "original" } });
    const merge = { event: "$merge", properties: { $distinct_ids: ["ada", "bob"] } };
    const answer = await original.send({
      method: "POST",
      url: "/import",
      headers: {
        authorization: original.secretAuthorization,
        "content-type": "application/x-www-form-urlencoded",
        accept: "text/plain",
      },
      body: `data=${encodeURIComponent(JSON.stringify(merge))}`,
    });
    expect([answer.status, answer.text]).toEqual([200, "1"]);
    const byToken = await original.send({
      method: "POST",
      url: "/import?verbose=1&strict=1",
      headers: { authorization: basic(original.project.token, "") },
      body: JSON.stringify(merge).replace("bob", "cyd"),
    });
    expect(byToken.json).toMatchObject({
      num_records_imported: 0,
      failed_records: [{ field: "event", message: expect.stringContaining("the API secret") }],
    });
    const [first, second, third] = await original.store.canonicalIds(original.project.id, [
      "ada",
      "bob",
      "cyd",
    ]);
    expect(first).toBe(second);
    expect(third).toBe("cyd");
    await original.stop();
  });
});
