/**
 * The behaviors of definitions, in the form of the tree and in that of the web application.
 *
 * @module
 */
import type { BehaviorDefinition, EventTest, Measure } from "../event/behavior.ts";
import { CUSTOM_EVENT_PREFIX, eventNameOf } from "../event/read-behaviors.ts";
import { windowAt } from "./dates.ts";
import { eventSelectorAt, eventSelectorOf, jointAt } from "./event-filter.ts";
import type { FilterType } from "./filter-operators.ts";
import {
  at,
  atAny,
  invalid,
  isAbsent,
  isObjectAt,
  items,
  notAvailable,
  type Place,
  textAt,
} from "./place.ts";

/** What is made of a property, by the names of the wire. */
const OF_PROPERTY: ReadonlyMap<string, Extract<Measure, { readonly property: string }>["kind"]> =
  new Map([
    ["total", "sum"],
    ["sum", "sum"],
    ["average", "average"],
    ["min", "min"],
    ["max", "max"],
    ["median", "median"],
    ["unique", "unique"],
    ["unique_values", "unique"],
    ["most_frequent", "most_frequent"],
    ["first_value", "first_value"],
    ["last_value", "last_value"],
  ]);

/** What is made of the events themselves. */
const OF_EVENTS: ReadonlyMap<string, Measure> = new Map([
  ["total", { kind: "count" }],
  ["first_event_time", { kind: "first_time" }],
  ["last_event_time", { kind: "last_time" }],
]);

/**
 * A behavior of a tree: `{"count": {"event_selector": …, "type": "absolute"}, "window": …}`.
 *
 * @throws `cohort.*`
 */
export function treeBehavior(place: Place): BehaviorDefinition {
  const count = at(place, "count");
  if (!isObjectAt(count)) throw invalid(count, "an object with event_selector");
  const event = at(count, "event_selector");
  if (!isObjectAt(event)) throw invalid(event, "an object with event");
  return {
    tests: [
      { event: eventAt(at(event, "event")), selector: eventSelectorAt(at(event, "selector")) },
    ],
    window: windowAt(place),
    measure: treeMeasure(count),
  };
}

/**
 * A behavior of the web application: `{"event": {"value": …}, "filters": […], "dateRange": …}`.
 *
 * @throws `cohort.*`
 */
export function webBehavior(place: Place): BehaviorDefinition {
  return {
    tests: [eventTestAt(at(place, "event"), place)],
    window: windowAt(at(place, "dateRange")),
    measure: measureAt(at(place, "aggregationOperator"), at(place, "property")),
  };
}

/** Which events a place names, as narrow as the filters of another. */
export function eventTestAt(event: Place, filtered: Place): EventTest {
  const resource = at(event, "resourceType");
  if (typeof resource.value === "string" && resource.value.startsWith("custom")) {
    throw notAvailable(resource, "a custom event");
  }
  const filters = items(at(filtered, "filters"));
  return {
    event: eventAt(isObjectAt(event) ? at(event, "value") : event),
    selector: eventSelectorOf(filters, jointAt(at(filtered, "filtersOperator"))),
  };
}

/** What kind of value a behavior has; undefined where that depends on the events. */
export function typeOfMeasure({ kind }: Measure): FilterType | undefined {
  switch (kind) {
    case "first_time":
    case "last_time":
      return "datetime";
    case "most_frequent":
    case "first_value":
    case "last_value":
      return undefined;
    case "count":
    case "days":
    case "sum":
    case "unique":
    case "average":
    case "min":
    case "max":
    case "median":
      return "number";
  }
}

function treeMeasure(count: Place): Measure {
  const operator = at(count, "aggregationOperator");
  if (!isAbsent(operator)) return measureAt(operator, at(count, "property"));
  const type = at(count, "type");
  if (isAbsent(type) || type.value === "absolute") return { kind: "count" };
  if (type.value === "day") return { kind: "days" };
  throw invalid(type, '"absolute" or "day"');
}

function measureAt(operator: Place, propertyPlace: Place): Measure {
  const name = isAbsent(operator) ? "total" : textAt(operator);
  const property = isObjectAt(propertyPlace)
    ? atAny(propertyPlace, "value", "propertyName", "name")
    : propertyPlace;
  const kind = OF_PROPERTY.get(name);
  const ofEvents = OF_EVENTS.get(name);
  if (ofEvents !== undefined && (kind === undefined || isAbsent(property))) return ofEvents;
  if (kind === undefined) throw notAvailable(operator, `the aggregation ${JSON.stringify(name)}`);
  return { kind, property: textAt(property, "the name of a property") };
}

function eventAt(place: Place): string | undefined {
  const name = textAt(place, "the name of an event");
  if (name.startsWith(CUSTOM_EVENT_PREFIX)) throw notAvailable(place, "a custom event");
  return eventNameOf(name);
}
