import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ListeningServer, startListening } from "../clients/duckdb-server.ts";
import { type AppClient, appClient } from "../support/app.ts";
import { testClock } from "../support/clock.ts";
import { cohortGroup } from "../support/cohort-definitions.ts";
import { found, importEvents } from "../support/reference.ts";

const NOW_MS = Date.parse("2024-05-10T12:00:00Z");

let server: ListeningServer;
let app: AppClient;

beforeAll(async () => {
  server = await startListening({
    clock: testClock(NOW_MS),
    project: { timeZone: "America/New_York" },
  });
  app = appClient(server);
  await server.set("ada", {
    plan: "Premium",
    seats: 5,
    active: true,
    tags: ["a", "b"],
    joined: "2024-05-01T10:00:00",
    cart: [
      { brand: "Nike", price: 12 },
      { brand: "Puma", price: 3 },
    ],
  });
  await server.set("bob", {
    plan: "free",
    seats: 20,
    active: false,
    joined: "2024-04-01T23:30:00",
    cart: [{ brand: "nike", price: 11 }],
  });
  await server.set("cyd", { joined: "2024-05-12T00:00:00" });
  await importEvents(server, [
    ["Purchase", "ada", "2024-05-09T10:00:00Z", { amount: 10, sku: "x" }],
    ["Purchase", "ada", "2024-05-08T10:00:00Z", { amount: 30, sku: "y" }],
    // In New York this is still the 30th of November.
    ["View", "ada", "2022-12-01T03:00:00Z"],
    ["View", "bob", "2022-12-01T06:00:00Z"],
    ["Purchase", "bob", "2024-01-05T10:00:00Z", { amount: 1, sku: "x" }],
  ]);
});

afterAll(() => server.end());

/** Who has a profile and is in a cohort of these groups. */
function members(...groups: readonly object[]): Promise<string> {
  const raw_cohort = { name: "", id: null, unsavedId: null, description: "", groups };
  return found(server, {
    filter_by_cohort: JSON.stringify({ raw_cohort }),
    include_all_users: false,
  });
}

function property(name: string, type: string, operator: string, value: unknown, more = {}): object {
  return {
    resourceType: "user",
    propertyName: name,
    propertyObjectKey: null,
    propertyDefaultType: type,
    propertyType: type,
    filterOperator: operator,
    filterValue: value,
    ...more,
  };
}

/** A behaviour as a custom property. */
function behaved(behavior: object, filterOperator: string, filterValue: unknown, type = "number") {
  return {
    customProperty: {
      behavior: {
        event: { value: "Purchase", label: "Purchase" },
        filters: [],
        filtersOperator: "and",
        behavioralFiltersOperator: "and",
        aggregationOperator: "total",
        aggregationOperatorPerUser: null,
        property: null,
        dateRange: { type: "in the last", window: { unit: "day", value: 30 } },
        ...behavior,
      },
    },
    customPropertyId: null,
    propertyName: null,
    propertyType: type,
    filterOperator,
    filterValue,
  };
}

describe("what scripts copy from the web app", () => {
  it("is who was first seen between two days of the project", async () => {
    const between = { type: "between", from: "2022-11-01", to: "2022-11-30" };
    const raw = `{"raw_cohort":{"name":"","id":null,"unsavedId":null,"description":"","groups":[
      {"type":"cohort_group",
       "event":{"resourceType":"cohort","value":"$all_users","label":"All Users"},
       "filters":[{"resourceType":"user","propertyName":"$mp_first_event_time","propertyObjectKey":null,
                   "propertyDefaultType":"datetime","propertyType":"datetime",
                   "filterOperator":"between",
                   "filterValue":${JSON.stringify(between)}}],
       "filtersOperator":"and","behavioralFilters":[],"behavioralFiltersOperator":"and",
       "groupingOperator":null,"property":null,"dataGroupId":""}]}}`;
    expect(await found(server, { filter_by_cohort: raw })).toBe("ada");
    expect(await found(server, { filter_by_cohort: raw, include_all_users: false })).toBe("ada");
  });

  it("is who did anything between two days", async () => {
    const event = { value: "$mp_anything_event", label: "Any Event" };
    const dateRange = { type: "between", from: "2024-05-01", to: "2024-05-08" };
    expect(await members(cohortGroup([behaved({ event, dateRange }, "is at least", 1)]))).toBe(
      "ada",
    );
  });

  it("is who is in a saved cohort, or in one that is written out", async () => {
    const { json } = await app.post("/cohorts", {
      name: "Premium",
      groups: [cohortGroup([property("plan", "string", "equals", ["premium"])])],
    });
    const membership = (filterOperator: string, cohort: object) => ({
      resourceType: "cohort",
      propertyType: "list",
      filterOperator,
      filterValue: [{ cohort }],
    });
    const saved = { id: json.results.id, name: "Premium", negated: false };
    expect(await members(cohortGroup([membership("contains", saved)]))).toBe("ada");
    expect(await members(cohortGroup([membership("does not contain", saved)]))).toBe("bob cyd");
    const raw_cohort = { groups: [cohortGroup([property("plan", "string", "equals", "free")])] };
    expect(
      await members(cohortGroup([membership("contains", { raw_cohort, negated: false })])),
    ).toBe("bob");
    const base = { resourceType: "cohort", value: json.results.id };
    expect(await members(cohortGroup([], { event: base }))).toBe("ada");
    await app.delete(`/cohorts/${json.results.id}`);
  });
});

