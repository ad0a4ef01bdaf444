import { once } from "node:events";
import { request as httpRequest, type IncomingMessage } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { gunzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { EventRow } from "../../src/event/event.ts";
import type { EventQuery } from "../../src/event/event-query.ts";
import { EXPORTS_MAX, ExportGate, PROJECT_EXPORTS_MAX } from "../../src/http/export-gate.ts";
import { MemoryStore } from "../../src/store/memory.ts";
import { type TestClock, testClock } from "../support/clock.ts";
import { event, events } from "../support/events.ts";
import {
  basic,
  encodeQuery,
  type Parameters,
  startTestServer,
  type TestServer,
} from "../support/server.ts";

const DAYS = { from_date: "2024-05-01", to_date: "2024-05-02" };

let clock: TestClock;
let server: TestServer;

beforeEach(() => {
  clock = testClock(Date.parse("2024-05-10T12:00:00Z"));
});
afterEach(() => server.stop());

const at = (text: string) => ({ timeMs: Date.parse(text), insertId: `i-${text}` });

async function start(): Promise<void> {
  server = await startTestServer({ clock, project: { timeZone: "Europe/Berlin" } });
  const list = [
    event("Early", "ada", {}, at("2024-04-30T21:59:59.999Z")),
    event("Buy", "ada", { amount: 5, "": null, "ü\n": [1] }, at("2024-04-30T22:00:00.750Z")),
    event("View", "$device:d", { $device_id: "d" }, at("2024-05-01T10:00:00Z")),
    event("Join", "bob", { $device_id: "d", $user_id: "bob" }, at("2024-05-02T10:00:00Z")),
    event("Buy", "bob", { amount: 7 }, at("2024-05-02T11:00:00Z")),
    event("Late", "bob", {}, at("2024-05-02T22:00:00Z")),
  ];
  await server.store.apply([events(list, "simplified", server.project.id)]);
  await server.set("bob", { plan: "pro" });
}

async function linesOf(
  parameters: Parameters,
): Promise<readonly { event: string; properties: object }[]> {
  const { status, text } = await server.get(parameters, "/api/2.0/export");
  if (status !== 200) throw new Error(text);
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));
}

async function namesOf(parameters: Parameters): Promise<string> {
  return (await linesOf({ ...DAYS, ...parameters })).map(({ event: name }) => name).join(" ");
}

describe("an export", () => {
  beforeEach(start);

  it("is one event a line, as text", async () => {
    const { status, headers, text } = await server.get(DAYS, "/api/2.0/export");
    expect(status).toBe(200);
    expect(headers["content-type"]).toBe("text/plain; charset=utf-8");
    expect(headers).not.toHaveProperty("retry-after");
    expect(text.split("\n")).toHaveLength(5);
    expect(text.endsWith("}\n")).toBe(true);
    expect(text.split("\n")[0]).toBe(
      '{"event":"Buy","properties":{"time":1714514400,"distinct_id":"ada","$insert_id":"i-2024-04-30T22:00:00.750Z","mp_processing_time_ms":1714600000123,"amount":5,"":null,"ü\\n":[1]}}',
    );
  });

  it("names the person, and the id that was sent where it is another", async () => {
    const [view] = await linesOf({ ...DAYS, event: ["View"] });
    expect(view?.properties).toEqual({
      time: 1_714_557_600,
      distinct_id: "bob",
      $distinct_id_before_identity: "$device:d",
      $insert_id: "i-2024-05-01T10:00:00Z",
      mp_processing_time_ms: 1_714_600_000_123,
      $device_id: "d",
    });
  });

  it.each([
    ["all", {}, "Buy View Join Buy"],
    ["by names", { event: ["Buy", "Join", "None"] }, "Buy Join Buy"],
    ["by one name", { event: "Buy" }, "Buy Buy"],
    ["by one name as JSON", { event: '"Buy"' }, "Buy Buy"],
    ["by no name", { event: [] }, "Buy View Join Buy"],
    ["by selector", { where: 'properties["amount"] > 5' }, "Buy"],
    ["by whose event it is", { where: 'user["plan"] == "pro"' }, "View Join Buy"],
    ["by limit", { limit: 2 }, "Buy View"],
    ["none", { limit: 0 }, ""],
    ["by one day", { to_date: "2024-05-01" }, "Buy View"],
    ["nothing", { from_date: "2024-01-01", to_date: "2024-01-02" }, ""],
  ])("has events %s", async (_name, parameters, expected) => {
    expect(await namesOf(parameters)).toBe(expected);
  });

  it("sees through a workspace the events of whom it shows", async () => {
    const { id } = await server.directory.createWorkspace(server.project.id, {
      name: "pro",
      selector: 'properties["plan"] == "pro"',
    });
    expect(await namesOf({ workspace_id: id })).toBe("View Join Buy");
  });

  it.each([
    ["Missing required parameter: from_date", { to_date: "2024-05-01" }],
    ["Missing required parameter: to_date", { from_date: "2024-05-01" }],
    ["to_date cannot be later than today", { ...DAYS, to_date: "2024-05-11" }],
    ["Invalid JSON Format: event", { ...DAYS, event: '["Buy' }],
    ["Invalid parameter event", { ...DAYS, event: [1] }],
    ["Invalid parameter limit", { ...DAYS, limit: "many" }],
    ["Failed to parse selector", { ...DAYS, where: 'behaviors["x"] > 1' }],
  ])("is refused with %s", async (error, parameters) => {
    const { status, headers, json } = await server.get(parameters, "/api/2.0/export");
    expect(status).toBe(400);
    expect(headers["content-type"]).toBe("application/json; charset=utf-8");
    expect(json.error).toContain(error);
  });

  it("needs a role that may export", async () => {
    const accountOf = async (role: "analyst" | "consumer") => {
      const { account, secret } = await server.directory.createServiceAccount({
        name: role,
        projectIds: [server.project.id],
        role,
      });
      return server.send({
        url: `/api/2.0/export?${encodeQuery({ ...DAYS, project_id: server.project.id })}`,
        headers: { authorization: basic(account.username, secret) },
      });
    };
    expect((await accountOf("analyst")).status).toBe(200);
    const refused = await accountOf("consumer");
    expect(refused.status).toBe(403);
    expect(refused.json.error).toBe("the role consumer may not export");
    expect((await server.send({ url: "/api/2.0/export" })).status).toBe(401);
  });
});

