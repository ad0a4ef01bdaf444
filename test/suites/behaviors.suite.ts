/**
 * What every store must make of behaviors.
 *
 * @module
 */
import { expect, it } from "vitest";
import type { Behavior } from "../../src/event/behavior.ts";
import { type Event, NOBODY } from "../../src/event/event.ts";
import type { Store } from "../../src/store/store.ts";
import {
  AT,
  behavior,
  behaviorSelector,
  countOf,
  event,
  events,
  eventTest,
  valueFor,
  valuesById,
} from "../support/events.ts";
import { COMPANIES, idsOf, remove, set, USERS } from "../support/updates.ts";

/** Declares the tests of behaviors. */
export function testBehaviors(current: () => Store): void {
  testSelection(current);
  testGroups(current);
}

function testSelection(current: () => Store): void {
  async function write(...list: readonly Event[]): Promise<void> {
    await current().apply([
      { scope: USERS, updates: [set("ada", { plan: "pro" }), set("bob", { plan: "free" })] },
      events(list),
    ]);
  }
  const views = new Map([["views", countOf("view")]]);

  it("is zero for who never did it", async () => {
    await write(
      event("view", "ada"),
      event("view", "ada"),
      event("buy", "bob"),
      event("view", "x"),
    );
    expect(await valuesById(current(), 'behaviors["views"]', { behaviors: views })).toEqual({
      ada: 2,
      bob: 0,
    });
    const ids = async (source: string) =>
      idsOf(current(), { behaviors: views, selectors: [behaviorSelector(source, "views")] });
    expect(await ids('behaviors["views"] > 0')).toEqual(["ada"]);
    expect(await ids('behaviors["views"] == 0')).toEqual(["bob"]);
    expect(await ids('behaviors["views"] * 2 + 1 == 5')).toEqual(["ada"]);
    expect(await ids('behaviors["views"] >= 2 and properties["plan"] == "pro"')).toEqual(["ada"]);
    expect(await ids('behaviors["views"] > 1 or properties["plan"] == "free"')).toEqual([
      "ada",
      "bob",
    ]);
    expect(await ids('not (behaviors["views"] == 2)')).toEqual(["bob"]);
    expect(await ids('if(behaviors["views"] > 1, "many", "few") == "many"')).toEqual(["ada"]);
    expect(await ids('behaviors["views"]')).toEqual([]);
  });

  it("sorts by a behavior", async () => {
    await write(event("view", "bob"), event("view", "bob"), event("view", "ada"));
    const key = behaviorSelector('behaviors["views"]', "views");
    const sorted = async (descending: boolean) =>
      idsOf(current(), { behaviors: views, sort: { key, descending } });
    expect(await sorted(true)).toEqual(["bob", "ada"]);
    expect(await sorted(false)).toEqual(["ada", "bob"]);
  });

  it("counts within its window, both ends included, by the whole second", async () => {
    const at = (timeMs: number) => event("view", "ada", {}, { timeMs });
    await write(at(999), at(1000), at(1999), at(3000), at(3999), at(4000), at(-1));
    const within = (fromSeconds: number, toSeconds: number) =>
      countOf("view", { span: { fromSeconds, toSeconds } });
    const behaviors = new Map([
      ["a", within(1, 3)],
      ["b", within(2, 2)],
      ["c", within(4, 1)],
      ["d", within(-1, 0)],
    ]);
    for (const [name, count] of [
      ["a", 4],
      ["b", 0],
      ["c", 0],
      ["d", 2],
    ] as const) {
      const found = await valueFor("ada", current(), `behaviors["${name}"]`, { behaviors });
      expect([name, found]).toEqual([name, count]);
    }
  });

  it("tells names apart by case, and counts any event without a name", async () => {
    await write(event("View", "ada"), event("view", "ada"), event("", "ada"));
    const behaviors = new Map([
      ["view", countOf("view")],
      ["none", countOf("")],
      ["all", behavior({ kind: "count" })],
    ]);
    expect(await valueFor("ada", current(), 'behaviors["view"]', { behaviors })).toBe(1);
    expect(await valueFor("ada", current(), 'behaviors["none"]', { behaviors })).toBe(1);
    expect(await valueFor("ada", current(), 'behaviors["all"]', { behaviors })).toBe(3);
  });

  it("counts an event that several tests fit once", async () => {
    await write(
      event("view", "ada", { page: "home" }),
      event("view", "ada", { page: "shop" }),
      event("buy", "ada", { price: 5 }),
      event("sell", "ada"),
    );
    const tests = [
      eventTest("view"),
      eventTest("view", 'event["page"] == "home"'),
      eventTest(undefined, 'event["price"] > 1'),
    ];
    const behaviors = new Map([["x", behavior({ kind: "count" }, { tests })]]);
    expect(await valueFor("ada", current(), 'behaviors["x"]', { behaviors })).toBe(3);
  });

  it.each([
    ['event["page"] == "HOME"', { ada: 2, bob: 0 }],
    ['properties["page"] == "home"', { ada: 2, bob: 0 }],
    ['not (event["page"] == "home")', { ada: 1, bob: 1 }],
    ['user["plan"] == "pro"', { ada: 3, bob: 0 }],
    ['user["plan"] == "free" or event["page"] == "home"', { ada: 2, bob: 1 }],
    ['"mobile" in event["agent"]', { ada: 1, bob: 0 }],
    ['defined(event["n"])', { ada: 0, bob: 1 }],
    ['string(event["n"]) == "5"', { ada: 0, bob: 1 }],
    ['event["time"] <= NOW - 1', { ada: 1, bob: 0 }],
    ['event["$time"] < "2024-05-01T10:00:00"', { ada: 1, bob: 0 }],
    ['event["$event_name"] == "view" and event["$distinct_id"] == "ada"', { ada: 3, bob: 0 }],
  ])("counts events for which %s", async (source, expected) => {
    await write(
      event("view", "ada", { page: "home", agent: "a Mobile one" }),
      event("view", "ada", { page: "home" }, { timeMs: (AT - 1) * 1000 }),
      event("view", "ada", { n: null }),
      event("view", "bob", { n: 5 }),
    );
    const behaviors = new Map([["x", countOf("view", { tests: [eventTest("view", source)] })]]);
    expect(await valuesById(current(), 'behaviors["x"]', { behaviors })).toEqual(expected);
    const selectors = [behaviorSelector('behaviors["x"] >= 2', "x")];
    const ids = Object.entries(expected).flatMap(([id, count]) => (count >= 2 ? [id] : []));
    expect(await idsOf(current(), { behaviors, selectors })).toEqual(ids);
  });

  it("keeps behaviors of one query apart, whatever their names", async () => {
    await write(event("view", "ada"), event("view", "ada"), event("buy", "ada"));
    const names = ["x", "X", "__proto__", "constructor", '"', "'", "", "\u{1F600}"];
    const behaviors = new Map<string, Behavior>(
      names.map((name, n) => [name, countOf(n % 2 === 0 ? "view" : "buy")]),
    );
    for (const [n, name] of names.entries()) {
      const source = `behaviors[${JSON.stringify(name)}]`;
      const found = await valueFor("ada", current(), source, { behaviors });
      expect([name, found]).toEqual([name, n % 2 === 0 ? 2 : 1]);
    }
    const source = 'behaviors["x"] == 2 and behaviors["X"] == 1 and behaviors["\'"] == 1';
    const selectors = [behaviorSelector(source, ...names)];
    expect(await idsOf(current(), { behaviors, selectors })).toEqual(["ada"]);
  });

  it("reads what is no number where the rest of the selector is special, too", async () => {
    await write(event("view", "ada", { page: "home" }), event("view", "bob", { page: "help" }));
    const behaviors = new Map([["last", behavior({ kind: "last_value", property: "page" })]]);
    const source =
      'any(x, map(y, [properties["plan"]], y + "!"), x == "pro!" and "om" in behaviors["last"])';
    const selectors = [behaviorSelector(source, "last")];
    expect(await idsOf(current(), { behaviors, selectors })).toEqual(["ada"]);
  });

  it("counts a replaced event once, as it is now", async () => {
    const same = { insertId: "same", timeMs: AT * 1000 };
    await write(event("view", "ada", { n: 1 }, same), event("view", "ada", { n: 2 }, same));
    const behaviors = new Map([["x", behavior({ kind: "sum", property: "n" })]]);
    expect(await valueFor("ada", current(), 'behaviors["x"]', { behaviors })).toBe(2);
    await write(event("view", "ada", { n: 5 }, same));
    expect(await valueFor("ada", current(), 'behaviors["x"]', { behaviors })).toBe(5);
  });

  it("keeps nobody's events and other projects' out", async () => {
    await current().apply([
      { scope: USERS, updates: [set("ada", {}), set(NOBODY, {})] },
      events([event("view", NOBODY), event("view", "ada")]),
      events([event("view", "ada")], "simplified", 2),
    ]);
    expect(await valuesById(current(), 'behaviors["views"]', { behaviors: views })).toEqual({
      "": 0,
      ada: 1,
    });
  });

  it("counts for a profile that is deleted and made anew", async () => {
    await write(event("view", "ada"));
    await current().apply([{ scope: USERS, updates: [remove("ada"), set("ada", {})] }]);
    const found = await valueFor("ada", current(), 'behaviors["views"]', { behaviors: views });
    expect(found).toBe(1);
  });

  it("knows the first event of a user", async () => {
    await write(
      event("view", "ada", {}, { timeMs: AT * 1000 + 5_000 }),
      event("buy", "ada", {}, { timeMs: AT * 1000 + 1_999 }),
    );
    const stored = { $mp_first_event_time: "2001-01-01T00:00:00" };
    await current().apply([{ scope: USERS, updates: [set("ada", stored), set("bob", stored)] }]);
    const source = 'properties["$mp_first_event_time"]';
    expect(await valuesById(current(), source)).toEqual({
      ada: "2024-05-01T10:00:01",
      bob: undefined,
    });
    const ids = async (text: string) => idsOf(current(), { selectors: [behaviorSelector(text)] });
    expect(await ids(`${source} == "2024-05-01T10:00:01"`)).toEqual(["ada"]);
    expect(await ids(`${source} < datetime("2024-05-01T10:00:02")`)).toEqual(["ada"]);
    expect(await ids(`not defined(${source})`)).toEqual(["bob"]);
    await current().apply([{ scope: COMPANIES, updates: [set("acme", stored)] }]);
    const companies = await valuesById(current(), source, { scope: COMPANIES });
    expect(companies).toEqual({ acme: "2001-01-01T00:00:00" });
  });
}

