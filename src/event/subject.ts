/**
 * An event as a selector reads it: its properties, the names that stand for what it is kept by, and its profile.
 *
 * @module
 */
import type { Subject } from "../selector/selector.ts";
import { formatInstant } from "../values/time.ts";
import type { Value } from "../values/value.ts";
import type { Event } from "./event.ts";
import { secondOf } from "./order.ts";

/** Reads a property of the profile that an event belongs to; undefined where there is no profile. */
export type ReadProfile = (name: string) => Value | undefined;

/** The subject of an event; `user["…"]` reads the profile, everything else the event. */
export function eventSubject(event: Event, readProfile: ReadProfile): Subject {
  return {
    property: readProfile,
    eventProperty: (name) => eventProperty(event, name),
    // An event selector that names one is refused when it is checked.
    behavior: () => undefined,
  };
}

/** A property of an event; a stored one with the name of what the event is kept by does not show. */
export function eventProperty(event: Event, name: string): Value | undefined {
  switch (name) {
    case "$time":
      return formatInstant(secondOf(event), "UTC");
    case "time":
      return secondOf(event);
    case "$distinct_id":
    case "distinct_id":
      return event.distinctId;
    case "$insert_id":
      return event.insertId;
    case "$event_name":
      return event.name;
    case "mp_processing_time_ms":
      return event.receivedAtMs;
    default:
      return event.properties.get(name);
  }
}
