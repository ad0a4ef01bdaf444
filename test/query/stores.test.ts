import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { SavedCohort } from "../../src/cohort/cohort.ts";
import { DuckdbStore } from "../../src/duckdb/store.ts";
import type { Event } from "../../src/event/event.ts";
import { plan, planCohort, type QueryRequest } from "../../src/query/plan.ts";
import { MemoryStore } from "../../src/store/memory.ts";
import type { Store } from "../../src/store/store.ts";
import type { Value } from "../../src/values/value.ts";
import { groupOf, saved, sourceOf } from "../cohort/support.ts";
import { GLOBAL, PROJECT, REQUEST } from "./support.ts";

const STORES: readonly (readonly [string, () => Promise<Store>])[] = [
  ["memory", async () => new MemoryStore()],
  ["DuckDB", () => DuckdbStore.open(":memory:")],
];

const USERS = { projectId: PROJECT.id, groupKey: undefined };
const COMPANIES = { projectId: PROJECT.id, groupKey: "company_id" };

/** 2023-11-14T22:13:20Z. */
const NOW = 1_700_000_000;
const DAY = 86_400;

const PURCHASES = [{ name: "buys", window: "30d", event_selectors: [{ event: "Purchase" }] }];

const COHORTS: readonly SavedCohort[] = [
  saved(1, { selector: 'behaviors["buys"] >= 2', behaviors: PURCHASES }, { name: "Buyers" }),
  saved(2, {}, { isStatic: true, name: "Invited" }),
  saved(3, { selector: 'cohort("Buyers") and not cohort(2)' }),
  saved(4, { selector: 'properties["seats"] >= 10' }, { groupKey: "company_id" }),
  saved(
    5,
    { selector: 'behaviors["buys"] >= 1', behaviors: PURCHASES },
    { groupKey: "company_id" },
  ),
];

