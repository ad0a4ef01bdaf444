import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { testClock } from "../support/clock.ts";
import { doersOf } from "../support/cohort-definitions.ts";
import { event, events } from "../support/events.ts";
import {
  type Answer,
  type Parameters,
  startTestServer,
  type TestServer,
} from "../support/server.ts";

const NOW_MS = Date.parse("2024-05-10T12:00:00Z");

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer({ clock: testClock(NOW_MS) });
  await server.set("ada", { plan: "pro", age: 30, revenue: 10, joined: 1_714_557_600 });
  await server.set("bob", { plan: "free", age: 20, revenue: 2.5, joined: 1_714_557_601 });
  await server.set("cyd", { plan: "pro", age: 41, revenue: "10", joined: 1_714_557_602 });
  await server.set("dan", { plan: "pro" });
  const yesterday = { timeMs: NOW_MS - 86_400_000 };
  const purchases = ["ada", "eve"].map((id) => event("Purchase", id, {}, yesterday));
  await server.store.apply([events(purchases, "simplified", server.project.id)]);
});

afterAll(() => server.stop());

function stats(parameters: Parameters = {}, path = "stats"): Promise<Answer> {
  return server.send({
    method: "POST",
    url: `/api/query/engage/${path}`,
    headers: { authorization: server.secretAuthorization, "content-type": "application/json" },
    body: JSON.stringify(parameters),
  });
}

async function results(parameters: Parameters): Promise<unknown> {
  const { status, json, text } = await stats(parameters);
  if (status !== 200) throw new Error(text);
  return json.results;
}

/** Purchased at least once, as the App API keeps it. */
const BUYERS = doersOf("Purchase");

describe("/engage/stats", () => {
  it("answers with exactly three members, in the order of the wire", async () => {
    const { status, headers, text } = await stats({ action: "count()" });
    expect(status).toBe(200);
    expect(headers["content-type"]).toBe("application/json; charset=utf-8");
    expect(text).toBe('{"results":4,"status":"ok","computed_at":"2024-05-10T12:00:00"}');
  });

  it.each(["/api/query/engage/stats", "/api/2.0/engage/stats", "/api/query/engage/stats/"])(
    "answers GET at %s",
    async (path) => {
      const { json } = await server.get({ selector: 'properties["plan"] == "pro"' }, path);
      expect(json).toEqual({ results: 3, status: "ok", computed_at: "2024-05-10T12:00:00" });
    },
  );

  it.each([
    ["no action", {}, 4],
    ["count()", { action: "count()" }, 4],
    ["extremes", { action: 'extremes(properties["age"])' }, { max: 41, min: 20 }],
    ["percentile", { action: 'percentile(properties["age"], 50)' }, { percentile: 50, result: 30 }],
    [
      "percentile between two values",
      { action: 'percentile(properties["age"], 75)' },
      { percentile: 75, result: 35.5 },
    ],
    ["sum in single quotes", { action: "sum(properties['revenue'])" }, 12.5],
    ["average", { action: "average(properties['revenue'])" }, 6.25],
    ["min", { action: 'min(properties["age"])' }, 20],
    ["max", { action: 'max(properties["age"])' }, 41],
    ["median", { action: 'median(properties["age"])' }, 30],
    ["an expression", { action: 'sum(number(properties["revenue"]))' }, 22.5],
    [
      "numeric_summary",
      { action: 'numeric_summary(properties["revenue"])' },
      { count: 2, mean: 6.25, var: 14.0625, sum_of_squares: 106.25 },
    ],
    ["no numbers", { action: 'extremes(properties["plan"])' }, { max: null, min: null }],
  ])("answers %s", async (_name, parameters, expected) => {
    expect(await results(parameters)).toEqual(expected);
  });

  it("keeps the variance of numbers with many digits", async () => {
    const found = await results({ action: 'numeric_summary(properties["joined"])' });
    expect(found).toMatchObject({ count: 3, mean: 1_714_557_601, var: expect.closeTo(2 / 3, 9) });
  });

  it.each([
    ["selector", { selector: 'properties["plan"] == "pro"' }, 3],
    ["where", { where: 'properties["plan"] == "free"' }, 1],
    ["where before selector", { where: 'properties["plan"] == "free"', selector: "true" }, 1],
    ["distinct_ids", { distinct_ids: ["ada", "bob", "x"] }, 2],
    ["neither order nor limit", { sort_key: "age", limit: 1 }, 4],
  ])("counts by %s", async (_name, parameters, expected) => {
    expect(await results(parameters)).toBe(expected);
  });

  it.each([
    ["an unknown action", { action: "mode(1)" }, "query.invalid_parameter"],
    ["behaviors", { behaviors: [{ name: "x", event_selectors: [] }] }, "query.not_available"],
    ["a bare text for a cohort", { filter_by_cohort: "cohort_99" }, "query.invalid_json"],
    ["a segment without an id", { segment_by_cohorts: { pro: true } }, "cohort.invalid_id"],
    ["a list of segments", { segment_by_cohorts: [1] }, "query.invalid_parameter"],
    ["no JSON for segments", { segment_by_cohorts: "{1" }, "query.invalid_json"],
    ["an unknown segment", { segment_by_cohorts: { "99": true } }, "cohort.invalid_id"],
    [
      "an unknown segment of another cohort",
      { segment_by_cohorts: { "99": true }, filter_by_cohort: { raw_cohort: BUYERS } },
      "cohort.invalid_id",
    ],
    [
      "too many segments",
      { segment_by_cohorts: Object.fromEntries(Array.from({ length: 51 }, (_, n) => [n + 1, 1])) },
      "query.too_many_segments",
    ],
  ])("refuses %s", async (_name, parameters, code) => {
    const { status, json } = await stats(parameters);
    expect(status).toBe(400);
    expect(json.code).toBe(code);
    expect(json.request).toBe("/api/query/engage/stats");
  });

  it("counts through a workspace what its selector selects", async () => {
    const { id } = await server.directory.createWorkspace(server.project.id, {
      name: "payers",
      selector: 'properties["plan"] == "pro"',
    });
    expect(await results({ workspace_id: id })).toBe(3);
    expect(await results({ workspace_id: id, selector: 'properties["age"] > 1' })).toBe(2);
  });

  it("tells where an expression of the action is wrong", async () => {
    const { status, json } = await stats({ action: 'extremes(properties["age"] ==)' });
    expect(status).toBe(400);
    expect(json).toMatchObject({
      error: expect.stringContaining("at position 29"),
      position: 29,
      frame: expect.stringContaining('extremes(properties["age"] ==)'),
    });
  });

  it("counts members of a cohort without a profile unless told otherwise", async () => {
    const filter_by_cohort = { raw_cohort: { name: "", ...BUYERS } };
    expect(await results({ filter_by_cohort })).toBe(2);
    expect(await results({ filter_by_cohort, include_all_users: "False" })).toBe(1);
    const list = await server.query({ filter_by_cohort });
    expect(list.json.total).toBe(2);
  });
});

