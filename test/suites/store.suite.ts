/**
 * What every store must do.
 *
 * @module
 */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { PROPERTIES_MAX } from "../../src/profile/limits.ts";
import type { Scope } from "../../src/profile/profile.ts";
import type { Store } from "../../src/store/store.ts";
import {
  COMPANIES,
  idsOf,
  propertiesOf,
  query,
  remove,
  SEEN_AT,
  selector,
  set,
  USERS,
  update,
} from "../support/updates.ts";
import { testBehaviors } from "./behaviors.suite.ts";
import { testDocuments } from "./documents.suite.ts";
import { testEvents } from "./events.suite.ts";
import { testIdentity } from "./identity.suite.ts";
import { testLookUps } from "./look-ups.suite.ts";
import { testMeasures } from "./measures.suite.ts";
import { testReading } from "./reading.suite.ts";
import { testRecords } from "./records.suite.ts";
import { testStatistics } from "./statistics.suite.ts";
import { testStoredValues } from "./stored-values.suite.ts";
import { testStrangers } from "./strangers.suite.ts";
import { testSummaries } from "./summaries.suite.ts";

/** Declares the tests of a store; `open` gives an empty one. */
export function testStore(name: string, open: () => Promise<Store>): void {
  describe(`${name} store`, () => {
    const current = openForEach(open);
    testWriting(current);
    testSelecting(current);
    testReading(current);
    testDocuments(current);
    testLookUps(current);
    testStoredValues(current);
    testSummaries(current);
  });
}

/** Declares the tests of what a store keeps and computes besides profiles. */
export function testEventStore(name: string, open: () => Promise<Store>): void {
  describe(`events in the ${name} store`, () => testEvents(openForEach(open)));
  describe(`identity in the ${name} store`, () => testIdentity(openForEach(open)));
  describe(`strangers in the ${name} store`, () => testStrangers(openForEach(open)));
  describe(`behaviors in the ${name} store`, () => testBehaviors(openForEach(open)));
  describe(`measures in the ${name} store`, () => testMeasures(openForEach(open)));
  describe(`statistics of the ${name} store`, () => testStatistics(openForEach(open)));
  describe(`records in the ${name} store`, () => testRecords(openForEach(open)));
}

function openForEach(open: () => Promise<Store>): () => Store {
  let store: Store;
  beforeEach(async () => {
    store = await open();
  });
  afterEach(async () => {
    await store.close();
  });
  return () => store;
}

async function apply(store: Store, ...updates: Parameters<typeof set>[]): Promise<void> {
  await store.apply([{ scope: USERS, updates: updates.map((args) => set(...args)) }]);
}

