import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type AppClient, startWithPlans } from "../support/app.ts";
import { PRO_TREE } from "../support/cohort-definitions.ts";
import type { TestServer } from "../support/server.ts";

let server: TestServer;
let app: AppClient;

beforeEach(async () => {
  ({ server, app } = await startWithPlans());
});

afterEach(() => server.stop());

describe("a list of members", () => {
  beforeEach(() => app.post("/cohorts", { name: "VIP" }));

  const members = async (): Promise<readonly string[]> =>
    (await app.get("/cohorts/1/members")).json.results.distinct_ids;

  it.each([
    ["JSON", '["bob", "ada", "bob", 5]', ["5", "ada", "bob"]],
    ["a JSON object", '{"distinct_ids": ["ada"]}', ["ada"]],
    ["lines", "ada\r\n\r\nbob\n", ["ada", "bob"]],
    ["CSV with a header", 'name,$distinct_id\nAda,"a,da"\nBob,bob', ["a,da", "bob"]],
    ["nothing", "", []],
  ])("is uploaded as %s", async (_name, body, expected) => {
    const { status, json } = await app.post("/cohorts/1/members", body);
    expect(status).toBe(200);
    expect(json).toEqual({ status: "ok", results: { cohort_id: 1, count: expected.length } });
    expect(await members()).toEqual(expected);
  });

  it("grows, shrinks and is replaced", async () => {
    await app.post("/cohorts/1/members", ["ada", "bob"]);
    await app.post("/cohorts/1/members?mode=add", ["cyd"]);
    expect(await members()).toEqual(["ada", "bob", "cyd"]);
    await app.post("/cohorts/1/members?mode=remove", ["bob", "nobody"]);
    expect(await members()).toEqual(["ada", "cyd"]);
    await app.post("/cohorts/1/members?mode=replace", ["eve"]);
    expect(await members()).toEqual(["eve"]);
    const wrong = await app.post("/cohorts/1/members?mode=toggle", []);
    expect([wrong.status, wrong.json.code]).toEqual([400, "query.invalid_parameter"]);
  });

  it("is a cohort like others, with members that have no profile", async () => {
    await app.post("/cohorts/1/members", ["ada", "stranger"]);
    expect((await app.get("/cohorts/1")).json.results).toMatchObject({
      count: 2,
      is_static: true,
    });
    expect((await server.query({ filter_by_cohort: { id: 1 } })).json.total).toBe(2);
    const known = { filter_by_cohort: { id: 1 }, include_all_users: false };
    expect((await server.query(known)).json.total).toBe(1);
    expect((await server.query({ where: 'cohort("VIP")' })).json.total).toBe(1);
  });

  it("takes no definition while it has members", async () => {
    await app.post("/cohorts/1/members", ["ada"]);
    const { status, json } = await app.patch("/cohorts/1", PRO_TREE);
    expect([status, json.code]).toEqual([409, "cohort.has_members"]);
    await app.post("/cohorts/1/members?mode=replace", []);
    expect((await app.patch("/cohorts/1", PRO_TREE)).json.results.is_static).toBe(false);
    const upload = await app.post("/cohorts/1/members", ["ada"]);
    expect([upload.status, upload.json.code]).toEqual([400, "cohort.not_static"]);
    expect((await app.get("/cohorts/1/members")).status).toBe(400);
  });

  it.each([
    ["a body that is no list", '{"ids": []}'],
    ["an id that has lost digits", "[12345678901234567890]"],
    ["an id that is too long", `["${"x".repeat(1025)}"]`],
    ["a broken quote", '"ada'],
  ])("refuses %s", async (_name, body) => {
    const { status, json } = await app.post("/cohorts/1/members", body);
    expect([status, json.code]).toEqual([400, "request.invalid_body"]);
    expect(await members()).toEqual([]);
  });
});
