import { describe, expect, it } from "vitest";
import { createBehaviorPool } from "../../src/cohort/behavior-pool.ts";
import type { CohortSource, SavedCohort } from "../../src/cohort/cohort.ts";
import { createInliner, NOBODY_MATCHES } from "../../src/cohort/inline.ts";
import { COHORT_DEPTH_MAX } from "../../src/cohort/limits.ts";
import { compile, evaluate, print } from "../../src/selector/selector.ts";
import type { Expression } from "../../src/selector/syntax.ts";
import { CONTEXT, subjectOf } from "../support/selector.ts";
import { behaviorsOf, refusal, saved, sourceOf } from "./support.ts";

function parsed(source: string): Expression {
  const selector = compile(source);
  if (selector === undefined) throw new Error("blank");
  return selector.expression;
}

function inlineIn(cohorts: CohortSource, source: string) {
  const pool = createBehaviorPool();
  const inliner = createInliner({ cohorts, groupKey: undefined, pool });
  const expression = inliner.inline(parsed(source), NOBODY_MATCHES);
  return { expression, printed: print(expression), behaviors: behaviorsOf(pool) };
}

/** A cohort that is a text. */
function text(id: number, selector: string, behaviors: readonly unknown[] = []): SavedCohort {
  return saved(id, { selector, behaviors });
}

function buys(window: string) {
  return [{ name: "b", window, event_selectors: [{ event: "Purchase" }] }];
}

describe("a cohort in its place", () => {
  const cohorts = sourceOf(
    text(1, 'properties["a"] == 1'),
    text(2, 'cohort(1) or cohort("Cohort 3")'),
    text(3, 'behaviors["b"] > 0', buys("1d")),
    text(4, 'behaviors["b"] > 5 and cohort(3)', buys("2d")),
    saved(5, {}, { isStatic: true, name: "List" }),
    text(6, 'not cohort("List") and cohort(99)'),
    saved(7, { selector: "true" }, { groupKey: "company" }),
    text(8, "cohort(7)"),
  );

  it("is what it means, by id and by name", () => {
    expect(inlineIn(cohorts, "cohort(1)").printed).toBe('properties["a"] == 1');
    expect(inlineIn(cohorts, 'not cohort("Cohort 1")').printed).toBe('not properties["a"] == 1');
  });

  it("is one of several, and one within another", () => {
    expect(inlineIn(cohorts, "cohort(2) and cohort(3)").printed).toBe(
      '(properties["a"] == 1 or behaviors["b"] > 0 and true) and (behaviors["b"] > 0 and true)',
    );
  });

  it("keeps its behaviors apart from those of others", () => {
    const { printed, behaviors } = inlineIn(cohorts, "cohort(3) or cohort(4)");
    expect(printed).toBe(
      'behaviors["b"] > 0 and true or behaviors["b 2"] > 5 and (behaviors["b"] > 0 and true)',
    );
    expect(behaviors).toEqual({
      b: "count | Purchase | last 86400 s",
      "b 2": "count | Purchase | last 172800 s",
    });
  });

  it("stays a test, by id, when its members are a list", () => {
    expect(inlineIn(cohorts, 'cohort("List")').printed).toBe("cohort(5)");
  });

  it("that is gone, or of another group, has no members", () => {
    expect(inlineIn(cohorts, "cohort(6)").printed).toBe("not cohort(5) and false");
    expect(inlineIn(cohorts, "cohort(8)").printed).toBe("false");
  });

  it("is true or false, whatever its selector gives", () => {
    const odd = sourceOf(text(1, 'properties["flag"]'), text(2, 'properties["n"] > 5'));
    const answer = (source: string, flag: string | boolean) =>
      evaluate(inlineIn(odd, source).expression, subjectOf({ flag }), CONTEXT);
    expect(answer("cohort(1) == false", "yes")).toBe(true);
    expect(answer("not cohort(1)", "yes")).toBe(true);
    expect(answer("not cohort(1)", true)).toBe(false);
    expect(answer("cohort(2) == false", true)).toBe(true);
  });

  it("leaves an expression without cohorts as it is", () => {
    const expression = parsed('properties["a"] == 1 or any(X, properties["l"], X > 1)');
    const pool = createBehaviorPool();
    const inliner = createInliner({ cohorts, groupKey: undefined, pool });
    expect(inliner.inline(expression, NOBODY_MATCHES)).toBe(expression);
  });
});

