/**
 * The value of a behavior: what the events of one profile come to. The reference meaning.
 *
 * @module
 */
import { type EvaluationContext, selects } from "../selector/selector.ts";
import { equalityKey } from "../values/equality.ts";
import { sumOf } from "../values/sum.ts";
import { startOfDay } from "../values/time.ts";
import { type Computed, Datetime, type Value } from "../values/value.ts";
import type { Behavior, EventTest, Measure } from "./behavior.ts";
import type { Event } from "./event.ts";
import { orderForBehaviors, secondOf } from "./order.ts";
import { eventProperty, eventSubject, type ReadProfile } from "./subject.ts";

/**
 * The value of a behavior for one profile.
 *
 * @param events all events that belong to the profile, in any order
 * @param profileOf what `user["…"]` in a test reads, by event
 */
export function behaviorValue(
  behavior: Behavior,
  events: readonly Event[],
  profileOf: (event: Event) => ReadProfile,
  context: EvaluationContext,
): Computed {
  const { fromSeconds, toSeconds } = behavior.span;
  const counted = events.filter((event) => {
    const second = secondOf(event);
    if (second < fromSeconds || second > toSeconds) return false;
    return behavior.tests.some((test) => fits(test, event, profileOf, context));
  });
  return measure(behavior.measure, counted.sort(orderForBehaviors), context.timeZone);
}

function fits(
  test: EventTest,
  event: Event,
  profileOf: (event: Event) => ReadProfile,
  context: EvaluationContext,
): boolean {
  if (test.event !== undefined && test.event !== event.name) return false;
  if (test.selector === undefined) return true;
  return selects(test.selector, eventSubject(event, profileOf(event)), context);
}

/** @param events in the order of behaviors */
function measure(what: Measure, events: readonly Event[], timeZone: string): Computed {
  switch (what.kind) {
    case "count":
      return events.length;
    case "days":
      return new Set(events.map((event) => startOfDay(secondOf(event), timeZone))).size;
    case "first_time":
      return instantOf(events[0]);
    case "last_time":
      return instantOf(events.at(-1));
    case "unique":
      return new Set(valuesOf(events, what.property).map(equalityKey)).size;
    case "most_frequent":
      return mostFrequent(valuesOf(events, what.property));
    case "first_value":
      return valuesOf(events, what.property)[0];
    case "last_value":
      return valuesOf(events, what.property).at(-1);
    default:
      return measureNumbers(what.kind, numbersOf(valuesOf(events, what.property)));
  }
}

/** A sum that no number can hold is undefined, as in arithmetic. */
function measureNumbers(
  kind: "sum" | "average" | "min" | "max" | "median",
  numbers: readonly number[],
): number | undefined {
  const sorted = numbers.toSorted((left, right) => left - right);
  switch (kind) {
    case "sum":
      return sumOf(numbers);
    case "average":
      return averageOf(numbers);
    case "min":
      return sorted[0];
    case "max":
      return sorted.at(-1);
    case "median":
      return middleOf(sorted);
  }
}

function averageOf(numbers: readonly number[]): number | undefined {
  const sum = sumOf(numbers);
  return sum === undefined || numbers.length === 0 ? undefined : sum / numbers.length;
}

/** Two numbers are halved before they are added, as their sum may be no number. */
function middleOf(sorted: readonly number[]): number | undefined {
  const upper = sorted[sorted.length >> 1];
  const lower = sorted[(sorted.length - 1) >> 1];
  if (lower === undefined || upper === undefined) return undefined;
  return lower === upper ? lower : lower / 2 + upper / 2;
}

function instantOf(event: Event | undefined): Datetime | undefined {
  return event === undefined ? undefined : new Datetime(secondOf(event));
}

/** The values of a property, one an event that has one, in the order of the events. */
function valuesOf(events: readonly Event[], property: string): readonly NonNullable<Value>[] {
  return events
    .map((event) => eventProperty(event, property))
    .filter((value) => value !== undefined && value !== null);
}

function numbersOf(values: readonly Value[]): readonly number[] {
  return values.filter((value) => typeof value === "number");
}

/** Values that `==` calls equal count together, as the one of them that came first. */
function mostFrequent(values: readonly Value[]): Value | undefined {
  const counts = new Map<string, { readonly value: Value; count: number }>();
  for (const value of values) {
    const key = equalityKey(value);
    const known = counts.get(key);
    if (known === undefined) counts.set(key, { value, count: 1 });
    else known.count++;
  }
  let most: { readonly value: Value; readonly count: number } | undefined;
  for (const entry of counts.values()) if (entry.count > (most?.count ?? 0)) most = entry;
  return most?.value;
}
