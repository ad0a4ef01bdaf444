/**
 * Equality, order and membership of computed values: the truth tables of the language.
 *
 * Values of different kinds are never equal and have no order, but a text that reads as a date compares with
 * a datetime. Texts compare ignoring case.
 *
 * @module
 */
import { fold, type Order, orderText } from "./text.ts";
import { parseInstant } from "./time.ts";
import { type Computed, Datetime, isList, kindOf, type Value, type ValueObject } from "./value.ts";

/** `left == right`. */
export function isEqual(left: Computed, right: Computed): boolean {
  if (left === right) return true;
  if (typeof left === "string" && typeof right === "string") return fold(left) === fold(right);
  // Two values that are not objects and not identical are equal only as texts.
  if (!isComposite(left) && !isComposite(right)) return false;
  const leftSeconds = left instanceof Datetime || right instanceof Datetime;
  if (leftSeconds) return orderInstants(left, right) === 0;
  return isComposite(left) && isComposite(right) && isDeepEqual(left, right);
}

/** -1, 0 or 1 as `left` is less than, equal to or greater than `right`; undefined when they have no order. */
export function orderOf(left: Computed, right: Computed): Order | undefined {
  if (typeof left === "number" && typeof right === "number") return sign(left, right);
  if (typeof left === "string" && typeof right === "string") {
    return orderText(fold(left), fold(right));
  }
  if (left instanceof Datetime || right instanceof Datetime) return orderInstants(left, right);
  return undefined;
}

/** Whether a list has an element equal to a value; undefined is in no list. */
export function isMember(value: Computed, list: readonly Computed[]): boolean {
  if (value === undefined) return false;
  for (const element of list) if (isEqual(value, element)) return true;
  return false;
}

/** `left in right`. */
export function isIn(left: Computed, right: Computed): boolean | undefined {
  if (isList(right)) {
    if (!isList(left)) return isMember(left, right);
    for (const element of left) if (isMember(element, right)) return true;
    return false;
  }
  if (typeof left !== "string" || typeof right !== "string") return undefined;
  return fold(right).includes(fold(left));
}

/** Whether a value counts as absent when profiles are sorted; such profiles come last either way. */
export function isMissing(value: Computed): value is null | undefined {
  return value === undefined || value === null;
}

/**
 * Orders values of any kind: numbers, then texts ignoring case, booleans, datetimes, lists and objects, then
 * what is missing.
 *
 * @returns 0 for two values that tie: equal ones, and any lists or objects
 */
export function orderForSort(left: Computed, right: Computed): Order {
  const leftRank = sortRank(left);
  const rightRank = sortRank(right);
  if (leftRank !== rightRank) return leftRank < rightRank ? -1 : 1;
  if (typeof left === "boolean") return sign(Number(left), Number(right));
  return orderOf(left, right) ?? 0;
}

function sortRank(value: Computed): number {
  switch (kindOf(value)) {
    case "number":
      return 0;
    case "string":
      return 1;
    case "boolean":
      return 2;
    case "datetime":
      return 3;
    case "list":
    case "object":
      return 4;
    case "null":
    case "undefined":
      return 5;
  }
}

/** Compares where one side is a datetime and the other a datetime or a text that reads as one. */
function orderInstants(left: Computed, right: Computed): Order | undefined {
  const leftSeconds = secondsOf(left);
  const rightSeconds = secondsOf(right);
  if (leftSeconds === undefined || rightSeconds === undefined) return undefined;
  return sign(leftSeconds, rightSeconds);
}

/** The instant a value stands for: a datetime, or a text of one, in UTC unless it says otherwise. */
export function secondsOf(value: Computed): number | undefined {
  if (value instanceof Datetime) return value.seconds;
  return typeof value === "string" ? parseInstant(value, "UTC") : undefined;
}

function sign(left: number, right: number): Order {
  return left < right ? -1 : left > right ? 1 : 0;
}

type Composite = readonly Computed[] | ValueObject | Datetime;

function isComposite(value: Computed): value is Composite {
  return typeof value === "object" && value !== null;
}

/**
 * Compares lists element by element and objects member by member.
 *
 * Pairs wait in a list instead of on the stack, as stored values may nest deeply. A pair that was met before
 * is not compared again: an expression can build a list that holds another one twice, that one a third
 * one twice, and so on, which would double the work at each level.
 */
function isDeepEqual(left: Composite, right: Composite): boolean {
  const waiting: [Composite, Composite][] = [[left, right]];
  const met = new Map<Composite, Set<Composite>>();
  for (let pair = waiting.pop(); pair !== undefined; pair = waiting.pop()) {
    if (!isNew(met, pair)) continue;
    const elements = alignElements(pair[0], pair[1]);
    if (elements === undefined) return false;
    for (const [a, b] of elements) {
      if (isComposite(a) && isComposite(b) && !isScalarPair(a, b)) waiting.push([a, b]);
      else if (!isEqual(a, b)) return false;
    }
  }
  return true;
}

function isScalarPair(left: Composite, right: Composite): boolean {
  return left === right || left instanceof Datetime || right instanceof Datetime;
}

function isNew(
  met: Map<Composite, Set<Composite>>,
  [left, right]: readonly [Composite, Composite],
): boolean {
  const partners = met.get(left);
  if (partners === undefined) {
    met.set(left, new Set([right]));
    return true;
  }
  if (partners.has(right)) return false;
  partners.add(right);
  return true;
}

/** The pairs that must be equal for two lists or objects to be; undefined when their shapes differ. */
function alignElements(
  left: Composite,
  right: Composite,
): readonly (readonly [Computed, Computed])[] | undefined {
  if (isList(left) || isList(right)) {
    if (!isList(left) || !isList(right) || left.length !== right.length) return undefined;
    return left.map((element, index) => [element, right[index]] as const);
  }
  const a = left as ValueObject;
  const b = right as ValueObject;
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return undefined;
  if (!keys.every((key) => Object.hasOwn(b, key))) return undefined;
  return keys.map((key) => [a[key] as Value, b[key] as Value] as const);
}
