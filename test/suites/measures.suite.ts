/**
 * What every store must make of the events that a behavior counts.
 *
 * @module
 */
import { describe, expect, it } from "vitest";
import type { Measure } from "../../src/event/behavior.ts";
import type { Store } from "../../src/store/store.ts";
import { type Computed, Datetime, type Value } from "../../src/values/value.ts";
import {
  AT,
  behavior,
  behaviorSelector,
  event,
  events,
  eventTest,
  valueFor,
} from "../support/events.ts";
import { idsOf, set, USERS } from "../support/updates.ts";

const DAY_SECONDS = 86_400;

/** Events of one user: seconds after `AT`, and what the property `p` holds. */
type Sample = readonly (readonly [number, Value | undefined])[];

const NUMBERS: Sample = [
  [0, 4],
  [1, "7"],
  [2, 1],
  [3, null],
  [4, 2.5],
  [5, undefined],
  [6, 10],
  [7, [100]],
];

const TEXTS: Sample = [
  [5, "b"],
  [1, null],
  [2, "A"],
  [3, "B"],
  [4, "a"],
  [0, undefined],
];

/** Declares the tests of measures. */
export function testMeasures(current: () => Store): void {
  async function measured(sample: Sample, measure: Measure, timeZone = "UTC"): Promise<Computed> {
    const list = sample.map(([second, p]) =>
      event("e", "ada", p === undefined ? {} : { p }, { timeMs: (AT + second) * 1000 }),
    );
    await current().apply([
      { scope: USERS, updates: [set("ada", {}), set("bob", {})] },
      events([...list, event("e", "bob", { p: "bob's" })]),
    ]);
    const behaviors = new Map([["x", behavior(measure)]]);
    return valueFor("ada", current(), 'behaviors["x"]', { behaviors, timeZone });
  }

  describe("measure", () => {
    it.each<readonly [string, Sample, Computed]>([
      ["sum", NUMBERS, 17.5],
      ["average", NUMBERS, 4.375],
      ["min", NUMBERS, 1],
      ["max", NUMBERS, 10],
      ["median", NUMBERS, 3.25],
      ["median", NUMBERS.slice(0, 5), 2.5],
      ["unique", NUMBERS, 6],
      ["sum", TEXTS, 0],
      ["average", TEXTS, undefined],
      ["min", TEXTS, undefined],
      ["max", TEXTS, undefined],
      ["median", TEXTS, undefined],
      ["unique", TEXTS, 2],
      ["most_frequent", TEXTS, "A"],
      ["first_value", TEXTS, "A"],
      ["last_value", TEXTS, "b"],
      ["most_frequent", NUMBERS, 4],
      [
        "first_value",
        [
          [1, 5],
          [0, null],
          [2, 6],
        ],
        5,
      ],
      [
        "last_value",
        [
          [1, 5],
          [3, null],
          [2, 6],
        ],
        6,
      ],
      [
        "first_value",
        [
          [0, ["a", 1]],
          [1, "b"],
        ],
        ["a", 1],
      ],
      [
        "last_value",
        [
          [0, "a"],
          [1, false],
        ],
        false,
      ],
      ["first_value", [[0, null]], undefined],
      ["most_frequent", [[0, null]], undefined],
      [
        "most_frequent",
        [
          [0, "1"],
          [1, 1],
          [2, true],
          [3, 1],
        ],
        1,
      ],
      [
        "unique",
        [
          [0, "x"],
          [1, "X"],
          [2, 1],
          [3, "1"],
          [4, true],
          [5, [1]],
          [6, [1]],
        ],
        5,
      ],
      [
        "unique",
        [
          [0, { a: 1, b: "X" }],
          [1, { b: "x", a: 1 }],
          [2, { a: 1 }],
        ],
        2,
      ],
      ["unique", [[0, null]], 0],
      [
        "sum",
        [
          [0, -2],
          [1, 2],
        ],
        0,
      ],
      ["sum", [], 0],
      ["unique", [], 0],
      ["average", [], undefined],
      ["first_value", [], undefined],
    ])("%s of %j", async (kind, sample, expected) => {
      const measure = { kind, property: "p" } as Measure;
      expect(await measured(sample, measure)).toEqual(expected);
    });

    it("counts nothing as zero, and dates nothing as undefined", async () => {
      expect(await measured([], { kind: "count" })).toBe(0);
      expect(await measured([], { kind: "days" })).toBe(0);
      expect(await measured([], { kind: "first_time" })).toBeUndefined();
      expect(await measured([], { kind: "last_time" })).toBeUndefined();
    });

    it("takes the first and the last time as datetimes, in whole seconds", async () => {
      const sample: Sample = [
        [7, 1],
        [0.9, 1],
        [20.7, 1],
      ];
      expect(await measured(sample, { kind: "first_time" })).toEqual(new Datetime(AT));
      expect(await measured(sample, { kind: "last_time" })).toEqual(new Datetime(AT + 20));
    });

    it.each([
      ["UTC", 3],
      ["America/New_York", 2],
      ["Asia/Kolkata", 2],
    ])("counts calendar days of %s", async (timeZone, expected) => {
      const midnight = 1_714_521_600 - AT;
      const sample: Sample = [
        midnight - 1,
        midnight,
        midnight + 5 * 3600,
        midnight + DAY_SECONDS,
      ].map((second) => [second, 1]);
      expect(await measured(sample, { kind: "days" }, timeZone)).toBe(expected);
    });

    it("counts days by the clocks of the zone, through their changes", async () => {
      // In New York the 3rd of November 2024 has 25 hours and ends at 05:00 UTC of the next day.
      const end = 1_730_696_400 - AT;
      const sample: Sample = [end - 25 * 3600, end - 1, end].map((second) => [second, 1]);
      expect(await measured(sample, { kind: "days" }, "America/New_York")).toBe(2);
    });

    it("orders events of one time by name, then by insert id", async () => {
      const at = { timeMs: AT * 1000 };
      await current().apply([
        { scope: USERS, updates: [set("ada", {})] },
        events([
          event("b", "ada", { p: "third" }, { ...at, insertId: "1" }),
          event("a", "ada", { p: "second" }, { ...at, insertId: "2" }),
          event("a", "ada", { p: "first" }, { ...at, insertId: "10" }),
          event("é", "ada", { p: "last" }, { ...at, insertId: "0" }),
        ]),
      ]);
      const of = async (kind: "first_value" | "last_value" | "most_frequent") => {
        const behaviors = new Map([["x", behavior({ kind, property: "p" })]]);
        return valueFor("ada", current(), 'behaviors["x"]', { behaviors });
      };
      expect(await of("first_value")).toBe("first");
      expect(await of("most_frequent")).toBe("first");
      expect(await of("last_value")).toBe("last");
    });

    it("measures what an event is kept by, too", async () => {
      const of = async (measure: Measure) => {
        const behaviors = new Map([["x", behavior(measure)]]);
        return valueFor("ada", current(), 'behaviors["x"]', { behaviors });
      };
      await measured(NUMBERS, { kind: "count" });
      expect(await of({ kind: "unique", property: "$insert_id" })).toBe(8);
      expect(await of({ kind: "max", property: "time" })).toBe(AT + 7);
      expect(await of({ kind: "first_value", property: "$event_name" })).toBe("e");
    });

    it("measures only the events that its tests and window take", async () => {
      await measured(NUMBERS, { kind: "count" });
      const tests = [eventTest("e", 'event["p"] > 1'), eventTest("other")];
      const span = { fromSeconds: AT + 1, toSeconds: AT + 6 };
      const of = async (measure: Measure) => {
        const behaviors = new Map([["x", behavior(measure, { tests, span })]]);
        return valueFor("ada", current(), 'behaviors["x"]', { behaviors });
      };
      expect(await of({ kind: "sum", property: "p" })).toBe(12.5);
      expect(await of({ kind: "count" })).toBe(2);
      expect(await of({ kind: "first_time" })).toEqual(new Datetime(AT + 4));
      expect(await of({ kind: "first_value", property: "p" })).toBe(2.5);
    });

    it("compares what it comes to in selectors", async () => {
      await measured(TEXTS, { kind: "count" });
      const behaviors = new Map([
        ["first", behavior({ kind: "first_value", property: "p" })],
        ["none", behavior({ kind: "max", property: "p" })],
        ["time", behavior({ kind: "last_time" })],
      ]);
      const ids = async (source: string) =>
        idsOf(current(), {
          behaviors,
          selectors: [behaviorSelector(source, ...behaviors.keys())],
        });
      expect(await ids('behaviors["first"] == "a"')).toEqual(["ada"]);
      expect(await ids('"BOB" in behaviors["first"]')).toEqual(["bob"]);
      expect(await ids('not defined(behaviors["none"])')).toEqual(["ada", "bob"]);
      expect(await ids('behaviors["none"] > 0')).toEqual([]);
      expect(await ids('behaviors["time"] > datetime("2024-05-01T10:00:04")')).toEqual(["ada"]);
      expect(await ids('behaviors["time"] == "2024-05-01T10:00:05"')).toEqual(["ada"]);
    });
  });
}
