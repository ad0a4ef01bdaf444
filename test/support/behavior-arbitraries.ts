/**
 * Random behaviors, selectors that read them, and queries over a history of `event-arbitraries.ts`.
 *
 * Half of the selectors are ones that people write, which select some but not all; the others are nasty.
 *
 * @module
 */
import fc from "fast-check";
import type { Behavior, EventTest, Measure, TimeSpan } from "../../src/event/behavior.ts";
import type { EventQuery } from "../../src/event/event-query.ts";
import type { ProfileQuery } from "../../src/query/query.ts";
import {
  compile,
  EVENT_SCOPE,
  print,
  type Selector,
  type SelectorScope,
} from "../../src/selector/selector.ts";
import type { AccessorScope, Expression } from "../../src/selector/syntax.ts";
import {
  AMOUNTS,
  COMPANIES,
  EVENT_NAMES,
  EVENT_PROPERTIES,
  GROUP_IDS,
  IDS,
  PROFILE_PROPERTIES,
  START_SECONDS,
  STATIC_COHORTS,
  TEXTS,
  USERS,
} from "./event-arbitraries.ts";
import { arbitrarySelectorOver } from "./selector-arbitraries.ts";

/** Names of behaviors. */
const BEHAVIOR_NAMES: readonly string[] = ["b0", "b1", 'say "b"', "__proto__"];

/** Zones, one of which changes its clocks within a history. */
export const TIME_ZONES: readonly string[] = ["UTC", "America/New_York", "Asia/Kolkata"];

/** Properties of events that sums are exact of. */
const EXACT_PROPERTIES: readonly string[] = ["amount", "amount", "time", "page"];

const PSEUDO_PROPERTIES: readonly string[] = [
  "$time",
  "time",
  "distinct_id",
  "$distinct_id",
  "$insert_id",
  "$event_name",
  "mp_processing_time_ms",
];

const NOWHERE = { start: 0, end: 0 };

const BEHAVIOR_SCOPE: SelectorScope = { behaviors: new Set(BEHAVIOR_NAMES), event: false };

/** Parts of a text, one after the other. */
function phrase(...parts: readonly (string | fc.Arbitrary<string>)[]): fc.Arbitrary<string> {
  return fc
    .tuple(...parts.map((part) => (typeof part === "string" ? fc.constant(part) : part)))
    .map((texts) => texts.join(""));
}

const quoted = (texts: readonly string[]): fc.Arbitrary<string> =>
  fc.constantFrom(...texts).map((text) => JSON.stringify(text).replaceAll("\\u0000", "\0"));

const operator = fc.constantFrom("==", "!=", "<", "<=", ">", ">=");
const number = fc.constantFrom(...AMOUNTS, 4, 7).map(String);
const textLiteral = quoted(TEXTS);
const constant = fc.oneof(number, textLiteral, fc.constantFrom("true", "null", "undefined"));
const instant = fc
  .constantFrom("2024-11-03", "2024-11-03T06:30:00", "2024-11-02T00:00:00", "2024-11-05")
  .map((text) => JSON.stringify(text));

/** What people ask of a value. */
function plainTest(value: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc.oneof(
    { weight: 4, arbitrary: phrase(value, " ", operator, " ", constant) },
    { weight: 1, arbitrary: phrase(value, " in [", constant, ", ", constant, "]") },
    { weight: 1, arbitrary: phrase(constant, " in ", value) },
    { weight: 1, arbitrary: phrase("defined(", value, ")") },
    { weight: 1, arbitrary: phrase("any(x, ", value, ", x == ", constant, ")") },
    {
      weight: 1,
      arbitrary: phrase("datetime(", value, ") ", operator, " datetime(", instant, ")"),
    },
    { weight: 1, arbitrary: phrase(value, " ", operator, " ", value) },
  );
}

/** Tests joined, or the opposite of one. */
function joined(test: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc.oneof(
    { weight: 3, arbitrary: test },
    { weight: 1, arbitrary: phrase(test, fc.constantFrom(" and ", " or "), test) },
    { weight: 1, arbitrary: phrase("not (", test, ")") },
  );
}

