/**
 * The orders that events come in.
 *
 * @module
 */
import { orderText } from "../values/text.ts";
import type { Event } from "./event.ts";

/** What the order of events looks at. */
type Ordered = Pick<Event, "timeMs" | "name" | "distinctId" | "insertId">;

/** As events are read out: by time, then by name, distinct id and insert id, in UTF-8 byte order. */
export function orderEvents(left: Ordered, right: Ordered): number {
  return (
    left.timeMs - right.timeMs ||
    orderText(left.name, right.name) ||
    orderText(left.distinctId, right.distinctId) ||
    orderText(left.insertId, right.insertId)
  );
}

/** As behaviors see those of one profile: by time, then by name, insert id and distinct id, in UTF-8 byte order. */
export function orderForBehaviors(left: Event, right: Event): number {
  return (
    left.timeMs - right.timeMs ||
    orderText(left.name, right.name) ||
    orderText(left.insertId, right.insertId) ||
    orderText(left.distinctId, right.distinctId)
  );
}

/** The second an event happened in, which is what spans and days count. */
export function secondOf({ timeMs }: Event): number {
  return Math.floor(timeMs / 1000);
}
