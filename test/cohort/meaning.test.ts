import { describe, expect, it } from "vitest";
import { createBehaviorPool } from "../../src/cohort/behavior-pool.ts";
import { asCondition, cohortIdOf } from "../../src/cohort/filter.ts";
import { isDefinition, meaningOf } from "../../src/cohort/meaning.ts";
import { readBehaviors } from "../../src/event/read-behaviors.ts";
import { compile, print } from "../../src/selector/selector.ts";
import { behaviorsOf, groupOf, meant, refusal } from "./support.ts";

const BEHAVIORS = [{ name: "buys", window: "30d", event_selectors: [{ event: "Purchase" }] }];

describe("a definition in the selector language", () => {
  it("has behaviors as a query has them", () => {
    const meaning = meaningOf({
      selector: 'behaviors["buys"] >= 3 and user["plan"] == "pro" and cohort("Beta")',
      behaviors: BEHAVIORS,
    });
    expect(print(meaning.expression)).toBe(
      'behaviors["buys"] >= 3 and user["plan"] == "pro" and cohort("Beta")',
    );
    expect(behaviorsOf(meaning)).toEqual({ buys: "count | Purchase | last 2592000 s" });
  });

  it("may have them as a tree has them, or none", () => {
    const behaviors = { buys: { count: { event_selector: { event: "Purchase" } } } };
    expect(meant({ selector: 'behaviors["buys"] > 0', behaviors })).toBe('behaviors["buys"] > 0');
    expect(meant({ selector: 'properties["a"] == 1', behaviors: null })).toBe(
      'properties["a"] == 1',
    );
  });

  it("is checked as any selector is", () => {
    const unknown = refusal(() => meant({ selector: 'behaviors["b"] > 0', behaviors: BEHAVIORS }));
    expect(unknown).toMatchObject({
      code: "selector.unknown_behavior",
      source: 'behaviors["b"] > 0',
    });
    expect(refusal(() => meant({ selector: "plan ==" })).code).toBe("selector.unexpected_token");
    expect(refusal(() => meant({ selector: "true", behaviors: [{}] })).message).toContain(
      "behaviors[0].name",
    );
  });
});

describe("a definition", () => {
  it("with groups and a selector means the groups, unless they are empty", () => {
    const both = { ...groupOf(), selector: 'properties["a"] == 1' };
    expect(meant(both)).toBe("true");
    expect(meant({ ...both, groups: [] })).toBe('properties["a"] == 1');
    expect(meant({ ...both, groups: null })).toBe('properties["a"] == 1');
  });

  it.each([[{}], [{ groups: [] }], [{ selector: "  " }], [{ selector: {}, behaviors: {} }]])(
    "that says nothing means nobody: %j",
    (definition) => {
      expect(meant(definition)).toBe("false");
      expect(isDefinition(definition)).toBe(false);
    },
  );

  it.each([
    [groupOf()],
    [{ selector: "true" }],
    [{ selector: { operator: "and" } }],
    [{ groups: 5 }],
  ])("that says something is one: %j", (definition) => {
    expect(isDefinition(definition)).toBe(true);
  });

  it.each([[null], [[]], ["x"], [5]])("is an object, not %j", (definition) => {
    expect(refusal(() => meant(definition)).message).toContain("the definition must be an object");
    expect(isDefinition(definition)).toBe(false);
  });

  it("within a definition must say something", () => {
    const filter = {
      resourceType: "cohort",
      filterOperator: "contains",
      filterValue: [{ cohort: { raw_cohort: { name: "" } } }],
    };
    expect(refusal(() => meant(groupOf(filter))).message).toContain(
      "raw_cohort must be groups, or a selector, found an object",
    );
  });
});

describe("a pool of behaviors", () => {
  const [definition] = readBehaviors(BEHAVIORS).values();
  if (definition === undefined) throw new Error("no behavior");
  const other = { ...definition, window: { kind: "last", seconds: 1 } } as const;

  it("shares what is the same and renames what is not", () => {
    const pool = createBehaviorPool(new Map([["a", definition]]));
    expect(pool.add("b", definition)).toBe("a");
    expect(pool.add("a", other)).toBe("a 2");
    expect(pool.add("a", { ...other, measure: { kind: "days" } })).toBe("a 3");
    expect([...pool.behaviors.keys()]).toEqual(["a", "a 2", "a 3"]);
  });

  it("renames in the expressions that read them", () => {
    const pool = createBehaviorPool(new Map([["a", definition]]));
    const source = 'behaviors["a"] > 0 and properties["a"] == 1';
    const selector = compile(source, { behaviors: new Set(["a"]), event: false });
    if (selector === undefined) throw new Error("blank");
    const absorbed = pool.absorb({
      expression: selector.expression,
      behaviors: new Map([["a", other]]),
    });
    expect(print(absorbed)).toBe('behaviors["a 2"] > 0 and properties["a"] == 1');
    expect(pool.absorb({ expression: absorbed, behaviors: pool.behaviors })).toBe(absorbed);
  });
});

describe("a condition", () => {
  it.each([
    ['properties["a"] == 1', 'properties["a"] == 1'],
    ['properties["a"] > 1', 'properties["a"] > 1 and true'],
    ['properties["a"]', 'properties["a"] and true'],
    ['"text"', "false"],
    ["5", "false"],
  ])("of %s is %s", (source, printed) => {
    const selector = compile(source);
    expect(selector && print(asCondition(selector.expression))).toBe(printed);
  });
});

describe("the id of a cohort", () => {
  it.each([
    [5, 5],
    ["5", 5],
    [" 12345 ", 12_345],
    ["cohort_99", undefined],
    [1.5, undefined],
    [-1, undefined],
    ["9".repeat(16), undefined],
    [null, undefined],
    [{ id: 5 }, undefined],
  ])("of %j is %j", (value, id) => {
    expect(cohortIdOf(value)).toBe(id);
  });
});
