/**
 * What every store must do with events: keep them, and give them out.
 *
 * @module
 */
import { expect, it } from "vitest";
import { type Event, NOBODY } from "../../src/event/event.ts";
import type { Store } from "../../src/store/store.ts";
import {
  AT,
  event,
  eventQuery,
  eventSelector,
  events,
  namesOf,
  RECEIVED_AT_MS,
  rowsOf,
} from "../support/events.ts";
import { idsOf, remove, set, USERS } from "../support/updates.ts";

/** Declares the tests of events. */
export function testEvents(current: () => Store): void {
  async function write(...list: readonly Event[]): Promise<void> {
    expect(await current().apply([events(list)])).toEqual([]);
  }

  it("has no events at first", async () => {
    expect(await rowsOf(current())).toEqual([]);
    await write();
    expect(await rowsOf(current())).toEqual([]);
  });

  it("gives an event out as it came", async () => {
    const properties: readonly (readonly [string, unknown])[] = [
      ["price", 9.5],
      ["__proto__", "data"],
      ['"; drop table events; --', null],
      ["nul\u0000", "a\u0000b"],
      ["tags", ["a", 1, { deep: [true] }]],
      ["\u{1F600}", "\u{1F600}"],
    ];
    await write(event("Purchase", "ada", properties as never, { insertId: "i-1" }));
    const [row, ...others] = await rowsOf(current());
    expect(others).toEqual([]);
    expect({ ...row, propertiesJson: "" }).toEqual({
      name: "Purchase",
      distinctId: "ada",
      canonicalId: "ada",
      timeMs: AT * 1000,
      insertId: "i-1",
      receivedAtMs: RECEIVED_AT_MS,
      propertiesJson: "",
    });
    const read = JSON.parse(row?.propertiesJson ?? "") as object;
    expect(Object.entries(read)).toEqual(properties);
  });

  it("keeps hostile names and ids apart", async () => {
    const texts = [
      "",
      " ",
      "a",
      "A",
      "á",
      "a\u0301",
      "'",
      '"',
      "\\",
      "\u0000",
      "a\u0000",
      "%",
      "$1",
    ];
    await write(
      ...texts.map((text) => event(text, "ada", {}, { insertId: "same" })),
      ...texts.map((text) => event("of", `id ${text}`, {}, { insertId: "same" })),
      ...texts.map((text) => event("insert", "ada", {}, { insertId: text })),
    );
    expect(await rowsOf(current())).toHaveLength(3 * texts.length);
    for (const text of texts) {
      expect(await namesOf(current(), { names: [text] })).toEqual([text]);
      const [own, ...others] = await rowsOf(current(), { distinctIds: [`id ${text}`] });
      expect([own?.distinctId, others]).toEqual([`id ${text}`, []]);
    }
  });

  it("orders by time, name, distinct id and insert id, in byte order", async () => {
    const ordered: readonly Event[] = [
      event("z", "z", {}, { timeMs: -1, insertId: "z" }),
      event("z", "z", {}, { timeMs: 0, insertId: "z" }),
      event("B", "ada", {}, { timeMs: 1, insertId: "1" }),
      event("a", "B", {}, { timeMs: 1, insertId: "9" }),
      event("a", "a", {}, { timeMs: 1, insertId: "10" }),
      event("a", "a", {}, { timeMs: 1, insertId: "9" }),
      event("a", "é", {}, { timeMs: 1, insertId: "1" }),
      event("a", "\uffff", {}, { timeMs: 1, insertId: "1" }),
      event("a", "\u{1F600}", {}, { timeMs: 1, insertId: "1" }),
      event("a", "a", {}, { timeMs: AT * 1000, insertId: "0" }),
    ];
    await write(...ordered.toReversed());
    const rows = await rowsOf(current());
    const identities = rows.map((row) => [row.timeMs, row.name, row.distinctId, row.insertId]);
    expect(identities).toEqual(
      ordered.map((one) => [one.timeMs, one.name, one.distinctId, one.insertId]),
    );
    const first = await rowsOf(current(), { limit: 3 });
    expect(first.map(({ name }) => name)).toEqual(["z", "z", "B"]);
    expect(await rowsOf(current(), { limit: 0 })).toEqual([]);
  });

  it("replaces an event that came before, in one call and over many", async () => {
    const same = { insertId: "same", timeMs: AT * 1000 };
    await write(
      event("e", "ada", { n: 1, only: true }, same),
      event("e", "ada", { n: 2 }, { ...same, receivedAtMs: 2 }),
      event("f", "ada", { n: 3 }, same),
      event("e", "bob", { n: 4 }, same),
      event("e", "ada", { n: 5 }, { ...same, timeMs: AT * 1000 + 1 }),
      event("e", "ada", { n: 6 }, { ...same, insertId: "other" }),
    );
    await write(event("f", "ada", { n: 7 }, { ...same, receivedAtMs: 1 }));
    await current().apply([events([event("e", "ada", { n: 8 }, same)], "simplified", 2)]);
    const rows = await rowsOf(current());
    const shown = rows.map((row) => [row.distinctId, row.propertiesJson, row.receivedAtMs]);
    expect(shown).toEqual([
      ["ada", '{"n":6}', RECEIVED_AT_MS],
      ["ada", '{"n":2}', 2],
      ["bob", '{"n":4}', RECEIVED_AT_MS],
      ["ada", '{"n":7}', 1],
      ["ada", '{"n":5}', RECEIVED_AT_MS],
    ]);
  });

  it("counts time by the whole second, both ends of a span included", async () => {
    await write(
      event("before", "ada", {}, { timeMs: 999 }),
      event("first", "ada", {}, { timeMs: 1000 }),
      event("last", "ada", {}, { timeMs: 2999 }),
      event("after", "ada", {}, { timeMs: 3000 }),
      event("early", "ada", {}, { timeMs: -1 }),
    );
    const between = async (fromSeconds: number, toSeconds: number) =>
      namesOf(current(), { span: { fromSeconds, toSeconds } });
    expect(await between(1, 2)).toEqual(["first", "last"]);
    expect(await between(1, 1)).toEqual(["first"]);
    expect(await between(-1, 0)).toEqual(["early", "before"]);
    expect(await between(-1, -1)).toEqual(["early"]);
    expect(await between(2, 1)).toEqual([]);
  });

  it("selects by name and by distinct id, exactly", async () => {
    await write(
      event("Buy", "ada"),
      event("buy", "Ada"),
      event("Sell", "bob"),
      event("Sell", "ada", {}, { timeMs: AT * 1000 + 1 }),
    );
    expect(await namesOf(current(), { names: ["Buy", "nothing"] })).toEqual(["Buy"]);
    expect(await namesOf(current(), { names: [] })).toEqual([]);
    expect(await namesOf(current(), { distinctIds: ["ada", "ada", "nobody"] })).toEqual([
      "Buy",
      "Sell",
    ]);
    expect(await namesOf(current(), { distinctIds: [] })).toEqual([]);
    expect(await namesOf(current(), { distinctIds: ["bob", "Ada"], names: ["Sell"] })).toEqual([
      "Sell",
    ]);
  });

  it.each([
    ['event["price"] > 5', ["dear"]],
    ['properties["price"] > 5', ["dear"]],
    ['not (event["price"] > 5)', ["cheap", "free"]],
    ['defined(event["price"])', ["cheap", "dear"]],
    ['"red" in event["tags"]', ["cheap"]],
    ['user["plan"] == "PRO"', ["cheap"]],
    ['user["plan"] == "free" or event["price"] == 9', ["dear"]],
    ['not defined(user["plan"])', ["dear", "free"]],
    ['user["$distinct_id"] == "ada"', ["cheap"]],
    ['defined(user["distinct_id"])', ["cheap"]],
    ['event["$event_name"] == "free"', ["free"]],
    ['event["distinct_id"] == "bob"', ["dear"]],
    ['event["$distinct_id"] == "bob" and event["$insert_id"] == "i2"', ["dear"]],
    [`event["time"] == ${AT + 1}`, ["dear"]],
    ['event["$time"] == "2024-05-01T10:00:01"', ["dear"]],
    ['event["$time"] >= datetime("2024-05-01T10:00:01")', ["dear", "free"]],
    [`event["mp_processing_time_ms"] == ${RECEIVED_AT_MS}`, ["cheap", "dear", "free"]],
    ['event["time"] < NOW', ["cheap"]],
    ['event["price"]', []],
  ])("selects by %s", async (source, expected) => {
    const own = { time: "stored", $time: "stored", distinct_id: "x", $insert_id: "x" };
    await current().apply([
      { scope: USERS, updates: [set("ada", { plan: "pro", $event_name: "x" })] },
      events([
        event("cheap", "ada", { price: 3, tags: ["Red"], ...own }, { timeMs: AT * 1000 }),
        event("dear", "bob", { price: 9, ...own }, { timeMs: AT * 1000 + 1999, insertId: "i2" }),
        event("free", NOBODY, { $event_name: "x", ...own }, { timeMs: AT * 1000 + 2000 }),
      ]),
    ]);
    const asked = { selector: eventSelector(source), asOfSeconds: AT + 1 };
    expect(await namesOf(current(), asked)).toEqual(expected);
    const limited = await namesOf(current(), { ...asked, limit: 1 });
    expect(limited).toEqual(expected.slice(0, 1));
  });

  it("reads the profile as it is now", async () => {
    const asked = { selector: eventSelector('user["plan"] == "pro"') };
    await write(event("e", "ada"));
    expect(await namesOf(current(), asked)).toEqual([]);
    await current().apply([{ scope: USERS, updates: [set("ada", { plan: "pro" })] }]);
    expect(await namesOf(current(), asked)).toEqual(["e"]);
    await current().apply([{ scope: USERS, updates: [remove("ada")] }]);
    expect(await namesOf(current(), asked)).toEqual([]);
  });

  it("keeps nobody's events, which belong to no profile", async () => {
    await current().apply([
      events([event("e", NOBODY), event("e", NOBODY), event("f", "ada")]),
      { scope: USERS, updates: [set("ada", {})] },
    ]);
    expect(await namesOf(current())).toHaveLength(3);
    expect(await namesOf(current(), { distinctIds: [NOBODY] })).toEqual([]);
    expect(await namesOf(current(), { distinctIds: [NOBODY, "ada"] })).toEqual(["f"]);
    expect(await idsOf(current(), { includesStrangers: true })).toEqual(["ada"]);
  });

  it("makes no profiles, and keeps projects apart", async () => {
    await write(event("e", "ada", { n: 1 }));
    await current().apply([events([event("other", "ada")], "simplified", 2)]);
    expect(await idsOf(current())).toEqual([]);
    expect(await namesOf(current())).toEqual(["e"]);
    expect(await namesOf(current(), { projectId: 2 })).toEqual(["other"]);
    expect(await namesOf(current(), { projectId: 3 })).toEqual([]);
    expect(current().groupKeys(1)).toEqual([]);
  });

  it("gives thousands of events out, each once and in order", async () => {
    const count = 7_000;
    const list = Array.from({ length: count }, (_, n) =>
      event("e", `u${n % 7}`, { n }, { timeMs: AT * 1000 + ((n * 4001) % count) }),
    );
    await write(...list.slice(0, 3_000));
    await write(...list.slice(3_000));
    const rows = await rowsOf(current());
    expect(rows.map(({ timeMs }) => timeMs - AT * 1000)).toEqual(
      Array.from({ length: count }, (_, n) => n),
    );
    const numbers = new Set(rows.map(({ propertiesJson }) => JSON.parse(propertiesJson).n));
    expect(numbers.size).toBe(count);
  });

  it("gives all events of one state, though others write meanwhile", async () => {
    const list = Array.from({ length: 5_000 }, (_, n) =>
      event("e", "ada", {}, { timeMs: AT * 1000 + n }),
    );
    await write(...list);
    const names: string[] = [];
    for await (const batch of current().events(eventQuery())) {
      if (names.length === 0) {
        await write(event("late", "ada", {}, { timeMs: AT * 1000 + 9_999 }));
      }
      names.push(...batch.map(({ name }) => name));
    }
    expect(names).toHaveLength(5_000);
    expect(names).not.toContain("late");
    expect(await namesOf(current())).toHaveLength(5_001);
  });

  it("stops when the caller has gone, or stops reading", async () => {
    await write(...Array.from({ length: 5_000 }, (_, n) => event("e", `u${n}`)));
    const aborted = async () => {
      for await (const _ of current().events(eventQuery(), AbortSignal.abort())) expect.fail();
    };
    await expect(aborted()).rejects.toThrow();
    for await (const batch of current().events(eventQuery())) {
      expect(batch.length).toBeGreaterThan(0);
      break;
    }
    await write(event("f", "ada"));
    expect(await namesOf(current(), { names: ["f"] })).toEqual(["f"]);
  });
}
