/**
 * The questions an engine answers about its SQL.
 *
 * Every function takes fragments and gives one; each result is null when an operand is null, unless
 * it says otherwise.
 *
 * @module
 */
import type { Fragment } from "./fragment.ts";

/** How one engine writes what engines write differently. */
export interface Dialect {
  /** Whether a text holds another, byte for byte. */
  contains(text: Fragment, part: Fragment): Fragment;
  startsWith(text: Fragment, prefix: Fragment): Fragment;
  endsWith(text: Fragment, suffix: Fragment): Fragment;
  /** Counted in code points. */
  textLength(text: Fragment): Fragment;
  /** The rest of a text from a code point on, counted from 1. */
  textFrom(text: Fragment, start: number): Fragment;
  /** `count` code points from `start`, which counts from 1; both are whole and in range. */
  substring(text: Fragment, start: Fragment, count: Fragment): Fragment;
  /** The parts between occurrences of a one-character separator. */
  split(text: Fragment, separator: Fragment): Fragment;
  /** Whether a linear-time pattern is found anywhere; ignores case unless the pattern says otherwise. */
  matches(text: Fragment, pattern: Fragment): Fragment;
  /** A decimal text as a finite number; null when it is none. */
  textToNumber(text: Fragment): Fragment;
  /** The number that a text we wrote ourselves stands for. */
  decimal(text: Fragment): Fragment;
  /** The number, or null when it is infinite or not a number. */
  finite(number: Fragment): Fragment;
  floor(number: Fragment): Fragment;
  ceil(number: Fragment): Fragment;
  /** The nearest whole number, halves away from zero. */
  round(number: Fragment): Fragment;
  least(left: Fragment, right: Fragment): Fragment;
  greatest(left: Fragment, right: Fragment): Fragment;
  /** The remainder with the sign of the dividend. */
  remainder(left: Fragment, right: Fragment): Fragment;
  /** A whole number of seconds as the engine's integer. */
  toSeconds(number: Fragment): Fragment;
  /** The engine's integer as a 64-bit float. */
  toNumber(integer: Fragment): Fragment;
  /** Whether a list of texts holds a text. */
  listContains(list: Fragment, text: Fragment): Fragment;
  /** Whether two lists of texts share an element. */
  listsOverlap(left: Fragment, right: Fragment): Fragment;
  listLength(list: Fragment): Fragment;
  /** The element at a position counted from 1; null past the end. */
  listElement(list: Fragment, position: number): Fragment;
  /** The texts of a JSON array of texts. */
  jsonTexts(json: Fragment): Fragment;
  /** The elements for which a condition is true; the element stands in it as `element`. */
  listFilter(list: Fragment, name: string, condition: Fragment): Fragment;
  /** The text of a property as it was written, out of the profile's JSON text; null when it is no text. */
  jsonText(json: Fragment, name: string): Fragment;
  /** The ids that a member of a JSON object names: a text, a whole number, a truth value, or a list of such. */
  jsonIds(json: Fragment, name: string): Fragment;
  /** A row for each element of a list, which stands in it for the list. */
  eachElement(list: Fragment): Fragment;
  /** Whole seconds of milliseconds, towards the past. */
  secondsOfMs(milliseconds: Fragment): Fragment;
  /** `YYYY-MM-DDTHH:MM:SS` in UTC of epoch seconds. */
  instantText(seconds: Fragment): Fragment;
  /** An aggregate: of the numbers of a group, the lower of the two in the middle. */
  lowerMedian(number: Fragment): Fragment;
  /** A number, a truth value or a list as a text that only equal values share. */
  distinctText(value: Fragment): Fragment;
  /** A table of keys and numbers. */
  keyedNumbers(keys: readonly number[], numbers: readonly number[]): Fragment;
  /**
   * A member of a JSON object as one kind, null where it is of another; `object` gives its JSON text.
   * `null` and `defined` are conditions that are never null.
   */
  jsonMember(json: Fragment, name: string, as: JsonMemberKind): Fragment;
}

/** What a member of a JSON object may be asked as. */
export type JsonMemberKind = "string" | "number" | "boolean" | "object" | "null" | "defined";