describe.each(STORES)("%s", (_name, open) => {
  let store: Store;

  beforeAll(async () => {
    store = await open();
    await store.apply([
      {
        scope: USERS,
        updates: [
          update("ada", {
            plan: "premium",
            cart: [
              { sku: "a", n: 1 },
              { sku: "b", n: 9 },
            ],
          }),
          update("bob", { plan: "free", cart: { sku: "a", n: 3 }, born: "1990-05-01" }),
          update("cyd", { plan: "Premium", age: "36" }),
        ],
      },
      { scope: COMPANIES, updates: [update("acme", { seats: 12 }), update("ibex", { seats: 3 })] },
      {
        projectId: PROJECT.id,
        identity: "simplified",
        events: [
          event("Purchase", "ada", NOW - 2 * DAY, { amount: 5, company_id: "acme" }),
          event("Purchase", "ada", NOW - DAY, { amount: 7, sku: "x" }),
          event("Purchase", "bob", NOW - 40 * DAY, { amount: 100 }),
          event("View", "bob", NOW - 3 * DAY, { page: "pricing" }),
          // Somebody without a profile.
          event("Purchase", "dee", NOW - 5 * DAY, { amount: 1 }),
          event("Purchase", "dee", NOW - 4 * DAY, { amount: 2 }),
        ],
      },
    ]);
    await store.setMembers(USERS, 2, ["bob", "eve"]);
  });

  afterAll(() => store.close());

  async function ids(request: Partial<QueryRequest>): Promise<string> {
    const context = {
      project: PROJECT,
      workspace: GLOBAL,
      groupKeys: ["company_id"],
      cohorts: sourceOf(...COHORTS),
    };
    const query = plan({ ...REQUEST, asOfSeconds: NOW, ...request }, context);
    const keys = await store.select(query);
    const rows = await store.read(query.scope, keys, query.includesStrangers);
    expect(await store.count(query)).toBe(rows.length);
    return rows.map(({ distinctId }) => distinctId).join(" ");
  }

  it.each([
    ['behaviors["buys"] >= 2', "ada"],
    ['behaviors["buys"] == 0', "bob cyd"],
    ['behaviors["buys"] == 0 and properties["plan"] == "premium"', "cyd"],
    ['behaviors["buys"] * 2 + 1 > 4', "ada"],
    ['behaviors["buys"] == 0 and not cohort("Invited")', "cyd"],
    ['cohort(3) or properties["plan"] == "free"', "ada bob"],
  ])("selects by %s", async (where, answer) => {
    expect(await ids({ where, behaviors: PURCHASES })).toBe(answer);
  });

  it("moves windows with the query's time", async () => {
    const asked = { where: 'behaviors["buys"] > 0', behaviors: PURCHASES };
    expect(await ids({ ...asked, asOfSeconds: NOW - 20 * DAY })).toBe("bob");
    expect(await ids({ ...asked, asOfSeconds: NOW + 14 * 3600 })).toBe("ada");
  });

  it("sorts by a behavior", async () => {
    const asked = { behaviors: PURCHASES, sortKey: 'behaviors["buys"]', descending: true };
    expect(await ids(asked)).toBe("ada bob cyd");
  });

  it.each([
    [{ id: 1 }, "ada dee", "ada"],
    [{ id: 2 }, "bob eve", "bob"],
    [{ id: 3 }, "ada dee", "ada"],
    [{ id: 2, negated: true }, "ada cyd dee", "ada cyd"],
  ])("filters by cohort %j, with and without strangers", async (filterByCohort, all, profiles) => {
    expect(await ids({ filterByCohort })).toBe(all);
    expect(await ids({ filterByCohort, includeAllUsers: false })).toBe(profiles);
  });

  it("narrows a cohort with where", async () => {
    expect(await ids({ filterByCohort: { id: 2 }, where: 'properties["plan"] == "free"' })).toBe(
      "bob",
    );
  });

  it("finds groups by what they are and what was done in their name", async () => {
    expect(await ids({ filterByCohort: { id: 4 }, includeAllUsers: false })).toBe("acme");
    expect(await ids({ filterByCohort: { id: 5 }, includeAllUsers: false })).toBe("acme");
  });

  it.each([
    [
      "first seen between",
      user(
        "$mp_first_event_time",
        "between",
        { type: "between", from: "2023-11-01", to: "2023-11-30" },
        "datetime",
      ),
      "ada dee",
    ],
    [
      "any event between",
      did(
        {
          event: { value: "$mp_anything_event" },
          dateRange: { type: "between", from: "2023-11-11", to: "2023-11-11" },
        },
        "is at least",
        1,
      ),
      "bob",
    ],
    [
      "member of a cohort",
      {
        resourceType: "cohort",
        filterOperator: "contains",
        filterValue: [{ cohort: { id: 2, negated: false } }],
      },
      "bob eve",
    ],
    ["a sum", did({ property: "amount" }, "is at least", 12), "ada bob"],
    [
      "an average that nobody has",
      did({ aggregationOperator: "average", property: "amount" }, "is at most", 5),
      "dee",
    ],
    [
      "how many values",
      did({ aggregationOperator: "unique_values", property: "sku" }, "equals", 1),
      "ada",
    ],
    [
      "the last time",
      {
        ...did({ aggregationOperator: "last_event_time" }, "was since", "2023-11-11"),
        propertyType: "datetime",
      },
      "ada",
    ],
    [
      "the last value",
      {
        ...did({ aggregationOperator: "last_value", property: "sku" }, "equals", ["X"]),
        propertyType: "string",
      },
      "ada",
    ],
    [
      "events of some kind",
      did(
        {
          event: { value: "View" },
          filters: [
            {
              resourceType: "events",
              value: "page",
              filterType: "string",
              filterOperator: "contains",
              filterValue: "PRIC",
            },
          ],
        },
        "is at least",
        1,
      ),
      "bob",
    ],
    [
      "events of some users",
      did(
        {
          filters: [
            {
              resourceType: "people",
              value: "plan",
              filterType: "string",
              filterOperator: "equals",
              filterValue: ["premium"],
            },
          ],
        },
        "is at least",
        1,
      ),
      "ada",
    ],
    [
      "a member of an object",
      { ...user("cart", "equals", ["A"], "string"), propertyObjectKey: "sku" },
      "ada bob",
    ],
    [
      "no such member",
      { ...user("cart", "does not equal", ["B"], "string"), propertyObjectKey: "sku" },
      "bob cyd dee eve",
    ],
    [
      "all objects of a list",
      {
        ...user("cart", "true", true, "object"),
        listQuantifier: "all",
        listItemFilters: [user("n", "is at least", 2, "number")],
      },
      "bob",
    ],
    [
      "a number that is a text",
      { ...user("age", "is between", [30, 40], "number"), propertyDefaultType: "string" },
      "cyd",
    ],
    ["a date", user("born", "was on", "1990-05-01", "datetime"), "bob"],
    ["what is missing", user("plan", "is not set", null, "string"), "dee eve"],
  ])("reads a filter of the web application on %s", async (_what, filter, answer) => {
    expect(await ids({ filterByCohort: { raw_cohort: groupOf(filter) } })).toBe(answer);
  });

  it.each([
    [
      {
        count: { event_selector: { event: "Purchase", selector: null }, type: "absolute" },
        window: { unit: "day", value: 30 },
      },
      2,
      "ada dee",
    ],
    [
      {
        count: { event_selector: { event: "Purchase" }, type: "day" },
        window: { unit: "week", value: 1 },
      },
      2,
      "ada dee",
    ],
    [
      {
        count: { event_selector: { event: "$all_events" } },
        from_date: "2023-10-01",
        to_date: "2023-11-14",
      },
      2,
      "ada bob dee",
    ],
    [
      {
        count: {
          event_selector: { event: "Purchase" },
          aggregationOperator: "median",
          property: "amount",
        },
      },
      6,
      "ada bob",
    ],
  ])("reads a tree with the behavior %j", async (behavior, operand, answer) => {
    const raw = {
      selector: {
        operator: "and",
        children: [{ property: "behaviors", value: "bhvr_0", operator: ">=", operand }],
      },
      behaviors: { bhvr_0: behavior },
    };
    expect(await ids({ filterByCohort: { raw_cohort: raw } })).toBe(answer);
  });

  it("counts the members of saved cohorts", async () => {
    const cohorts = sourceOf(...COHORTS);
    const counts = COHORTS.map((cohort) =>
      store.count(
        planCohort(
          cohort,
          { project: PROJECT, cohorts },
          { asOfSeconds: NOW, includesStrangers: true },
        ),
      ),
    );
    expect(await Promise.all(counts)).toEqual([2, 2, 2, 1, 1]);
  });
});

