import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ERRORS } from "../../src/errors/catalogue.ts";
import { WhomError } from "../../src/errors/error.ts";
import { check } from "../../src/selector/checker.ts";
import { children } from "../../src/selector/children.ts";
import { frame } from "../../src/selector/frame.ts";
import { kinds } from "../../src/selector/kinds.ts";
import { parse } from "../../src/selector/parser.ts";
import {
  compile,
  type EvaluationContext,
  evaluate,
  PROFILE_SCOPE,
  print,
  type Subject,
} from "../../src/selector/selector.ts";
import type { Expression } from "../../src/selector/syntax.ts";
import { kindsOf } from "../../src/selector/types.ts";
import { isInstant } from "../../src/values/time.ts";
import { type Computed, Datetime, isList, kindOf } from "../../src/values/value.ts";
import {
  arbitraryProperties,
  arbitrarySelector,
  arbitraryValue,
  HOSTILE_NAMES,
} from "../support/selector-arbitraries.ts";

const NAMES = ["plan", "age", "tags", "joined", ...HOSTILE_NAMES.slice(0, 6)];
const selector = arbitrarySelector(NAMES);
const context: fc.Arbitrary<EvaluationContext> = fc.record({
  nowSeconds: fc.integer({ min: 0, max: 4_000_000_000 }),
  timeZone: fc.constantFrom("UTC", "Europe/Berlin", "America/St_Johns", "Pacific/Apia"),
});
const subject: fc.Arbitrary<Subject> = arbitraryProperties(NAMES).map((properties) => ({
  property: (name) => properties.get(name),
  behavior: () => 0,
}));

/** A tree without its spans. */
function shape(expression: Expression): unknown {
  return JSON.parse(
    JSON.stringify(expression, (key, value) => {
      if (key === "span") return undefined;
      return value === undefined ? "undefined" : value;
    }),
  );
}

describe("printing and parsing", () => {
  it("gives the same tree back", () => {
    fc.assert(
      fc.property(selector, (tree) => {
        expect(shape(parse(print(tree)))).toEqual(shape(tree));
      }),
      { numRuns: 3000 },
    );
  });

  it("gives the same text back", () => {
    fc.assert(
      fc.property(selector, (tree) => {
        expect(print(parse(print(tree)))).toBe(print(tree));
      }),
      { numRuns: 1000 },
    );
  });

  it("keeps every span within its parent's", () => {
    fc.assert(
      fc.property(selector, (tree) => {
        const source = print(tree);
        const root = parse(source);
        expect(root.span).toEqual({ start: 0, end: source.length });
        checkSpans(root);
      }),
    );
  });
});

/** Fails unless the parts of a tree lie within it and stand where their own text does. */
function checkSpans(expression: Expression): void {
  for (const part of children(expression)) {
    expect(part.span.start).toBeGreaterThanOrEqual(expression.span.start);
    expect(part.span.end).toBeLessThanOrEqual(expression.span.end);
    expect(part.span.end).toBeGreaterThan(part.span.start);
    checkSpans(part);
  }
}

describe("any text", () => {
  const piece = fc.constantFrom(
    ...[
      " ",
      "(",
      ")",
      "[",
      "]",
      ",",
      "==",
      "=",
      "!=",
      "<",
      ">=",
      "+",
      "-",
      "*",
      "/",
      "%",
      "!",
      ".",
    ],
    ...["and", "OR", "not", "in", "contains", "true", "Null", "undefined", "NOW", "properties"],
    ...["event", "behaviors", "x", "any(", "let(", "if(", "datetime(", "regex_match(", "unknown("],
    ...['"', "'", "\\", '"a"', "'b'", '["p"]', "1", ".5", "1e3", "1e999", "\u201c", "\u{1f600}"],
  );
  const text = fc.oneof(
    fc.array(piece, { maxLength: 30 }).map((pieces) => pieces.join(" ")),
    fc.array(piece, { maxLength: 30 }).map((pieces) => pieces.join("")),
    fc.string({ unit: "binary" }),
    fc.string(),
    fc.tuple(selector.map(print), fc.nat(), piece).map(([source, at, inserted]) => {
      const index = at % (source.length + 1);
      return source.slice(0, index) + inserted + source.slice(index);
    }),
  );

  it("gives a tree that prints and parses to itself, or a coded error within the text", () => {
    fc.assert(
      fc.property(text, (source) => {
        try {
          const compiled = compile(source);
          if (compiled === undefined) {
            expect(source.trim()).toBe("");
            return;
          }
          const printed = print(compiled.expression);
          expect(shape(parse(printed))).toEqual(shape(compiled.expression));
          check(parse(printed), PROFILE_SCOPE);
        } catch (error) {
          expectFailure(error, source);
        }
      }),
      { numRuns: 5000 },
    );
  });
});