function testGroups(current: () => Store): void {
  it("counts events for the groups that a property names", async () => {
    await current().apply([
      {
        scope: COMPANIES,
        updates: [set("acme", {}), set("ACME", {}), set("7", {}), set("true", {}), set("", {})],
      },
      { scope: USERS, updates: [set("acme", {}), set("ada", { plan: "pro" })] },
      events([
        event("e", "ada", { company: "acme" }),
        event("e", "ada", { company: ["acme", "acme", 7] }),
        event("e", "bob", { company: ["7", null, { acme: 1 }] }),
        event("e", NOBODY, { company: true }),
        event("e", "acme", { company: "" }),
        event("e", "acme", { company: null }),
        event("e", "acme", { company: [["acme"]] }),
        event("e", "acme"),
      ]),
    ]);
    const count = new Map([["x", countOf("e")]]);
    const scope = COMPANIES;
    expect(await valuesById(current(), 'behaviors["x"]', { scope, behaviors: count })).toEqual({
      "": 0,
      "7": 2,
      ACME: 0,
      acme: 2,
      true: 1,
    });
    const ofPro = new Map([
      ["x", countOf("e", { tests: [eventTest("e", 'user["plan"] == "pro"')] })],
    ]);
    const found = await valuesById(current(), 'behaviors["x"]', { scope, behaviors: ofPro });
    expect(["acme", "7", "true"].map((id) => found[id])).toEqual([2, 1, 0]);
    const selectors = [behaviorSelector('behaviors["x"] == 2', "x")];
    expect(await idsOf(current(), { scope, behaviors: count, selectors })).toEqual(["7", "acme"]);
  });
}
