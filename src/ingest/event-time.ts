/**
 * The `time` of an event record as whole milliseconds.
 *
 * @module
 */
import { parseNumber } from "../values/json.ts";
import { parseInstant, UNIX_SECONDS_MAX } from "../values/time.ts";
import type { Value } from "../values/value.ts";
import {
  EVENT_AHEAD_MS_MAX,
  EVENT_TIME_MS_MAX,
  EVENT_TIME_MS_MIN,
  type EventRules,
} from "./event-rules.ts";
import { InvalidField } from "./invalid-field.ts";

const FIELD = "properties.time";

/**
 * When an event happened, in epoch milliseconds.
 *
 * @param time seconds or milliseconds as a number or the text of one; unless strict also an ISO date and time
 * @throws InvalidField for what is no time, and for a time that is not accepted
 */
export function readEventTime(time: Value | undefined, rules: EventRules): number {
  if (time === undefined || time === null || time === "") {
    if (rules.isStrict) throw new InvalidField(FIELD, "must not be missing");
    return rules.nowMs;
  }
  const timeMs = millisecondsOf(time, rules.isStrict);
  if (timeMs === undefined || timeMs < 0 || timeMs > EVENT_TIME_MS_MAX) {
    throw new InvalidField(FIELD, "must be specified as seconds since epoch");
  }
  // What a browser tracks happens now, however wrong its clock is.
  if (rules.endpoint === "track") return Math.min(timeMs, rules.nowMs);
  if (rules.isStrict) checkRange(timeMs, rules.nowMs);
  return timeMs;
}

function checkRange(timeMs: number, nowMs: number): void {
  if (timeMs < EVENT_TIME_MS_MIN) throw new InvalidField(FIELD, "must not be before 1971");
  if (timeMs > nowMs + EVENT_AHEAD_MS_MAX) {
    throw new InvalidField(FIELD, "must not be more than 1 hour in the future");
  }
}

function millisecondsOf(time: Value, isStrict: boolean): number | undefined {
  if (typeof time === "number") return fromEpoch(time);
  if (typeof time !== "string") return undefined;
  const text = time.trim();
  const number = parseNumber(text);
  if (number !== undefined) return fromEpoch(number);
  const seconds = isStrict ? undefined : parseInstant(text, "UTC");
  return seconds === undefined ? undefined : seconds * 1000;
}

/** A fraction of a second becomes milliseconds of the same second, as events count by it. */
function fromEpoch(time: number): number {
  if (time > UNIX_SECONDS_MAX) return Math.floor(time);
  const seconds = Math.floor(time);
  // JSON has a -0, which adding turns into 0.
  if (seconds === time) return seconds * 1000 + 0;
  return seconds * 1000 + Math.min(999, Math.round((time - seconds) * 1000));
}
