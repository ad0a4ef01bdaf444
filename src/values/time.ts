/**
 * Dates as text and as whole seconds, and the calendar of a time zone.
 *
 * Calendar arithmetic is proleptic Gregorian and done on integers here, because every stored text passes
 * through `parseInstant`; a library is asked only for the offsets of named zones.
 *
 * A local time that a zone skips (clocks go forward) is moved forward by the length of the gap; one that
 * occurs twice (clocks go back) is its first occurrence.
 *
 * @module
 */
import { IANAZone } from "luxon";
import { fail } from "../errors/error.ts";

/** The furthest instant from 1970, either way, as JavaScript has it. */
export const INSTANT_SECONDS_MAX = 8.64e12;

/** The largest number that is a time in Unix seconds; a larger one is in milliseconds, as the wire has it. */
export const UNIX_SECONDS_MAX = 4_294_967_295;

const DAY_SECONDS = 86_400;
const ZERO = 0x30;
const DASH = 0x2d;
const COLON = 0x3a;
const DOT = 0x2e;
const PLUS = 0x2b;

/** A day of the calendar. */
export interface CalendarDate {
  readonly year: number;
  /** 1 to 12. */
  readonly month: number;
  /** 1 to 31. */
  readonly day: number;
}

/** The units of `datedif`. */
export type DateUnit = "D" | "M" | "Y" | "MD" | "YM" | "YD";

/** Whether an instant is one that a datetime can hold. */
export function isInstant(seconds: number): boolean {
  return seconds >= -INSTANT_SECONDS_MAX && seconds <= INSTANT_SECONDS_MAX;
}

/**
 * Reads an ISO date or date and time: `2024-01-31`, `2024-01-31T10:00`, `2024-01-31 10:00:00.5+02:00`.
 *
 * @param timeZone where a text without `Z` or offset was written
 * @returns whole epoch seconds, a fraction floored; undefined for any other text
 */
export function parseInstant(text: string, timeZone: string): number | undefined {
  // Most texts are no dates: these two characters turn nearly all of them away.
  if (text.charCodeAt(4) !== DASH || text.charCodeAt(7) !== DASH) return undefined;
  const year = digits(text, 0, 4);
  const month = digits(text, 5, 2);
  const day = digits(text, 8, 2);
  if (!isDate(year, month, day)) return undefined;
  const midnight = daysOf(year, month, day) * DAY_SECONDS;
  if (text.length === 10) return fromLocal(midnight, timeZone);
  return parseTime(text, midnight, timeZone);
}

/** The local time of an instant as `YYYY-MM-DDTHH:MM:SS`; years past 9999 have a sign and six digits. */
export function formatInstant(seconds: number, timeZone: string): string {
  const local = toLocal(seconds, timeZone);
  const days = Math.floor(local / DAY_SECONDS);
  const second = local - days * DAY_SECONDS;
  const { year, month, day } = dateOf(days);
  const date = `${formatYear(year)}-${pad(month)}-${pad(day)}`;
  return `${date}T${pad(Math.floor(second / 3600))}:${pad(Math.floor(second / 60) % 60)}:${pad(second % 60)}`;
}

/** Whether a name is one of the IANA time zones. */
export function isTimeZone(name: string): boolean {
  return /^[A-Za-z]/.test(name) && IANAZone.isValidZone(name);
}

/**
 * The instant of a local time given by its parts.
 *
 * @param time hours, minutes and seconds
 * @returns undefined when no calendar or clock shows these numbers
 */
export function instantOf(
  date: CalendarDate,
  time: readonly [number, number, number],
  timeZone: string,
): number | undefined {
  const [hour, minute, second] = time;
  if (![date.year, date.month, date.day, ...time].every(Number.isInteger)) return undefined;
  if (!isDate(date.year, date.month, date.day) || !isTime(hour, minute, second)) return undefined;
  const days = daysOf(date.year, date.month, date.day);
  return fromLocal(days * DAY_SECONDS + hour * 3600 + minute * 60 + second, timeZone);
}

/** The first instant of the day that an instant falls on. */
export function startOfDay(seconds: number, timeZone: string): number {
  const local = toLocal(seconds, timeZone);
  return fromLocal(Math.floor(local / DAY_SECONDS) * DAY_SECONDS, timeZone);
}

/** A stretch of time in which a zone keeps one distance from UTC; it lasts until the next one. */
export interface OffsetRun {
  readonly fromSeconds: number;
  readonly offsetSeconds: number;
}

