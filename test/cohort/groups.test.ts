import { describe, expect, it } from "vitest";
import { meaningOf } from "../../src/cohort/meaning.ts";
import { print } from "../../src/selector/selector.ts";
import { behaviorsOf, groupOf, meant, refusal } from "./support.ts";

/** As browsers send it. */
const FIRST_SEEN = JSON.parse(`{"name":"","id":null,"unsavedId":null,"description":"","groups":[
  {"type":"cohort_group",
   "event":{"resourceType":"cohort","value":"$all_users","label":"All Users"},
   "filters":[{"resourceType":"user","propertyName":"$mp_first_event_time","propertyObjectKey":null,
               "propertyDefaultType":"datetime","propertyType":"datetime",
               "filterOperator":"between",
               "filterValue":{"type":"between","from":"2022-11-01","to":"2022-11-30"}}],
   "filtersOperator":"and","behavioralFilters":[],"behavioralFiltersOperator":"and",
   "groupingOperator":null,"property":null,"dataGroupId":""}]}`) as unknown;

const DID_ANYTHING = {
  resourceType: "user",
  customProperty: {
    behavior: {
      event: { value: "$mp_anything_event", label: "Any Event" },
      filters: [],
      filtersOperator: "and",
      behavioralFiltersOperator: "and",
      aggregationOperator: "total",
      aggregationOperatorPerUser: null,
      property: null,
      dateRange: { type: "between", from: "2022-09-01", to: "2022-09-30" },
    },
  },
  customPropertyId: null,
  propertyName: null,
  propertyType: "number",
  filterOperator: "is at least",
  filterValue: 1,
};

/** A filter on what somebody did. */
function did(behavior: object, rest: object = {}): Record<string, unknown> {
  return {
    ...DID_ANYTHING,
    customProperty: { behavior: { ...DID_ANYTHING.customProperty.behavior, ...behavior } },
    ...rest,
  };
}

function memberOf(...cohorts: readonly object[]): Record<string, unknown> {
  return {
    resourceType: "cohort",
    propertyType: "list",
    filterOperator: "contains",
    filterValue: cohorts.map((cohort) => ({ cohort })),
  };
}