describe("cohorts that need each other", () => {
  it("are refused, with the way round", () => {
    const cohorts = sourceOf(
      text(1, "cohort(2)"),
      text(2, 'true and cohort("Cohort 3")'),
      text(3, "not cohort(2)"),
    );
    expect(refusal(() => inlineIn(cohorts, "cohort(1)"))).toMatchObject({
      code: "cohort.cycle",
      message: "cohorts that need each other: 2 (Cohort 2) → 3 (Cohort 3) → 2 (Cohort 2)",
    });
    const self = sourceOf(text(1, "cohort(1)"));
    expect(refusal(() => inlineIn(self, "cohort(1)")).message).toContain(
      "1 (Cohort 1) → 1 (Cohort 1)",
    );
  });

  it("are found in every form of definition", () => {
    const tree = saved(1, { selector: { property: "cohort", value: 2, operator: "in" } });
    const groups = saved(2, { groups: [{ event: { resourceType: "cohort", value: "1" } }] });
    expect(refusal(() => inlineIn(sourceOf(tree, groups), "cohort(1)")).code).toBe("cohort.cycle");
  });
});

describe("cohorts within cohorts", () => {
  const chainOf = (length: number) =>
    sourceOf(
      ...Array.from({ length }, (_, n) =>
        text(n + 1, n + 1 === length ? "true" : `cohort(${n + 2})`),
      ),
    );

  it("may be so many", () => {
    expect(inlineIn(chainOf(COHORT_DEPTH_MAX), "cohort(1)").printed).toBe("true");
    expect(refusal(() => inlineIn(chainOf(COHORT_DEPTH_MAX + 1), "cohort(1)")).code).toBe(
      "cohort.too_deep",
    );
  });

  it("may come to so much", () => {
    const doubling = sourceOf(
      ...Array.from({ length: 40 }, (_, n) =>
        text(n + 1, n === 39 ? 'properties["a"] == 1' : `cohort(${n + 2}) == cohort(${n + 2})`),
      ),
    );
    expect(refusal(() => inlineIn(doubling, "cohort(1)")).code).toBe("cohort.too_large");
    expect(inlineIn(doubling, "cohort(30)").printed.length).toBeGreaterThan(10_000);
  });

  it("may nest so deep, and what may nest can be evaluated", () => {
    const nots = (count: number, end: string) =>
      `${"(true and not ".repeat(count)}${end}${")".repeat(count)}`;
    const within = sourceOf(
      text(1, nots(95, "cohort(2)")),
      text(2, nots(95, 'properties["a"] == 1')),
    );
    const { expression, printed } = inlineIn(within, "cohort(1)");
    expect(evaluate(expression, subjectOf({ a: 1 }), CONTEXT)).toBe(true);
    expect(printed.length).toBeGreaterThan(1000);
    const deeper = sourceOf(
      text(1, nots(95, "cohort(2)")),
      text(2, nots(95, "cohort(3)")),
      text(3, nots(95, 'properties["a"] == 1')),
    );
    expect(refusal(() => inlineIn(deeper, "cohort(1)")).code).toBe("cohort.too_deep");
  });

  it("may have long chains", () => {
    const long = Array.from({ length: 4000 }, (_, n) => `properties["a"] == ${n}`).join(" or ");
    const { expression } = inlineIn(sourceOf(text(1, long)), "cohort(1) and true");
    expect(evaluate(expression, subjectOf({ a: 3999 }), CONTEXT)).toBe(true);
  });
});
