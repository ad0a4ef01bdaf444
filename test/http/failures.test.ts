import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { MemoryStore } from "../../src/store/memory.ts";
import { basic, startTestServer, type TestServer } from "../support/server.ts";

let server: TestServer;

beforeEach(async () => {
  server = await startTestServer();
  await server.set("ada", { plan: "pro" });
});

afterEach(() => server.stop());

describe("an unknown address", () => {
  it.each([
    "/api/2.0/webhooks?project_id=4025923",
    "/api/query/nothing",
    "/api/2.0/",
    "/api/query/engage/values",
  ])("%s under an API prefix is an invalid endpoint", async (url) => {
    for (const method of ["GET", "POST"] as const) {
      const { status, json } = await server.send({ method, url });
      expect(status).toBe(400);
      expect(json).toMatchObject({ request: url, error: "Invalid API endpoint", status: "error" });
    }
  });

  it.each(["/", "/nothing", "/api", "/track2", "/__proto__"])("%s is not found", async (url) => {
    const { status, json } = await server.send({ url });
    expect(status).toBe(404);
    expect(json).toMatchObject({ error: `Not found: ${url}`, status: "error" });
  });

  it("with a broken escape is malformed", async () => {
    const { status, json } = await server.send({ url: "/api/query/%zz" });
    expect(status).toBe(400);
    expect(json).toMatchObject({ code: "request.malformed", status: "error" });
  });

  it("by an unknown method names the known ones", async () => {
    const { status, json, headers } = await server.send({
      method: "PUT",
      url: "/api/query/engage/",
    });
    expect(status).toBe(405);
    expect(headers["allow"]).toBe("GET, POST, HEAD, OPTIONS");
    expect(json.error).toBe("PUT is not allowed here, only GET, POST");
  });
});

describe("credentials", () => {
  it.each<[string, Record<string, string>]>([
    ["none", {}],
    ["an unknown secret", { authorization: basic("nobody", "") }],
    ["an unknown service account", { authorization: basic("nobody", "nothing") }],
    ["no base64", { authorization: "Basic !" }],
  ])("%s: 401 with a challenge", async (_name, headers) => {
    const {
      status,
      json,
      headers: answered,
    } = await server.send({
      url: "/api/query/engage?project_id=1&api_key=k&sig=s",
      headers,
    });
    expect(status).toBe(401);
    expect(answered["www-authenticate"]).toMatch(/^Basic realm="whom"/);
    expect(json).toMatchObject({
      request: "/api/query/engage?project_id=1&api_key=REDACTED&sig=REDACTED",
      error: "Unable to authenticate request",
      status: "error",
    });
  });

  it("that are right open every form the decoder knows", async () => {
    const secret = server.project.apiSecret;
    for (const authorization of [
      basic(secret, ""),
      `Basic ${Buffer.from(secret).toString("base64url")}`,
      `Basic ${secret}:`,
    ]) {
      const { status } = await server.send({ url: "/api/2.0/engage", headers: { authorization } });
      expect(status).toBe(200);
    }
  });

  it("of a project's token do not query", async () => {
    const headers = { authorization: basic(server.project.token, "") };
    expect((await server.send({ url: "/api/2.0/engage", headers })).status).toBe(401);
  });

  it("for another project: 403", async () => {
    const other = await server.directory.createProject({ name: "other" });
    const url = `/api/query/engage?project_id=${other.id}`;
    for (const authorization of [await server.authorization(), server.secretAuthorization]) {
      const { status, json } = await server.send({ url, headers: { authorization } });
      expect(status).toBe(403);
      expect(json.error).toBe(`Project ${other.id} not found or not accessible`);
    }
  });

  it("for an unknown workspace: 403", async () => {
    const { status, json } = await server.query({ workspace_id: 987_654 });
    expect(status).toBe(403);
    expect(json.error).toBe("Workspace 987654 not found or not accessible");
  });

  it("of a consumer: 403 where queries need an analyst", async () => {
    const strict = await startTestServer({ settings: { strictQueryRoles: true } });
    const { account, secret } = await strict.directory.createServiceAccount({
      name: "reader",
      projectIds: [strict.project.id],
      role: "consumer",
    });
    const { status } = await strict.send({
      url: `/api/query/engage?project_id=${strict.project.id}`,
      headers: { authorization: basic(account.username, secret) },
    });
    expect(status).toBe(403);
    await strict.stop();
  });
});

