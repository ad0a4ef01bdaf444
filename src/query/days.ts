/**
 * Days of a project's calendar, `YYYY-MM-DD`, as a span of time and as periods.
 *
 * @module
 */
import { fail } from "../errors/error.ts";
import type { TimeSpan } from "../event/behavior.ts";
import { formatInstant, parseInstant } from "../values/time.ts";

/** Days in a row, both ends included. */
export interface Days {
  readonly from: string;
  readonly to: string;
  readonly span: TimeSpan;
}

/** Where days are days, and when now is. */
export interface Calendar {
  readonly timeZone: string;
  readonly nowSeconds: number;
}

/** How long a period is; weeks begin on Monday. */
export type PeriodUnit = "day" | "week" | "month";

/** So many periods are told apart at once: 27 years of days. */
export const PERIOD_COUNT_MAX = 10_000;

const DAY = /^\d{4}-\d\d-\d\d$/;
const DATE_LENGTH = "YYYY-MM-DD".length;
const DAY_MS = 86_400_000;
const MONDAY = 1;
const DAYS_PER_WEEK = 7;

/**
 * The days from one to another.
 *
 * @throws `query.invalid_parameter` for a text that is no day, `query.invalid_dates` for two in the wrong order or
 *   one that has not begun
 */
export function readDays(from: string, to: string, calendar: Calendar): Days {
  const fromSeconds = startOf("from_date", from, calendar.timeZone);
  startOf("to_date", to, calendar.timeZone);
  if (to > todayOf(calendar)) {
    throw fail("query.invalid_dates", { reason: "to_date cannot be later than today" });
  }
  if (from > to) {
    throw fail("query.invalid_dates", { reason: "from_date cannot be later than to_date" });
  }
  const toSeconds = startOf("to_date", addDays(to, 1), calendar.timeZone) - 1;
  return { from, to, span: { fromSeconds, toSeconds } };
}

/** The day that it is. */
export function todayOf({ timeZone, nowSeconds }: Calendar): string {
  return formatInstant(nowSeconds, timeZone).slice(0, DATE_LENGTH);
}

function startOf(parameter: string, day: string, timeZone: string): number {
  const seconds = DAY.test(day) ? parseInstant(day, timeZone) : undefined;
  if (seconds !== undefined) return seconds;
  const found = JSON.stringify(day.slice(0, 4 * DATE_LENGTH));
  const expected = "a day as YYYY-MM-DD";
  throw fail("query.invalid_parameter", { parameter, expected, found });
}

/**
 * The first days of the periods that some of the days lie in, in order; the first may begin before them.
 *
 * @throws `query.invalid_dates` for more than `PERIOD_COUNT_MAX`
 */
export function periodsOf({ from, to }: Days, unit: PeriodUnit): readonly string[] {
  const starts: string[] = [];
  for (let start = periodStart(from, unit); start <= to; start = nextStart(start, unit)) {
    if (starts.length === PERIOD_COUNT_MAX) {
      const reason = `from_date and to_date are more than ${PERIOD_COUNT_MAX} ${unit}s apart`;
      throw fail("query.invalid_dates", { reason });
    }
    starts.push(start);
  }
  return starts;
}

/** The first day of the period that a day lies in. */
export function periodStart(day: string, unit: PeriodUnit): string {
  switch (unit) {
    case "day":
      return day;
    case "week":
      return addDays(day, -((weekdayOf(day) - MONDAY + DAYS_PER_WEEK) % DAYS_PER_WEEK));
    case "month":
      return `${day.slice(0, "YYYY-MM".length)}-01`;
  }
}

function nextStart(start: string, unit: PeriodUnit): string {
  switch (unit) {
    case "day":
      return addDays(start, 1);
    case "week":
      return addDays(start, DAYS_PER_WEEK);
    case "month":
      // 31 days after the first of a month is always in the next one.
      return periodStart(addDays(start, 31), "month");
  }
}

/** Sunday is 0. */
function weekdayOf(day: string): number {
  return new Date(`${day}T00:00:00Z`).getUTCDay();
}

function addDays(day: string, count: number): string {
  const moved = new Date(Date.parse(`${day}T00:00:00Z`) + count * DAY_MS);
  return moved.toISOString().slice(0, -"T00:00:00.000Z".length);
}