const eventValue = fc.oneof(
  { weight: 4, arbitrary: phrase('event["', fc.constantFrom("amount", "page", "tags"), '"]') },
  { weight: 1, arbitrary: phrase("event[", quoted(EVENT_PROPERTIES), "]") },
  { weight: 1, arbitrary: phrase("properties[", quoted(EVENT_PROPERTIES), "]") },
  { weight: 2, arbitrary: phrase("user[", quoted(PROFILE_PROPERTIES), "]") },
);

/** A condition of events as people write it. */
export const eventConditionText: fc.Arbitrary<string> = joined(
  fc.oneof(
    { weight: 6, arbitrary: plainTest(eventValue) },
    { weight: 1, arbitrary: phrase('event["$time"] ', operator, " ", instant) },
    {
      weight: 1,
      arbitrary: phrase('datetime(event["$time"]) ', operator, " datetime(", instant, ")"),
    },
    { weight: 1, arbitrary: phrase("event[", quoted(PSEUDO_PROPERTIES), "] ", operator, constant) },
    {
      weight: 1,
      arbitrary: phrase('event["distinct_id"] in [', quoted(IDS), ", ", quoted(IDS), "]"),
    },
    { weight: 1, arbitrary: phrase('event["$event_name"] == ', quoted(EVENT_NAMES)) },
    { weight: 1, arbitrary: phrase('user["$distinct_id"] == ', quoted(IDS)) },
    { weight: 1, arbitrary: phrase('event["$distinct_id"] == user["$distinct_id"]') },
    { weight: 1, arbitrary: phrase('user["$mp_first_event_time"] ', operator, " ", instant) },
  ),
);

/** Numbers that counts often are. */
const fewText = fc.constantFrom("0", "1", "1", "2", "3", "0.5", "-1");

const behaviorText = phrase("behaviors[", quoted(BEHAVIOR_NAMES), "]");
const profileText = phrase("properties[", quoted(PROFILE_PROPERTIES), "]");
const arithmeticText = fc.oneof(
  { weight: 6, arbitrary: behaviorText },
  {
    weight: 2,
    arbitrary: phrase(behaviorText, fc.constantFrom(" + ", " - ", " * ", " / ", " % "), number),
  },
  { weight: 1, arbitrary: phrase(behaviorText, fc.constantFrom(" + ", " - "), behaviorText) },
  { weight: 1, arbitrary: phrase(behaviorText, ' * properties["ltv"]') },
  {
    weight: 1,
    arbitrary: phrase("if(", behaviorText, " > 1, ", behaviorText, ", ", profileText, ")"),
  },
);

/** Tests of behaviors as people write them, and of what else is known of a profile. */
export const profileConditionText: fc.Arbitrary<string> = joined(
  fc.oneof(
    { weight: 8, arbitrary: phrase(arithmeticText, " ", operator, " ", fewText) },
    { weight: 1, arbitrary: phrase(fewText, " ", operator, " ", behaviorText) },
    { weight: 2, arbitrary: plainTest(profileText) },
    { weight: 1, arbitrary: plainTest(behaviorText) },
    { weight: 1, arbitrary: phrase(behaviorText, " ", operator, " ", behaviorText) },
    { weight: 1, arbitrary: phrase('properties["$mp_first_event_time"] ', operator, " ", instant) },
    {
      weight: 1,
      arbitrary: phrase(
        'datetime(user["$mp_first_event_time"]) ',
        operator,
        " datetime(",
        instant,
        ")",
      ),
    },
    { weight: 1, arbitrary: phrase('defined(properties["$mp_first_event_time"])') },
    { weight: 2, arbitrary: phrase("cohort(", fc.constantFrom("1", "2", "9"), ")") },
  ),
);