describe("segments", () => {
  let pro: number;
  let buyers: number;

  beforeAll(async () => {
    pro = await save("pro", {
      selector: {
        operator: "and",
        children: [
          { property: "user", value: "plan", operator: "==", operand: "pro", type: "string" },
        ],
      },
    });
    buyers = await save("buyers", BUYERS);
  });

  async function save(name: string, definition: object): Promise<number> {
    const authorization = await server.authorization();
    const { json, text } = await server.send({
      method: "POST",
      url: `/api/app/projects/${server.project.id}/cohorts`,
      headers: { authorization, "content-type": "application/json" },
      body: JSON.stringify({ name, description: "", ...definition }),
    });
    if (json.status !== "ok") throw new Error(text);
    return json.results.id;
  }

  it("are answered one by one under their ids", async () => {
    const segment_by_cohorts = JSON.stringify({ [pro]: true, [buyers]: true });
    expect(await results({ segment_by_cohorts })).toEqual({ [pro]: 3, [buyers]: 2 });
    expect(await results({ segment_by_cohorts, action: 'extremes(properties["age"])' })).toEqual({
      [pro]: { max: 41, min: 30 },
      [buyers]: { max: 30, min: 30 },
    });
  });

  it("are narrowed by the selector and by another cohort", async () => {
    const segment_by_cohorts = { [pro]: true, [buyers]: false };
    const selector = 'properties["age"] > 30 or properties["plan"] == "free"';
    expect(await results({ segment_by_cohorts, selector })).toEqual({ [pro]: 1 });
    const filter_by_cohort = buyers;
    expect(await results({ segment_by_cohorts, filter_by_cohort })).toEqual({ [pro]: 1 });
    expect(await results({ segment_by_cohorts, filter_by_cohort, selector })).toEqual({ [pro]: 0 });
  });

  it("may be tested in the expression of an action", async () => {
    const action = `sum(if(cohort(${buyers}), 1, 0))`;
    expect(await results({ segment_by_cohorts: { [pro]: true }, action })).toEqual({ [pro]: 1 });
    const { json } = await stats({ action: "sum(if(cohort(99), 1, 0))" });
    expect(json).toMatchObject({ code: "selector.unknown_cohort", position: 7 });
    expect(json.frame).toContain("sum(if(cohort(99), 1, 0))");
  });

  it("do not move the place of a mistake in the selector", async () => {
    const { json } = await stats({ segment_by_cohorts: { [pro]: true }, selector: "1 ==" });
    expect(json).toMatchObject({ position: 4 });
  });

  it("may be of a cohort that the filter names as a bare number", async () => {
    expect(await results({ filter_by_cohort: String(pro) })).toBe(3);
  });

  it("break down, too", async () => {
    const { json } = await stats(
      { segment_by_cohorts: { [buyers]: 1 }, property: "plan" },
      "breakdown",
    );
    expect(json.results).toEqual({
      [buyers]: {
        total: 2,
        missing: 1,
        distinct: 1,
        values: [{ value: "pro", count: 1 }],
        histogram: [],
      },
    });
  });
});