describe("a workspace with a selector", () => {
  it("shows only what the selector selects", async () => {
    await server.set("bob", { plan: "free" });
    const workspace = await server.directory.createWorkspace(server.project.id, {
      name: "payers",
      selector: 'properties["plan"] == "pro"',
    });
    const parameters = { workspace_id: workspace.id };
    expect((await server.query(parameters)).json.total).toBe(1);
    expect((await server.query({ ...parameters, distinct_id: "bob" })).json.total).toBe(0);
    const where = 'true or properties["plan"] == "free"';
    expect((await server.query({ ...parameters, where })).json.total).toBe(1);
    expect((await server.query()).json.total).toBe(2);
  });
});

describe("a parameter", () => {
  it.each<[object, string]>([
    [{ page: -1 }, "Invalid parameter page: expected a whole number, found -1"],
    [{ page: "x" }, 'Invalid parameter page: expected a whole number, found "x"'],
    [{ page: 1.5 }, "Invalid parameter page: expected a whole number, found 1.5"],
    [{ page: "1.0" }, 'Invalid parameter page: expected a whole number, found "1.0"'],
    [{ page: true }, "Invalid parameter page: expected a whole number, found true"],
    [{ page: [1] }, "Invalid parameter page: expected a whole number, found [1]"],
    [{ page_size: "many" }, 'Invalid parameter page_size: expected an integer, found "many"'],
    [{ limit: -1 }, "Invalid parameter limit: expected a whole number, found -1"],
    [
      { as_of_timestamp: "yesterday" },
      'Invalid parameter as_of_timestamp: expected an integer, found "yesterday"',
    ],
    [
      { as_of_timestamp: 1_714_557_600_000 },
      "Invalid parameter as_of_timestamp: expected an integer, found 1714557600000",
    ],
    [{ where: { a: 1 } }, 'Invalid parameter where: expected a text, found {"a":1}'],
    [{ distinct_id: ["a"] }, 'Invalid parameter distinct_id: expected a text, found ["a"]'],
    [{ distinct_ids: "a" }, "Invalid JSON Format: distinct_ids"],
    [
      { distinct_ids: "{}" },
      "Invalid parameter distinct_ids: expected a JSON array of strings, found {}",
    ],
    [
      { distinct_ids: [null] },
      "Invalid parameter distinct_ids: expected a JSON array of strings, found [null]",
    ],
    [
      { distinct_ids: Array.from({ length: 2001 }, String) },
      "distinct_ids has 2001 ids, more than 2000",
    ],
    [{ output_properties: "$email" }, "Invalid JSON Format: output_properties"],
    [
      { output_properties: [{}] },
      "Invalid parameter output_properties: expected a JSON array of strings, found [{}]",
    ],
    [
      { sort_order: "up" },
      'Invalid parameter sort_order: expected "ascending" or "descending", found "up"',
    ],
    [{ behaviors: { a: 1 } }, "Invalid JSON Format: behaviors"],
    [{ filter_by_cohort: '{"id":1}' }, "Invalid cohort id: 1"],
    [{ filter_by_cohort: "cohort" }, "Invalid JSON Format: filter_by_cohort"],
  ])("%j", async (parameters, error) => {
    const { status, json, headers } = await server.query(parameters as Record<string, unknown>);
    expect(json.error).toBe(error);
    expect(status).toBe(400);
    expect(json).toMatchObject({ request: "/api/query/engage", status: "error" });
    expect(json.hint).not.toBe("");
    expect(headers).not.toHaveProperty("retry-after");
  });

  it("of 2,000 ids is taken", async () => {
    const ids = ["ada", ...Array.from({ length: 1999 }, String)];
    expect((await server.query({ distinct_ids: ids })).json.total).toBe(1);
  });
});