function expectFailure(error: unknown, source: string): void {
  if (!(error instanceof WhomError)) throw error;
  expect(error.code).toMatch(/^selector\./);
  expect(ERRORS[error.code].kind).toBe("invalid");
  expect(error.source).toBe(source);
  const { span } = error;
  if (span === undefined) throw error;
  expect(span.start).toBeGreaterThanOrEqual(0);
  expect(span.end).toBeGreaterThanOrEqual(span.start);
  expect(span.end).toBeLessThanOrEqual(source.length);
  expect(frame(error)).toContain("^");
}

describe("evaluation", () => {
  it("gives a sound value of a kind the checker foresees, for any data", () => {
    fc.assert(
      fc.property(selector, subject, context, (tree, profile, at) => {
        check(tree, PROFILE_SCOPE);
        const value = evaluate(tree, profile, at);
        expectSound(value);
        expect(kindsOf(tree) & kinds(kindOf(value))).not.toBe(0);
      }),
      { numRuns: 5000 },
    );
  });

  it("is the same for the canonical text", () => {
    fc.assert(
      fc.property(selector, subject, context, (tree, profile, at) => {
        expect(evaluate(parse(print(tree)), profile, at)).toEqual(evaluate(tree, profile, at));
      }),
      { numRuns: 1000 },
    );
  });

  it("has `!=` as the negation of `==`, and `not in` as that of `in`", () => {
    fc.assert(
      fc.property(arbitraryValue, arbitraryValue, context, (left, right, at) => {
        const profile = ofTwo(left, right);
        const value = (source: string) => evaluate(parse(source), profile, at);
        expect(value('properties["l"] != properties["r"]')).toBe(
          !value('properties["l"] == properties["r"]'),
        );
        expect(value('properties["l"] not in properties["r"]')).toBe(
          value('not (properties["l"] in properties["r"]) == true'),
        );
      }),
    );
  });

  it("has exactly one of `<`, `==` and `>` where there is an order", () => {
    fc.assert(
      fc.property(arbitraryValue, arbitraryValue, context, (left, right, at) => {
        const profile = ofTwo(left, right);
        const results = ["<", "==", ">"].map((operator) =>
          evaluate(parse(`properties["l"] ${operator} properties["r"]`), profile, at),
        );
        const isOrdered = results[0] !== undefined;
        expect(results[2] !== undefined).toBe(isOrdered);
        if (isOrdered) expect(results.filter((result) => result === true)).toHaveLength(1);
      }),
    );
  });
});

function ofTwo(left: Computed, right: Computed): Subject {
  return {
    property: (name) => (name === "l" ? left : right) as ReturnType<Subject["property"]>,
    behavior: () => 0,
  };
}

/** Numbers are finite, datetimes whole seconds within range. */
function expectSound(value: Computed): void {
  if (typeof value === "number") expect(Number.isFinite(value)).toBe(true);
  if (value instanceof Datetime) {
    expect(Number.isInteger(value.seconds) && isInstant(value.seconds)).toBe(true);
  }
  if (isList(value)) for (const element of value) expectSound(element);
}