/** The stretches that a span of time falls into, the first from its start. */
export function offsetRuns(from: number, to: number, timeZone: string): readonly OffsetRun[] {
  const offsetAt = (seconds: number): number => toLocal(seconds, timeZone) - seconds;
  const runs: OffsetRun[] = [{ fromSeconds: from, offsetSeconds: offsetAt(from) }];
  let known = runs[0]?.offsetSeconds;
  for (let at = from; at < to; at += DAY_SECONDS) {
    const next = Math.min(at + DAY_SECONDS, to);
    const offset = offsetAt(next);
    if (offset === known) continue;
    let [before, after] = [at, next];
    while (after - before > 1) {
      const middle = Math.floor((before + after) / 2);
      if (offsetAt(middle) === known) before = middle;
      else after = middle;
    }
    runs.push({ fromSeconds: after, offsetSeconds: offset });
    known = offset;
  }
  return runs;
}

/**
 * The distance between the local dates of two instants; the time of day does not count.
 *
 * `MD` and `YD` are the days left after whole months and whole years, `YM` the months left after whole years.
 *
 * @returns undefined when the first date is the later one
 */
export function dateDifference(
  from: number,
  to: number,
  unit: DateUnit,
  timeZone: string,
): number | undefined {
  const startDay = Math.floor(toLocal(from, timeZone) / DAY_SECONDS);
  const endDay = Math.floor(toLocal(to, timeZone) / DAY_SECONDS);
  if (startDay > endDay) return undefined;
  const start = dateOf(startDay);
  const months = wholeMonths(start, dateOf(endDay));
  switch (unit) {
    case "D":
      return endDay - startDay;
    case "M":
      return months;
    case "Y":
      return Math.floor(months / 12);
    case "YM":
      return months % 12;
    case "MD":
      return endDay - daysAfterMonths(start, months);
    case "YD":
      return endDay - daysAfterMonths(start, months - (months % 12));
  }
}

/** Reads what follows the date: `T10:00[:00[.5]][Z|±HH:MM|±HHMM]`. */
function parseTime(text: string, midnight: number, timeZone: string): number | undefined {
  const separator = text[10];
  if ((separator !== "T" && separator !== " ") || text.charCodeAt(13) !== COLON) return undefined;
  const hour = digits(text, 11, 2);
  const minute = digits(text, 14, 2);
  let second = 0;
  let at = 16;
  if (text.charCodeAt(at) === COLON) {
    second = digits(text, 17, 2);
    at = skipFraction(text, 19);
  }
  if (at === -1 || !isTime(hour, minute, second)) return undefined;
  const local = midnight + hour * 3600 + minute * 60 + second;
  if (at === text.length) return fromLocal(local, timeZone);
  const offset = parseOffset(text, at);
  return offset === undefined ? undefined : local - offset;
}

/** The index after `.digits`, the given one when there is none, -1 when the point has no digits. */
function skipFraction(text: string, start: number): number {
  if (text.charCodeAt(start) !== DOT) return start;
  let at = start + 1;
  while (isDigit(text.charCodeAt(at))) at++;
  return at === start + 1 ? -1 : at;
}

/** Reads `Z`, `±HH:MM` or `±HHMM` as seconds east of UTC. */
function parseOffset(text: string, at: number): number | undefined {
  const rest = text.length - at;
  const sign = text.charCodeAt(at);
  if (text[at] === "Z") return rest === 1 ? 0 : undefined;
  if (sign !== PLUS && sign !== DASH) return undefined;
  const hasColon = text.charCodeAt(at + 3) === COLON;
  if (rest !== (hasColon ? 6 : 5)) return undefined;
  const hour = digits(text, at + 1, 2);
  const minute = digits(text, hasColon ? at + 4 : at + 3, 2);
  if (!isTime(hour, minute, 0)) return undefined;
  const seconds = hour * 3600 + minute * 60;
  return sign === DASH ? -seconds : seconds;
}

/** The number written by `count` digits, -1 when one of them is something else. */
function digits(text: string, start: number, count: number): number {
  let value = 0;
  for (let at = start; at < start + count; at++) {
    const unit = text.charCodeAt(at);
    if (!isDigit(unit)) return -1;
    value = value * 10 + unit - ZERO;
  }
  return value;
}

function isDigit(unit: number): boolean {
  return unit >= ZERO && unit <= ZERO + 9;
}

function isDate(year: number, month: number, day: number): boolean {
  if (year < 0 || year > 9999 || month < 1 || month > 12) return false;
  return day >= 1 && day <= daysInMonth(year, month);
}

function isTime(hour: number, minute: number, second: number): boolean {
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59) return false;
  return second >= 0 && second <= 59;
}