describe("a selector that is wrong", () => {
  it("says what, where, and shows it", async () => {
    const where = 'properties["plan"] == and true';
    const { status, json } = await server.get({ where });
    expect(status).toBe(400);
    expect(json.request).toContain("/api/query/engage?where=");
    expect(json.error).toMatch(/^Failed to parse selector: .+ at position 22$/);
    expect(json).toMatchObject({
      code: "selector.unexpected_token",
      position: 22,
      status: "error",
    });
    expect(json.span).toEqual({ start: 22, end: 25 });
    expect(json.frame).toContain("^");
  });

  it.each([
    { where: "nothing(" },
    { where: 'event["x"] == 1' },
    { where: 'behaviors["b"] > 0' },
    { where: '"abc" and true' },
    { sort_key: 'properties["a"' },
    { sort_key: "lower(" },
  ])("%j", async (parameters) => {
    const { status, json } = await server.query(parameters);
    expect(status).toBe(400);
    expect(json.error).toMatch(/^Failed to parse selector: .+ at position \d+$/);
  });
});

describe("a body", () => {
  const headers = { "content-encoding": "gzip" };

  it("that is too large is refused, inflated or not", async () => {
    const limited = await startTestServer({ settings: { bodyBytesMax: 2000 } });
    const send = (body: string | Buffer, sent: Record<string, string> = {}) =>
      limited.send({ method: "POST", url: "/api/query/engage", headers: sent, body });
    const plain = await send("x".repeat(2001));
    expect(plain.status).toBe(413);
    expect(plain.json.error).toBe("request exceeds max limit of 2000 bytes");
    const bomb = await send(gzipSync(Buffer.alloc(1_000_000)), headers);
    expect(bomb.status).toBe(413);
    const nested = await send(gzipSync(gzipSync(Buffer.alloc(1_000_000))), {
      "content-encoding": "gzip, gzip",
    });
    expect(nested.status).toBe(413);
    expect((await send("x".repeat(2000))).status).toBe(401);
    await limited.stop();
  });

  it("that is damaged or in an unknown encoding is refused", async () => {
    const request = { method: "POST", url: "/api/query/engage", body: "no gzip" } as const;
    expect((await server.send({ ...request, headers })).status).toBe(400);
    const unknown = await server.send({ ...request, headers: { "content-encoding": "lzma" } });
    expect(unknown.status).toBe(415);
    expect(unknown.json.error).toBe("unknown Content-Encoding lzma");
  });
});

describe("the engine", () => {
  class SlowStore extends MemoryStore {
    override select(): Promise<Uint32Array> {
      return new Promise(() => undefined);
    }
  }

  class BrokenStore extends MemoryStore {
    override async select(): Promise<Uint32Array> {
      throw new Error("secret detail of the engine");
    }

    override async count(): Promise<number> {
      throw new Error("broken");
    }
  }

  it("that takes too long: 400 with the text that clients retry", async () => {
    const slow = await startTestServer({
      store: new SlowStore(),
      settings: { queryTimeoutMs: 20 },
    });
    const { status, json } = await slow.query();
    expect(status).toBe(400);
    expect(json).toMatchObject({ request: "/api/query/engage", error: "Timeout Error." });
    await slow.stop();
  });

  it("that fails: 500 with nothing but the request's id, the rest in the log", async () => {
    const broken = await startTestServer({ store: new BrokenStore() });
    const { status, text, headers } = await broken.query();
    expect(status).toBe(500);
    expect(text).not.toContain("secret detail");
    expect(text).toContain(String(headers["x-request-id"]));
    expect(broken.log.join("")).toContain("secret detail");
    expect((await broken.send({ url: "/health/ready" })).status).toBe(503);
    expect((await broken.send({ url: "/health/live" })).status).toBe(200);
    await broken.stop();
  });
});