describe("groups", () => {
  it("select whom was first seen between two days", () => {
    expect(meant(FIRST_SEEN)).toBe(
      'datetime(properties["$mp_first_event_time"]) >= datetime("2022-11-01") and datetime(properties["$mp_first_event_time"]) < datetime("2022-12-01")',
    );
  });

  it("select who did any event between two days", () => {
    const meaning = meaningOf(groupOf(DID_ANYTHING));
    expect(print(meaning.expression)).toBe('behaviors["behavior"] >= 1');
    expect(behaviorsOf(meaning)).toEqual({ behavior: "count | * | 2022-09-01..2022-09-30" });
  });

  it("select members of cohorts, saved or written out", () => {
    expect(meant(groupOf(memberOf({ id: 5, name: "A", negated: false })))).toBe("cohort(5)");
    expect(meant(groupOf(memberOf({ id: "5" }, { id: 6, negated: true })))).toBe(
      "cohort(5) or not cohort(6)",
    );
    const none = { ...memberOf({ id: 5 }, { id: 6 }), filterOperator: "does not contain" };
    expect(meant(groupOf(none))).toBe("not (cohort(5) or cohort(6))");
    expect(meant(groupOf(memberOf({ raw_cohort: FIRST_SEEN })))).toBe(meant(FIRST_SEEN));
    const headless = {
      value: "$cohorts",
      filterOperator: "contains",
      filterValue: [{ cohort: { id: 5 } }],
    };
    expect(meant(groupOf(headless))).toBe("cohort(5)");
  });

  it("are refused where a cohort has no id, or the operator is none", () => {
    expect(refusal(() => meant(groupOf(memberOf({ name: "A" })))).message).toContain(
      "filterValue[0].cohort.id must be the id of a cohort, found nothing",
    );
    const odd = { ...memberOf({ id: 5 }), filterOperator: "is at least" };
    expect(refusal(() => meant(groupOf(odd))).message).toContain(
      '"contains" or "does not contain", found "is at least"',
    );
  });

  it("join their filters as they say, and start from everybody or a cohort", () => {
    const filters = ["a", "b"].map((propertyName) => ({
      resourceType: "user",
      propertyName,
      filterOperator: "is set",
    }));
    const group = {
      event: { resourceType: "cohort", value: 12 },
      filters,
      filtersOperator: "or",
      behavioralFilters: [did({ event: { value: "Purchase" } })],
      behavioralFiltersOperator: "and",
    };
    expect(meant({ groups: [group] })).toBe(
      'cohort(12) and (defined(properties["a"]) or defined(properties["b"])) and behaviors["behavior"] >= 1',
    );
    expect(meant({ groups: [{ event: { resourceType: "cohort", value: "$all_users" } }] })).toBe(
      "true",
    );
  });

  it("are joined from left to right, without precedence", () => {
    const group = (value: number, groupingOperator: string | null) => ({
      event: { resourceType: "cohort", value },
      filters: [],
      groupingOperator,
    });
    expect(meant({ groups: [group(1, "or"), group(2, "and"), group(3, null)] })).toBe(
      "(cohort(1) or cohort(2)) and cohort(3)",
    );
    expect(meant({ groups: [group(1, "and"), group(2, "or"), group(3, null)] })).toBe(
      "cohort(1) and cohort(2) or cohort(3)",
    );
  });

  it.each([
    [{}],
    [{ event: null }],
    [{ event: { value: "$all_users" } }],
    [{ event: { resourceType: "cohorts" } }],
  ])("need a resource type: %j", (group) => {
    const good = { event: { resourceType: "cohort", value: "$all_users" }, filters: [] };
    expect(refusal(() => meant({ groups: [group] })).message).toBe(
      "Missing or invalid 'resourceType' field in filter group 0",
    );
    expect(refusal(() => meant({ groups: [good, group] })).message).toBe(
      "Missing or invalid 'resourceType' field in filter group 1",
    );
  });

  it.each([
    [{ groups: 5 }, "groups must be a list, found 5"],
    [
      { groups: [{ event: { resourceType: "cohort", value: "A" } }] },
      'groups[0].event.value must be "$all_users" or the id of a cohort, found "A"',
    ],
    [
      { groups: [{ event: { resourceType: "cohort" }, filters: {} }] },
      "groups[0].filters must be a list, found an object",
    ],
    [
      { groups: [{ event: { resourceType: "cohort" }, groupingOperator: "xor" }] },
      'groups[0].groupingOperator must be "and" or "or", found "xor"',
    ],
  ])("say where they are wrong: %j", (definition, message) => {
    expect(refusal(() => meant(definition)).message).toBe(`Invalid cohort: ${message}`);
  });

  it("of the older form ask for an event and its properties", () => {
    const meaning = meaningOf({
      groups: [
        {
          event: { resourceType: "events", value: "Purchase" },
          filters: [
            {
              propertyName: "amount",
              propertyType: "number",
              filterOperator: "is at least",
              filterValue: 5,
            },
            {
              resourceType: "user",
              propertyName: "plan",
              filterOperator: "equals",
              filterValue: ["pro"],
            },
          ],
          filtersOperator: "and",
        },
      ],
    });
    expect(print(meaning.expression)).toBe('behaviors["behavior"] > 0');
    expect(behaviorsOf(meaning)).toEqual({
      behavior: 'count | Purchase where event["amount"] >= 5 and user["plan"] == "pro" | ..',
    });
  });
});

