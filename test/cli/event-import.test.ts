import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { gunzipSync, gzipSync } from "node:zlib";
import { describe, expect, it, onTestFinished } from "vitest";
import { EVENT_READER } from "../../src/cli/import/event-record.ts";
import {
  eventServerTarget,
  eventStoreTarget,
  REQUEST_EVENT_COUNT,
} from "../../src/cli/import/event-target.ts";
import { type ImportPlan, importFiles } from "../../src/cli/import/import.ts";
import type { ImportTarget } from "../../src/cli/import/target.ts";
import { SYSTEM_CLOCK } from "../../src/clock.ts";
import { Writer } from "../../src/ingest/writer.ts";
import { ProjectDirectory } from "../../src/project/directory.ts";
import { MemoryStore } from "../../src/store/memory.ts";
import { recordingTerminal, temporaryFolder } from "./support.ts";

const START_SECONDS = 1_700_000_000;

const lines = (count: number): string =>
  Array.from({ length: count }, (_, index) =>
    JSON.stringify({
      event: "View",
      time: START_SECONDS + index,
      distinct_id: `u${index % 7}`,
      $insert_id: `i${index}`,
      properties: { n: index },
    }),
  ).join("\n");

async function fixture(content: string | Buffer, name = "events.ndjson") {
  const folder = await temporaryFolder();
  const file = join(folder, name);
  await writeFile(file, content);
  const store = new MemoryStore();
  const project = await ProjectDirectory.inMemory(SYSTEM_CLOCK).createProject({ name: "main" });
  let settleCount = 0;
  const target = eventStoreTarget(
    {
      writer: new Writer(store),
      settle: async () => {
        settleCount += 1;
      },
    },
    project,
  );
  const plan = (changes: Partial<ImportPlan> = {}): ImportPlan => ({
    files: [file],
    reader: EVENT_READER,
    format: undefined,
    csv: { delimiter: ",", infer: true, textColumns: new Set() },
    resume: false,
    progressFolder: join(folder, "imports"),
    rejectFile: undefined,
    errorCountMax: Number.POSITIVE_INFINITY,
    ...changes,
  });
  async function stored() {
    const span = { fromSeconds: 0, toSeconds: 2 ** 40 };
    const asOf = { asOfSeconds: 0, timeZone: "UTC" };
    const everything = { names: undefined, distinctIds: undefined, selector: undefined };
    const query = { projectId: project.id, span, limit: undefined, ...everything, ...asOf };
    const rows = [];
    for await (const part of store.events(query)) rows.push(...part);
    return rows;
  }
  return { file, target, plan, stored, settleCount: () => settleCount };
}

describe("an import of events", () => {
  it("writes every event once, and sorts them at its end", async () => {
    const count = 25_003;
    const { target, plan, stored, settleCount } = await fixture(lines(count));
    const { terminal, notes } = recordingTerminal();
    expect(await importFiles(terminal, target, plan())).toBe(0);
    expect(await importFiles(terminal, target, plan())).toBe(0);
    expect(await stored()).toHaveLength(count);
    expect(notes()).toContain(`${count} written, 0 rejected`);
    expect(settleCount()).toBe(2);
  });

  it("reads JSON arrays, CSV and gzip", async () => {
    const array = JSON.stringify([
      { event: "A", properties: { time: 1e9, distinct_id: 12345678901234567890n.toString() } },
    ]);
    const csv =
      "event,time,distinct_id,$insert_id,amount\n" +
      "A,2024-01-31T10:00:00,007,1e3,5.5\n" +
      "12,1706688000,b,x-1,\n";
    for (const [name, content, expected] of [
      ["a.json", array, [["A", "12345678901234567890", "{}"]]],
      [
        "a.csv",
        csv,
        [
          ["12", "b", "{}"],
          ["A", "007", '{"amount":5.5}'],
        ],
      ],
      [
        "a.csv.gz",
        gzipSync(csv),
        [
          ["12", "b", "{}"],
          ["A", "007", '{"amount":5.5}'],
        ],
      ],
    ] as const) {
      const { target, plan, stored } = await fixture(content, name);
      const { terminal, notes } = recordingTerminal();
      expect(await importFiles(terminal, target, plan()), notes()).toBe(0);
      const rows = (await stored()).map((row) => [row.name, row.distinctId, row.propertiesJson]);
      expect(rows).toEqual(expected);
    }
  });

  it("keeps every digit of ids that are numbers, within the properties too", async () => {
    const content =
      '{"event":"A","properties":{"time":1000000000,"distinct_id":1234567890123456789,"$insert_id":"i"}}\n' +
      '{"event":"B","time":1000000001,"distinct_id":1234567890123456788,"$insert_id":"i"}\n';
    const { target, plan, stored } = await fixture(content);
    await importFiles(recordingTerminal().terminal, target, plan());
    expect((await stored()).map(({ distinctId }) => distinctId)).toEqual([
      "1234567890123456789",
      "1234567890123456788",
    ]);
  });

  it("keeps what it rejects, by line, with the reasons of the API", async () => {
    const content = [
      lines(1),
      '{"event":"A","properties":{"distinct_id":"a"}}',
      '{"event":"A","properties":{"time":1000000000,"distinct_id":"null"}}',
      "nonsense",
      `{"event":"A","time":${2 * START_SECONDS},"distinct_id":"a"}`,
    ].join("\n");
    const { target, plan, stored, file } = await fixture(content);
    const { terminal, notes } = recordingTerminal();
    expect(await importFiles(terminal, target, plan())).toBe(1);
    expect(await stored()).toHaveLength(1);
    expect(notes()).toContain("1 written, 4 rejected");
    const rejected = readFileSync(`${file}.rejected.ndjson`, "utf8")
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as { line: number; reason: string; record: unknown });
    expect(rejected.map(({ line, reason }) => [line, reason])).toEqual([
      [2, "'properties.time' is invalid: must not be missing"],
      [3, expect.stringContaining("'properties.distinct_id' is invalid")],
      [4, expect.stringContaining("not JSON")],
      [5, "'properties.time' is invalid: must not be more than 1 hour in the future"],
    ]);
    expect(rejected[0]?.record).toEqual({ event: "A", properties: { distinct_id: "a" } });
  });

  it("goes on after an interruption where it was durable", async () => {
    const count = 45_000;
    const { target, plan, stored, settleCount } = await fixture(lines(count));
    let writeCount = 0;
    const breaking: ImportTarget = {
      ...target,
      prepare: (records) => {
        const write = target.prepare(records);
        return async () => {
          writeCount += 1;
          if (writeCount === 3) throw new Error("power cut");
          return write();
        };
      },
    };
    const first = recordingTerminal();
    await expect(importFiles(first.terminal, breaking, plan())).rejects.toThrow("power cut");
    expect([(await stored()).length, settleCount()]).toEqual([20_000, 0]);
    const second = recordingTerminal();
    expect(await importFiles(second.terminal, breaking, plan({ resume: true }))).toBe(0);
    expect(await stored()).toHaveLength(count);
    expect(second.notes()).toContain(`${count} written, 0 rejected`);
    // The one that broke is the only batch that was tried twice.
    expect(writeCount).toBe(6);
  });
});

