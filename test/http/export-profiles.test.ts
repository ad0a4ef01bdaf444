import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { DuckdbStore } from "../../src/duckdb/store.ts";
import {
  type Answer,
  basic,
  encodeQuery,
  type Parameters,
  startTestServer,
  type TestServer,
} from "../support/server.ts";

const PATH = "/api/query/engage/export";

let server: TestServer;

afterEach(() => server.stop());

const idsOf = (text: string): string =>
  text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line).$distinct_id ?? "$export")
    .join(" ");

/** Keys follow each other as profiles are written. */
async function start(): Promise<void> {
  server = await startTestServer({ store: await DuckdbStore.open(":memory:") });
}

const PEOPLE: readonly (readonly [string, object])[] = [
  ["dan", { plan: "pro", n: 4 }],
  ["ada", { plan: "free", n: 1 }],
  ["cyd", { plan: "pro", n: 3 }],
  ["bob", { plan: "pro", n: 2 }],
];

async function fill(): Promise<void> {
  for (const [id, properties] of PEOPLE) await server.set(id, properties);
}

function exported(parameters: Parameters = {}): Promise<Answer> {
  return server.get(parameters, PATH);
}

describe("an export of profiles", () => {
  beforeEach(async () => {
    await start();
    await fill();
  });

  it("is one profile a line, as pages have them, in the order they are stored", async () => {
    const { status, headers, text } = await exported();
    const page = await server.query();
    expect(status).toBe(200);
    expect(headers).toMatchObject({
      "content-type": "application/x-ndjson; charset=utf-8",
      "content-disposition": 'attachment; filename="profiles.ndjson"',
      "x-whom-total": "4",
    });
    expect(idsOf(text)).toBe("dan ada cyd bob");
    expect(text.split("\n").filter(Boolean).toSorted()).toEqual(
      page.json.results.map((result: object) => JSON.stringify(result)).toSorted(),
    );
  });

  it.each([
    ["selector", { where: 'properties["plan"] == "pro"' }, "dan cyd bob"],
    ["the older name of where", { selector: 'properties["n"] < 3' }, "ada bob"],
    ["ids", { distinct_ids: ["bob", "dan", "none"] }, "dan bob"],
    ["sort key", { sort_key: "n" }, "ada bob cyd dan"],
    ["direction", { sort_key: "n", sort_order: "descending" }, "dan cyd bob ada"],
    ["limit, which takes the first by id", { limit: 2 }, "ada bob"],
    ["sort key and limit", { sort_key: "n", sort_order: "descending", limit: 2 }, "dan cyd"],
    ["search", { search: "CY" }, "cyd"],
    ["nothing that matches", { where: "false" }, ""],
    ["footer", { where: "false", footer: true }, "$export"],
    ["what means nothing here", { page: 7, page_size: 1 }, "dan ada cyd bob"],
  ])("takes %s", async (_name, parameters, expected) => {
    const byGet = await exported(parameters);
    expect(byGet.status).toBe(200);
    expect(idsOf(byGet.text)).toBe(expected);
    const byPost = await server.send({
      method: "POST",
      url: "/api/2.0/engage/export/",
      headers: { authorization: server.secretAuthorization },
      body: JSON.stringify(parameters),
    });
    expect(idsOf(byPost.text)).toBe(expected);
  });

  it("gives the properties that are asked for, and when they were seen", async () => {
    const { text } = await exported({ output_properties: ["n", "none"], where: '"a" in "ada"' });
    const page = await server.query({ output_properties: ["n", "none"] });
    expect(text.split("\n").filter(Boolean).toSorted()).toEqual(
      page.json.results.map((result: object) => JSON.stringify(result)).toSorted(),
    );
  });

  it("ends with how many there were, where a client asks for it", async () => {
    const { headers, text } = await exported({ footer: 1, limit: 2 });
    expect(JSON.parse(text.split("\n").at(-2) ?? "")).toEqual({
      $export: { rows: 2, complete: true, session_id: headers["x-whom-session-id"] },
    });
  });

  it.each([
    ["format", { format: "csv" }, {}, "text/csv; charset=utf-8; header=present"],
    ["Accept", {}, { accept: "text/csv" }, "text/csv; charset=utf-8; header=present"],
    ["the best of Accept", {}, { accept: "text/csv;q=0.5, application/x-ndjson" }, "x-ndjson"],
    ["format before Accept", { format: "ndjson" }, { accept: "text/csv" }, "x-ndjson"],
    ["what everybody accepts", {}, { accept: "application/json, */*" }, "x-ndjson"],
    ["no format", { format: "null" }, {}, "x-ndjson"],
  ])("is of the format that is said by %s", async (_name, parameters, headers, expected) => {
    const answer = await server.send({
      url: `${PATH}?${encodeQuery(parameters)}`,
      headers: { authorization: server.secretAuthorization, ...headers },
    });
    expect(answer.headers["content-type"]).toContain(expected);
  });

  it.each([
    ["Invalid parameter format", { format: "xml" }],
    ["Invalid parameter offset: expected 0 without a session_id, found 3", { offset: 3 }],
    [
      "Invalid parameter offset: expected 0 for a Parquet file, found 3",
      { offset: 3, session_id: "x", format: "parquet" },
    ],
    ["Invalid parameter footer", { footer: "perhaps" }],
    ["Failed to parse selector", { where: "properties[" }],
    ["request for page in uncached query for params", { session_id: "1-UNKNOWN" }],
    ["request for page in uncached query", { session_id: "1-UNKNOWN", where: "true" }],
  ])("is refused with %s", async (error, parameters) => {
    const { status, headers, json } = await exported(parameters);
    expect(status).toBe(400);
    expect(headers["content-type"]).toBe("application/json; charset=utf-8");
    expect(headers).not.toHaveProperty("trailer");
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
        url: `${PATH}?project_id=${server.project.id}`,
        headers: { authorization: basic(account.username, secret) },
      });
    };
    expect((await accountOf("analyst")).status).toBe(200);
    expect((await accountOf("consumer")).json.error).toBe("the role consumer may not export");
    expect((await server.send({ url: PATH })).status).toBe(401);
  });

  it("shows a workspace what it shows it in pages, and nobody another's session", async () => {
    const workspace = await server.directory.createWorkspace(server.project.id, {
      name: "pro",
      selector: 'properties["plan"] == "pro"',
    });
    const seen = await exported({ workspace_id: workspace.id });
    expect(idsOf(seen.text)).toBe("dan cyd bob");
    const all = await exported();
    const sessionId = all.headers["x-whom-session-id"];
    const taken = await exported({ session_id: sessionId, workspace_id: workspace.id });
    expect(taken.status).toBe(400);
  });

  it("answers HEAD without a query", async () => {
    const { status, text } = await server.send({
      method: "HEAD",
      url: PATH,
      headers: { authorization: server.secretAuthorization },
    });
    expect([status, text]).toEqual([200, ""]);
  });

  it("logs how many profiles there were", async () => {
    await exported({ limit: 3 });
    expect(server.log.join("")).toContain('"profileCount":3');
  });
});

