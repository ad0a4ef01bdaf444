import { describe, expect, it } from "vitest";
import { meaningOf } from "../../src/cohort/meaning.ts";
import { evaluate } from "../../src/selector/selector.ts";
import type { Value } from "../../src/values/value.ts";
import { subjectOf } from "../support/selector.ts";
import { groupOf, meant, refusal } from "./support.ts";

/** A filter on the property `p`. */
function filter(filterOperator: unknown, filterValue?: unknown, rest: object = {}) {
  return { resourceType: "user", propertyName: "p", filterOperator, filterValue, ...rest };
}

const NUMBER = { propertyType: "number", propertyDefaultType: "number" };
const DATE = { propertyType: "datetime", propertyDefaultType: "datetime" };
const D = 'datetime(properties["p"])';

describe("a filter operator", () => {
  it.each([
    ["equals", ["a"], {}, 'properties["p"] == "a"'],
    ["equals", "a", {}, 'properties["p"] == "a"'],
    ["is equal to", 5, NUMBER, 'properties["p"] == 5'],
    ["equals", ["a", "b"], {}, 'properties["p"] in ["a", "b"]'],
    ["equals", [], {}, 'properties["p"] in []'],
    ["equals", ["a"], { propertyType: "list" }, 'properties["p"] in ["a"]'],
    ["equals", ["5", "-2.5"], NUMBER, 'properties["p"] in [5, -2.5]'],
    ["equals", ["true"], { propertyType: "boolean" }, 'properties["p"] == true'],
    ["equals", [false], { propertyType: "boolean" }, 'properties["p"] == false'],
    ["equals", ["true"], { propertyType: "string" }, 'properties["p"] == "true"'],
    ["does not equal", ["a"], {}, 'not properties["p"] == "a"'],
    ["does not equal", ["a", "b"], {}, 'not properties["p"] in ["a", "b"]'],
    ["true", undefined, {}, 'properties["p"] == true'],
    ["false", undefined, {}, 'properties["p"] == false'],
    ["contains", "a", {}, '"a" in properties["p"]'],
    ["contains", ["a", "b"], {}, '"a" in properties["p"] or "b" in properties["p"]'],
    ["does not contain", "a", {}, 'not "a" in properties["p"]'],
    ["does not contain", ["a", "b"], {}, 'not ("a" in properties["p"] or "b" in properties["p"])'],
    ["starts with", "a", {}, 'has_prefix(properties["p"], "a")'],
    ["ends with", "a", {}, 'has_suffix(properties["p"], "a")'],
    ["is set", undefined, {}, 'defined(properties["p"])'],
    ["is not set", null, {}, 'not defined(properties["p"])'],
    ["is greater than", 5, NUMBER, 'properties["p"] > 5'],
    [
      "is greater than",
      5,
      { ...NUMBER, propertyDefaultType: "string" },
      'number(properties["p"]) > 5',
    ],
    ["is less than", "5", NUMBER, 'properties["p"] < 5'],
    ["is at least", [5], NUMBER, 'properties["p"] >= 5'],
    ["is greater than or equal to", 5, NUMBER, 'properties["p"] >= 5'],
    ["is at most", -5, NUMBER, 'properties["p"] <= -5'],
    ["is less than or equal to", 5, NUMBER, 'properties["p"] <= 5'],
    ["is between", [1, 2], NUMBER, 'properties["p"] >= 1 and properties["p"] <= 2'],
    [
      "between",
      { type: "between", from: 1, to: 2 },
      NUMBER,
      'properties["p"] >= 1 and properties["p"] <= 2',
    ],
    ["not between", [1, 2], NUMBER, 'not (properties["p"] >= 1 and properties["p"] <= 2)'],
    [
      "between",
      { type: "between", from: "2022-11-01", to: "2022-11-30" },
      DATE,
      `${D} >= datetime("2022-11-01") and ${D} < datetime("2022-12-01")`,
    ],
    [
      "between",
      ["2022-11-01", "2022-11-30"],
      {},
      `${D} >= datetime("2022-11-01") and ${D} < datetime("2022-12-01")`,
    ],
    ["was between", ["2022-11-01", "9999-12-31"], DATE, `${D} >= datetime("2022-11-01")`],
    [
      "was not between",
      ["2022-11-01", "2022-11-30"],
      DATE,
      `not (${D} >= datetime("2022-11-01") and ${D} < datetime("2022-12-01"))`,
    ],
    [
      "was on",
      "2024-02-28",
      DATE,
      `${D} >= datetime("2024-02-28") and ${D} < datetime("2024-02-29")`,
    ],
    [
      "was on",
      "2024-02-28T10:00:00",
      DATE,
      `${D} >= datetime("2024-02-28") and ${D} < datetime("2024-02-29")`,
    ],
    [
      "equals",
      ["2024-02-28"],
      DATE,
      `${D} >= datetime("2024-02-28") and ${D} < datetime("2024-02-29")`,
    ],
    ["equals", "2024-02-28T10:00:00", DATE, `${D} == datetime("2024-02-28T10:00:00")`],
    [
      "was not on",
      "2024-02-28",
      DATE,
      `not (${D} >= datetime("2024-02-28") and ${D} < datetime("2024-02-29"))`,
    ],
    ["was before", "2024-02-28", DATE, `${D} < datetime("2024-02-28")`],
    ["was since", "2024-02-28", DATE, `${D} >= datetime("2024-02-28")`],
    [
      "was in the",
      2,
      { ...DATE, filterDateUnit: "week" },
      `${D} >= datetime(NOW - 1209600) and ${D} <= datetime(NOW)`,
    ],
    ["in the last", 3, DATE, `${D} >= datetime(NOW - 259200) and ${D} <= datetime(NOW)`],
    [
      "was in the",
      { type: "in the last", window: { unit: "month", value: 1 } },
      DATE,
      `${D} >= datetime(NOW - 2592000) and ${D} <= datetime(NOW)`,
    ],
    [
      "was not in the",
      1,
      { filterDateUnit: "hour" },
      `not (${D} >= datetime(NOW - 3600) and ${D} <= datetime(NOW))`,
    ],
    [
      "was in the next",
      1,
      { filterDateUnit: "day" },
      `${D} >= datetime(NOW) and ${D} <= datetime(NOW + 86400)`,
    ],
    ["before the last", 1, { filterDateUnit: "day" }, `${D} < datetime(NOW - 86400)`],
    ["is greater than", "2024-02-28T10:00:00", DATE, `${D} > datetime("2024-02-28T10:00:00")`],
  ])("%s %j is a selector", (operator, value, rest, printed) => {
    expect(meant(groupOf(filter(operator, value, rest)))).toBe(printed);
  });

  it.each([
    [
      "was less than",
      5,
      "cohort.not_available",
      'Invalid cohort: groups[0].filters[0].filterOperator uses the operator "was less than", which Whom lacks',
    ],
    [
      undefined,
      5,
      "cohort.invalid_definition",
      "Invalid cohort: groups[0].filters[0].filterOperator must be the name of an operator, found nothing",
    ],
    [
      "equals",
      null,
      "cohort.invalid_definition",
      "Invalid cohort: groups[0].filters[0].filterValue must be a text, a number, true or false, found null",
    ],
    [
      "equals",
      [{}],
      "cohort.invalid_definition",
      "Invalid cohort: groups[0].filters[0].filterValue[0] must be a text, a number, true or false, found an object",
    ],
    [
      "is between",
      [1],
      "cohort.invalid_definition",
      "Invalid cohort: groups[0].filters[0].filterValue must be two ends, found a list",
    ],
    [
      "was on",
      "2024-02-30",
      "cohort.invalid_definition",
      'Invalid cohort: groups[0].filters[0].filterValue must be a day as YYYY-MM-DD, found "2024-02-30"',
    ],
    [
      "was in the",
      "soon",
      "cohort.invalid_definition",
      'Invalid cohort: groups[0].filters[0].filterValue must be a number, found "soon"',
    ],
  ])("%s %j is refused", (operator, value, code, message) => {
    const error = refusal(() => meant(groupOf(filter(operator, value))));
    expect([error.code, error.message]).toEqual([code, message]);
  });

  it("refuses a unit that is none, and a list that is too long", () => {
    const rest = { filterDateUnit: "fortnight" };
    expect(refusal(() => meant(groupOf(filter("was in the", 1, rest)))).message).toContain(
      "filterDateUnit must be hour, day, week or month",
    );
    const values = Array.from({ length: 10_001 }, (_, n) => n);
    expect(refusal(() => meant(groupOf(filter("equals", values)))).code).toBe(
      "selector.list_too_long",
    );
    expect(meant(groupOf(filter("equals", values.slice(1))))).toContain("9999, 10000]");
  });

  it("does not take a number that JSON cannot hold", () => {
    const value: unknown = JSON.parse("1e999");
    expect(refusal(() => meant(groupOf(filter("is at least", value)))).code).toBe(
      "cohort.invalid_definition",
    );
  });
});

