import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { dataGroupId } from "../../src/query/data-group.ts";
import { type AppClient, appClient } from "../support/app.ts";
import { testClock } from "../support/clock.ts";
import { startTestServer, type TestServer } from "../support/server.ts";

const NOW_SECONDS = 1_714_557_600;
const COMPANY = dataGroupId("company");

let server: TestServer;
let app: AppClient;

beforeEach(async () => {
  server = await startTestServer({ clock: testClock(NOW_SECONDS * 1000) });
  app = appClient(server);
});

afterEach(() => server.stop());

function writeGroup(groupId: string): Promise<unknown> {
  return server.write([{ $group_key: "company", $group_id: groupId, $set: { n: 1 } }], "groups");
}

describe("a data group", () => {
  it("is registered, renamed and deleted", async () => {
    const created = await app.post("/data-groups", {
      display_name: "Companies",
      property_name: "company",
      metadata: {
        is_company_key: true,
        company_key_name: "company",
        company_revenue_key: "mrr",
      },
    });
    expect(created.status).toBe(200);
    expect(created.json).toEqual({
      status: "ok",
      results: {
        data_group_id: COMPANY,
        property_name: "company",
        display_name: "Companies",
        metadata: {
          is_company_key: true,
          company_key_name: "company",
          company_revenue_key: "mrr",
        },
        type: 1,
        is_ready: true,
        created_at: NOW_SECONDS,
        ready_at: NOW_SECONDS,
      },
    });
    expect((await app.get("/data-groups/")).json.results).toEqual([created.json.results]);

    const renamed = await app.post(`/data-groups/${COMPANY}`, {
      display_name: "Customers",
      property_name: "company",
    });
    expect(renamed.json.results).toEqual({ ...created.json.results, display_name: "Customers" });

    expect((await app.delete(`/data-groups/${COMPANY}`)).status).toBe(204);
    expect((await app.get("/data-groups")).json.results).toEqual([]);
    const gone = await app.delete(`/data-groups/${COMPANY}`);
    expect([gone.status, gone.json.code]).toEqual([404, "data_group.missing"]);
  });

  it("is listed when it was only written to, and can be named then", async () => {
    await writeGroup("acme");
    expect((await app.get("/data-groups")).json.results).toEqual([
      {
        data_group_id: COMPANY,
        property_name: "company",
        display_name: "company",
        metadata: null,
        type: 1,
        is_ready: true,
        created_at: null,
        ready_at: null,
      },
    ]);
    const named = await app.post(`/data-groups/${COMPANY}/`, { display_name: "Customers" });
    expect(named.json.results).toMatchObject({
      display_name: "Customers",
      created_at: NOW_SECONDS,
    });
    expect((await app.get("/data-groups")).json.results).toEqual([named.json.results]);
  });

  it("keeps its profiles, and so its place in the list, when its registration is deleted", async () => {
    await app.post("/data-groups", { property_name: "company", display_name: "Companies" });
    await writeGroup("acme");
    await app.delete(`/data-groups/${COMPANY}`);
    const [left] = (await app.get("/data-groups")).json.results;
    expect(left).toMatchObject({ data_group_id: COMPANY, display_name: "company" });
    expect((await server.query({ data_group_id: COMPANY })).json.total).toBe(1);
  });

  it("can be queried by its id before anything is written to it", async () => {
    const before = await server.query({ data_group_id: COMPANY });
    expect([before.status, before.json.code]).toEqual([400, "query.unknown_data_group"]);
    await app.post("/data-groups", { property_name: "company" });
    expect((await server.query({ data_group_id: COMPANY })).json.total).toBe(0);
  });

  it("keeps its metadata until it gets other", async () => {
    await app.post("/data-groups", '{"property_name": "company", "metadata": {"b": 1.0, "1": 2}}');
    expect((await app.post(`/data-groups/${COMPANY}`, {})).text).toContain(
      '"metadata":{"b": 1.0, "1": 2}',
    );
    const { json } = await app.post(`/data-groups/${COMPANY}`, { metadata: null });
    expect(json.results.metadata).toBeNull();
  });
});

describe("what is refused", () => {
  it("is a second registration of a group key", async () => {
    await app.post("/data-groups", { property_name: "company" });
    const { status, json } = await app.post("/data-groups", { property_name: "company" });
    expect(status).toBe(409);
    expect(json).toMatchObject({
      status: "error",
      error: "A data group for company already exists",
    });
  });

  it("is another group key for a data group", async () => {
    await app.post("/data-groups", { property_name: "company" });
    const { status, json } = await app.post(`/data-groups/${COMPANY}`, { property_name: "team" });
    expect([status, json.code]).toEqual([400, "request.invalid_body"]);
  });

  it("is the name of an unknown one", async () => {
    const { status, json } = await app.post("/data-groups/12", { display_name: "x" });
    expect([status, json.error]).toEqual([404, "Data group 12 not found"]);
  });

  it.each([
    ["no group key", { display_name: "x" }, ["property_name"]],
    ["an empty group key", { property_name: "" }, ["property_name"]],
    ["a long group key", { property_name: "x".repeat(256) }, ["property_name"]],
    ["an empty name", { property_name: "x", display_name: "" }, ["display_name"]],
    ["a long name", { property_name: "x", display_name: "x".repeat(256) }, ["display_name"]],
    ["metadata that is no object", { property_name: "x", metadata: 5 }, ["metadata"]],
  ])("is %s", async (_name, body, path) => {
    const { status, json } = await app.post("/data-groups", body);
    expect([status, json.details.path]).toEqual([400, path]);
  });

  it("is too much metadata", async () => {
    const name = "x".repeat(255);
    const fits = {
      property_name: name,
      display_name: name,
      metadata: { a: "x".repeat(10_000 - 8) },
    };
    expect((await app.post("/data-groups", fits)).status).toBe(200);
    const { status } = await app.post("/data-groups/", {
      property_name: "y",
      metadata: { a: "x".repeat(10_000 - 7) },
    });
    expect(status).toBe(400);
  });

  it("is a change by who may only read", async () => {
    const { account, secret } = await server.directory.createServiceAccount({
      name: "reader",
      projectIds: [server.project.id],
      role: "analyst",
    });
    const basic = Buffer.from(`${account.username}:${secret}`).toString("base64");
    const reader = appClient(server, `Basic ${basic}`);
    expect((await reader.post("/data-groups", { property_name: "company" })).status).toBe(403);
    expect((await reader.get("/data-groups")).status).toBe(200);
  });
});
