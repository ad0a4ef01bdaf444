import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ListeningServer, startListening } from "../clients/duckdb-server.ts";
import { appClient } from "../support/app.ts";
import { testClock } from "../support/clock.ts";
import { importEvents } from "../support/reference.ts";
import { type Answer, encodeQuery, type Parameters } from "../support/server.ts";

const NOW_MS = Date.parse("2024-05-10T12:00:00Z");
const COMPUTED_AT = "2024-05-10T12:00:00";

let server: ListeningServer;
let authorization: string;
let projectId: string;
let pro: number;

beforeAll(async () => {
  server = await startListening({ clock: testClock(NOW_MS) });
  authorization = await server.authorization();
  projectId = String(server.project.id);
  const charge = (amount: number, day: string) => ({
    $append: { $transactions: { $amount: amount, $time: `${day}T10:00:00` } },
  });
  await server.set("ada", { plan: "pro", revenue: 10, ok: true, at: "2024-05-01T10:00:00" });
  await server.set("bob", { plan: "free", revenue: 20, tags: ["a"], deep: { a: 1 } });
  await server.set("cyd", { plan: "pro", revenue: 60 });
  await server.write([
    { $distinct_id: "ada", ...charge(100, "2024-05-01") },
    { $distinct_id: "ada", ...charge(50, "2024-05-02") },
    { $distinct_id: "bob", ...charge(7, "2024-05-02") },
  ]);
  await server.write([{ $group_key: "company", $group_id: "acme", $set: { seats: 3 } }], "groups");
  await importEvents(server, [
    ["X", "ada", "2024-05-01T10:00:00Z", { page: "/" }],
    ["X", "stranger", "2024-05-01T10:00:00Z"],
    ["Y", "bob", "2024-05-02T10:00:00Z"],
  ]);
  const { json } = await appClient(server).post("/cohorts", {
    name: "Pro",
    description: "…",
    selector: 'properties["plan"] == "pro"',
  });
  pro = json.results.id;
});

afterAll(() => server.end());

/** Asks as mixpanel-headless does: the project in the address and, as text, in the body. */
function stats(body: object): Promise<Answer> {
  return server.send({
    method: "POST",
    url: `/api/query/engage/stats?project_id=${projectId}&query_origin=mixpanel-headless`,
    headers: { authorization, "content-type": "application/json" },
    body: JSON.stringify({ project_id: projectId, ...body }),
  });
}

function get(path: string, parameters: Parameters = {}): Promise<Answer> {
  const query = encodeQuery({ project_id: projectId, ...parameters });
  return server.send({ url: `${path}?${query}`, headers: { authorization } });
}

describe("/engage/stats", () => {
  it.each<[string, object, unknown]>([
    ["count()", {}, 3],
    ["count()", { selector: 'properties["plan"] == "pro"' }, 2],
    ['extremes(properties["revenue"])', {}, { max: 60, min: 10 }],
    ['percentile(properties["revenue"], 50)', {}, { percentile: 50, result: 20 }],
    [
      'numeric_summary(properties["revenue"])',
      {},
      { count: 3, mean: 30, var: expect.closeTo(1400 / 3, 9), sum_of_squares: 4100 },
    ],
    ["sum(properties['revenue'])", {}, 90],
    ["average(properties['revenue'])", {}, 30],
    ["count()", { data_group_id: "company" }, 1],
    ["count()", { as_of_timestamp: NOW_MS / 1000 }, 3],
  ])("answers %s of %j", async (action, parameters, results) => {
    const { status, json } = await stats({ action, ...parameters });
    expect([status, json]).toEqual([200, { results, status: "ok", computed_at: COMPUTED_AT }]);
  });

  it("counts without an action, by form and by GET too", async () => {
    const answer = { results: 3, status: "ok", computed_at: COMPUTED_AT };
    expect((await stats({})).json).toEqual(answer);
    expect((await get("/api/2.0/engage/stats")).json).toEqual(answer);
    const form = await server.send({
      method: "POST",
      url: "/api/2.0/engage/stats",
      headers: { authorization, "content-type": "application/x-www-form-urlencoded" },
      body: encodeQuery({ project_id: projectId, selector: 'properties["revenue"] > 15' }),
    });
    expect(form.json).toEqual({ ...answer, results: 2 });
  });

  it("takes a cohort, with those without a profile or not", async () => {
    const tree = {
      selector: {
        operator: "and",
        children: [{ property: "behaviors", value: "b", operator: ">=", operand: 1 }],
      },
      behaviors: {
        b: {
          count: { event_selector: { event: "X", selector: null }, type: "absolute" },
          window: { unit: "day", value: 30 },
        },
      },
    };
    const filter_by_cohort = JSON.stringify({ raw_cohort: tree });
    expect((await stats({ filter_by_cohort, include_all_users: false })).json.results).toBe(1);
    expect((await stats({ filter_by_cohort, include_all_users: true })).json.results).toBe(2);
    expect((await stats({ filter_by_cohort: JSON.stringify({ id: pro }) })).json.results).toBe(2);
    expect((await stats({ filter_by_cohort: pro })).json.results).toBe(2);
  });

  it("answers segments under the ids that were asked for", async () => {
    const segment_by_cohorts = JSON.stringify({ [pro]: true });
    expect((await stats({ segment_by_cohorts })).json.results).toEqual({ [pro]: 2 });
    const action = "sum(properties['revenue'])";
    expect((await stats({ segment_by_cohorts, action })).json.results).toEqual({ [pro]: 70 });
  });

  it.each<[object, string]>([
    [{ filter_by_cohort: "cohort_99" }, "Invalid JSON Format: filter_by_cohort"],
    [{ filter_by_cohort: { id: 99 } }, "Invalid cohort id: 99"],
    [{ segment_by_cohorts: { "99": true } }, "Invalid cohort id: 99"],
    [{ selector: "1 ==" }, "Failed to parse selector: "],
    [{ behaviors: [{ name: "b", window: "1d", event_selectors: [{ event: "X" }] }] }, "behaviors"],
    [{ action: "mode(1)" }, "Invalid parameter action"],
  ])("refuses %j", async (parameters, error) => {
    const { status, json } = await stats(parameters);
    expect(status).toBe(400);
    expect(json.error).toContain(error);
    expect(json).toMatchObject({
      request: `/api/query/engage/stats?project_id=${projectId}&query_origin=mixpanel-headless`,
      status: "error",
    });
  });
});