describe("a member of a property", () => {
  const rest = { propertyObjectKey: "sku" };

  it("is asked of an object, and of each object of a list", () => {
    expect(meant(groupOf(filter("equals", ["a"], rest)))).toBe(
      'any(X, properties["p"], X["sku"] == "a")',
    );
    expect(select(filter("equals", ["a"], rest), { p: { sku: "A" } })).toBe(true);
    expect(select(filter("equals", ["a"], rest), { p: [{ sku: "b" }, { sku: "a" }] })).toBe(true);
    expect(select(filter("equals", ["a"], rest), { p: [{ sku: "b" }] })).toBe(false);
  });

  it("is negated as a whole: none of them", () => {
    const none = filter("does not equal", ["a"], rest);
    expect(meant(groupOf(none))).toBe('not any(X, properties["p"], X["sku"] == "a")');
    expect(select(none, { p: [{ sku: "b" }, { sku: "a" }] })).toBe(false);
    expect(select(none, {})).toBe(true);
  });
});

describe("filters on the objects of a list", () => {
  const itemFilter = (quantifier: string, operator = "true") => ({
    dataset: "$mixpanel",
    value: "cart",
    resourceType: "people",
    filterType: "object",
    defaultType: "object",
    filterJoinType: "list",
    listQuantifier: quantifier,
    listItemFilters: [
      {
        resourceType: "people",
        filterType: "string",
        value: "Brand",
        filterOperator: "equals",
        filterValue: ["nike"],
      },
      {
        resourceType: "people",
        filterType: "number",
        value: "Price",
        filterOperator: "is at least",
        filterValue: 10,
      },
    ],
    filterOperator: operator,
    filterValue: true,
  });

  it("hold for any or for all of them", () => {
    const inner = 'X["Brand"] == "nike" and X["Price"] >= 10';
    expect(meant(groupOf(itemFilter("any")))).toBe(`any(X, properties["cart"], ${inner})`);
    expect(meant(groupOf(itemFilter("all")))).toBe(`all(X, properties["cart"], ${inner})`);
    expect(meant(groupOf(itemFilter("any", "false")))).toBe(
      `not any(X, properties["cart"], ${inner})`,
    );
  });

  it("are refused with another quantifier or operator", () => {
    expect(refusal(() => meant(groupOf(itemFilter("some")))).message).toContain('"any" or "all"');
    expect(refusal(() => meant(groupOf(itemFilter("any", "equals")))).message).toContain(
      '"true" or "false"',
    );
  });
});

