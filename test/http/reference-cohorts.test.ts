import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ListeningServer, startListening } from "../clients/duckdb-server.ts";
import { type AppClient, appClient } from "../support/app.ts";
import { testClock } from "../support/clock.ts";
import { found, importEvents } from "../support/reference.ts";

const NOW_MS = Date.parse("2024-05-10T12:00:00Z");

let server: ListeningServer;
let app: AppClient;

beforeAll(async () => {
  server = await startListening({ clock: testClock(NOW_MS) });
  app = appClient(server);
  await server.set("ada", { plan: "Premium", seats: 5, tags: ["a", "b"], since: "2024-05-01" });
  await server.set("bob", { plan: "free", seats: 20, active: true, since: "2024-04-01" });
  await server.set("cyd", { active: false });
  await importEvents(server, [
    ["Purchase", "ada", "2024-05-09T10:00:00Z", { amount: 10, sku: "x" }],
    ["Purchase", "ada", "2024-05-09T11:00:00Z", { amount: 30, sku: "y" }],
    ["Purchase", "ada", "2024-05-01T10:00:00Z", { amount: 20, sku: "x" }],
    ["Purchase", "bob", "2024-05-10T11:59:30Z", { amount: 1 }],
    ["View", "bob", "2022-11-05T00:00:00Z"],
    ["Purchase", "eve", "2024-05-08T10:00:00Z", { amount: 4 }],
  ]);
});

afterAll(() => server.end());

/** Who is in a cohort that a request writes out, also without a profile unless it says otherwise. */
function members(raw_cohort: object, more: object = {}): Promise<string> {
  return found(server, { filter_by_cohort: JSON.stringify({ raw_cohort }), ...more });
}

function all(...children: readonly object[]): object {
  return { selector: { operator: "and", children } };
}

const user = (value: string, operator: string, operand: unknown, type = "string"): object => ({
  property: "user",
  value,
  operator,
  operand,
  type,
});

const did = (operator: string, operand: number): object => ({
  property: "behaviors",
  value: "bhvr_0",
  operator,
  operand,
});

/** A tree of one behaviour. */
function behaved(test: object, count: object, span: object): object {
  const event_selector = { event: "Purchase", selector: null };
  const bhvr_0 = { count: { event_selector, type: "absolute", ...count }, ...span };
  return { ...all(test), behaviors: { bhvr_0 } };
}

const MONTH = { window: { unit: "day", value: 30 } };

describe("the tree of the reference", () => {
  const TREE = {
    selector: {
      operator: "and",
      children: [
        { property: "behaviors", value: "bhvr_0", operator: ">=", operand: 1 },
        {
          property: "user",
          value: "plan",
          operator: "==",
          operand: "premium",
          type: "string",
        },
        {
          operator: "or",
          children: [user("seats", ">", 10, "number"), user("tags", "in", "b", "list")],
        },
      ],
    },
    behaviors: {
      bhvr_0: {
        count: { event_selector: { event: "Purchase", selector: null }, type: "absolute" },
        window: { unit: "day", value: 30 },
      },
    },
  };

  it("is a raw cohort, with a name that is empty or left out", async () => {
    expect(await members(TREE)).toBe("ada");
    expect(await members({ name: "", ...TREE })).toBe("ada");
  });

  it("is saved, given back as it is, and queried by its id", async () => {
    const { json } = await app.post("/cohorts", { name: "Tree", ...TREE });
    expect(json.results).toMatchObject({ count: 1, ...TREE });
    for (const id of [json.results.id, String(json.results.id)]) {
      expect(await found(server, { filter_by_cohort: { id } })).toBe("ada");
    }
    await app.delete(`/cohorts/${json.results.id}`);
  });
});

describe("a node", () => {
  it.each<[string, object, string]>([
    ["and of nothing", all(), "ada bob cyd eve"],
    ["or of nothing", { selector: { operator: "or", children: [] } }, ""],
    ["==", all(user("plan", "==", "PREMIUM")), "ada"],
    ["!=", all(user("plan", "!=", "premium")), "bob cyd eve"],
    ["== any of", all(user("plan", "==", ["premium", "free"], "list")), "ada bob"],
    ["!= none of", all(user("plan", "!=", ["premium", "gold"], "list")), "bob cyd eve"],
    ["in a text", all(user("plan", "in", "rem")), "ada"],
    ["in a list", all(user("tags", "in", "a", "list")), "ada"],
    ["not in", all(user("plan", "not in", "rem")), "bob cyd eve"],
    [">", all(user("seats", ">", 5, "number")), "bob"],
    [">=", all(user("seats", ">=", 5, "number")), "ada bob"],
    ["<", all(user("seats", "<", 20, "number")), "ada"],
    ["<=", all(user("seats", "<=", 20, "number")), "ada bob"],
    ["> of a datetime", all(user("since", ">", "2024-04-15", "datetime")), "ada"],
    ["defined", all(user("plan", "defined", "")), "ada bob"],
    ["not defined", all(user("plan", "not defined", "")), "cyd eve"],
    ["== of a truth", all(user("active", "==", true, "boolean")), "bob"],
  ])("%s", async (_name, cohort, expected) => {
    expect(await members(cohort)).toBe(expected);
  });

  it("tests a saved cohort, in or not in", async () => {
    const { json } = await app.post("/cohorts", {
      name: "Payers",
      ...all(user("plan", "==", "premium")),
    });
    const { id } = json.results;
    const test = (operator: string) => members(all({ property: "cohort", value: id, operator }));
    expect(await test("in")).toBe("ada");
    expect(await test("not in")).toBe("bob cyd eve");
    await app.delete(`/cohorts/${id}`);
  });
});

