/**
 * Random cohort definitions, and lists of behaviors, as clients send them.
 *
 * @module
 */
import fc from "fast-check";
import { eventConditionText, profileConditionText } from "./behavior-arbitraries.ts";
import {
  AMOUNTS,
  EVENT_NAMES,
  EVENT_PROPERTIES,
  PROFILE_PROPERTIES,
  TEXTS,
} from "./event-arbitraries.ts";

/** A JSON object. */
export type Json = Readonly<Record<string, unknown>>;

/** A day of a history. */
const day: fc.Arbitrary<string> = fc.nat(6).map((index) => `2024-11-0${index + 1}`);
const unit = fc.constantFrom("hour", "day", "week");
const text = fc.constantFrom(...TEXTS);
const number = fc.constantFrom(...AMOUNTS);
const eventName = fc.constantFrom(...EVENT_NAMES, "$all_events", "$mp_anything_event");
const cohortId = fc.constantFrom(1, 2, 3, 4, 77);

const window = fc.oneof(
  fc.constant<Json>({}),
  fc.record({ window: fc.record({ unit, value: fc.integer({ min: 1, max: 4 }) }) }),
  fc.record({ from_date: day }),
  fc.record({ from_date: day, to_date: day }),
  fc.record({ to_date: day }),
);

/** An operator, what it takes its subject for, and what with. */
const test = fc.oneof(
  fc.tuple(
    fc.constantFrom("equals", "does not equal", "contains", "does not contain"),
    fc.constantFrom("string", "list"),
    fc.oneof(text, fc.array(text, { minLength: 1, maxLength: 3 })),
  ),
  fc.tuple(
    fc.constantFrom("starts with", "does not end with"),
    fc.constant("string"),
    fc.constantFrom("a", "H", "ß"),
  ),
  fc.tuple(
    fc.constantFrom("equals", "is greater than", "is at least", "is at most", "!=", "<"),
    fc.constant("number"),
    number,
  ),
  fc.tuple(
    fc.constantFrom("is between", "not between"),
    fc.constant("number"),
    fc.tuple(number, number),
  ),
  fc.tuple(
    fc.constantFrom("is set", "is not set", "true", "false"),
    fc.constantFrom("string", "boolean", "number"),
    fc.constant(null),
  ),
  fc.tuple(
    fc.constantFrom("was on", "was not on", "was before", "was since"),
    fc.constant("datetime"),
    day,
  ),
  fc.tuple(
    fc.constantFrom("was between", "was not between", "between"),
    fc.constant("datetime"),
    fc.oneof(fc.tuple(day, day), fc.record({ from: day, to: day })),
  ),
  fc.tuple(
    fc.constantFrom("was in the", "was not in the", "before the last", "was in the next"),
    fc.constant("datetime"),
    fc.integer({ min: 1, max: 5 }),
  ),
);

/** A filter on a property. */
function propertyFilter(
  resourceType: string,
  names: readonly string[],
  extra: fc.Arbitrary<Json> = fc.constant({}),
): fc.Arbitrary<Json> {
  return fc
    .tuple(fc.constantFrom(...names), test, unit, fc.constantFrom("string", "same"), extra)
    .map(([value, [filterOperator, type, filterValue], filterDateUnit, defaultType, more]) => ({
      resourceType,
      value,
      propertyType: type,
      propertyDefaultType: defaultType === "same" ? type : defaultType,
      filterOperator,
      filterValue,
      filterDateUnit,
      ...more,
    }));
}

const itemFilter = fc.record({
  resourceType: fc.constant("user"),
  value: fc.constantFrom("cart", "tags"),
  propertyType: fc.constant("object"),
  filterOperator: fc.constantFrom("true", "false"),
  listQuantifier: fc.constantFrom("any", "all"),
  listItemFilters: fc.tuple(propertyFilter("user", ["sku", "n"])),
});

const profileFilter = fc.oneof(
  { weight: 6, arbitrary: propertyFilter("user", [...PROFILE_PROPERTIES, "$mp_first_event_time"]) },
  {
    weight: 1,
    arbitrary: propertyFilter("user", ["cart"], fc.constant({ propertyObjectKey: "sku" })),
  },
  { weight: 1, arbitrary: itemFilter },
);

const eventFilter = fc.oneof(
  { weight: 3, arbitrary: propertyFilter("events", [...EVENT_PROPERTIES, "$time", "$event_name"]) },
  { weight: 1, arbitrary: propertyFilter("people", PROFILE_PROPERTIES) },
);

const joint = fc.constantFrom("and", "or");

const aggregation = fc.oneof(
  fc.constantFrom<Json>(
    {},
    { aggregationOperator: "total", property: null },
    { aggregationOperator: "first_event_time" },
    { aggregationOperator: "last_event_time" },
  ),
  fc.record({
    aggregationOperator: fc.constantFrom("total", "average", "min", "max", "median"),
    property: fc.constant("amount"),
  }),
  fc.record({
    aggregationOperator: fc.constantFrom(
      "unique_values",
      "most_frequent",
      "first_value",
      "last_value",
    ),
    property: fc.constantFrom(...EVENT_PROPERTIES),
  }),
);

