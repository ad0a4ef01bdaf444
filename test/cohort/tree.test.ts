import { describe, expect, it } from "vitest";
import { meaningOf } from "../../src/cohort/meaning.ts";
import { print } from "../../src/selector/selector.ts";
import { behaviorsOf, meant, refusal } from "./support.ts";

const PURCHASE = {
  count: { event_selector: { event: "Purchase", selector: null }, type: "absolute" },
  window: { unit: "day", value: 30 },
};

/** A test of a profile. */
function user(operator: string, operand: unknown, type?: string) {
  return { property: "user", value: "p", operator, operand, type };
}

/** A tree whose only node asks for one behavior. */
function counted(behavior: unknown, node: object = {}) {
  return {
    selector: { property: "behaviors", value: "bhvr_0", operator: ">=", operand: 1, ...node },
    behaviors: { bhvr_0: behavior },
  };
}

describe("a tree", () => {
  it("is read as mixpanel-headless writes it", () => {
    const meaning = meaningOf({
      name: "Premium buyers",
      selector: {
        operator: "and",
        children: [
          { property: "behaviors", value: "bhvr_0", operator: ">=", operand: 1 },
          { property: "user", value: "plan", operator: "==", operand: "premium", type: "string" },
          {
            operator: "or",
            children: [
              { property: "cohort", value: 12, operator: "in" },
              { property: "cohort", value: "13", operator: "not in" },
            ],
          },
        ],
      },
      behaviors: { bhvr_0: PURCHASE },
    });
    expect(print(meaning.expression)).toBe(
      'behaviors["bhvr_0"] >= 1 and properties["plan"] == "premium" and (cohort(12) or not cohort(13))',
    );
    expect(behaviorsOf(meaning)).toEqual({ bhvr_0: "count | Purchase | last 2592000 s" });
  });

  it.each([
    [user("==", "a", "string"), 'properties["p"] == "a"'],
    [user("!=", "a", "string"), 'not properties["p"] == "a"'],
    [user("==", ["a", "b"], "string"), 'properties["p"] in ["a", "b"]'],
    [user("!=", ["a", "b"], "string"), 'not properties["p"] in ["a", "b"]'],
    [user("in", "a", "string"), '"a" in properties["p"]'],
    [user("not in", "a", "list"), 'not "a" in properties["p"]'],
    [user(">", 5, "number"), 'number(properties["p"]) > 5'],
    [user("<=", "5", "number"), 'number(properties["p"]) <= 5'],
    [user(">", "m", "string"), 'properties["p"] > "m"'],
    [
      user("<", "2024-01-01T10:00:00", "datetime"),
      'datetime(properties["p"]) < datetime("2024-01-01T10:00:00")',
    ],
    [user(">=", 1_700_000_000, "datetime"), 'datetime(properties["p"]) >= datetime(1700000000)'],
    [user("==", true, "boolean"), 'properties["p"] == true'],
    [user("==", "false", "boolean"), 'properties["p"] == false'],
    [user("defined", "", "string"), 'defined(properties["p"])'],
    [user("not defined", "", "string"), 'not defined(properties["p"])'],
    [{ operator: "and", children: [] }, "true"],
    [{ operator: "or", children: [] }, "false"],
  ])("means by %j", (selector, printed) => {
    expect(meant({ selector })).toBe(printed);
  });

  it.each([
    [
      { ...PURCHASE, count: { ...PURCHASE.count, type: "day" } },
      "days | Purchase | last 2592000 s",
    ],
    [{ count: PURCHASE.count }, "count | Purchase | .."],
    [{ ...PURCHASE, window: { unit: "hour", value: 2 } }, "count | Purchase | last 7200 s"],
    [
      { count: PURCHASE.count, from_date: "2024-01-01", to_date: "2024-01-31" },
      "count | Purchase | 2024-01-01..2024-01-31",
    ],
    [
      {
        ...PURCHASE,
        count: { ...PURCHASE.count, aggregationOperator: "total", property: "amount" },
      },
      "sum of amount | Purchase | last 2592000 s",
    ],
    [
      {
        ...PURCHASE,
        count: { ...PURCHASE.count, aggregationOperator: "median", property: "amount" },
      },
      "median of amount | Purchase | last 2592000 s",
    ],
    [
      { ...PURCHASE, count: { ...PURCHASE.count, aggregationOperator: "unique", property: "sku" } },
      "unique of sku | Purchase | last 2592000 s",
    ],
    [
      {
        ...PURCHASE,
        count: {
          event_selector: {
            event: "$all_events",
            selector: {
              operator: "or",
              children: [
                {
                  resourceType: "events",
                  value: "os",
                  filterType: "string",
                  defaultType: "string",
                  filterOperator: "equals",
                  filterValue: ["iOS"],
                },
                {
                  resourceType: "people",
                  value: "plan",
                  filterType: "string",
                  filterOperator: "is set",
                  filterValue: null,
                },
                {
                  operator: "and",
                  children: [
                    {
                      resourceType: "events",
                      value: "total",
                      filterType: "number",
                      filterOperator: "is at least",
                      filterValue: 5,
                    },
                  ],
                },
              ],
            },
          },
        },
      },
      'count | * where event["os"] == "iOS" or defined(user["plan"]) or event["total"] >= 5 | last 2592000 s',
    ],
    [
      { ...PURCHASE, count: { event_selector: { event: "A", selector: 'event["x"] == 1' } } },
      'count | A where event["x"] == 1 | last 2592000 s',
    ],
    [
      {
        ...PURCHASE,
        count: { event_selector: { event: "A", selector: { operator: "and", children: [] } } },
      },
      "count | A | last 2592000 s",
    ],
  ])("has the behavior %j", (behavior, described) => {
    expect(behaviorsOf(meaningOf(counted(behavior)))).toEqual({ bhvr_0: described });
  });

  it("compares with other operators, and numbers that are texts", () => {
    expect(meant(counted(PURCHASE, { operator: "==", operand: "0" }))).toBe(
      'behaviors["bhvr_0"] == 0',
    );
    expect(meant(counted(PURCHASE, { operator: "!=", operand: 2 }))).toBe(
      'not behaviors["bhvr_0"] == 2',
    );
  });

  it.each([
    [{ selector: 5 }, "selector must be a condition, found 5"],
    [
      { selector: { operator: "xor", children: [] } },
      'selector.operator must be "and" or "or", found "xor"',
    ],
    [
      { selector: { property: "event", operator: "==" } },
      'selector.property must be "behaviors", "user" or "cohort", found "event"',
    ],
    [
      { selector: { operator: "and", children: [7] } },
      "selector.children[0] must be a condition, found 7",
    ],
    [
      { selector: { property: "cohort", value: "x", operator: "in" } },
      'selector.value must be the id of a cohort, found "x"',
    ],
    [
      { selector: { property: "cohort", value: 1, operator: "==" } },
      'selector.operator must be "in" or "not in", found "=="',
    ],
    [
      { selector: { property: "user", operator: "==" } },
      "selector.value must be the name of a property, found nothing",
    ],
    [
      { ...counted(PURCHASE), behaviors: {} },
      'selector.value must be the name of a behavior, found "bhvr_0"',
    ],
    [
      counted({ window: PURCHASE.window }),
      "behaviors.bhvr_0.count must be an object with event_selector, found nothing",
    ],
    [
      counted({ ...PURCHASE, window: { unit: "fortnight", value: 1 } }),
      'behaviors.bhvr_0.window.unit must be hour, day, week or month, found "fortnight"',
    ],
    [
      counted({ ...PURCHASE, window: "30d" }),
      'behaviors.bhvr_0.window must be an object with unit and value, found "30d"',
    ],
    [
      counted({ count: { ...PURCHASE.count, type: "week" } }),
      'behaviors.bhvr_0.count.type must be "absolute" or "day", found "week"',
    ],
    [
      counted({ count: { event_selector: { selector: null } } }),
      "behaviors.bhvr_0.count.event_selector.event must be the name of an event, found nothing",
    ],
  ])("says where it is wrong: %j", (definition, message) => {
    expect(refusal(() => meant(definition)).message).toBe(`Invalid cohort: ${message}`);
  });

  it("may name its behaviors as it likes, and owns nothing but what is written", () => {
    const named = JSON.parse(
      '{"selector":{"property":"behaviors","value":"__proto__","operator":">","operand":0},"behaviors":{"__proto__":{"count":{"event_selector":{"event":"A"}}}}}',
    ) as unknown;
    expect(meant(named)).toBe('behaviors["__proto__"] > 0');
    const inherited = { ...counted(PURCHASE, { value: "constructor" }) };
    expect(refusal(() => meant(inherited)).message).toContain("the name of a behavior");
  });

  it("may not nest without end", () => {
    const nested = (levels: number): unknown =>
      levels === 0 ? user("==", 1) : { operator: "and", children: [nested(levels - 1)] };
    expect(meant({ selector: nested(95) })).toBe('properties["p"] == 1');
    expect(refusal(() => meant({ selector: nested(5000) })).code).toBe("cohort.too_deep");
  });
});