describe("a behaviour of a tree", () => {
  it.each<[string, object, object, object, string]>([
    ["==", did("==", 3), {}, MONTH, "ada"],
    [">=", did(">=", 1), {}, MONTH, "ada bob eve"],
    ["<=", did("<=", 0), {}, MONTH, "cyd"],
    [">", did(">", 1), {}, MONTH, "ada"],
    ["<", did("<", 1), {}, MONTH, "cyd"],
    ["!=", did("!=", 1), {}, MONTH, "ada cyd"],
    ["days", did("==", 2), { type: "day" }, MONTH, "ada"],
    ["total", did("==", 60), { aggregationOperator: "total", property: "amount" }, MONTH, "ada"],
    ["unique", did("==", 2), { aggregationOperator: "unique", property: "sku" }, MONTH, "ada"],
    [
      "average",
      did("==", 20),
      { aggregationOperator: "average", property: "amount" },
      MONTH,
      "ada",
    ],
    ["min", did("==", 10), { aggregationOperator: "min", property: "amount" }, MONTH, "ada"],
    ["max", did("==", 30), { aggregationOperator: "max", property: "amount" }, MONTH, "ada"],
    ["median", did("==", 20), { aggregationOperator: "median", property: "amount" }, MONTH, "ada"],
    ["a minute", did(">=", 1), {}, { window: { unit: "minute", value: 1 } }, "bob"],
    ["hours", did(">=", 1), {}, { window: { unit: "hour", value: 27 } }, "ada bob"],
    ["a week", did(">=", 1), {}, { window: { unit: "week", value: 1 } }, "ada bob eve"],
    ["a month", did("==", 3), {}, { window: { unit: "month", value: 1 } }, "ada"],
    ["a quarter", did("==", 3), {}, { window: { unit: "quarter", value: 1 } }, "ada"],
    ["a year", did("==", 3), {}, { window: { unit: "year", value: 1 } }, "ada"],
    ["two days", did(">=", 1), {}, { from_date: "2024-05-01", to_date: "2024-05-08" }, "ada eve"],
  ])("%s", async (_name, test, count, span, expected) => {
    expect(await members(behaved(test, count, span))).toBe(expected);
  });

  it("selects events by filters of the web app", async () => {
    const filter = {
      resourceType: "events",
      value: "sku",
      filterType: "string",
      defaultType: "string",
      filterOperator: "equals",
      filterValue: ["X"],
    };
    const selector = { operator: "and", children: [filter] };
    const count = { event_selector: { event: "Purchase", selector } };
    expect(await members(behaved(did("==", 2), count, MONTH))).toBe("ada");
  });
});

describe("include_all_users", () => {
  const anybody = behaved(did(">=", 1), {}, MONTH);

  it("is true unless it is said, and adds who has no profile with no properties", async () => {
    expect(await members(anybody, { include_all_users: "true" })).toBe("ada bob eve");
    expect(await members(anybody, { include_all_users: false })).toBe("ada bob");
    const { json } = await server.query({ filter_by_cohort: { raw_cohort: anybody } });
    expect(json.results.at(-1)).toEqual({ $distinct_id: "eve", $properties: {} });
  });

  it("is narrowed by where", async () => {
    expect(await members(anybody, { where: 'properties["seats"] > 10' })).toBe("bob");
  });
});

describe("a cohort that is not there", () => {
  it.each<[string, unknown, string]>([
    ["an unknown id", { id: 12_345 }, "400 Invalid cohort id: 12345"],
    ["an unknown id as text", { id: "12345" }, "400 Invalid cohort id: 12345"],
    ["a bare text", "cohort_99", "400 Invalid JSON Format: filter_by_cohort"],
  ])("by %s", async (_name, filter_by_cohort, answer) => {
    expect(await found(server, { filter_by_cohort })).toBe(answer);
  });

  it("by the id of one that was deleted is refused, and tested matches nobody", async () => {
    const { json } = await app.post("/cohorts", { name: "Short", ...all() });
    const { id } = json.results;
    const outer = await app.post("/cohorts", {
      name: "Outer",
      ...all({ property: "cohort", value: id, operator: "in" }),
    });
    expect(outer.json.results.count).toBe(4);
    await app.delete(`/cohorts/${id}`);
    expect(await found(server, { filter_by_cohort: { id } })).toBe(`400 Invalid cohort id: ${id}`);
    expect(await found(server, { filter_by_cohort: { id: outer.json.results.id } })).toBe("");
    await app.delete(`/cohorts/${outer.json.results.id}`);
  });

  it("because it would be part of itself is refused", async () => {
    const { json } = await app.post("/cohorts", { name: "Ring", ...all() });
    const { id } = json.results;
    const ring = all({ property: "cohort", value: id, operator: "in" });
    const { status, json: refused } = await app.patch(`/cohorts/${id}`, ring);
    expect([status, refused.status]).toEqual([400, "error"]);
    await app.delete(`/cohorts/${id}`);
  });
});
