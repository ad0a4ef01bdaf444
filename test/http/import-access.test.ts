import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { MemoryStore } from "../../src/store/memory.ts";
import { type ImportClient, importClient, record } from "../support/import-endpoint.ts";
import { basic, startTestServer, type TestServer } from "../support/server.ts";
import { namesAndIds, storedEvents } from "../support/stored-events.ts";

const NOW_MS = 1_714_557_600_000;

let server: TestServer;
let client: ImportClient;
beforeEach(async () => {
  server = await startTestServer();
  server.clock.nowMs = NOW_MS;
  client = importClient(server);
});
afterEach(() => server.stop());

describe("who may import", () => {
  const body = JSON.stringify([record("a")]);
  const UNAUTHORIZED = { code: 401, error: "Invalid credentials", status: "Unauthorized" };

  async function accountOf(role: "owner" | "admin" | "analyst" | "consumer"): Promise<string> {
    const { account, secret } = await server.directory.createServiceAccount({
      name: role,
      projectIds: [server.project.id],
      role,
    });
    return basic(account.username, secret);
  }

  it.each(["owner", "admin"] as const)("%s, with project_id", async (role) => {
    const authorization = await accountOf(role);
    const query = `strict=1&project_id=${server.project.id}`;
    const answer = await client.send({ query, body, authorization });
    expect([answer.status, answer.json.num_records_imported]).toEqual([200, 1]);
    const form = `data=${encodeURIComponent(body)}&project_id=${server.project.id}`;
    expect((await client.send({ body: form, authorization })).text).toBe("1");
  });

  it.each(["analyst", "consumer"] as const)("not %s", async (role) => {
    const query = `project_id=${server.project.id}`;
    const answer = await client.send({ query, body, authorization: await accountOf(role) });
    expect([answer.status, answer.json]).toEqual([
      403,
      { code: 403, error: `the role ${role} may not write`, status: "Forbidden" },
    ]);
    expect(await client.insertIds()).toEqual([]);
  });

  it("who has the project's secret or its token, as the user", async () => {
    const { apiSecret, token } = server.project;
    const credentials = [
      basic(apiSecret, ""),
      basic(token, ""),
      `Basic ${Buffer.from(apiSecret).toString("base64")}`,
      `Basic ${token}:`,
    ];
    for (const authorization of credentials) {
      expect((await client.send({ body, authorization })).text).toBe("1");
    }
  });

  it("who has either as api_key, as older SDKs send it", async () => {
    const { apiSecret, token } = server.project;
    for (const apiKey of [apiSecret, token]) {
      expect(
        (await client.send({ query: `api_key=${apiKey}`, body, authorization: "" })).text,
      ).toBe("1");
      const form = `data=${encodeURIComponent(body)}&api_key=${apiKey}`;
      expect((await client.send({ body: form, authorization: "" })).text).toBe("1");
    }
  });

  it.each(["", "Basic x", "Bearer nobody", basic("nobody", ""), basic("nobody", "x")])(
    "not with %j",
    async (authorization) => {
      const answer = await client.send({
        body,
        authorization,
        query: "strict=1&verbose=1&project_id=1",
      });
      expect([answer.status, answer.json]).toEqual([401, UNAUTHORIZED]);
      expect(answer.headers["www-authenticate"]).toBeUndefined();
      expect(await client.insertIds()).toEqual([]);
    },
  );

  it.each(["api_key=nobody", "api_key=a:b", `api_key=${"x".repeat(5000)}`, "api_key="])(
    "not with ?%.40s",
    async (query) => {
      const answer = await client.send({ body, query, authorization: "" });
      expect([answer.status, answer.json]).toEqual([401, UNAUTHORIZED]);
    },
  );

  it("not a token in the records alone", async () => {
    const records = [record("a", { token: server.project.token })];
    const answer = await client.sendRecords(records, "", { authorization: "" });
    expect([answer.status, answer.json]).toEqual([401, UNAUTHORIZED]);
  });

  it("nobody into a project that is not theirs", async () => {
    const authorization = await accountOf("admin");
    const answer = await client.send({ query: "project_id=999", body, authorization });
    expect([answer.status, answer.json]).toEqual([
      401,
      {
        code: 401,
        error: "Project 999 not found or not accessible",
        status: "Unauthorized",
      },
    ]);
    expect((await client.send({ query: "project_id=999", body })).status).toBe(401);
    const missing = await client.send({ body, authorization });
    expect([missing.status, missing.json]).toEqual([
      400,
      {
        code: 400,
        error: "Missing required parameter: project_id",
        failed_records: [],
        num_records_imported: 0,
        status: "Bad Request",
      },
    ]);
  });

  it("is looked at before the records are", async () => {
    const answer = await client.send({ body: "[", authorization: "" });
    expect([answer.status, answer.json]).toEqual([401, UNAUTHORIZED]);
  });
});