function update(distinctId: string, properties: Readonly<Record<string, Value>>) {
  return {
    distinctId,
    seenAtSeconds: NOW,
    ignoreTime: false,
    ignoreAlias: false,
    operations: [{ kind: "set" as const, values: new Map(Object.entries(properties)) }],
  };
}

function event(
  name: string,
  distinctId: string,
  seconds: number,
  properties: Readonly<Record<string, Value>>,
): Event {
  return {
    name,
    distinctId,
    timeMs: seconds * 1000,
    insertId: `${name}-${distinctId}-${seconds}`,
    receivedAtMs: NOW * 1000,
    properties: new Map(Object.entries(properties)),
  };
}

function user(propertyName: string, filterOperator: string, filterValue: unknown, type: string) {
  return {
    resourceType: "user",
    propertyName,
    propertyType: type,
    propertyDefaultType: type,
    filterOperator,
    filterValue,
  };
}

/** A filter on purchases, or on what else is said. */
function did(behavior: object, filterOperator: string, filterValue: unknown) {
  const all = {
    event: { value: "Purchase" },
    filters: [],
    aggregationOperator: "total",
    property: null,
  };
  return {
    customProperty: { behavior: { ...all, ...behavior } },
    propertyType: "number",
    filterOperator,
    filterValue,
  };
}