describe("a behavior of the web application", () => {
  it.each([
    [{ aggregationOperator: "total", property: "amount" }, "sum of amount"],
    [{ aggregationOperator: "total", property: { value: "amount" } }, "sum of amount"],
    [{ aggregationOperator: "average", property: "amount" }, "average of amount"],
    [{ aggregationOperator: "min", property: "amount" }, "min of amount"],
    [{ aggregationOperator: "max", property: "amount" }, "max of amount"],
    [{ aggregationOperator: "unique_values", property: "sku" }, "unique of sku"],
    [{ aggregationOperator: "most_frequent", property: "sku" }, "most_frequent of sku"],
    [{ aggregationOperator: "first_value", property: "sku" }, "first_value of sku"],
    [{ aggregationOperator: "last_value", property: "sku" }, "last_value of sku"],
    [{ aggregationOperator: "first_event_time" }, "first_time"],
    [{ aggregationOperator: "last_event_time" }, "last_time"],
    [{ aggregationOperator: null }, "count"],
  ])("measures %j", (behavior, measure) => {
    const [described] = Object.values(
      behaviorsOf(
        meaningOf(
          groupOf(
            did(
              { event: { value: "A" }, ...behavior, dateRange: null },
              { filterOperator: "is set" },
            ),
          ),
        ),
      ),
    );
    expect(described).toBe(`${measure} | A | ..`);
  });

  it.each([
    [{ type: "in the last", window: { unit: "day", value: 30 } }, "last 2592000 s"],
    [{ type: "in the last", window: { unit: "week", value: "2" } }, "last 1209600 s"],
    [{ type: "since", from: "2024-01-01" }, "2024-01-01.."],
    [{ type: "between", from: "2024-01-01", to: "2024-01-31T00:00:00" }, "2024-01-01..2024-01-31"],
  ])("has the window %j", (dateRange, window) => {
    const { behavior } = behaviorsOf(meaningOf(groupOf(did({ dateRange }))));
    expect(behavior).toBe(`count | * | ${window}`);
  });

  it("is compared as what it measures", () => {
    const first = did(
      { aggregationOperator: "first_event_time" },
      { propertyType: "datetime", filterOperator: "was since", filterValue: "2024-01-01" },
    );
    expect(meant(groupOf(first))).toBe('datetime(behaviors["behavior"]) >= datetime("2024-01-01")');
    const favorite = did(
      { aggregationOperator: "most_frequent", property: "sku" },
      { propertyType: "string", filterOperator: "equals", filterValue: ["a"] },
    );
    expect(meant(groupOf(favorite))).toBe('behaviors["behavior"] == "a"');
  });

  it("shares its name with one that is the same, and with no other", () => {
    const meaning = meaningOf(groupOf(DID_ANYTHING, did({ event: { value: "A" } }), DID_ANYTHING));
    expect(print(meaning.expression)).toBe(
      'behaviors["behavior"] >= 1 and behaviors["behavior 2"] >= 1 and behaviors["behavior"] >= 1',
    );
    const raw = { ...groupOf(did({ event: { value: "B" } })) };
    const nested = meaningOf(groupOf(DID_ANYTHING, memberOf({ raw_cohort: raw })));
    expect(print(nested.expression)).toBe(
      'behaviors["behavior"] >= 1 and (behaviors["behavior 2"] >= 1 and true)',
    );
    expect(behaviorsOf(nested)["behavior 2"]).toContain("| B |");
  });

  it.each([
    [{ event: { value: "$custom_event:5" } }, "uses a custom event"],
    [{ event: { resourceType: "custom-event", value: 5 } }, "uses a custom event"],
    [{ event: {} }, "event.value must be the name of an event, found nothing"],
    [{ aggregationOperator: "geometric_mean" }, 'uses the aggregation "geometric_mean"'],
    [{ aggregationOperator: "average" }, "property must be the name of a property, found null"],
    [
      { dateRange: { window: { unit: "day" } } },
      "dateRange.window.value must be a number, found nothing",
    ],
    [{ filters: [memberOf({ id: 5 })] }, "uses a cohort in the filter of an event"],
  ])("is refused: %j", (behavior, message) => {
    expect(refusal(() => meant(groupOf(did(behavior)))).message).toContain(message);
  });
});