describe("a filter of profiles", () => {
  const DATE = "datetime";
  const days = (filterDateUnit: string) => ({ filterDateUnit });

  it.each<[string, unknown, string, string, string, object?]>([
    ["equals", ["premium"], "plan", "string", "ada"],
    ["equals", ["premium", "FREE"], "plan", "string", "ada bob"],
    ["is equal to", 5, "seats", "number", "ada"],
    ["does not equal", ["premium"], "plan", "string", "bob cyd"],
    ["contains", "REM", "plan", "string", "ada"],
    ["contains", ["rem", "ree"], "plan", "string", "ada bob"],
    ["contains", "a", "tags", "list", "ada"],
    ["does not contain", "rem", "plan", "string", "bob cyd"],
    ["starts with", "pre", "plan", "string", "ada"],
    ["ends with", "EE", "plan", "string", "bob"],
    ["is set", null, "plan", "string", "ada bob"],
    ["is not set", undefined, "plan", "string", "cyd"],
    ["true", undefined, "active", "boolean", "ada"],
    ["false", undefined, "active", "boolean", "bob"],
    ["equals", ["true"], "active", "boolean", "ada"],
    ["equals", "false", "active", "boolean", "bob"],
    ["equals", [true], "active", "boolean", "ada"],
    ["is greater than", 5, "seats", "number", "bob"],
    ["is less than", 20, "seats", "number", "ada"],
    ["is at least", 5, "seats", "number", "ada bob"],
    ["is at most", 5, "seats", "number", "ada"],
    ["is greater than or equal to", 20, "seats", "number", "bob"],
    ["is less than or equal to", 20, "seats", "number", "ada bob"],
    ["is between", [5, 20], "seats", "number", "ada bob"],
    ["between", [6, 20], "seats", "number", "bob"],
    ["not between", [6, 20], "seats", "number", "ada cyd"],
    ["between", { type: "between", from: "2024-04-01", to: "2024-04-01" }, "joined", DATE, "bob"],
    ["was on", "2024-04-01", "joined", DATE, "bob"],
    ["was not on", "2024-04-01", "joined", DATE, "ada cyd"],
    ["was before", "2024-05-01", "joined", DATE, "bob"],
    ["was since", "2024-05-01", "joined", DATE, "ada cyd"],
    ["was between", ["2024-05-01", "2024-05-12"], "joined", DATE, "ada cyd"],
    ["was not between", ["2024-05-01", "2024-05-12"], "joined", DATE, "bob"],
    ["on", "2024-05-01", "joined", DATE, "ada"],
    ["not on", "2024-05-01", "joined", DATE, "bob cyd"],
    ["before", "2024-04-02", "joined", DATE, "bob"],
    ["since", "2024-05-02", "joined", DATE, "cyd"],
    ["was in the", 10, "joined", DATE, "ada", days("day")],
    ["was not in the", 10, "joined", DATE, "bob cyd", days("day")],
    ["was in the next", 48, "joined", DATE, "cyd", days("hour")],
    ["in the last", 2, "joined", DATE, "ada bob", days("month")],
    ["not in the last", 2, "joined", DATE, "cyd", days("month")],
    ["in the next", 1, "joined", DATE, "cyd", days("week")],
    ["before the last", 2, "joined", DATE, "bob", days("week")],
    ["equals", ["nike"], "cart", "object", "ada bob", { propertyObjectKey: "brand" }],
    ["is less than", 5, "cart", "number", "ada", { propertyObjectKey: "price" }],
  ])("%s %j of %s (%s): %s", async (operator, value, name, type, expected, more = {}) => {
    expect(await members(cohortGroup([property(name, type, operator, value, more)]))).toBe(
      expected,
    );
  });

  it("was less than is refused, as nobody knows what it means", async () => {
    expect(await members(cohortGroup([property("joined", DATE, "was less than", 5)]))).toMatch(
      /^400 /,
    );
  });
});