function testWriting(current: () => Store): void {
  it("is empty at first", async () => {
    const store = current();
    expect(await store.count(query())).toBe(0);
    expect(await idsOf(store)).toEqual([]);
    expect(await store.properties(query(), 10)).toEqual([]);
    expect(store.groupKeys(1)).toEqual([]);
  });

  it("does nothing for no batches and for empty ones", async () => {
    const store = current();
    expect(await store.apply([])).toEqual([]);
    expect(await store.apply([{ scope: USERS, updates: [] }])).toEqual([]);
    expect(await store.count(query())).toBe(0);
  });

  it("creates, changes and deletes a profile", async () => {
    const store = current();
    await apply(store, ["ada", { plan: "pro", seats: 3 }]);
    expect(await propertiesOf(store, "ada")).toEqual(
      new Map<string, unknown>([
        ["plan", "pro"],
        ["seats", 3],
      ]),
    );
    await apply(store, ["ada", { plan: "free" }]);
    expect(await propertiesOf(store, "ada")).toEqual(
      new Map<string, unknown>([
        ["plan", "free"],
        ["seats", 3],
      ]),
    );
    await store.apply([{ scope: USERS, updates: [remove("ada")] }]);
    expect(await propertiesOf(store, "ada")).toBeUndefined();
    expect(await store.count(query())).toBe(0);
  });

  it("writes the time of the update into $last_seen", async () => {
    const store = current();
    await apply(store, ["ada", {}]);
    expect(
      await idsOf(store, { selectors: [selector(`properties["$last_seen"] == "${SEEN_AT}"`)] }),
    ).toEqual(["ada"]);
  });

  it("applies the updates of one call in order", async () => {
    const store = current();
    await store.apply([
      {
        scope: USERS,
        updates: [
          set("ada", { n: 1 }),
          update("ada", { kind: "add", amounts: new Map([["n", 2]]) }),
          update("ada", { kind: "append", values: new Map([["l", "a"]]) }),
          update("ada", { kind: "append", values: new Map([["l", "b"]]) }),
          set("bob", { n: 1 }),
          remove("bob"),
          remove("cyd"),
          set("cyd", { n: 2 }),
        ],
      },
      { scope: USERS, updates: [update("ada", { kind: "add", amounts: new Map([["n", 10]]) })] },
    ]);
    expect(await propertiesOf(store, "ada")).toEqual(
      new Map<string, unknown>([
        ["n", 13],
        ["l", ["a", "b"]],
      ]),
    );
    expect(await idsOf(store)).toEqual(["ada", "cyd"]);
  });

  it("applies every operation to what earlier calls stored", async () => {
    const store = current();
    await apply(store, ["ada", { a: 1, b: "x", l: [1, "1", 1, { k: 1 }], gone: true }]);
    await store.apply([
      {
        scope: USERS,
        updates: [
          update(
            "ada",
            {
              kind: "set_once",
              values: new Map<string, number>([
                ["a", 9],
                ["c", 3],
              ]),
            },
            {
              kind: "add",
              amounts: new Map([
                ["a", 0.5],
                ["b", 1],
              ]),
            },
            { kind: "union", values: new Map([["l", [{ k: 1 }, 2]]]) },
            { kind: "remove", values: new Map([["l", 1]]) },
            { kind: "unset", names: ["gone", "never"] },
          ),
        ],
      },
    ]);
    expect(await propertiesOf(store, "ada")).toEqual(
      new Map<string, unknown>([
        ["a", 1.5],
        ["b", "x"],
        ["l", ["1", { k: 1 }, 2]],
        ["c", 3],
      ]),
    );
    expect(
      await idsOf(store, {
        selectors: [selector('properties["a"] == 1.5 and 2 in properties["l"]')],
      }),
    ).toEqual(["ada"]);
    expect(await idsOf(store, { selectors: [selector('defined(properties["gone"])')] })).toEqual(
      [],
    );
  });

  it("creates nothing by remove, unset or delete", async () => {
    const store = current();
    await store.apply([
      {
        scope: USERS,
        updates: [
          update("ada", { kind: "remove", values: new Map([["l", 1]]) }),
          update("ada", { kind: "unset", names: ["a"] }),
          remove("ada"),
        ],
      },
    ]);
    expect(await store.count(query())).toBe(0);
  });

  it("keeps scopes apart", async () => {
    const store = current();
    const scopes: readonly Scope[] = [
      USERS,
      { projectId: 2, groupKey: undefined },
      { projectId: 12, groupKey: undefined },
      COMPANIES,
      { projectId: 1, groupKey: "Company" },
      { projectId: 2, groupKey: "company" },
      { projectId: 1, groupKey: "" },
    ];
    await store.apply(
      scopes.map((scope, n) => ({
        scope,
        updates: [set("same", { n }), set(`own ${n}`, { [`p${n}`]: n })],
      })),
    );
    for (const [n, scope] of scopes.entries()) {
      expect(await idsOf(store, { scope })).toEqual([`own ${n}`, "same"]);
      expect((await propertiesOf(store, "same", scope))?.get("n")).toBe(n);
      expect(
        await idsOf(store, { scope, selectors: [selector(`properties["n"] == ${n}`)] }),
      ).toEqual(["same"]);
      const names = (await store.properties(query({ scope }), 10)).map((summary) => summary.name);
      expect(names.toSorted()).toEqual(["$last_seen", "n", `p${n}`]);
    }
    await store.apply([{ scope: USERS, updates: [remove("same")] }]);
    expect(await store.count(query())).toBe(1);
    expect(await store.count(query({ scope: COMPANIES }))).toBe(2);
    expect(store.groupKeys(1).toSorted()).toEqual(["", "Company", "company"]);
    expect(store.groupKeys(2)).toEqual(["company"]);
    expect(store.groupKeys(12)).toEqual([]);
  });

  it("refuses an update that leaves too many properties, and applies the others", async () => {
    const store = current();
    const full = Array.from({ length: PROPERTIES_MAX }, (_, n) => [`p${n}`, n] as const);
    const rejections = await store.apply([
      { scope: COMPANIES, updates: [set("acme", { a: 1 })] },
      {
        scope: USERS,
        updates: [
          set("ada", full),
          set("ada", { one: 1, p0: "no" }),
          set("ada", { p1: "yes" }),
          set("bob", { a: 1 }),
        ],
      },
    ]);
    expect(rejections).toEqual([{ batch: 1, index: 1, message: expect.stringContaining("2000") }]);
    const ada = await propertiesOf(store, "ada");
    expect(ada?.size).toBe(PROPERTIES_MAX);
    expect([ada?.get("p0"), ada?.get("p1"), ada?.get("p1999")]).toEqual([0, "yes", 1999]);
    expect(await idsOf(store)).toEqual(["ada", "bob"]);
  });
}