describe("a quota", () => {
  const quota = { queriesPerHourMax: 3, queriesAtOnceMax: 2 };

  it("of queries an hour: 429 with the documented headers", async () => {
    const limited = await startTestServer({ project: { quota } });
    for (let count = 0; count < 3; count += 1) {
      const { status, headers } = await limited.query();
      expect(status).toBe(200);
      expect(headers).not.toHaveProperty("retry-after");
      expect(headers.ratelimit).toContain(`"project";r=${2 - count}`);
    }
    const { status, headers, json } = await limited.query();
    expect(status).toBe(429);
    expect(headers["ratelimit-policy"]).toBe(
      '"project";q=3;w=3600, "project-concurrency";q=2;qu="concurrent-requests"',
    );
    expect(headers.ratelimit).toMatch(/^"project";r=0;t=\d+, "project-concurrency";r=2$/);
    expect(headers["retry-after"]).toMatch(/^\d+$/);
    expect(json.error).toContain(
      `Query rate limit exceeded for project_id: ${limited.project.id}. This request exceeded the rate limit (4/3 queries running in the last hour).`,
    );
    limited.clock.nowMs += 3_601_000;
    expect((await limited.query()).status).toBe(200);
    await limited.stop();
  });

  it("does not count later pages, but counts a query made again for a lost session", async () => {
    const limited = await startTestServer({ project: { quota } });
    const { json } = await limited.query({ where: "true" });
    for (let page = 0; page < 5; page += 1) {
      const later = await limited.query({ session_id: json.session_id, page });
      expect(later.status).toBe(200);
    }
    const lost = { session_id: "1-LOST", page: 0 };
    expect((await limited.query({ ...lost, where: "true" })).status).toBe(200);
    expect((await limited.query({ session_id: "1-GONE", where: "true" })).status).toBe(200);
    expect((await limited.query({ session_id: "1-AGAIN", where: "true" })).status).toBe(429);
    expect((await limited.query({ session_id: json.session_id, page: 1 })).status).toBe(200);
    await limited.stop();
  });

  it("of queries at once: 429, and free again when one ends", async () => {
    const waiting: (() => void)[] = [];
    class GatedStore extends MemoryStore {
      override async select(
        ...parameters: Parameters<MemoryStore["select"]>
      ): Promise<Uint32Array> {
        await new Promise<void>((resolve) => waiting.push(resolve));
        return super.select(...parameters);
      }
    }
    const limited = await startTestServer({
      store: new GatedStore(),
      project: { quota: { queriesAtOnceMax: 1 } },
    });
    const first = limited.query();
    await expect.poll(() => waiting.length).toBe(1);
    const second = await limited.query();
    expect(second.status).toBe(429);
    expect(second.headers.ratelimit).toBe('"project-concurrency";r=0;t=10');
    expect(second.json.error).toMatch(
      /exceeded the concurrency limit \(2\/1 queries running concurrently\)\.$/,
    );
    waiting.shift()?.();
    expect((await first).status).toBe(200);
    const third = limited.query();
    await expect.poll(() => waiting.length).toBe(1);
    waiting.shift()?.();
    expect((await third).status).toBe(200);
    await limited.stop();
  });
});

describe("health and metrics", () => {
  it("tell a server that is ready from one that stops", async () => {
    expect((await server.send({ url: "/health/live" })).json).toEqual({ status: "ok" });
    expect((await server.send({ url: "/health/ready" })).json).toEqual({ status: "ok" });
    expect((await server.send({ method: "HEAD", url: "/health/ready" })).status).toBe(200);
  });

  it("count requests, writes and sessions", async () => {
    await server.set("eve", {});
    await server.query({ page_size: 1 });
    // One that fits on a page needs no place.
    await server.query();
    await server.query({ page: 1 });
    const { text, headers } = await server.send({ url: "/metrics" });
    expect(headers["content-type"]).toMatch(/^text\/plain/);
    expect(text).toContain(
      'whom_http_requests_total{route="engage_query",method="POST",status="200"} 2',
    );
    expect(text).toContain(
      'whom_http_requests_total{route="engage_query",method="POST",status="400"} 1',
    );
    expect(text).toContain("whom_profile_updates_total 2");
    expect(text).toContain("whom_sessions_open 1");
    expect(text).toContain("whom_writer_waiting 0");
    expect(text).toContain('whom_query_seconds_count{page="first"} 2');
  });
});
