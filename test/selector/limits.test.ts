import { describe, expect, it } from "vitest";
import {
  DEPTH_MAX,
  ELEMENTS_VISITED_MAX,
  LIST_ITEMS_MAX,
  SELECTOR_LENGTH_MAX,
  TEXT_LENGTH_MAX,
  TEXT_MADE_MAX,
} from "../../src/selector/limits.ts";
import { compile, print, type Selector } from "../../src/selector/selector.ts";
import { answerOf, failureOf } from "../support/selector.ts";

/** Prints a selector and reads that again. */
function roundTrip(source: string): string {
  const printed = print((compile(source) as Selector).expression);
  return print((compile(printed) as Selector).expression);
}

describe("length", () => {
  const text = (length: number) => `"${"a".repeat(length - 2)}"`;

  it("is bounded", () => {
    expect(answerOf(text(SELECTOR_LENGTH_MAX))).toHaveLength(SELECTOR_LENGTH_MAX - 2);
    expect(failureOf(text(SELECTOR_LENGTH_MAX + 1))).toEqual(["selector.too_long", '"']);
  });

  it.each([
    ["or", "1 == 2", 13_000],
    ["and", "1 == 1", 11_900],
    ["+", "1", 60_000],
    ["-", '"a"', 30_000],
    ["or", "not true", 10_000],
  ])("allows a chain of %s over %s of %d terms", (operator, term, count) => {
    const source = Array.from({ length: count }, () => term).join(
      operator.length === 1 ? operator : ` ${operator} `,
    );
    const { expression } = compile(source) as Selector;
    expect(print(expression).length).toBeGreaterThanOrEqual(source.length);
    expect(answerOf(source)).toBe(
      { or: false, and: true, "+": count, "-": undefined }[operator as "or"],
    );
  });

  it("takes long lists and long argument lists", () => {
    expect(answerOf(`ifs(${"false, 1, ".repeat(10_000)}true, 2)`)).toBe(2);
    expect(answerOf(`len([${"1,".repeat(LIST_ITEMS_MAX - 1)}1])`)).toBe(LIST_ITEMS_MAX);
  });
});

describe("items of a list", () => {
  const list = (count: number) => `1 in [${Array.from({ length: count }, () => "2").join(",")}]`;

  it("are bounded", () => {
    expect(answerOf(list(LIST_ITEMS_MAX))).toBe(false);
    expect(failureOf(list(LIST_ITEMS_MAX + 1))).toEqual(["selector.list_too_long", "2"]);
  });
});

describe("depth", () => {
  /** Nests so many levels of one construct. */
  const nests: readonly (readonly [string, (depth: number) => string])[] = [
    ["parentheses", (depth) => `${"(".repeat(depth)}true${")".repeat(depth)}`],
    ["not", (depth) => `${"not ".repeat(depth)}true`],
    ["-", (depth) => `${"-".repeat(depth)}1`],
    ["lists", (depth) => `${"[".repeat(depth)}1${"]".repeat(depth)}`],
    ["calls", (depth) => `${"list(".repeat(depth)}1${")".repeat(depth)}`],
    ["let", (depth) => `${"let(x, 1, ".repeat(depth)}x${")".repeat(depth)}`],
    ["indexes", (depth) => `properties["a"]${'["b"]'.repeat(depth)}`],
    ["indexes of indexes", (depth) => `${"[1][".repeat(depth)}0${"]".repeat(depth)}`],
    ["not in", (depth) => `${"not (1 in [".repeat(depth / 3)}1${"])".repeat(depth / 3)}`],
    [
      "every level of operators",
      (depth) => `${"true or true and 1 == 1 + 1 * (".repeat(depth)}1${")".repeat(depth)}`,
    ],
  ];

  it.each(nests)("of %s is bounded", (_name, nest) => {
    const source = nest(DEPTH_MAX);
    expect(roundTrip(source)).toBe(print((compile(source) as Selector).expression));
    answerOf(source);
    expect(failureOf(nest(Math.ceil((DEPTH_MAX + 1) / 3) * 3))[0]).toBe("selector.too_deep");
  });

  it.each(nests)("of %s past all bounds is no deeper a call stack", (_name, nest) => {
    const width = nest(6).length - nest(3).length;
    const depth = Math.floor((SELECTOR_LENGTH_MAX - 100) / width) * 3;
    expect(failureOf(nest(depth))[0]).toBe("selector.too_deep");
  });

  it("counts what the canonical form of `not in` needs", () => {
    const nested = (depth: number) => `${"(".repeat(depth)}1${")".repeat(depth)} not in [1]`;
    expect(roundTrip(nested(DEPTH_MAX - 1))).toBe("not 1 in [1]");
    expect(failureOf(nested(DEPTH_MAX))[0]).toBe("selector.too_deep");
    const list = (depth: number) => `${"[".repeat(depth)}1${"]".repeat(depth)} not in [1]`;
    expect(roundTrip(list(DEPTH_MAX - 1))).toContain("not [");
    expect(failureOf(list(DEPTH_MAX))[0]).toBe("selector.too_deep");
  });
});

