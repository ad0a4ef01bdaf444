import { once } from "node:events";
import { connect } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { MemoryStore } from "../../src/store/memory.ts";
import { startTestServer, type TestServer } from "../support/server.ts";

/** A store whose `select` waits to be let go, and notices when it is told to stop. */
class GatedStore extends MemoryStore {
  readonly waiting: (() => void)[] = [];
  readonly aborted: unknown[] = [];
  isGated: boolean = false;

  override async select(...parameters: Parameters<MemoryStore["select"]>): Promise<Uint32Array> {
    const [, signal] = parameters;
    signal?.addEventListener("abort", () => this.aborted.push(signal.reason));
    if (this.isGated) await new Promise<void>((resolve) => this.waiting.push(resolve));
    return super.select(...parameters);
  }
}

let store: GatedStore;
let server: TestServer;
let origin: string;

beforeEach(async () => {
  store = new GatedStore();
  server = await startTestServer({ store });
  origin = await server.listen("127.0.0.1", 0);
});

afterEach(() => server.stop());

/** Sends bytes and gives everything that comes back until the connection ends. */
async function exchange(bytes: string): Promise<string> {
  const socket = connect(Number(new URL(origin).port), "127.0.0.1");
  socket.write(bytes);
  let received = "";
  socket.on("data", (chunk) => {
    received += chunk.toString("utf8");
  });
  await once(socket, "close");
  return received;
}

async function post(path: string, body: string): Promise<Response> {
  return fetch(`${origin}${path}`, {
    method: "POST",
    body,
    headers: { authorization: server.secretAuthorization },
  });
}

describe("over a socket", () => {
  it("writes and reads back, compressed", async () => {
    const record = {
      $token: server.project.token,
      $distinct_id: "ada",
      $set: { a: "x".repeat(9999) },
    };
    expect(await (await post("/engage", JSON.stringify([record]))).text()).toBe("1");
    const answer = await post("/api/query/engage/", "");
    expect(answer.headers.get("content-encoding")).toBe("gzip");
    expect(answer.redirected).toBe(false);
    const json = (await answer.json()) as { total: number; results: unknown[] };
    expect(json.total).toBe(1);
    expect(json.results).toHaveLength(1);
  });

  it.each(["/engage#profile-set", "/engage/#profile-set?verbose=0", "/engage%23profile-set"])(
    "cuts the fragment of %s",
    async (path) => {
      const body = JSON.stringify({
        $token: server.project.token,
        $distinct_id: "f",
        $set: { a: 1 },
      });
      const received = await exchange(
        `POST ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
      );
      expect(received).toMatch(/^HTTP\/1\.1 200 /);
      expect(received).toMatch(/\r\n\r\n1$/);
    },
  );

  it("answers bytes that are no HTTP", async () => {
    expect(await exchange("nonsense\r\n\r\n")).toMatch(/^HTTP\/1\.1 400 .*"status":"error"\}$/s);
    const umlaut = await exchange(
      "GET /api/query/engage?distinct_id=ü HTTP/1.1\r\nHost: x\r\n\r\n",
    );
    expect(umlaut).toMatch(/^HTTP\/1\.1 400 .*the address must be percent-encoded/s);
    const long = `GET /?${"x".repeat(300_000)} HTTP/1.1\r\nHost: x\r\n\r\n`;
    expect(await exchange(long)).toMatch(/^HTTP\/1\.1 431 /);
  });

  it("tells the engine to stop when the client goes away", async () => {
    store.isGated = true;
    const controller = new AbortController();
    const asked = fetch(`${origin}/api/query/engage`, {
      headers: { authorization: server.secretAuthorization },
      signal: controller.signal,
    });
    await expect.poll(() => store.waiting.length).toBe(1);
    controller.abort();
    await expect(asked).rejects.toThrow();
    await expect.poll(() => store.aborted.length).toBe(1);
    expect(store.aborted[0]).toMatchObject({ name: "ClientGone" });
    await expect.poll(() => server.log.join("")).toContain('"status":499');
  });

  it("takes a client that goes away while it sends for no mistake of ours", async () => {
    const { hostname, port } = new URL(origin);
    const socket = connect(Number(port), hostname);
    socket.write("POST /engage HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nabc");
    await new Promise((resolve) => setTimeout(resolve, 50));
    socket.destroy();
    await expect.poll(() => server.log.join("")).toContain('"status":499');
    expect(server.log.join("")).not.toContain('"level":50');
  });

  it("does not tell the engine to stop when a query was answered", async () => {
    expect((await post("/api/query/engage", "")).status).toBe(200);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(store.aborted).toEqual([]);
  });
});

describe("a stop", () => {
  it("finishes requests under way, takes no new ones, and closes what it holds", async () => {
    store.isGated = true;
    const asked = post("/api/query/engage", "");
    await expect.poll(() => store.waiting.length).toBe(1);
    const stopped = server.stop();
    expect(server.stop()).toBe(stopped);
    await expect(fetch(`${origin}/health/live`)).rejects.toThrow();
    store.waiting.shift()?.();
    const answer = await asked;
    expect(answer.status).toBe(200);
    await answer.text();
    const answeredMs = Date.now();
    await stopped;
    // The client keeps its connection, but a stop does not wait for it to be given up.
    expect(Date.now() - answeredMs).toBeLessThan(500);
    expect(server.log.join("")).toContain('"stopped"');
  });

  it("does not wait longer than its deadline", async () => {
    store.isGated = true;
    const asked = post("/api/query/engage", "").catch(() => "cut");
    await expect.poll(() => store.waiting.length).toBe(1);
    const startMs = Date.now();
    await server.stop();
    expect(Date.now() - startMs).toBeLessThan(5000);
    expect(await asked).toBe("cut");
  });
});
