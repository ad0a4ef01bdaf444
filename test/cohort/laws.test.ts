import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createBehaviorPool } from "../../src/cohort/behavior-pool.ts";
import { createInliner, NOBODY_MATCHES } from "../../src/cohort/inline.ts";
import { meaningOf } from "../../src/cohort/meaning.ts";
import { WhomError } from "../../src/errors/error.ts";
import { compile, evaluate, print, type Subject } from "../../src/selector/selector.ts";
import type { Computed, Value } from "../../src/values/value.ts";
import { CONTEXT } from "../support/selector.ts";
import { arbitraryValue, HOSTILE_NAMES } from "../support/value-arbitraries.ts";
import { groupOf, saved, sourceOf } from "./support.ts";

const text = fc.oneof(fc.constantFrom("a", "B", "true", "12", "2023-11-14", ""), fc.string());
const day = fc.constantFrom("2023-11-14", "2024-02-29", "1970-01-01", "9999-12-31");
const number = fc.oneof(fc.integer({ min: -5, max: 40 }), fc.double({ noNaN: true }));
const scalar = fc.oneof(text, number.filter(Number.isFinite), fc.boolean());
const texts = fc.oneof(text, fc.array(text, { minLength: 1, maxLength: 3 }));

/** Operators with the values they take; the second of each pair is the opposite of the first. */
const pairs: readonly (readonly [string, string, fc.Arbitrary<unknown>])[] = [
  ["equals", "does not equal", fc.oneof(scalar, fc.array(scalar, { maxLength: 3 }))],
  ["contains", "does not contain", texts],
  ["starts with", "does not start with", texts],
  ["ends with", "does not end with", texts],
  ["is set", "is not set", fc.constant(null)],
  [
    "is between",
    "not between",
    fc.tuple(number.filter(Number.isFinite), number.filter(Number.isFinite)),
  ],
  ["was on", "was not on", day],
  ["was between", "was not between", fc.tuple(day, day)],
  ["was in the", "was not in the", fc.nat(100)],
];
const singles: readonly (readonly [string, fc.Arbitrary<unknown>])[] = [
  ["true", fc.constant(null)],
  ["false", fc.constant(null)],
  ...["is greater than", "is less than", "is at least", "is at most"].map(
    (operator) => [operator, fc.integer()] as const,
  ),
  ["was before", day],
  ["was since", day],
  ["was in the next", fc.nat(100)],
  ["before the last", fc.nat(100)],
];

const property = fc.record({
  resourceType: fc.constant("user"),
  propertyName: fc.constantFrom(...HOSTILE_NAMES, "p"),
  propertyType: fc.constantFrom("string", "number", "boolean", "datetime", "list", undefined),
  propertyDefaultType: fc.constantFrom("string", "number", undefined),
  propertyObjectKey: fc.constantFrom(null, null, "m"),
  filterDateUnit: fc.constantFrom("hour", "day", "week", "month", undefined),
});

/** A filter and its opposite. */
const opposites = fc
  .tuple(property, fc.constantFrom(...pairs))
  .chain(([base, [one, other, values]]) =>
    values.map((filterValue) => [
      { ...base, filterOperator: one, filterValue },
      { ...base, filterOperator: other, filterValue },
    ]),
  );

const propertyFilter = fc.oneof(
  opposites.map(([one]) => one),
  opposites.map(([, other]) => other),
  fc
    .tuple(property, fc.constantFrom(...singles))
    .chain(([base, [filterOperator, values]]) =>
      values.map((filterValue) => ({ ...base, filterOperator, filterValue })),
    ),
);

const behaviorFilter = fc
  .record({
    aggregationOperator: fc.constantFrom("total", "average", "unique_values", "first_event_time"),
    name: fc.constantFrom("A", "B", "$mp_anything_event"),
    filters: fc.array(propertyFilter, { maxLength: 2 }),
    days: fc.nat(3),
    filterValue: fc.nat(5),
  })
  .map(({ aggregationOperator, name, filters, days, filterValue }) => ({
    propertyType: "number",
    customProperty: {
      behavior: {
        event: { value: name },
        aggregationOperator,
        property: aggregationOperator === "total" ? null : "amount",
        filters: filters.map((filter) => ({ ...filter, resourceType: "events" })),
        dateRange: { type: "in the last", window: { unit: "day", value: days } },
      },
    },
    filterOperator: aggregationOperator === "first_event_time" ? "is set" : "is at least",
    filterValue,
  }));

const cohortFilter = fc.record({
  resourceType: fc.constant("cohort"),
  filterOperator: fc.constantFrom("contains", "does not contain"),
  filterValue: fc.array(
    fc.record({ cohort: fc.record({ id: fc.integer({ min: 1, max: 4 }), negated: fc.boolean() }) }),
    { minLength: 1, maxLength: 2 },
  ),
});