function daysInMonth(year: number, month: number): number {
  if (month === 2) {
    return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  }
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/** Days since 1970-01-01. Years are counted from March, so that a leap day is a year's last. */
function daysOf(year: number, month: number, day: number): number {
  const shifted = month <= 2 ? year - 1 : year;
  const era = Math.floor(shifted / 400);
  const yearOfEra = shifted - era * 400;
  const dayOfYear = Math.floor((153 * ((month + 9) % 12) + 2) / 5) + day - 1;
  const leapDays = Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100);
  return era * 146_097 + yearOfEra * 365 + leapDays + dayOfYear - 719_468;
}

/** The date so many days after 1970-01-01: the inverse of `daysOf`. */
function dateOf(days: number): CalendarDate {
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const leapDays =
    Math.floor(dayOfEra / 1460) - Math.floor(dayOfEra / 36_524) + Math.floor(dayOfEra / 146_096);
  const yearOfEra = Math.floor((dayOfEra - leapDays) / 365);
  const dayOfYear =
    dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const monthFromMarch = Math.floor((5 * dayOfYear + 2) / 153);
  const month = ((monthFromMarch + 2) % 12) + 1;
  const day = dayOfYear - Math.floor((153 * monthFromMarch + 2) / 5) + 1;
  return { year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day };
}

function wholeMonths(start: CalendarDate, end: CalendarDate): number {
  const months = (end.year - start.year) * 12 + end.month - start.month;
  return end.day < start.day ? months - 1 : months;
}

/** The day so many months after a date; a day the month lacks becomes its last. */
function daysAfterMonths(date: CalendarDate, months: number): number {
  const count = date.year * 12 + date.month - 1 + months;
  const year = Math.floor(count / 12);
  const month = count - year * 12 + 1;
  return daysOf(year, month, Math.min(date.day, daysInMonth(year, month)));
}

/** The instant at which a zone's clocks show a local time, given as if it were UTC. */
function fromLocal(local: number, timeZone: string): number {
  if (isUtc(timeZone)) return local;
  const before = offsetAt(local - DAY_SECONDS, timeZone);
  const after = offsetAt(local + DAY_SECONDS, timeZone);
  const first = local - before;
  if (before === after || offsetAt(first, timeZone) === before) return first;
  const second = local - after;
  return offsetAt(second, timeZone) === after ? second : first;
}

function toLocal(seconds: number, timeZone: string): number {
  return isUtc(timeZone) ? seconds : seconds + offsetAt(seconds, timeZone);
}

function isUtc(timeZone: string): boolean {
  return timeZone === "UTC" || timeZone === "Etc/UTC";
}

/** The offsets of a zone by the day of UTC; undefined for a day on which the offset changes. */
const dayOffsets = new Map<string, Map<number, number | undefined>>();

/** How many days of a zone are remembered. */
const DAYS_REMEMBERED_MAX = 20_000;

/** Seconds east of UTC. Asking the library takes microseconds, so it is asked twice a day of the calendar. */
function offsetAt(seconds: number, timeZone: string): number {
  let offsets = dayOffsets.get(timeZone);
  if (offsets === undefined) {
    offsets = new Map();
    dayOffsets.set(timeZone, offsets);
  }
  const day = Math.floor(seconds / DAY_SECONDS);
  let offset = offsets.get(day);
  if (offset === undefined && !offsets.has(day)) {
    const start = findOffset(day * DAY_SECONDS, timeZone);
    const end = findOffset((day + 1) * DAY_SECONDS, timeZone);
    offset = start === end ? start : undefined;
    if (offsets.size >= DAYS_REMEMBERED_MAX) offsets.clear();
    offsets.set(day, offset);
  }
  return offset ?? findOffset(seconds, timeZone);
}

/** Instants at the edge of the range have the offset a little within it, where the local time is in range, too. */
function findOffset(seconds: number, timeZone: string): number {
  const edge = INSTANT_SECONDS_MAX - 2 * DAY_SECONDS;
  const within = Math.max(-edge, Math.min(edge, seconds));
  const minutes = IANAZone.create(timeZone).offset(within * 1000);
  if (Number.isNaN(minutes)) throw fail("project.invalid_time_zone", { timeZone });
  return Math.round(minutes * 60);
}

function pad(value: number): string {
  return value < 10 ? `0${value}` : String(value);
}

function formatYear(year: number): string {
  if (year >= 0 && year <= 9999) return String(year).padStart(4, "0");
  return `${year < 0 ? "-" : "+"}${String(Math.abs(year)).padStart(6, "0")}`;
}