describe("a session of an export", () => {
  beforeEach(async () => {
    await start();
    await fill();
  });

  it("is read on from any profile, in its order, whatever is written meanwhile", async () => {
    const first = await exported({ sort_key: "n", output_properties: ["n"] });
    const sessionId = first.headers["x-whom-session-id"];
    await server.set("aaa", { n: 0 });
    await server.write([{ $distinct_id: "bob", $delete: "" }]);
    for (const [offset, expected] of [
      [0, "ada cyd dan"],
      [1, "cyd dan"],
      [2, "cyd dan"],
      [3, "dan"],
      [4, ""],
      [9, ""],
    ] as const) {
      const { text, headers } = await exported({ session_id: sessionId, offset });
      expect(idsOf(text)).toBe(expected);
      expect(headers["x-whom-total"]).toBe("4");
      expect(text).not.toContain("plan");
    }
  });

  it("can be read in pages, and one that was opened by a page can be exported", async () => {
    const first = await exported({ page_size: 3, sort_key: "n" });
    const sessionId = first.headers["x-whom-session-id"];
    const { json } = await server.query({ session_id: sessionId, page: 1 });
    expect(json.results.map((result: { $distinct_id: string }) => result.$distinct_id)).toEqual([
      "dan",
    ]);
    const page = await server.query({ page_size: 1 });
    const rest = await exported({ session_id: page.json.session_id, offset: 1 });
    expect(idsOf(rest.text)).toBe("bob cyd dan");
  });

  it("keeps the columns of a file", async () => {
    const first = await exported({ format: "csv", sort_key: "n", page_size: 2 });
    expect(first.text).toMatch(/^\$distinct_id,\$last_seen,n,plan\r\nada,[^,]*,1,free\r\nbob,/);
    await server.set("cyd", { another: "column" });
    const sessionId = first.headers["x-whom-session-id"];
    const rest = await exported({ format: "csv", session_id: sessionId, offset: 2 });
    expect(rest.text).toMatch(/^cyd,[^,]*,3,pro\r\ndan,[^,]*,4,pro\r\n$/);
    const page = await server.query({ page_size: 1 });
    const unknown = { format: "csv", session_id: page.json.session_id };
    expect((await exported(unknown)).text).toContain(",another");
    const refused = await exported({ ...unknown, offset: 1 });
    expect(refused.json.error).toBe("Missing required parameter: output_properties");
  });

  it("counts as a query when it is opened, and not when it is read on", async () => {
    await server.stop();
    server = await startTestServer({
      project: { quota: { queriesPerHourMax: 2, queriesAtOnceMax: 5 } },
    });
    const first = await exported();
    expect(first.headers.ratelimit).toContain("r=1");
    const sessionId = first.headers["x-whom-session-id"];
    for (let times = 0; times < 3; times++) {
      expect((await exported({ session_id: sessionId, offset: 1 })).status).toBe(200);
    }
    expect((await exported({ format: "xml" })).status).toBe(400);
    expect((await exported()).status).toBe(429);
  });
});