interface Received {
  readonly path: string | undefined;
  readonly authorization: string | undefined;
  readonly events: readonly { readonly event: string }[];
}

/** A server that answers each request with what `reply` gives. */
async function listening(
  reply: (received: Received) => { status: number; body: unknown },
): Promise<{ readonly url: string; readonly received: Received[] }> {
  const received: Received[] = [];
  const take = async (request: IncomingMessage): Promise<{ status: number; body: unknown }> => {
    const bytes = await buffer(request);
    const one: Received = {
      path: request.url,
      authorization: request.headers.authorization,
      events: JSON.parse(gunzipSync(bytes).toString()) as Received["events"],
    };
    received.push(one);
    return reply(one);
  };
  const server = createServer((request, response) => {
    void take(request).then(({ status, body }) => {
      response.writeHead(status, { "content-type": "application/json" });
      response.end(JSON.stringify(body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, received };
}

describe("an import of events into a server", () => {
  it("sends requests that it takes, with the token as the login", async () => {
    const { plan } = await fixture(lines(REQUEST_EVENT_COUNT + 1));
    const { url, received } = await listening(({ events }) => ({
      status: 200,
      body: { code: 200, num_records_imported: events.length, status: "OK" },
    }));
    const { terminal, notes } = recordingTerminal();
    expect(await importFiles(terminal, eventServerTarget(url, "tok"), plan())).toBe(0);
    expect(notes()).toContain(`${REQUEST_EVENT_COUNT + 1} written, 0 rejected`);
    const login = `Basic ${Buffer.from("tok:").toString("base64")}`;
    expect(
      received.map(({ path, authorization, events }) => [path, authorization, events.length]),
    ).toEqual([
      ["/import?strict=1", login, REQUEST_EVENT_COUNT],
      ["/import?strict=1", login, 1],
    ]);
  });

  it("keeps the records a server refuses, and writes the others", async () => {
    const { plan, file } = await fixture(lines(3));
    const { url } = await listening(() => ({
      status: 400,
      body: {
        code: 400,
        error: "some data points in the request failed validation",
        failed_records: [
          { index: 1, insert_id: "i1", field: "properties.time", message: "bad time" },
        ],
        num_records_imported: 2,
        status: "Bad Request",
      },
    }));
    const { terminal, notes } = recordingTerminal();
    expect(await importFiles(terminal, eventServerTarget(url, "tok"), plan())).toBe(1);
    expect(notes()).toContain(`${file}:2: bad time`);
    expect(notes()).toContain("2 written, 1 rejected");
  });

  it("halves a request that is too large, down to the event that is", async () => {
    const { plan, file } = await fixture(lines(5));
    const { url, received } = await listening(({ events }) =>
      events.length > 1 || JSON.stringify(events).includes('"i3"')
        ? { status: 413, body: { code: 413, error: "too large", status: "" } }
        : { status: 200, body: { code: 200, num_records_imported: 1, status: "OK" } },
    );
    const { terminal, notes } = recordingTerminal();
    expect(await importFiles(terminal, eventServerTarget(url, "tok"), plan())).toBe(1);
    expect(notes()).toContain(`${file}:4: too large for the server`);
    expect(notes()).toContain("4 written, 1 rejected");
    expect(received.filter(({ events }) => events.length === 1)).toHaveLength(5);
  });

  it("ends when the server refuses everything", async () => {
    const { plan } = await fixture(lines(2));
    for (const [status, body] of [
      [401, { code: 401, error: "Invalid credentials", status: "Unauthorized" }],
      [400, { code: 400, error: "no", failed_records: [], num_records_imported: 0, status: "" }],
    ] as const) {
      const { url } = await listening(() => ({ status, body }));
      const { terminal } = recordingTerminal();
      await expect(importFiles(terminal, eventServerTarget(url, "tok"), plan())).rejects.toThrow(
        `the server answered ${status}: ${body.error}`,
      );
    }
  });
});