describe("a filter of behaviours", () => {
  const amount = { value: "amount", resourceType: "event", type: "number" };
  const sku = { value: "sku", resourceType: "event", type: "string" };

  it.each<[string, object, string, unknown, string, string]>([
    ["a count", {}, "is at least", 2, "number", "ada"],
    ["a sum", { property: amount }, "equals", 40, "number", "ada"],
    [
      "average",
      { aggregationOperator: "average", property: amount },
      "equals",
      20,
      "number",
      "ada",
    ],
    ["min", { aggregationOperator: "min", property: amount }, "equals", 10, "number", "ada"],
    ["max", { aggregationOperator: "max", property: amount }, "equals", 30, "number", "ada"],
    [
      "unique",
      { aggregationOperator: "unique_values", property: sku },
      "equals",
      2,
      "number",
      "ada",
    ],
    [
      "first",
      { aggregationOperator: "first_value", property: sku },
      "equals",
      ["y"],
      "string",
      "ada",
    ],
    [
      "last",
      { aggregationOperator: "last_value", property: sku },
      "equals",
      ["x"],
      "string",
      "ada",
    ],
    [
      "often",
      { aggregationOperator: "most_frequent", property: sku },
      "is set",
      null,
      "string",
      "ada",
    ],
    [
      "the first time",
      { aggregationOperator: "first_event_time" },
      "was on",
      "2024-05-08",
      "datetime",
      "ada",
    ],
    [
      "the last time",
      { aggregationOperator: "last_event_time" },
      "was since",
      "2024-05-09",
      "datetime",
      "ada",
    ],
    [
      "since a day",
      { dateRange: { type: "since", from: "2024-01-01" } },
      "equals",
      1,
      "number",
      "bob",
    ],
    [
      "between days",
      { dateRange: { type: "between", from: "2024-05-09", to: "2024-05-09" } },
      "is greater than",
      0,
      "number",
      "ada",
    ],
    [
      "events by their properties",
      {
        filters: [
          {
            resourceType: "events",
            value: "sku",
            filterType: "string",
            defaultType: "string",
            filterOperator: "equals",
            filterValue: ["x"],
          },
        ],
      },
      "equals",
      1,
      "number",
      "ada",
    ],
  ])("is %s", async (_name, behavior, operator, value, type, expected) => {
    const filter = behaved(behavior, operator, value, type);
    expect(await members(cohortGroup([filter]))).toBe(expected);
    expect(await members(cohortGroup([], { behavioralFilters: [filter] }))).toBe(expected);
  });
});

describe("groups", () => {
  const plan = (name: string) => property("plan", "string", "equals", [name]);

  it("join their filters by `and` or `or`", async () => {
    const filters = [plan("premium"), property("seats", "number", "is at least", 10)];
    expect(await members(cohortGroup(filters))).toBe("");
    expect(await members(cohortGroup(filters, { filtersOperator: "or" }))).toBe("ada bob");
  });

  it("are joined from the left to the right", async () => {
    const anybody = cohortGroup([], { groupingOperator: "or" });
    const premium = cohortGroup([plan("premium")], { groupingOperator: "and" });
    const free = cohortGroup([plan("free")]);
    expect(await members(anybody, premium, free)).toBe("bob");
  });

  it("win over a tree beside them", async () => {
    const children = [{ property: "user", value: "plan", operator: "==", operand: "premium" }];
    const raw_cohort = {
      groups: [cohortGroup([plan("free")])],
      selector: { operator: "and", children },
    };
    expect(await found(server, { filter_by_cohort: { raw_cohort } })).toBe("bob");
    expect(
      await found(server, { filter_by_cohort: { raw_cohort: { ...raw_cohort, groups: [] } } }),
    ).toBe("ada");
  });

  it("need a base population, in queries and when they are saved", async () => {
    const text = "Missing or invalid 'resourceType' field in filter group 0";
    expect(await members(cohortGroup([], { event: undefined }))).toBe(`400 ${text}`);
    const { status, json } = await app.post("/cohorts", {
      name: "x",
      groups: [cohortGroup([], { event: undefined })],
    });
    expect(status).toBe(400);
    expect(json).toMatchObject({ status: "error", error: text });
  });

  it("are given back as they came", async () => {
    const groups = `[{"dataGroupId":"","type":"cohort_group","z":1.0,"event":{"value":"$all_users","resourceType":"cohort"},"filters":[],"filtersOperator":"and","behavioralFilters":[],"behavioralFiltersOperator":"and"}]`;
    const created = await app.post("/cohorts/", `{"name":"Verbatim","groups":${groups}}`);
    expect(created.text).toContain(`"groups":${groups}`);
    const { id } = created.json.results;
    expect((await app.get(`/cohorts/${id}/`)).text).toContain(`"groups":${groups}`);
    await app.delete(`/cohorts/${id}`);
  });
});