describe("the other paths below /engage", () => {
  it.each(["/api/query", "/api/2.0"])("%s/engage/properties", async (prefix) => {
    const { status, json } = await get(`${prefix}/engage/properties`, { limit: 2000 });
    expect(status).toBe(200);
    expect(json).toMatchObject({ status: "ok", computed_at: COMPUTED_AT });
    expect(json.results).toEqual({
      plan: { count: 3, type: "string" },
      revenue: { count: 3, type: "number" },
      $last_seen: { count: 3, type: "datetime" },
      $transactions: { count: 2, type: "list" },
      ok: { count: 1, type: "boolean" },
      at: { count: 1, type: "datetime" },
      tags: { count: 1, type: "list" },
      deep: { count: 1, type: "object" },
    });
  });

  it.each(["/api/query", "/api/2.0"])("%s/engage/revenue", async (prefix) => {
    const days = { from_date: "2024-05-01", to_date: "2024-05-02" };
    const { status, json } = await get(`${prefix}/engage/revenue`, { ...days, unit: "day" });
    expect(status).toBe(200);
    expect(json).toEqual({
      computed_at: COMPUTED_AT,
      results: {
        $overall: { amount: 157, count: 3, paid_count: 2 },
        "2024-05-01": { amount: 100, count: 3, paid_count: 1 },
        "2024-05-02": { amount: 57, count: 3, paid_count: 2 },
      },
      session_id: expect.any(String),
      status: "ok",
    });
  });

  it("say when a day is to come, and which address is none", async () => {
    const late = { from_date: "2024-05-01", to_date: "2024-05-11" };
    const { status, json } = await get("/api/2.0/engage/revenue", late);
    expect([status, json.error]).toEqual([400, "to_date cannot be later than today"]);
    for (const path of ["/api/query/engage/nothing", "/api/2.0/webhooks"]) {
      const none = await get(path);
      expect(none.status).toBe(400);
      expect(none.json).toMatchObject({
        request: `${path}?project_id=${projectId}`,
        error: "Invalid API endpoint",
        status: "error",
      });
    }
  });
});

describe("/stream/query and /cohorts/list", () => {
  it("give the feed of a person", async () => {
    const asked = { distinct_ids: ["ada"], from_date: "2024-05-01", to_date: "2024-05-02" };
    const { status, json } = await get("/api/query/stream/query", asked);
    expect([status, json]).toEqual([
      200,
      {
        status: "ok",
        results: {
          events: [
            {
              event: "X",
              properties: {
                time: 1_714_557_600,
                distinct_id: "ada",
                $insert_id: expect.any(String),
                mp_processing_time_ms: NOW_MS,
                page: "/",
              },
            },
          ],
        },
      },
    ]);
  });

  it.each([
    ["POST", "/api/query/cohorts/list"],
    ["GET", "/api/query/cohorts/list/"],
    ["POST", "/api/2.0/cohorts/list/"],
    ["GET", "/api/2.0/cohorts/list"],
  ] as const)("list cohorts as a bare array: %s %s", async (method, path) => {
    const [workspace] = server.project.workspaces;
    const url = `${path}?project_id=${projectId}&workspace_id=${workspace?.id}`;
    const { status, json } = await server.send({ method, url, headers: { authorization } });
    expect([status, json]).toEqual([
      200,
      [
        {
          count: 2,
          is_visible: 1,
          description: "…",
          created: "2024-05-10 12:00:00",
          project_id: server.project.id,
          id: pro,
          name: "Pro",
        },
      ],
    ]);
  });
});