/** A store whose events are made as they are read, and that tells how far that got. */
class EndlessStore extends MemoryStore {
  made = 0;
  isOver: boolean = false;
  failAfter: number = Number.POSITIVE_INFINITY;
  pauseMs = 0;
  signal: AbortSignal | undefined;

  override async *events(
    _query: EventQuery,
    signal?: AbortSignal,
  ): AsyncGenerator<readonly EventRow[]> {
    this.signal = signal;
    try {
      while (this.made < this.failAfter) {
        if (this.pauseMs > 0) await sleep(this.pauseMs);
        this.made += 1;
        yield Array.from({ length: 1000 }, (_, n) => row(this.made * 1000 + n));
      }
      throw new Error("the engine broke");
    } finally {
      this.isOver = true;
    }
  }
}

function row(n: number): EventRow {
  return {
    name: "E",
    distinctId: "ada",
    canonicalId: "ada",
    timeMs: n,
    insertId: String(n),
    receivedAtMs: n,
    propertiesJson: JSON.stringify({ text: "x".repeat(1000) }),
  };
}

describe("an export over a socket", () => {
  let store: EndlessStore;
  let origin: string;

  beforeEach(async () => {
    store = new EndlessStore();
    await listen(10_000);
  });

  async function listen(queryTimeoutMs: number): Promise<void> {
    server = await startTestServer({ clock, store, settings: { queryTimeoutMs } });
    origin = await server.listen("127.0.0.1", 0);
  }

  async function listenWithLittleTime(): Promise<void> {
    await server.stop();
    await listen(300);
  }

  async function open(headers: Readonly<Record<string, string>> = {}): Promise<IncomingMessage> {
    const request = httpRequest(`${origin}/api/2.0/export?${encodeQuery(DAYS)}`, {
      headers: { authorization: server.secretAuthorization, ...headers },
      agent: false,
    });
    request.end();
    const [response] = (await once(request, "response")) as [IncomingMessage];
    return response;
  }

  async function drain(response: IncomingMessage): Promise<Buffer> {
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks);
  }

  async function until(isSo: () => boolean): Promise<void> {
    for (let tries = 0; tries < 200 && !isSo(); tries += 1) await sleep(10);
    expect(isSo()).toBe(true);
  }

  it("reads no further than the client does", async () => {
    const response = await open();
    await sleep(100);
    const made = store.made;
    expect(made).toBeLessThan(20);
    await sleep(100);
    expect(store.made).toBe(made);
    response.destroy();
    await until(() => store.isOver);
  });

  it("ends when the client goes away, which the log tells from an answer", async () => {
    const response = await open();
    await once(response, "readable");
    response.destroy();
    await until(() => store.isOver && server.log.length > 0);
    expect(store.signal?.aborted).toBe(true);
    expect(server.log.join("")).toContain('"status":499');
    expect(server.log.join("")).not.toContain("broken off");
  });

  it("is broken off when its client reads nothing for too long", async () => {
    await listenWithLittleTime();
    const response = await open();
    await until(() => store.isOver);
    await expect(drain(response)).rejects.toThrow("aborted");
    expect(server.log.join("")).toContain("answer broken off");
  });

  it("may take longer than a query as long as it goes on", async () => {
    await listenWithLittleTime();
    store.pauseMs = 100;
    store.failAfter = 8;
    const response = await open();
    await expect(drain(response)).rejects.toThrow("aborted");
    expect(store.made).toBe(8);
  });

  it.each([{}, { "accept-encoding": "gzip" }])(
    "is visibly broken off by a failure half-way, with %j",
    async (headers) => {
      store.failAfter = 10;
      const response = await open(headers);
      expect(response.statusCode).toBe(200);
      await expect(drain(response)).rejects.toThrow("aborted");
      await until(() => server.log.length > 1);
      const log = server.log.join("");
      expect(log).toContain("answer broken off");
      expect(log).toContain("the engine broke");
      expect(log).toContain('"status":500');
    },
  );

  it.each([{}, { "accept-encoding": "gzip" }])(
    "that fails before its first part is an error like any other, with %j",
    async (headers) => {
      store.failAfter = 0;
      const response = await open(headers);
      expect(response.statusCode).toBe(500);
      expect(JSON.parse((await drain(response)).toString())).toMatchObject({ code: "bug" });
    },
  );

  it("that fails while the compressor still holds what was written is broken off, too", async () => {
    store.events = async function* () {
      yield Array.from({ length: 300 }, (_, n) => row(n));
      await sleep(20);
      throw new Error("the engine broke");
    };
    const over = open({ "accept-encoding": "gzip" }).then(drain);
    await expect(over).rejects.toThrow(/aborted|hang up/);
    expect(server.log.join("")).toContain('"status":500');
  });

  it("that takes too long for its first part is a timeout", async () => {
    await listenWithLittleTime();
    store.pauseMs = 1000;
    const response = await open();
    expect(response.statusCode).toBe(400);
    expect(JSON.parse((await drain(response)).toString())).toMatchObject({
      error: "Timeout Error.",
    });
  });

  it("is compressed when the client asks for it", async () => {
    store.events = async function* () {
      yield [row(1), row(2)];
    };
    const response = await open({ "accept-encoding": "gzip" });
    expect(response.headers["content-encoding"]).toBe("gzip");
    const lines = gunzipSync(await drain(response))
      .toString()
      .split("\n");
    expect(lines).toHaveLength(3);
  });

  it("is refused while a project has as many as it may have", async () => {
    const running = await Promise.all(Array.from({ length: PROJECT_EXPORTS_MAX }, () => open()));
    const refused = await open();
    expect(refused.statusCode).toBe(429);
    expect(refused.headers["retry-after"]).toBe("10");
    expect(JSON.parse((await drain(refused)).toString())).toMatchObject({
      error: "too many export requests in progress for this project",
    });
    for (const response of running) response.destroy();
    await sleep(50);
    const next = await open();
    expect(next.statusCode).toBe(200);
    next.destroy();
  });

  it("does not hold up a stop for longer than the stop waits", async () => {
    const response = await open();
    await server.stop();
    await until(() => store.isOver);
    await expect(drain(response)).rejects.toThrow("aborted");
  });
});

describe("the gate of exports", () => {
  it("counts them by project and in all, and each once", async () => {
    const gate = new ExportGate();
    const leaves = Array.from({ length: EXPORTS_MAX }, (_, n) => gate.enter(n % 2));
    expect(() => gate.enter(2)).toThrow("too many export requests");
    leaves[0]?.();
    leaves[0]?.();
    const leave = gate.enter(2);
    expect(() => gate.enter(2)).toThrow("too many export requests");
    leave();
    gate.enter(0);
    await startNothing();
  });
});

/** The last test needs no server, but the hook stops one. */
async function startNothing(): Promise<void> {
  server = await startTestServer();
}