const filter = fc.oneof(
  { weight: 4, arbitrary: propertyFilter },
  { weight: 2, arbitrary: behaviorFilter },
  { weight: 1, arbitrary: cohortFilter },
);

const definition = fc
  .array(
    fc.record({
      event: fc.constantFrom(
        { resourceType: "cohort", value: "$all_users" },
        { resourceType: "cohort", value: 2 },
      ),
      filters: fc.array(filter, { maxLength: 4 }),
      filtersOperator: fc.constantFrom("and", "or"),
      behavioralFilters: fc.array(behaviorFilter, { maxLength: 2 }),
      behavioralFiltersOperator: fc.constantFrom("and", "or"),
      groupingOperator: fc.constantFrom("and", "or"),
    }),
    { minLength: 1, maxLength: 3 },
  )
  .map((groups) => ({ groups }));

/** Subjects that have any value in every property, and in every behavior. */
const subject = fc
  .record({
    value: fc.option(arbitraryValue, { nil: undefined }),
    count: fc.nat(3),
    member: fc.boolean(),
  })
  .map(
    ({ value, count, member }): Subject => ({
      property: () => value as Value | undefined,
      behavior: () => count,
      isMember: () => member,
    }),
  );

function answer(filters: unknown, to: Subject): Computed {
  return evaluate(meaningOf(groupOf(filters)).expression, to, CONTEXT);
}

/** What a definition means, unless it is refused for what random values do not fit. */
function meaningIn(json: unknown) {
  try {
    return meaningOf(json);
  } catch (error) {
    if (error instanceof WhomError) return undefined;
    throw error;
  }
}

describe("a filter and its opposite", () => {
  it("are never both true, and never both not true", () => {
    fc.assert(
      fc.property(opposites, subject, ([one, other], to) => {
        fc.pre(meaningIn(groupOf(one)) !== undefined);
        expect([answer(one, to), answer(other, to)].filter((value) => value === true)).toHaveLength(
          1,
        );
      }),
      { numRuns: 2000 },
    );
  });
});

describe("what a definition means", () => {
  it("is a selector that compiles, and is the same when it is read again", () => {
    fc.assert(
      fc.property(definition, (json) => {
        const meaning = meaningIn(json);
        fc.pre(meaning !== undefined);
        const printed = print(meaning.expression);
        const scope = { behaviors: new Set(meaning.behaviors.keys()), event: false };
        const again = compile(printed, scope);
        expect(again && print(again.expression)).toBe(printed);
        expect(again && withoutSpans(again.expression)).toEqual(withoutSpans(meaning.expression));
        for (const { tests } of meaning.behaviors.values()) {
          for (const { selector } of tests) {
            if (selector === undefined) continue;
            const event = compile(selector.source, { behaviors: new Set(), event: true });
            expect(event && print(event.expression)).toBe(selector.source);
          }
        }
      }),
      { numRuns: 500 },
    );
  });

  it("has the behaviors it reads, and reads those it has", () => {
    fc.assert(
      fc.property(definition, (json) => {
        const meaning = meaningIn(json);
        fc.pre(meaning !== undefined);
        const printed = print(meaning.expression);
        for (const name of meaning.behaviors.keys()) {
          expect(printed).toContain(`behaviors[${JSON.stringify(name)}]`);
        }
      }),
    );
  });

  it("is the same in the place of a cohort's name", () => {
    fc.assert(
      fc.property(definition, subject, (json, to) => {
        const meaning = meaningIn(json);
        fc.pre(meaning !== undefined);
        const cohorts = sourceOf(
          saved(9, json),
          ...[1, 2, 3, 4].map((id) => saved(id, {}, { isStatic: true })),
        );
        const inliner = createInliner({ cohorts, groupKey: undefined, pool: createBehaviorPool() });
        const source = compile("cohort(9)");
        if (source === undefined) throw new Error("blank");
        const inlined = inliner.inline(source.expression, NOBODY_MATCHES);
        const isSelected = evaluate(meaning.expression, to, CONTEXT) === true;
        expect(evaluate(inlined, to, CONTEXT)).toBe(isSelected);
      }),
      { numRuns: 500 },
    );
  });

  it("is found, or refused with a code, whatever somebody sends", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (groups, selector) => {
        meaningIn({ groups, selector, behaviors: selector });
        meaningIn({ groups: [{ event: { resourceType: "cohort" }, filters: [groups, selector] }] });
        meaningIn({ selector: { operator: "and", children: [groups, selector] } });
      }),
    );
  });
});

/** A tree as data, without where its parts were written. */
function withoutSpans(tree: unknown): unknown {
  return JSON.parse(
    JSON.stringify(tree, (key, value: unknown) => (key === "span" ? undefined : value)),
  );
}