describe("what an evaluation makes", () => {
  it("is a text up to a length", () => {
    const half = { p: "a".repeat(TEXT_LENGTH_MAX / 2), one: "a" };
    const sum = 'properties["p"] + properties["p"]';
    expect(answerOf(`len(${sum})`, half)).toBe(TEXT_LENGTH_MAX);
    expect(answerOf(`${sum} + properties["one"]`, half)).toBeUndefined();
    expect(answerOf('regex_replace(properties["p"], "a", "bbb")', half)).toBeUndefined();
  });

  it("does not double without end", () => {
    const source = `${"let(x, x + x, ".repeat(100)}len(x)${")".repeat(100)}`;
    expect(answerOf(`let(x, "a", ${source})`)).toBeUndefined();
  });

  it("visits elements up to a number", () => {
    const hundred = { p: Array.from({ length: 100 }, () => 1) };
    const nest = (body: string) => {
      return ["a", "b"].reduce((inner, name) => `all(${name}, properties["p"], ${inner})`, body);
    };
    expect(answerOf(nest("true"), hundred)).toBe(true);
    expect(100 ** 3 + 100 ** 2 + 100).toBeGreaterThan(ELEMENTS_VISITED_MAX);
    const tooMany = `all(c, properties["p"], ${nest("true")})`;
    expect(answerOf(tooMany, hundred)).toBeUndefined();
    expect(answerOf(`not ${tooMany}`, hundred)).toBeUndefined();
    expect(answerOf(`1 == 1 or true and ${tooMany}`, hundred)).toBe(true);
  });

  it("is so many elements in all", () => {
    const long = { p: "a-".repeat(10_000), q: Array.from({ length: 200 }, () => 1) };
    const parts = 'len(split(properties["p"], "-"))';
    expect(answerOf(parts, long)).toBe(10_001);
    expect(answerOf(`all(x, properties["q"], ${parts} > 0)`, long)).toBeUndefined();
    const lists = `map(x, properties["p"], [${"x,".repeat(9999)}x])`;
    expect(answerOf(`len(${lists})`, { p: long.q.slice(0, 99) })).toBe(99);
    expect(answerOf(`len(${lists})`, { p: long.q.slice(0, 101) })).toBeUndefined();
  });

  it("is so much text in all", () => {
    const list = (length: number) => Array.from({ length }, () => 1);
    const count = TEXT_MADE_MAX / TEXT_LENGTH_MAX;
    const source = 'len(map(x, properties["list"], upper(properties["p"])))';
    const p = "a".repeat(TEXT_LENGTH_MAX);
    expect(answerOf(source, { p, list: list(count) })).toBe(count);
    expect(answerOf(source, { p, list: list(count + 1) })).toBeUndefined();
  });

  it("starts anew for each evaluation", () => {
    const list = { p: Array.from({ length: 600_000 }, () => 1) };
    for (let round = 0; round < 3; round++) {
      expect(answerOf('all(x, properties["p"], x == 1)', list)).toBe(true);
    }
  });
});