function accessors(
  ...choices: readonly (readonly [number, AccessorScope, readonly string[]])[]
): fc.Arbitrary<Expression> {
  return fc.oneof(
    ...choices.map(([weight, scope, names]) => ({
      weight,
      arbitrary: fc
        .constantFrom(...names)
        .map((name): Expression => ({ kind: "accessor", scope, name, span: NOWHERE })),
    })),
  );
}

const eventExpression = arbitrarySelectorOver(
  accessors(
    [5, "event", EVENT_PROPERTIES],
    [1, "properties", EVENT_PROPERTIES],
    [3, "event", PSEUDO_PROPERTIES],
    [3, "user", [...PROFILE_PROPERTIES, "$distinct_id", "$mp_first_event_time"]],
  ),
);

const profileExpression = arbitrarySelectorOver(
  fc.oneof(
    {
      weight: 9,
      arbitrary: accessors(
        [4, "properties", PROFILE_PROPERTIES],
        [6, "behaviors", BEHAVIOR_NAMES],
        [1, "user", ["$mp_first_event_time", "$distinct_id", "$last_seen"]],
      ),
    },
    {
      weight: 1,
      arbitrary: fc
        .constantFrom(...STATIC_COHORTS, 9)
        .map((cohort): Expression => ({ kind: "cohort", cohort, span: NOWHERE })),
    },
  ),
);

function compiled(text: string, scope: SelectorScope): Selector {
  const selector = compile(text, scope);
  if (selector === undefined) throw new Error("the selector is empty");
  return selector;
}

/** Unchecked: a cohort may be made of behaviors whose kinds a text could not be. */
function unchecked(expression: Expression): Selector {
  return { source: print(expression), expression };
}

/** A selector of events. */
const eventSelector: fc.Arbitrary<Selector> = fc.oneof(
  { weight: 2, arbitrary: eventConditionText.map((text) => compiled(text, EVENT_SCOPE)) },
  { weight: 1, arbitrary: eventExpression.map(unchecked) },
);

const profileSelector: fc.Arbitrary<Selector> = fc.oneof(
  { weight: 3, arbitrary: profileConditionText.map((text) => compiled(text, BEHAVIOR_SCOPE)) },
  { weight: 1, arbitrary: profileExpression.map(unchecked) },
);

/** What numbers are made of: exact, so that their order does not show. */
const numberExpression = fc
  .oneof(behaviorText, arithmeticText, phrase('properties["ltv"]'))
  .map((text) => compiled(text, BEHAVIOR_SCOPE).expression);

const anyExpression = fc.oneof(
  numberExpression,
  profileSelector.map(({ expression }) => expression),
  phrase('properties["$mp_first_event_time"]').map(
    (text) => compiled(text, BEHAVIOR_SCOPE).expression,
  ),
);

const edge = fc
  .tuple(
    fc.nat(7),
    fc.constantFrom(0, 4, 5, -5.5, 18.5, 10, 12, 13.5),
    fc.constantFrom(-1, 0, 0, 1),
  )
  .map(([day, hours, seconds]) => START_SECONDS + (day - 1) * 86_400 + hours * 3600 + seconds);

const span: fc.Arbitrary<TimeSpan> = fc.oneof(
  { weight: 4, arbitrary: fc.constant({ fromSeconds: -1e12, toSeconds: 1e12 }) },
  {
    weight: 6,
    arbitrary: fc.tuple(edge, edge).map(([one, other]) => ({
      fromSeconds: Math.min(one, other),
      toSeconds: Math.max(one, other),
    })),
  },
  { weight: 1, arbitrary: edge.map((at) => ({ fromSeconds: -8.64e12, toSeconds: at })) },
  { weight: 1, arbitrary: edge.map((at) => ({ fromSeconds: at, toSeconds: at - 1 })) },
);

const anyProperty = fc.constantFrom(...EVENT_PROPERTIES, ...EXACT_PROPERTIES, ...PSEUDO_PROPERTIES);

