/**
 * A window as it is written to a span of time, once the as-of time and the project's zone are known.
 *
 * A length of time is rolling: it ends at the as-of time and takes whole seconds. Days are those of the calendar in the
 * project's zone, and no as-of time moves them.
 *
 * @module
 */
import { formatInstant, INSTANT_SECONDS_MAX, parseInstant } from "../values/time.ts";
import type { Behavior, BehaviorDefinition, TimeSpan, Window } from "./behavior.ts";

const DAY_SECONDS = 86_400;
const DAY_LENGTH = "YYYY-MM-DD".length;
const LENGTH = /^(\d{1,10})\s*([a-z]*)$/;

/** Units of time by every name they go by, in seconds: a month has 30 days, a quarter 90, a year 365. */
const UNITS: ReadonlyMap<string, number> = new Map([
  ...named(60, "min", "minute"),
  ...named(3600, "h", "hour"),
  ...named(DAY_SECONDS, "d", "day"),
  ...named(7 * DAY_SECONDS, "w", "week"),
  ...named(30 * DAY_SECONDS, "m", "mo", "month"),
  ...named(90 * DAY_SECONDS, "quarter"),
  ...named(365 * DAY_SECONDS, "y", "year"),
]);

/** Everything up to the as-of time. */
export const ALL_TIME: Window = { kind: "days", from: undefined, to: undefined };

/** The seconds of a unit such as `day`, `days` or `d`; undefined for a word that is none. */
export function secondsOfUnit(unit: string): number | undefined {
  return UNITS.get(unit.trim().toLowerCase());
}

/** Reads `90d`, `2w`, `6 months` or `30`, which is days, as seconds; undefined for any other text. */
export function parseLength(text: string): number | undefined {
  const [, count, unit = ""] = LENGTH.exec(text.trim().toLowerCase()) ?? [];
  if (count === undefined) return undefined;
  const seconds = secondsOfUnit(unit === "" ? "day" : unit);
  return seconds === undefined ? undefined : Number(count) * seconds;
}

/** Whether a text is a day of the calendar, `YYYY-MM-DD`. */
export function isDay(text: string): boolean {
  return text.length === DAY_LENGTH && parseInstant(text, "UTC") !== undefined;
}

/** The day after a day; undefined after the last one that can be written. */
export function dayAfter(day: string): string | undefined {
  const seconds = parseInstant(day, "UTC");
  if (seconds === undefined) return undefined;
  const next = formatInstant(seconds + DAY_SECONDS, "UTC").slice(0, DAY_LENGTH);
  return isDay(next) ? next : undefined;
}

/** The span that a window is at a time. */
export function spanOf(window: Window, asOfSeconds: number, timeZone: string): TimeSpan {
  if (window.kind === "last") {
    const fromSeconds = Math.max(asOfSeconds - window.seconds, -INSTANT_SECONDS_MAX);
    return { fromSeconds, toSeconds: asOfSeconds };
  }
  const { from, to } = window;
  return {
    fromSeconds: parseInstant(from ?? "", timeZone) ?? -INSTANT_SECONDS_MAX,
    toSeconds: to === undefined ? asOfSeconds : endOf(to, timeZone),
  };
}

/** A behavior at a time. */
export function behaviorAt(
  { tests, window, measure }: BehaviorDefinition,
  asOfSeconds: number,
  timeZone: string,
): Behavior {
  return { tests, measure, span: spanOf(window, asOfSeconds, timeZone) };
}

function endOf(day: string, timeZone: string): number {
  const next = parseInstant(dayAfter(day) ?? "", timeZone);
  return next === undefined ? INSTANT_SECONDS_MAX : next - 1;
}

function named(
  seconds: number,
  ...names: readonly string[]
): readonly (readonly [string, number])[] {
  return names.flatMap((name) => [[name, seconds] as const, [`${name}s`, seconds] as const]);
}