describe("the token in a record", () => {
  it("may be left out or be the project's", async () => {
    const records = [record("a"), record("b", { token: server.project.token })];
    expect((await client.sendRecords(records, "strict=1")).json).toMatchObject({
      num_records_imported: 2,
    });
    const [first] = await storedEvents(server.store, server.project.id);
    expect(first?.properties).toEqual({});
  });

  it.each(["nobody", "another project's"])("that is %s refuses the request", async (whose) => {
    const other = await server.directory.createProject({ name: "other" });
    const token = whose === "nobody" ? "nobody" : other.token;
    const answer = await client.sendRecords([record("a"), record("b", { token })], "strict=1");
    expect([answer.status, answer.json]).toEqual([
      401,
      {
        code: 401,
        error: `a record's token is not of project ${server.project.id}`,
        status: "Unauthorized",
      },
    ]);
    expect(await client.insertIds()).toEqual([]);
    expect(await storedEvents(server.store, other.id)).toEqual([]);
  });
});

describe("what is not the client's fault", () => {
  it("is 429 while too much waits", async () => {
    class FullStore extends MemoryStore {
      release: () => void = () => undefined;
      override async apply() {
        await new Promise<void>((resolve) => {
          this.release = resolve;
        });
        return [];
      }
    }
    const store = new FullStore();
    const full = await startTestServer({ store, writer: { updatesWaitingMax: 1 } });
    const headers = { authorization: full.secretAuthorization };
    const body = JSON.stringify([record("a")]);
    const ask = () => full.send({ method: "POST", url: "/import", headers, body });
    const taken = [ask(), ask()];
    const answer = await ask();
    expect([answer.status, answer.json]).toEqual([
      429,
      {
        code: 429,
        error: "Project exceeded rate limits. Please retry the request with exponential backoff.",
        status: "Too Many Requests",
      },
    ]);
    expect(answer.headers["retry-after"]).toBe("1");
    const release = setInterval(() => store.release(), 1);
    expect((await Promise.all(taken)).map(({ text }) => text)).toEqual(["1", "1"]);
    clearInterval(release);
    await full.stop();
  });

  it("is 500 without its reason, which is in the log", async () => {
    class BrokenStore extends MemoryStore {
      override async apply(): Promise<never> {
        throw new Error("the disk burns");
      }
    }
    const broken = await startTestServer({ store: new BrokenStore() });
    const answer = await broken.send({
      method: "POST",
      url: "/import",
      headers: { authorization: broken.secretAuthorization, "x-request-id": "r-1" },
      body: JSON.stringify([record("a")]),
    });
    expect([answer.status, answer.json]).toEqual([
      500,
      {
        code: 500,
        error: "internal error; the log has it under request id r-1",
        status: "Internal Server Error",
      },
    ]);
    expect(broken.log.join("")).toContain("the disk burns");
    await broken.stop();
  });

  it("is 429 with a wait for somebody who guesses", async () => {
    let answer = await client.send({ body: "[]", authorization: basic("nobody", "") });
    for (let n = 0; n < 25 && answer.status === 401; n++) {
      answer = await client.send({ body: "[]", authorization: basic("nobody", "") });
    }
    expect([answer.status, answer.json]).toEqual([
      429,
      { code: 429, error: "Too many failed attempts to authenticate", status: "Too Many Requests" },
    ]);
    expect(Number(answer.headers["retry-after"])).toBeGreaterThan(0);
  });

  it("keeps the shape for other methods and encodings", async () => {
    const method = await server.send({ method: "PUT", url: "/import", body: "[]" });
    expect([method.status, method.json]).toEqual([
      405,
      {
        code: 405,
        error: "PUT is not allowed here, only GET, POST",
        status: "Method Not Allowed",
      },
    ]);
    const encoding = await client.send({ body: "[]", headers: { "content-encoding": "zstd" } });
    expect([encoding.status, encoding.json]).toEqual([
      415,
      {
        code: 415,
        error: "unknown Content-Encoding zstd",
        status: "Unsupported Media Type",
      },
    ]);
  });
});

describe("the paths", () => {
  it("end with a slash or not, and a fragment is cut off", async () => {
    const { token } = server.project;
    const body = JSON.stringify([record("a", { token })]);
    const headers = { authorization: server.secretAuthorization };
    for (const url of ["/track/", "/track#create-identity", "/track%23identity-create-alias"]) {
      expect((await server.send({ method: "POST", url, body })).text).toBe("1");
    }
    expect((await server.send({ method: "POST", url: "/import/", headers, body })).text).toBe("1");
    expect(await namesAndIds(server.store, server.project.id)).toEqual([["Signed up", "ada"]]);
  });

  it("count what is durable", async () => {
    await client.sendRecords([record("a"), record("b"), {}]);
    const { text } = await server.send({ url: "/metrics" });
    expect(text).toContain("whom_events_total 2");
  });
});