describe("a filter", () => {
  it("on a custom property is refused", () => {
    for (const rest of [{ customPropertyId: 7 }, { customProperty: { displayFormula: "A" } }]) {
      expect(refusal(() => meant(groupOf(filter("is set", null, rest)))).code).toBe(
        "cohort.not_available",
      );
    }
  });

  it("on an event's property has no place among those on profiles", () => {
    const error = refusal(() => meant(groupOf({ ...filter("is set"), resourceType: "events" })));
    expect(error.message).toContain('resourceType must be "user" or "cohort", found "events"');
  });

  it("may ask for hostile names", () => {
    const name = '__proto__"]\0';
    expect(meant(groupOf({ ...filter("is set"), propertyName: name }))).toBe(
      `defined(properties[${JSON.stringify(name)}])`,
    );
  });

  it("without a name is refused", () => {
    const nameless = { resourceType: "user", filterOperator: "is set" };
    expect(refusal(() => meant(groupOf(nameless))).message).toContain(
      "propertyName must be the name of a property, found nothing",
    );
    expect(refusal(() => meant(groupOf("plan"))).message).toContain("must be a filter");
  });
});

function select(one: unknown, properties: Readonly<Record<string, Value>>): boolean {
  const { expression } = meaningOf(groupOf(one));
  const context = { nowSeconds: 1_700_000_000, timeZone: "UTC" };
  return evaluate(expression, subjectOf(properties), context) === true;
}