const webBehavior = fc
  .tuple(eventName, fc.array(eventFilter, { maxLength: 2 }), joint, aggregation, window)
  .map(([value, filters, filtersOperator, aggregated, dateRange]) => ({
    event: { value, resourceType: "events" },
    filters,
    filtersOperator,
    dateRange,
    ...aggregated,
  }));

const behaviorFilter = fc
  .tuple(webBehavior, test)
  .map(([behavior, [filterOperator, propertyType, filterValue]]) => ({
    resourceType: "user",
    customProperty: { behavior },
    propertyType,
    filterOperator,
    filterValue,
    filterDateUnit: "day",
  }));

const cohortFilter = fc
  .tuple(fc.constantFrom("contains", "does not contain"), cohortId, fc.boolean())
  .map(([filterOperator, id, negated]) => ({
    resourceType: "cohort",
    filterOperator,
    filterValue: [{ cohort: { id, negated } }],
  }));

const anyFilter = fc.oneof(
  { weight: 3, arbitrary: profileFilter },
  { weight: 3, arbitrary: behaviorFilter },
  { weight: 1, arbitrary: cohortFilter },
);

const group: fc.Arbitrary<Json> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      event: fc
        .oneof(fc.constant<unknown>("$all_users"), fc.constant<unknown>("$all_users"), cohortId)
        .map((value) => ({ resourceType: "cohort", value })),
      filters: fc.oneof(
        { weight: 2, arbitrary: fc.tuple(anyFilter) },
        { weight: 1, arbitrary: fc.tuple(anyFilter, anyFilter) },
      ),
      filtersOperator: joint,
      behavioralFilters: fc.array(behaviorFilter, { maxLength: 1 }),
      behavioralFiltersOperator: joint,
      groupingOperator: fc.constantFrom("and", "or", null),
    }),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(webBehavior, joint)
      .map(([behavior, groupingOperator]) => ({ ...behavior, groupingOperator })),
  },
);

/** A definition as the web application writes it. */
export const groupsDefinition: fc.Arbitrary<Json> = fc
  .array(group, { minLength: 1, maxLength: 3 })
  .map((groups): Json => ({ groups }));

const treeCount = fc.oneof(
  fc.record({ type: fc.constantFrom("absolute", "day") }),
  aggregation.map((one) => ("aggregationOperator" in one ? one : { type: "absolute" })),
);

const treeBehavior = fc
  .tuple(
    eventName,
    fc.oneof(
      fc.constant(null),
      eventConditionText,
      fc.record({ operator: joint, children: fc.array(eventFilter, { maxLength: 2 }) }),
    ),
    treeCount,
    window,
  )
  .map(([event, selector, count, range]) => ({
    count: { event_selector: { event, selector }, ...count },
    ...range,
  }));

const leaf = fc.oneof(
  {
    weight: 3,
    arbitrary: fc
      .tuple(fc.constantFrom("bhvr_0", "bhvr_1"), test)
      .map(([value, [operator, type, operand]]) => ({
        property: "behaviors",
        value,
        operator,
        operand,
        type,
      })),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.constantFrom(...PROFILE_PROPERTIES), test)
      .map(([value, [operator, type, operand]]) => ({
        property: "user",
        value,
        operator,
        operand,
        type,
      })),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      property: fc.constant("cohort"),
      value: cohortId,
      operator: fc.constantFrom("in", "not in"),
    }),
  },
);

const treeDefinition = fc
  .tuple(
    joint,
    fc.array(leaf, { minLength: 1, maxLength: 3 }),
    joint,
    leaf,
    treeBehavior,
    treeBehavior,
  )
  .map(
    ([operator, children, inner, last, bhvr_0, bhvr_1]): Json => ({
      selector: { operator, children: [...children, { operator: inner, children: [last] }] },
      behaviors: { bhvr_0, bhvr_1 },
    }),
  );

const eventSelectors = fc.array(
  fc.record({
    event: eventName,
    selector: fc.option(eventConditionText, { nil: undefined, freq: 1 }),
  }),
  { minLength: 1, maxLength: 3 },
);

/** The `behaviors` parameter, for all names that selectors use. */
export const arbitraryBehaviors: fc.Arbitrary<readonly unknown[]> = fc
  .tuple(
    ...["b0", "b1", 'say "b"', "__proto__"].map((name) =>
      fc
        .tuple(
          eventSelectors,
          fc.oneof(
            fc.record({ window: fc.constantFrom("1d", "3d", "12h", "1w", "30d", "2") }),
            fc.record({ from_date: day, to_date: day }),
            fc.record({ from_date: day }),
          ),
        )
        .map(([event_selectors, range]) => ({ name, event_selectors, ...range })),
    ),
  )
  .map((list): readonly unknown[] => list);

/** A definition as a selector with behaviors. */
export const textDefinition: fc.Arbitrary<Json> = fc
  .tuple(profileConditionText, arbitraryBehaviors)
  .map(([selector, behaviors]): Json => ({ selector, behaviors }));

/** A definition in any of the forms. */
export const arbitraryDefinition: fc.Arbitrary<Json> = fc.oneof(
  { weight: 2, arbitrary: groupsDefinition },
  { weight: 2, arbitrary: treeDefinition },
  { weight: 1, arbitrary: textDefinition },
);
