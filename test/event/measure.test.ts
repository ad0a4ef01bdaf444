import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Behavior, Measure } from "../../src/event/behavior.ts";
import type { Event } from "../../src/event/event.ts";
import { behaviorValue } from "../../src/event/measure.ts";
import { type Computed, Datetime, type Value } from "../../src/values/value.ts";
import { AT, behavior, event, eventTest } from "../support/events.ts";
import { CONTEXT } from "../support/selector.ts";

function computed(measured: Behavior, list: readonly Event[]): Computed {
  return behaviorValue(measured, list, () => () => undefined, CONTEXT);
}

/** What a measure of `p` makes of values, one a second. */
function measure(kind: Measure["kind"], values: readonly Value[]): Computed {
  const list = values.map((p, n) => event("e", "ada", { p }, { timeMs: (AT + n) * 1000 }));
  return computed(behavior({ kind, property: "p" } as Measure), list);
}

describe("behaviorValue", () => {
  it("has no value of a sum or average that no number can hold", () => {
    expect(measure("sum", [1e308, 1e308])).toBeUndefined();
    expect(measure("average", [1e308, 1e308])).toBeUndefined();
    expect(measure("median", [1.5e308, 1.7e308])).toBe(1.6e308);
  });

  it("adds without losing small numbers between large ones", () => {
    expect(measure("sum", [1e16, 1, -1e16])).toBe(1);
    expect(measure("average", [1e16, 2, -1e16])).toBe(2 / 3);
  });

  it("takes the value that came first of those that are as frequent", () => {
    expect(measure("most_frequent", ["b", "a", "A", "B", "c"])).toBe("b");
    expect(measure("most_frequent", ["b", "a", "A"])).toBe("a");
    expect(measure("most_frequent", [{ a: 1, b: 2 }, "x", { b: 2, a: 1 }])).toEqual({ a: 1, b: 2 });
  });

  it("needs no order, and leaves the list as it is", () => {
    const kinds: readonly Measure["kind"][] = [
      "count",
      "days",
      "first_time",
      "last_time",
      "sum",
      "unique",
      "average",
      "min",
      "max",
      "median",
      "most_frequent",
      "first_value",
      "last_value",
    ];
    const one = fc
      .record({
        p: fc.constantFrom<Value>(1, 2.5, "a", "A", null, true, ["a"]),
        second: fc.integer({ min: 0, max: 3 }),
        name: fc.constantFrom("e", "f"),
      })
      .map(({ p, second, name }) => event(name, "ada", { p }, { timeMs: (AT + second) * 1000 }));
    fc.assert(
      fc.property(fc.array(one, { maxLength: 8 }), (list) => {
        for (const kind of kinds) {
          const measured = behavior({ kind, property: "p" } as Measure);
          const before = [...list];
          const value = computed(measured, list);
          expect(list).toEqual(before);
          expect(computed(measured, list.toReversed())).toEqual(value);
        }
      }),
    );
  });

  it("reads the profile of each event in a test", () => {
    const list = [event("e", "ada"), event("e", "bob")];
    const tests = [eventTest("e", 'user["plan"] == "pro"')];
    const profileOf =
      ({ distinctId }: Event) =>
      (name: string) =>
        name === "plan" && distinctId === "bob" ? "pro" : undefined;
    const counted = behavior({ kind: "last_time" }, { tests });
    expect(behaviorValue(counted, list, profileOf, CONTEXT)).toEqual(new Datetime(AT));
    const count = behavior({ kind: "count" }, { tests });
    expect(behaviorValue(count, list, profileOf, CONTEXT)).toBe(1);
  });

  it("counts nothing without tests", () => {
    expect(computed(behavior({ kind: "count" }, { tests: [] }), [event("e", "ada")])).toBe(0);
  });
});
