import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { request as httpRequest, type IncomingMessage } from "node:http";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { gunzipSync } from "node:zlib";
import { Decoder } from "@toondepauw/node-zstd";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { PROJECT_EXPORTS_MAX } from "../../src/http/export-gate.ts";
import type { DocumentPart, DocumentsRequest } from "../../src/store/documents.ts";
import { MemoryStore } from "../../src/store/memory.ts";
import {
  encodeQuery,
  type Parameters,
  startTestServer,
  type TestServer,
} from "../support/server.ts";

const PATH = "/api/query/engage/export";

let server: TestServer;

afterEach(() => server.stop());

/** A store whose documents are made as they are read, and that tells how far that got. */
class EndlessStore extends MemoryStore {
  made = 0;
  isOver: boolean = false;
  failAfter: number = Number.POSITIVE_INFINITY;
  endAfter: number = Number.POSITIVE_INFINITY;
  signal: AbortSignal | undefined;
  lineCount = 1000;
  /** What is in a line besides its id. */
  text: () => string = () => "x".repeat(1000);

  override async *documents(
    _request: DocumentsRequest,
    signal?: AbortSignal,
  ): AsyncGenerator<DocumentPart> {
    this.signal = signal;
    try {
      while (this.made < this.endAfter) {
        await sleep(1);
        signal?.throwIfAborted();
        if (this.made >= this.failAfter) throw new Error("the engine broke");
        this.made += 1;
        const line = `${JSON.stringify({ $distinct_id: `${this.made}`, x: this.text() })}\n`;
        yield { rowCount: this.lineCount, bytes: Buffer.from(line.repeat(this.lineCount)) };
      }
    } finally {
      this.isOver = true;
    }
  }
}

describe("an export of profiles over a socket", () => {
  let store: EndlessStore;
  let origin: string;

  beforeEach(async () => {
    store = new EndlessStore();
    await listen(10_000);
  });

  async function listen(queryTimeoutMs: number): Promise<void> {
    server = await startTestServer({ store, settings: { queryTimeoutMs } });
    origin = await server.listen("127.0.0.1", 0);
  }

  async function open(
    parameters: Parameters = {},
    headers: Readonly<Record<string, string>> = {},
  ): Promise<IncomingMessage> {
    const request = httpRequest(`${origin}${PATH}?${encodeQuery(parameters)}`, {
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
    for (let tries = 0; tries < 300 && !isSo(); tries += 1) await sleep(10);
    expect(isSo()).toBe(true);
  }

  /** A number that has stopped to change. */
  async function settled(read: () => number): Promise<number> {
    for (let tries = 0; tries < 20; tries += 1) {
      const before = read();
      await sleep(300);
      if (read() === before) return before;
    }
    throw new Error("it goes on");
  }

  it.each([
    ["as it is", {}, undefined],
    ["as gzip", { "accept-encoding": "gzip, deflate" }, "gzip"],
    ["as gzip for any", { "accept-encoding": "*" }, "gzip"],
    ["as zstd", { "accept-encoding": "gzip, zstd" }, "zstd"],
    ["as gzip where it weighs more", { "accept-encoding": "gzip, zstd;q=0.5" }, "gzip"],
    ["as it is for who takes neither", { "accept-encoding": "br, gzip;q=0" }, undefined],
  ])("is sent %s, and proves to be whole", async (_name, headers, encoding) => {
    store.endAfter = 3;
    const response = await open({ footer: "true" }, headers);
    expect(response.headers["content-encoding"]).toBe(encoding);
    expect(response.headers["trailer"]).toBe("X-Whom-Rows, X-Whom-Complete");
    const sent = await drain(response);
    const text = await decoded(sent, encoding);
    expect(text.toString().split("\n")).toHaveLength(3002);
    expect(response.trailers).toEqual({ "x-whom-rows": "3000", "x-whom-complete": "true" });
    expect(response.complete).toBe(true);
    if (encoding !== undefined) expect(sent.length).toBeLessThan(text.length / 10);
  });

  async function decoded(sent: Buffer, encoding: string | undefined): Promise<Buffer> {
    if (encoding === "gzip") return gunzipSync(sent);
    return encoding === "zstd" ? new Decoder().decode(sent) : sent;
  }

  it.each([{}, { "accept-encoding": "gzip" }, { "accept-encoding": "zstd" }])(
    "is visibly broken off by a failure half-way, with %j",
    async (headers) => {
      store.failAfter = 10;
      const response = await open({}, headers);
      expect(response.statusCode).toBe(200);
      await expect(drain(response)).rejects.toThrow("aborted");
      expect(response.trailers).toEqual({});
      await until(() => server.log.length > 1);
      expect(server.log.join("")).toContain("answer broken off");
    },
  );

  it.each([{}, { "accept-encoding": "gzip" }, { "accept-encoding": "zstd" }])(
    "that fails before its first part is an error like any other, with %j",
    async (headers) => {
      store.failAfter = 0;
      const response = await open({ format: "csv", output_properties: ["x"] }, headers);
      expect(response.statusCode).toBe(500);
      expect(response.headers["content-encoding"]).toBeUndefined();
      expect(JSON.parse((await drain(response)).toString())).toMatchObject({ code: "bug" });
    },
  );

  it.each([{}, { "accept-encoding": "gzip" }, { "accept-encoding": "zstd" }])(
    "reads no further than the client does, and ends when it goes away, with %j",
    async (headers) => {
      // So that it cannot be compressed, nor fit into the buffers of sockets.
      store.text = () => randomBytes(500_000).toString("latin1");
      store.lineCount = 1;
      const response = await open({}, headers);
      const made = await settled(() => store.made);
      expect(made).toBeLessThan(40);
      response.destroy();
      await until(() => store.isOver && server.log.length > 0);
      expect(store.signal?.aborted).toBe(true);
      expect(store.made).toBeLessThanOrEqual(made + 1);
      expect(server.log.join("")).toContain('"status":499');
    },
  );

  it("is broken off when its client reads nothing for too long", async () => {
    await server.stop();
    await listen(300);
    const response = await open();
    await until(() => store.isOver);
    await expect(drain(response)).rejects.toThrow("aborted");
  });

  it("has no trailers where HTTP/1.0 has none", async () => {
    store.endAfter = 1;
    const { hostname, port } = new URL(origin);
    const socket = connect(Number(port), hostname);
    socket.write(`GET ${PATH} HTTP/1.0\r\nAuthorization: ${server.secretAuthorization}\r\n\r\n`);
    const chunks: Buffer[] = [];
    for await (const chunk of socket) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString();
    expect(text).toMatch(/^HTTP\/1\.1 200/);
    expect(text).not.toMatch(/trailer/i);
    expect(text.split("\r\n\r\n")[1]?.split("\n")).toHaveLength(1001);
  });

  it("is refused while a project has as many exports as it may have", async () => {
    const running = await Promise.all(Array.from({ length: PROJECT_EXPORTS_MAX }, () => open()));
    const refused = await open();
    expect(refused.statusCode).toBe(429);
    expect(refused.headers["retry-after"]).toBe("10");
    await drain(refused);
    // One that is wrong does not stay in.
    for (const response of running) response.destroy();
    await sleep(100);
    for (let times = 0; times < 5; times++) {
      expect((await server.get({ where: "properties[" }, PATH)).status).toBe(400);
    }
    const next = await open();
    expect(next.statusCode).toBe(200);
    next.destroy();
  });
});
