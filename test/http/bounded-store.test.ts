import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DuckdbStore } from "../../src/duckdb/store.ts";
import { fill, startTestServer, type TestServer } from "../support/server.ts";

let server: TestServer;

beforeAll(async () => {
  const store = await DuckdbStore.open(":memory:");
  server = await startTestServer({ store, settings: { queryProfilesMax: 3 } });
  await fill(server, 6);
});

afterAll(() => server.stop());

const REFUSED = {
  code: "query.too_many_profiles",
  error: "the query selects more than 3 profiles",
  hint: "narrow it, or set a limit",
};

describe("a server whose queries select 3 profiles at most", () => {
  it.each([
    ["as many", { where: 'properties["plan"] == "pro"' }, 3],
    ["as many by a limit", { limit: 3 }, 3],
    ["fewer by a limit", { limit: 2 }, 2],
    ["a look-up", { distinct_ids: ["p00001", "p00002"] }, 2],
  ])("answers %s", async (_, parameters, total) => {
    const { status, json } = await server.query(parameters);
    expect([status, json.total, json.results.length]).toEqual([200, total, total]);
  });

  it.each([
    ["all", {}],
    ["a page of many", { page_size: 1 }],
    ["more by a limit", { limit: 4 }],
    ["one more in an order", { where: 'properties["n"] > 1', sort_key: "n" }],
  ])("refuses %s", async (_, parameters) => {
    const { status, json } = await server.query(parameters);
    expect(status).toBe(400);
    expect(json).toMatchObject(REFUSED);
  });

  it("refuses an export of more, and gives one of as many", async () => {
    const refused = await server.get({}, "/api/query/engage/export");
    expect([refused.status, refused.json.code]).toEqual([400, REFUSED.code]);
    const given = await server.get(
      { where: 'properties["plan"] == "pro"' },
      "/api/query/engage/export",
    );
    expect([given.status, given.text.trim().split("\n").length]).toEqual([200, 3]);
  });

  it("counts any number", async () => {
    const { json } = await server.get({}, "/api/query/engage/stats");
    expect(json.results).toBe(6);
  });
});
