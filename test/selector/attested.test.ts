/**
 * Selectors that clients and documents of the service are known to send, on profiles they select and do not.
 */
import { describe, expect, it } from "vitest";
import { compile, evaluate, print, type Selector } from "../../src/selector/selector.ts";
import type { Value } from "../../src/values/value.ts";
import { CONTEXT, subjectOf } from "../support/selector.ts";

type Properties = Readonly<Record<string, Value>>;

const EVERY_BEHAVIOR = {
  behaviors: new Set(["behavior_1743", "behavior_79", "signed_up", "purchased"]),
  event: false,
};

/** All behaviors have the value 2. */
const ATTESTED: readonly (readonly [source: string, selected: Properties, not: Properties])[] = [
  [
    'properties["$last_seen"] >= "2021-06-16T00:00:00"',
    { $last_seen: "2021-06-16T00:00:00" },
    { $last_seen: "2021-06-15T23:59:59" },
  ],
  [
    'properties["$last_seen"] >= "2024-01-01T00:00:00" and properties["$last_seen"] <= "2024-02-01T00:00:00"',
    { $last_seen: "2024-01-15T12:00:00" },
    { $last_seen: "2024-02-01T00:00:01" },
  ],
  [
    '(("Albany" in properties["$city"]) and (defined (properties["$city"])))',
    { $city: "New albany" },
    {},
  ],
  ['(behaviors["behavior_1743"] > 0)', {}, {}],
  [
    '(datetime(1458587013 - 86400) > properties["Created"] and behaviors["behavior_79"] > 0)',
    { Created: "2016-03-20T00:00:00" },
    { Created: "2016-03-21T00:00:00" },
  ],
  [
    'datetime(1500000000) > user["$last_seen"] or not defined (user["$last_seen"])',
    {},
    { $last_seen: "2020-01-01T00:00:00" },
  ],
  ['(boolean(properties["$email"]) == true)', { $email: "a@b.c" }, { $email: null }],
  ['user["Country"] != "United Kingdom"', {}, { Country: "united kingdom" }],
  [
    'properties["updated_at"] < datetime("2025-01-01")',
    { updated_at: "2024-12-31T23:59:59" },
    { updated_at: "2025-01-01T00:00:00" },
  ],
  ['properties["account_id"] in [1,2,3,4]', { account_id: 4 }, { account_id: "4" }],
  ['user["$email"] == "a@b.c"', { $email: "A@B.C" }, { $email: "a@b.cc" }],
  ['defined(properties["My Prop"])', { "My Prop": "" }, { "my prop": 1 }],
  ['not defined(properties["city"])', { city: null }, { city: "x" }],
  [
    'datetime(properties["$last_seen"]) >= datetime(NOW - 604800) and datetime(properties["$last_seen"]) < datetime(NOW)',
    { $last_seen: "2023-11-07T22:13:20" },
    { $last_seen: "2023-11-14T22:13:20" },
  ],
  [
    '(datetime(properties["d"]) < datetime("2026-01-01T00:00:00") or datetime(properties["d"]) > datetime("2026-01-31T23:59:59"))',
    { d: "2026-02-01" },
    { d: "2026-01-31T23:59:59" },
  ],
  ['not "gmail" in properties["email"]', { email: "a@b.c" }, { email: "a@GMail.com" }],
  [
    '(properties["country"] == "US" or properties["country"] == "CA")',
    { country: "ca" },
    { country: "MX" },
  ],
  ['properties["verified"] == true', { verified: true }, { verified: "true" }],
  ['properties["opted_out"] == false', { opted_out: false }, {}],
  ['"C:\\\\Users" in properties["path"]', { path: "c:\\users\\ada" }, { path: "C:Users" }],
  [
    '"say \\"hello\\"" in properties["description"]',
    { description: 'They say "Hello".' },
    { description: "say hello" },
  ],
  ['properties["tag"] == ""', { tag: "" }, {}],
  ['properties["first name"] == "Alice"', { "first name": "alice" }, { first_name: "Alice" }],
  [
    '(properties["$email"] == "x") or (properties["$name"] == "x") or (properties["$distinct_id"] == "x")',
    { $distinct_id: "x" },
    { $distinct_id: "y" },
  ],
  ['not (properties["plan"] in ["free"])', { plan: "pro" }, { plan: "Free" }],
  [
    '(properties["$email"] == "a") and ((properties["plan"] in ["pro","team"]))',
    { $email: "a", plan: "team" },
    { $email: "a", plan: "free" },
  ],
  [
    'number(properties["mp_processing_time_ms"]) < 100',
    { mp_processing_time_ms: "99.5" },
    { mp_processing_time_ms: "fast" },
  ],
  ['properties["KPI1"] > 1.32', { KPI1: 1.33 }, { KPI1: "2" }],
  ['properties["$city"] >= "something"', { $city: "Zurich" }, { $city: "Albany" }],
  ['(behaviors["signed_up"] > 0) and (behaviors["purchased"] == 2)', {}, {}],
];

const BY_BEHAVIOR_ALONE = new Set(['(behaviors["behavior_1743"] > 0)']);

describe("attested selectors", () => {
  it.each(ATTESTED)("selects with %s", (source, selected, not) => {
    const selector = compile(source, EVERY_BEHAVIOR) as Selector;
    const canonical = compile(print(selector.expression), EVERY_BEHAVIOR) as Selector;
    for (const { expression } of [selector, canonical]) {
      expect(evaluate(expression, subjectOf(selected), CONTEXT)).toBe(true);
      if (BY_BEHAVIOR_ALONE.has(source) || source.includes("purchased")) {
        const idle = { ...subjectOf(not), behavior: () => 0 };
        expect(evaluate(expression, idle, CONTEXT)).toBe(false);
      } else {
        expect(evaluate(expression, subjectOf(not), CONTEXT)).not.toBe(true);
      }
    }
  });

  it("selects events by their own properties and the profile's", () => {
    const scope = { behaviors: new Set<string>(), event: true };
    const subject = {
      ...subjectOf({ Country: "UK", amount: 1 }),
      eventProperty: (name: string) =>
        new Map<string, Value>([
          ["$time", "2024-01-01T00:00:00"],
          ["amount", 5],
        ]).get(name),
    };
    const answer = (source: string) => {
      return evaluate((compile(source, scope) as Selector).expression, subject, CONTEXT);
    };
    expect(answer('event["$time"] >= datetime("2024-01-01T00:00:00")')).toBe(true);
    expect(answer('event["$time"] > datetime("2024-01-01T00:00:00")')).toBe(false);
    expect(answer('properties["amount"] == 5 and user["amount"] == 1')).toBe(true);
    expect(answer('user["Country"] != "United Kingdom"')).toBe(true);
    expect(answer('defined(properties["Country"])')).toBe(false);
  });
});
