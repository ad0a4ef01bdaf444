/**
 * What every store must tell about the properties of a scope.
 *
 * @module
 */
import { beforeEach, describe, expect, it } from "vitest";
import type { Store } from "../../src/store/store.ts";
import type { Value } from "../../src/values/value.ts";
import { behaviorSelector, countOf, event, events } from "../support/events.ts";
import { COMPANIES, query, remove, selector, set, USERS } from "../support/updates.ts";

/** Declares the tests of `properties`. */
export function testSummaries(current: () => Store): void {
  async function summariesOf(values: readonly Value[]): Promise<readonly unknown[]> {
    const updates = values.map((value, n) => set(`id${n}`, { p: value }));
    await current().apply([{ scope: USERS, updates }]);
    const summaries = await current().properties(query(), 100);
    return summaries.filter(({ name }) => name === "p");
  }

  it.each([
    ["texts", ["a", "b"], { count: 2, type: "string" }],
    ["numbers", [1, 2, "a"], { count: 3, type: "number" }],
    ["booleans", [true, false, 1], { count: 3, type: "boolean" }],
    ["lists", [[1], [], 1], { count: 3, type: "list" }],
    ["objects", [{ a: 1 }, {}, "a"], { count: 3, type: "object" }],
    ["dates", ["2024-01-01", "2024-01-01T10:00:00", "x"], { count: 3, type: "datetime" }],
    ["half dates", ["2024-01-01", "x"], { count: 2, type: "string" }],
    ["dates beside as many numbers", ["2024-01-01", 1], { count: 2, type: "number" }],
    ["a text and a number", [1, "a"], { count: 2, type: "string" }],
    ["a number and a boolean", [true, 1], { count: 2, type: "number" }],
    ["a list and an object", [{}, []], { count: 2, type: "list" }],
    ["nulls beside", [null, null, 1], { count: 1, type: "number" }],
  ] as const)("gives the most frequent type of %s", async (_, values, expected) => {
    expect(await summariesOf(values as readonly Value[])).toEqual([{ name: "p", ...expected }]);
  });

  it("leaves out what is null everywhere", async () => {
    expect(await summariesOf([null, null])).toEqual([]);
  });

  it("orders by count, then by code point of the name, and takes at most the limit", async () => {
    await current().apply([
      {
        scope: USERS,
        updates: [
          set("a", { z: 1, b: 1, B: 1 }),
          set("b", { z: 1, b: 1, é: 1 }),
          set("c", { z: 1 }),
        ],
      },
      { scope: COMPANIES, updates: [set("acme", { only: 1 })] },
    ]);
    const names = (await current().properties(query(), 100)).map(({ name, count }) => [
      name,
      count,
    ]);
    expect(names).toEqual([
      ["$last_seen", 3],
      ["z", 3],
      ["b", 2],
      ["B", 1],
      ["é", 1],
    ]);
    expect(await current().properties(query(), 2)).toEqual([
      { name: "$last_seen", count: 3, type: "datetime" },
      { name: "z", count: 3, type: "number" },
    ]);
  });

  describe("of profiles that a query selects", () => {
    async function namesOf(members: Parameters<typeof query>[0]): Promise<readonly string[]> {
      const summaries = await current().properties(query(members), 100);
      return summaries.map(({ name, count }) => `${name} ${count}`);
    }

    beforeEach(async () => {
      const many = Array.from({ length: 60 }, (_, n) => [`m${n}`, n] as const);
      await current().apply([
        {
          scope: USERS,
          updates: [
            set("ada", { plan: "pro", seats: 2 }),
            set("bob", { plan: "Pro", seats: "two", "only\" bob's": 1 }),
            set("cyd", [["plan", "free"], ["secret", true], ...many]),
          ],
        },
        events([event("buy", "cyd"), event("buy", "stranger")]),
      ]);
    });

    it.each([
      ["a condition", { selectors: [selector('properties["plan"] == "pro"')] }],
      [
        "a condition that no engine can say",
        { selectors: [selector('upper(properties["plan"]) == "PRO"')] },
      ],
      ["ids", { distinctIds: ["ada", "bob", "nobody"] }],
      ["a limit", { limit: 2 }],
      [
        "an order and a limit",
        { sort: { key: selector('properties["seats"]'), descending: false }, limit: 2 },
      ],
      [
        "a behavior",
        {
          behaviors: new Map([["b", countOf("buy")]]),
          selectors: [behaviorSelector('behaviors["b"] == 0', "b")],
        },
      ],
    ])("counts only theirs, by %s", async (_, members) => {
      expect(await namesOf(members)).toEqual([
        "$last_seen 2",
        "plan 2",
        "seats 2",
        "only\" bob's 1",
      ]);
    });

    it("counts nothing of nobody and of strangers", async () => {
      expect(await namesOf({ selectors: [selector('properties["plan"] == "gold"')] })).toEqual([]);
      expect(await namesOf({ distinctIds: ["stranger"], includesStrangers: true })).toEqual([]);
      expect(await namesOf({ includesStrangers: true })).toHaveLength(65);
    });
  });

  it("counts what is there now", async () => {
    await summariesOf([1, 2, "a"]);
    await current().apply([{ scope: USERS, updates: [remove("id0"), set("id1", { p: "b" })] }]);
    const [, summary] = await current().properties(query(), 2);
    expect(summary).toEqual({ name: "p", count: 2, type: "string" });
  });
}