const measure: fc.Arbitrary<Measure> = fc.oneof(
  { weight: 4, arbitrary: fc.constant<Measure>({ kind: "count" }) },
  { weight: 2, arbitrary: fc.constantFrom<Measure>({ kind: "days" }) },
  { weight: 2, arbitrary: fc.constantFrom<Measure>({ kind: "first_time" }, { kind: "last_time" }) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(
        fc.constantFrom("sum" as const, "average" as const),
        fc.constantFrom(...EXACT_PROPERTIES),
      )
      .map(([kind, property]) => ({ kind, property })),
  },
  {
    weight: 4,
    arbitrary: fc
      .tuple(
        fc.constantFrom(
          "unique" as const,
          "min" as const,
          "max" as const,
          "median" as const,
          "most_frequent" as const,
          "first_value" as const,
          "last_value" as const,
        ),
        anyProperty,
      )
      .map(([kind, property]) => ({ kind, property })),
  },
);

const eventTest: fc.Arbitrary<EventTest> = fc.record({
  event: fc.option(fc.constantFrom(...EVENT_NAMES, "$identify"), { nil: undefined, freq: 2 }),
  selector: fc.oneof(
    { weight: 3, arbitrary: fc.constant(undefined) },
    { weight: 2, arbitrary: eventSelector },
  ),
});

const behavior: fc.Arbitrary<Behavior> = fc.record({
  tests: fc.oneof(
    { weight: 3, arbitrary: fc.tuple(eventTest) },
    { weight: 1, arbitrary: fc.array(eventTest, { minLength: 2, maxLength: 3 }) },
  ),
  span,
  measure,
});

const behaviors = fc
  .tuple(...BEHAVIOR_NAMES.map(() => behavior))
  .map((all) => new Map(all.map((one, index) => [BEHAVIOR_NAMES[index] ?? "", one])));

const asOfSeconds = edge;
const timeZone = fc.constantFrom(...TIME_ZONES);

/** Some ids of a pool, or undefined for all. */
export function someIds(pool: readonly string[]): fc.Arbitrary<readonly string[] | undefined> {
  return fc
    .option(fc.array(fc.constantFrom(...pool, "nobody"), { maxLength: 6 }), {
      nil: undefined,
      freq: 1,
    })
    .chain((found) => fc.nat(3).map((dice) => (dice === 0 ? found : undefined)));
}

/** A query with behaviors. */
export const arbitraryQuery: fc.Arbitrary<ProfileQuery> = fc
  .constantFrom(USERS, USERS, USERS, COMPANIES)
  .chain((scope) =>
    fc.record({
      scope: fc.constant(scope),
      distinctIds: someIds(scope.groupKey === undefined ? IDS : GROUP_IDS),
      selectors: fc.oneof(
        { weight: 4, arbitrary: fc.tuple(profileSelector) },
        { weight: 1, arbitrary: fc.array(profileSelector, { maxLength: 2 }) },
      ),
      sort: fc.option(fc.record({ key: profileSelector, descending: fc.boolean() }), {
        nil: undefined,
        freq: 1,
      }),
      behaviors,
      includesStrangers: fc.boolean(),
      limit: fc
        .tuple(fc.nat(4), fc.nat(9))
        .map(([dice, limit]) => (dice === 0 ? limit : undefined)),
      asOfSeconds,
      timeZone,
    }),
  );

/** Expressions over profiles, numbers first. */
export const arbitraryExpressions: fc.Arbitrary<readonly [Expression, ...Expression[]]> = fc
  .tuple(numberExpression, fc.array(anyExpression, { minLength: 1, maxLength: 2 }))
  .map(([first, more]) => [first, ...more]);

/** A request for events. */
export const arbitraryEventQuery: fc.Arbitrary<EventQuery> = fc.record({
  projectId: fc.constant(1),
  span,
  names: fc.option(fc.array(fc.constantFrom(...EVENT_NAMES, "None"), { maxLength: 3 }), {
    nil: undefined,
    freq: 1,
  }),
  distinctIds: someIds(IDS),
  selector: fc.option(eventSelector, { nil: undefined, freq: 4 }),
  limit: fc.option(fc.nat(30), { nil: undefined, freq: 1 }),
  asOfSeconds,
  timeZone,
});