function testSelecting(current: () => Store): void {
  it("selects only profiles for which every selector is true", async () => {
    const store = current();
    await apply(
      store,
      ["ada", { plan: "pro", n: 1 }],
      ["bob", { plan: "pro" }],
      ["cyd", { plan: "free", n: 1 }],
      ["dan", {}],
    );
    const isPro = selector('properties["plan"] == "pro"');
    const isOne = selector('properties["n"] == 1');
    expect(await idsOf(store, { selectors: [isPro] })).toEqual(["ada", "bob"]);
    expect(await idsOf(store, { selectors: [isPro, isOne] })).toEqual(["ada"]);
    expect(
      await idsOf(store, { selectors: [selector('not (properties["plan"] == "pro")')] }),
    ).toEqual(["cyd", "dan"]);
    expect(await idsOf(store, { selectors: [selector('properties["n"]')] })).toEqual([]);
    expect(await store.count(query({ selectors: [isPro] }))).toBe(2);
  });

  it("orders by code point of the distinct id", async () => {
    const store = current();
    const ids = ["b", "B", "a", "\u{1F600}", "\uffff", "é", "10", "9", "a\u0000", "", " ", "aa"];
    await apply(store, ...ids.map((id) => [id, {}] satisfies Parameters<typeof set>));
    const expected = [
      "",
      " ",
      "10",
      "9",
      "B",
      "a",
      "a\u0000",
      "aa",
      "b",
      "é",
      "\uffff",
      "\u{1F600}",
    ];
    expect(await idsOf(store)).toEqual(expected);
  });

  it("selects among given ids, each once, in order of id", async () => {
    const store = current();
    await apply(store, ["ada", { n: 1 }], ["bob", { n: 2 }], ["o'neil", { n: 3 }]);
    const distinctIds = ["o'neil", "nobody", "ada", "ada", "ADA"];
    expect(await idsOf(store, { distinctIds })).toEqual(["ada", "o'neil"]);
    expect(await idsOf(store, { distinctIds: [] })).toEqual([]);
    expect(
      await idsOf(store, { distinctIds, selectors: [selector('properties["n"] > 1')] }),
    ).toEqual(["o'neil"]);
    expect(await store.count(query({ distinctIds }))).toBe(2);
  });

  it("selects by the id under each of its names, whatever is stored", async () => {
    const store = current();
    await apply(store, ["ada", { $distinct_id: "bob", distinct_id: "bob" }], ["bob", {}]);
    const asks = ['properties["$distinct_id"] == "ada"', 'properties["distinct_id"] == "ada"'];
    for (const ask of asks)
      expect(await idsOf(store, { selectors: [selector(ask)] })).toEqual(["ada"]);
  });

  it("selects groups by id and key", async () => {
    const store = current();
    await store.apply([
      {
        scope: COMPANIES,
        updates: [set("acme", { $group_id: "other", n: 1 }), set("bolt", { n: 1 })],
      },
    ]);
    const ask = 'properties["$group_id"] == "acme" and properties["$group_key"] == "company"';
    expect(await idsOf(store, { scope: COMPANIES, selectors: [selector(ask)] })).toEqual(["acme"]);
    expect(
      await idsOf(store, {
        scope: COMPANIES,
        selectors: [selector('properties["$distinct_id"] == "bolt"')],
      }),
    ).toEqual(["bolt"]);
  });

  it.each([
    [false, ["n1", "n2", "n2b", "ta", "tA", "tb", "yes", "gone", "null"]],
    [true, ["yes", "tb", "tA", "ta", "n2", "n2b", "n1", "gone", "null"]],
  ])(
    "sorts mixed types, missing last, ties by id (descending: %s)",
    async (descending, expected) => {
      const store = current();
      await apply(
        store,
        ["yes", { k: true }],
        ["tb", { k: "b" }],
        ["tA", { k: "AB" }],
        ["ta", { k: "a" }],
        ["null", { k: null }],
        ["n2b", { k: 2 }],
        ["n2", { k: 2 }],
        ["gone", { other: 1 }],
        ["n1", { k: -10 }],
      );
      const sort = { key: selector('properties["k"]'), descending };
      expect(await idsOf(store, { sort })).toEqual(expected);
      expect(await idsOf(store, { sort, limit: 3 })).toEqual(expected.slice(0, 3));
    },
  );

  it("takes at most the limit, and counts no more", async () => {
    const store = current();
    await apply(store, ["b", {}], ["a", {}], ["c", {}]);
    expect(await idsOf(store, { limit: 2 })).toEqual(["a", "b"]);
    expect(await store.count(query({ limit: 2 }))).toBe(2);
    expect(await store.count(query({ limit: 9 }))).toBe(3);
    expect(await idsOf(store, { limit: 0 })).toEqual([]);
  });

  it("stops when the caller has gone", async () => {
    const store = current();
    await apply(store, ["a", {}]);
    await expect(store.select(query(), AbortSignal.abort())).rejects.toThrow();
    expect(await idsOf(store)).toEqual(["a"]);
  });

  it("explains a query", async () => {
    const explained = await current().explain(
      query({ selectors: [selector('properties["a"] == "\';drop"')] }),
    );
    expect(explained.statement).not.toContain("drop");
  });
}
