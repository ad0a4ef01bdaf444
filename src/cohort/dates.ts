/**
 * Days and lengths of time in definitions.
 *
 * @module
 */
import type { Window } from "../event/behavior.ts";
import { ALL_TIME, isDay, secondsOfUnit } from "../event/window.ts";
import { parseNumber } from "../values/json.ts";
import { parseInstant } from "../values/time.ts";
import { at, atAny, invalid, isAbsent, isObjectAt, type Place } from "./place.ts";

const DAY_LENGTH = "YYYY-MM-DD".length;

/** Whether a value is a text that is a date, perhaps with a time of day. */
export function isDateAt({ value }: Place): boolean {
  return typeof value === "string" && parseInstant(value, "UTC") !== undefined;
}

/** The day of a date; a time of day behind it does not count. */
export function dayAt(place: Place): string {
  const { value } = place;
  const day = typeof value === "string" && isDateAt(place) ? value.slice(0, DAY_LENGTH) : "";
  if (!isDay(day)) throw invalid(place, "a day as YYYY-MM-DD");
  return day;
}

/** So many units as seconds; days where no unit is given. */
export function lengthAt(count: Place, unit: Place): number {
  const seconds = secondsOfUnit(isAbsent(unit) ? "day" : String(unit.value));
  if (seconds === undefined) throw invalid(unit, "hour, day, week or month");
  const number = typeof count.value === "string" ? parseNumber(count.value) : count.value;
  if (typeof number !== "number" || !Number.isFinite(number) || number < 0) {
    throw invalid(count, "a number");
  }
  return Math.floor(number * seconds);
}

/** A window: `window` with a unit and a value, else days from and to; all time where there is neither. */
export function windowAt(place: Place): Window {
  const window = at(place, "window");
  if (isObjectAt(window)) {
    return { kind: "last", seconds: lengthAt(at(window, "value"), at(window, "unit")) };
  }
  if (!isAbsent(window)) throw invalid(window, "an object with unit and value");
  const from = atAny(place, "from_date", "from");
  const to = atAny(place, "to_date", "to");
  if (isAbsent(from) && isAbsent(to)) return ALL_TIME;
  return {
    kind: "days",
    from: isAbsent(from) ? undefined : dayAt(from),
    to: isAbsent(to) ? undefined : dayAt(to),
  };
}
