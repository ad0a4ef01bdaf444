import { describe, expect, it } from "vitest";
import { WhomError } from "../../src/errors/error.ts";
import { readAction, resultOf, shiftFor, varianceOf } from "../../src/query/action.ts";
import { print } from "../../src/selector/selector.ts";
import { summarizeNumbers } from "../../src/store/statistic.ts";

function shown(text: string): string {
  const action = readAction(text);
  const expression = "expression" in action ? print(action.expression) : "";
  return "percentile" in action
    ? `percentile ${action.percentile} ${expression}`
    : `${action.kind} ${expression}`.trim();
}

function failureOf(text: string): WhomError {
  try {
    readAction(text);
  } catch (failure) {
    if (failure instanceof WhomError) return failure;
  }
  throw new Error("nothing was wrong");
}

describe("an action", () => {
  it.each([
    ["", "count"],
    ["  ", "count"],
    ["count()", "count"],
    [" COUNT ( ) ", "count"],
    ['extremes(properties["age"])', 'extremes properties["age"]'],
    ['numeric_summary(properties["age"] / 2)', 'numeric_summary properties["age"] / 2'],
    ["sum(properties['revenue'])", 'sum properties["revenue"]'],
    ["average(properties['revenue'])", 'average properties["revenue"]'],
    ['avg(user["a"])', 'average user["a"]'],
    ['min(min(user["a"], 2))', 'min min(user["a"], 2)'],
    ['max(user["a)"])', 'max user["a)"]'],
    ['median(user["a"])', 'median user["a"]'],
    ['percentile(properties["age"], 90)', 'percentile 90 properties["age"]'],
    ['percentile(min(user["a"], 5), 99.9)', 'percentile 99.9 min(user["a"], 5)'],
    ['percentile(user["a,5"],0)', 'percentile 0 user["a,5"]'],
  ])("%j asks for %s", (text, expected) => {
    expect(shown(text)).toBe(expected);
  });

  it.each([
    ["count"],
    ["count(1)"],
    ["extremes"],
    ["extremes()"],
    ["extremes( )"],
    ['extremes(user["a"]'],
    ['variance(user["a"])'],
    ['percentile(user["a"])'],
    ['percentile(user["a"], 101)'],
    ['percentile(user["a"], -1)'],
    ['percentile(user["a"], x)'],
    ["percentile(50)"],
    ["percentile(,50)"],
    ['constructor(user["a"])'],
  ])("%j is none", (text) => {
    const failure = failureOf(text);
    expect(failure.code).toBe("query.invalid_parameter");
    expect(failure.message).toContain("Invalid parameter action: expected count()");
  });

  it("tells where in its text an expression is wrong", () => {
    const text = 'extremes(properties["age"] ==)';
    const failure = failureOf(text);
    expect(failure).toMatchObject({
      code: "selector.unexpected_token",
      span: { start: 29, end: 29 },
      source: text,
    });
    expect(failureOf(" percentile( age, 50)")).toMatchObject({
      code: "selector.unknown_name",
      span: { start: 13, end: 16 },
    });
  });
});

describe("a result", () => {
  const expression = { kind: "literal", value: 1, span: { start: 0, end: 0 } } as const;

  it("is the population's variance, mean and sums of the same numbers", () => {
    const summary = summarizeNumbers([2, 4, 4, 4, 5, 5, 7, 9], []);
    const result = resultOf({ kind: "numeric_summary", expression }, summary, varianceOf(summary));
    expect(result).toEqual({ count: 8, mean: 5, var: 4, sum_of_squares: 232 });
  });

  it("says where numbers have to be moved for their variance to be right", () => {
    const times = [1_714_557_600, 1_714_557_601, 1_714_557_602];
    const shift = shiftFor(summarizeNumbers(times, []));
    expect(shift).toBe(1_714_557_601);
    const moved = summarizeNumbers(
      times.map((time) => time - (shift ?? 0)),
      [],
    );
    expect(varianceOf(moved)).toBeCloseTo(2 / 3, 12);
    expect(shiftFor(summarizeNumbers([1, 2, 3], []))).toBeUndefined();
    expect(shiftFor(summarizeNumbers([], []))).toBeUndefined();
  });

  it("of no numbers is 0 for sums and null for the rest", () => {
    const none = summarizeNumbers([], [50]);
    const of = (kind: "extremes" | "numeric_summary" | "sum" | "average" | "median") =>
      resultOf({ kind, expression }, none, varianceOf(none));
    expect(of("extremes")).toEqual({ max: null, min: null });
    expect(of("numeric_summary")).toEqual({ count: 0, mean: null, var: null, sum_of_squares: 0 });
    expect(of("sum")).toBe(0);
    expect(of("average")).toBeNull();
    expect(of("median")).toBeNull();
    const percentile = resultOf(
      { kind: "percentile", percentile: 50, expression },
      none,
      undefined,
    );
    expect(percentile).toEqual({ percentile: 50, result: null });
  });
});
