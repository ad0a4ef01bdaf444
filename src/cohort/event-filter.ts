/**
 * Filters on events as the selector of an event.
 *
 * @module
 */
import { compile, EVENT_SCOPE, print, type Selector } from "../selector/selector.ts";
import type { Expression } from "../selector/syntax.ts";
import { accessor, allOf, anyOf } from "./build.ts";
import { at, invalid, isAbsent, isObjectAt, items, notAvailable, type Place } from "./place.ts";
import { propertyCondition } from "./property-filter.ts";

/** How several conditions are joined. */
export type Joint = "and" | "or";

const PROFILE_RESOURCES: ReadonlySet<unknown> = new Set(["user", "users", "people", "profile"]);
const COHORT_RESOURCES: ReadonlySet<unknown> = new Set(["cohort", "cohorts"]);

/**
 * The selector of an event: nothing, a text in the selector language, or an operator with children.
 *
 * @throws `cohort.*`, `selector.*` for a text
 */
export function eventSelectorAt(place: Place): Selector | undefined {
  if (typeof place.value === "string") return compile(place.value, EVENT_SCOPE);
  if (isAbsent(place)) return undefined;
  if (!isObjectAt(place)) throw invalid(place, "an object with operator and children");
  return eventSelectorOf(items(at(place, "children")), jointAt(at(place, "operator")));
}

/** The selector that a list of filters is; undefined for an empty one. */
export function eventSelectorOf(filters: readonly Place[], joint: Joint): Selector | undefined {
  if (filters.length === 0) return undefined;
  const expression = joined(joint, filters.map(eventCondition));
  return { source: print(expression), expression };
}

/** `and` or `or`; `and` where nothing is said. */
export function jointAt(place: Place): Joint {
  if (isAbsent(place)) return "and";
  const name = String(place.value).toLowerCase();
  if (name === "and" || name === "or") return name;
  throw invalid(place, '"and" or "or"');
}

/** Conditions with an operator between them. */
export function joined(joint: Joint, conditions: readonly Expression[]): Expression {
  return joint === "and" ? allOf(conditions) : anyOf(conditions);
}

/** Whether a filter is about membership in cohorts. */
export function isCohortFilter(filter: Place): boolean {
  return (
    COHORT_RESOURCES.has(at(filter, "resourceType").value) ||
    at(filter, "value").value === "$cohorts"
  );
}

function eventCondition(filter: Place): Expression {
  const children = at(filter, "children");
  if (!isAbsent(children)) {
    return joined(jointAt(at(filter, "operator")), items(children).map(eventCondition));
  }
  if (isCohortFilter(filter)) throw notAvailable(filter, "a cohort in the filter of an event");
  const isOfProfile = PROFILE_RESOURCES.has(at(filter, "resourceType").value);
  return propertyCondition(filter, (name) => accessor(isOfProfile ? "user" : "event", name));
}
