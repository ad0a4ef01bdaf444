import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  isEqual,
  isIn,
  isMember,
  isMissing,
  orderForSort,
  orderOf,
  secondsOf,
} from "../../src/values/compare.ts";
import { equalityKey } from "../../src/values/equality.ts";
import { parseInstant } from "../../src/values/time.ts";
import { type Computed, Datetime, makeObject, type Value } from "../../src/values/value.ts";
import { arbitraryValue } from "../support/value-arbitraries.ts";

const when = new Datetime(1_700_000_000);

describe("isEqual", () => {
  it.each<[Computed, Computed, boolean]>([
    ["Berlin", "bERLIN", true],
    ["Berlin", "Bern", false],
    ["\u0130", "i", true],
    ["stra\u00dfe", "STRASSE", false],
    ["\u03a3", "\u03c2", false],
    [0, -0, true],
    [1, 1.5, false],
    [1, "1", false],
    [1, true, false],
    [true, true, true],
    [true, "true", false],
    [null, null, true],
    [undefined, undefined, true],
    [null, undefined, false],
    [null, false, false],
    [when, new Datetime(1_700_000_000), true],
    [when, new Datetime(1_700_000_001), false],
    [when, "2023-11-14T22:13:20", true],
    ["2023-11-14T22:13:20.9Z", when, true],
    [when, "yesterday", false],
    [when, 1_700_000_000, false],
    [[1, "A"], [1, "a"], true],
    [[1, 2], [2, 1], false],
    [[1], [1, 1], false],
    [[], [], true],
    [[when], ["2023-11-14T22:13:20"], true],
    [[undefined], [undefined], true],
    [[undefined], [null], false],
    [[[1]], [[1]], true],
    [[[1]], [1], false],
    [[], {}, false],
    [{}, {}, true],
    [{ a: "X", b: [1] }, { b: [1], a: "x" }, true],
    [{ a: 1 }, { A: 1 }, false],
    [{ a: 1 }, { a: 1, b: 1 }, false],
    [{ a: null }, {}, false],
    [makeObject([["__proto__", 1]]), makeObject([["__proto__", 1]]), true],
    [makeObject([["__proto__", 1]]), {}, false],
    [makeObject([["constructor", null]]), makeObject([["toString", null]]), false],
  ])("says of %j and %j %s", (left, right, answer) => {
    expect(isEqual(left, right)).toBe(answer);
    expect(isEqual(right, left)).toBe(answer);
  });

  it("agrees with the key by which engines compare", () => {
    fc.assert(
      fc.property(arbitraryValue, arbitraryValue, (left, right) => {
        expect(isEqual(left, right)).toBe(equalityKey(left) === equalityKey(right));
      }),
      { numRuns: 2000 },
    );
  });

  it("is true of a value and its copy", () => {
    fc.assert(
      fc.property(arbitraryValue, (value) => {
        expect(isEqual(value, structuredClone(value) as Value)).toBe(true);
      }),
    );
  });

  it("compares values that nest deeper than the stack", () => {
    const nest = (leaf: number): Value => {
      let value: Value = leaf;
      for (let depth = 0; depth < 100_000; depth++) value = [value];
      return value;
    };
    expect(isEqual(nest(1), nest(1))).toBe(true);
    expect(isEqual(nest(1), nest(2))).toBe(false);
  });

  it("compares values that hold one part many times in the time of one", () => {
    const share = (leaf: number): Value => {
      let value: Value = [leaf];
      for (let depth = 0; depth < 100; depth++) value = [value, value];
      return value;
    };
    expect(isEqual(share(1), share(1))).toBe(true);
    expect(isEqual(share(1), share(2))).toBe(false);
  });
});

describe("orderOf", () => {
  it.each<[Computed, Computed, number | undefined]>([
    [1, 2, -1],
    [2, 2, 0],
    [-0, 0, 0],
    ["a", "B", -1],
    ["A", "a", 0],
    ["a", "ab", -1],
    ["\uffff", "\u{10000}", -1],
    [when, new Datetime(1), 1],
    [when, "2024-01-01", -1],
    ["2024-01-01", when, 1],
    [when, "never", undefined],
    [when, 5, undefined],
    ["1", 2, undefined],
    [true, false, undefined],
    [[1], [2], undefined],
    [{}, {}, undefined],
    [null, null, undefined],
    [undefined, undefined, undefined],
  ])("of %j and %j is %s", (left, right, order) => {
    expect(orderOf(left, right)).toBe(order);
  });
});

describe("isIn", () => {
  it.each<[Computed, Computed, boolean | undefined]>([
    ["gmail", "a@GMAIL.com", true],
    ["", "a", true],
    ["ab", "a", false],
    ["a", ["A", 1], true],
    ["a", ["ab"], false],
    [1, ["1"], false],
    [null, [null], true],
    [undefined, [undefined], false],
    [when, ["2023-11-14T22:13:20"], true],
    ["2023-11-14T22:13:20", [when], true],
    [{ a: 1 }, [{ a: 1 }], true],
    [["a", "b"], ["B", "c"], true],
    [["a"], [["a"]], false],
    [[], ["a"], false],
    [5, "a5", undefined],
    ["a", 5, undefined],
    ["a", null, undefined],
    ["a", undefined, undefined],
    ["a", { a: 1 }, undefined],
    [["a"], "a", undefined],
  ])("says of %j in %j %s", (left, right, answer) => {
    expect(isIn(left, right)).toBe(answer);
  });

  it("finds every element in its list", () => {
    fc.assert(
      fc.property(fc.array(arbitraryValue, { minLength: 1 }), fc.nat(), (list, at) => {
        expect(isMember(list[at % list.length], list)).toBe(true);
      }),
    );
  });
});

describe("orderForSort", () => {
  it("puts numbers before texts, booleans, datetimes, lists and objects, and what is missing last", () => {
    const values: Computed[] = [undefined, [2], when, "b", 2, true, {}, null, false, "A", -1];
    const sorted = [...values].sort(orderForSort);
    expect(sorted.slice(0, 7)).toEqual([-1, 2, "A", "b", false, true, when]);
    expect(sorted.slice(7, 9).every((value) => typeof value === "object")).toBe(true);
    expect(sorted.slice(9).every(isMissing)).toBe(true);
  });

  it("is an order: turned round it is its opposite, and it can be chained", () => {
    fc.assert(
      fc.property(arbitraryValue, arbitraryValue, arbitraryValue, (a, b, c) => {
        expect(orderForSort(a, b) + orderForSort(b, a)).toBe(0);
        if (orderForSort(a, b) <= 0 && orderForSort(b, c) <= 0) {
          expect(orderForSort(a, c)).toBeLessThanOrEqual(0);
        }
      }),
      { numRuns: 1000 },
    );
  });
});

describe("secondsOf", () => {
  it.each<[Computed, number | undefined]>([
    [when, 1_700_000_000],
    ["2023-11-14T22:13:20", 1_700_000_000],
    ["2023-11-14T23:13:20+01:00", 1_700_000_000],
    ["x", undefined],
    [1_700_000_000, undefined],
    [undefined, undefined],
  ])("of %j is %s", (value, seconds) => {
    expect(secondsOf(value)).toBe(seconds);
  });

  it("reads what parseInstant reads", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(secondsOf(text)).toBe(parseInstant(text, "UTC"));
      }),
    );
  });
});
