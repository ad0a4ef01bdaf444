/**
 * The filter operators of the web application as expressions of the selector language.
 *
 * A negated operator is the exact opposite of its positive one, so that it also holds where the value is missing.
 *
 * @module
 */
import { fail } from "../errors/error.ts";
import { dayAfter, isDay } from "../event/window.ts";
import { LIST_ITEMS_MAX } from "../selector/limits.ts";
import type { BinaryOperator, Expression } from "../selector/syntax.ts";
import { parseNumber } from "../values/json.ts";
import { allOf, anyOf, binary, call, list, literal, NOW, not } from "./build.ts";
import { dayAt, isDateAt, lengthAt } from "./dates.ts";
import { at, invalid, isObjectAt, itemsOrOne, notAvailable, type Place } from "./place.ts";

/** What a filter takes a value for. */
export type FilterType = "string" | "number" | "boolean" | "datetime" | "list" | "object";

/** A filter: what it asks of what. */
export interface FilterTest {
  /** What is asked about. */
  readonly subject: Expression;
  /** Undefined where the filter does not say. */
  readonly type: FilterType | undefined;
  /** What the subject is compared with. */
  readonly operand: Place;
  /** The unit of a length of time. */
  readonly unit: Place;
}

type Translate = (test: FilterTest) => Expression;

/** Positive operators by every name they go by. */
const POSITIVE: ReadonlyMap<string, Translate> = new Map([
  ...named(equals, "equals", "is equal to", "is", "==", "="),
  ...named(contains, "contains"),
  ...named(affix("has_prefix"), "starts with"),
  ...named(affix("has_suffix"), "ends with"),
  ...named(({ subject }) => call("defined", subject), "is set", "defined"),
  ...named(({ subject }) => binary("==", subject, literal(true)), "true", "is true"),
  ...named(({ subject }) => binary("==", subject, literal(false)), "false", "is false"),
  ...named(compares(">"), "is greater than", ">"),
  ...named(compares("<"), "is less than", "<"),
  ...named(compares(">="), "is at least", "is greater than or equal to", ">="),
  ...named(compares("<="), "is at most", "is less than or equal to", "<="),
  ...named(between, "is between", "between"),
  ...named(onDay, "was on", "on"),
  ...named(
    ({ subject, operand }) => binary("<", instant(subject), midnight(operand)),
    "was before",
    "before",
  ),
  ...named(
    ({ subject, operand }) => binary(">=", instant(subject), midnight(operand)),
    "was since",
    "since",
  ),
  ...named(betweenDays, "was between"),
  ...named(inTheLast, "was in the", "in the last", "was in the last"),
  ...named(inTheNext, "was in the next", "in the next"),
  ...named(beforeTheLast, "before the last", "was before the last"),
]);

/** Operators that are the opposite of a positive one. */
const NEGATIVE: ReadonlyMap<string, string> = new Map([
  ["does not equal", "equals"],
  ["is not equal to", "equals"],
  ["is not", "equals"],
  ["!=", "equals"],
  ["does not contain", "contains"],
  ["does not start with", "starts with"],
  ["does not end with", "ends with"],
  ["is not set", "is set"],
  ["not defined", "is set"],
  ["not between", "between"],
  ["is not between", "between"],
  ["was not on", "was on"],
  ["not on", "was on"],
  ["was not between", "was between"],
  ["was not in the", "was in the"],
  ["not in the last", "was in the"],
  ["was not in the last", "was in the"],
]);

/** An operator, known. */
export interface FilterOperator {
  readonly isNegated: boolean;
  /** The condition without the negation. */
  readonly translate: Translate;
}

/**
 * The operator of a name.
 *
 * @throws `cohort.not_available`
 */
export function operatorAt(place: Place): FilterOperator {
  const name = typeof place.value === "string" ? place.value.trim().toLowerCase() : "";
  const opposite = NEGATIVE.get(name);
  const translate = POSITIVE.get(opposite ?? name);
  if (translate !== undefined) return { isNegated: opposite !== undefined, translate };
  if (name === "") throw invalid(place, "the name of an operator");
  throw notAvailable(place, `the operator ${JSON.stringify(place.value)}`);
}

/** A condition, or its opposite. */
export function negatedIf(isNegated: boolean, condition: Expression): Expression {
  return isNegated ? not(condition) : condition;
}

/**
 * A constant of a definition, read as what its type says where that is possible.
 *
 * @throws `cohort.invalid_definition`
 */
function constantAt(place: Place, type: FilterType | undefined): Expression {
  const { value } = place;
  if (typeof value === "number" && Number.isFinite(value)) return literal(value);
  if (typeof value === "boolean") return literal(value);
  if (typeof value !== "string") throw invalid(place, "a text, a number, true or false");
  if (type === "number") return literal(parseNumber(value) ?? value);
  const isTruth = type === "boolean" && (value === "true" || value === "false");
  return literal(isTruth ? value === "true" : value);
}

/** Any of the values; of a datetime, any of the days. */
function equals({ subject, type, operand }: FilterTest): Expression {
  if (type === "datetime") return anyOf(itemsOrOne(operand).map((place) => isAt(subject, place)));
  const constants = constantsAt(operand, type);
  const [first] = constants;
  // An item of a list, or the value itself: `in` asks for either.
  if (first === undefined || constants.length > 1 || type === "list") {
    return binary("in", subject, list(constants));
  }
  return binary("==", subject, first);
}

function contains({ subject, type, operand }: FilterTest): Expression {
  const constants = constantsAt(operand, type === "boolean" ? type : undefined);
  return anyOf(constants.map((constant) => binary("in", constant, subject)));
}

function affix(name: "has_prefix" | "has_suffix"): Translate {
  return ({ subject, operand }) =>
    anyOf(constantsAt(operand, undefined).map((constant) => call(name, subject, constant)));
}

function compares(operator: Extract<BinaryOperator, ">" | "<" | ">=" | "<=">): Translate {
  return ({ subject, type, operand }) => {
    const [only] = itemsOrOne(operand);
    const place = only ?? operand;
    if (type === "datetime") return binary(operator, instant(subject), instantAt(place));
    return binary(operator, subject, constantAt(place, type === "string" ? type : "number"));
  };
}

function between(test: FilterTest): Expression {
  const { subject, type, operand } = test;
  const [low, high] = endsOf(operand);
  if (type === "datetime" || isDateAt(low)) return betweenDays(test);
  return allOf([
    binary(">=", subject, constantAt(low, "number")),
    binary("<=", subject, constantAt(high, "number")),
  ]);
}

/** On a day, or in a second. */
function isAt(subject: Expression, place: Place): Expression {
  const { value } = place;
  if (typeof value === "string" && isDay(value)) return within(subject, value, value);
  return binary("==", instant(subject), instantAt(place));
}

function onDay({ subject, operand }: FilterTest): Expression {
  return anyOf(itemsOrOne(operand).map((place) => within(subject, dayAt(place), dayAt(place))));
}

function betweenDays({ subject, operand }: FilterTest): Expression {
  const [from, to] = endsOf(operand);
  return within(subject, dayAt(from), dayAt(to));
}

function inTheLast(test: FilterTest): Expression {
  const value = instant(test.subject);
  return allOf([
    binary(">=", value, fromNow("-", secondsAt(test))),
    binary("<=", value, call("datetime", NOW)),
  ]);
}

function inTheNext(test: FilterTest): Expression {
  const value = instant(test.subject);
  return allOf([
    binary(">=", value, call("datetime", NOW)),
    binary("<=", value, fromNow("+", secondsAt(test))),
  ]);
}

function beforeTheLast(test: FilterTest): Expression {
  return binary("<", instant(test.subject), fromNow("-", secondsAt(test)));
}

/** From the start of one day to the end of another, in the project's zone, which is that of date literals. */
function within(subject: Expression, from: string, to: string): Expression {
  const value = instant(subject);
  const next = dayAfter(to);
  const isSince = binary(">=", value, call("datetime", literal(from)));
  if (next === undefined) return isSince;
  return allOf([isSince, binary("<", value, call("datetime", literal(next)))]);
}

function fromNow(sign: "+" | "-", seconds: number): Expression {
  return call("datetime", binary(sign, NOW, literal(seconds)));
}

/** Dates are kept as text or as numbers; `datetime()` reads both. */
function instant(subject: Expression): Expression {
  return call("datetime", subject);
}

function midnight(operand: Place): Expression {
  const [only] = itemsOrOne(operand);
  return call("datetime", literal(dayAt(only ?? operand)));
}

function instantAt(place: Place): Expression {
  const { value } = place;
  if (isDateAt(place) || (typeof value === "number" && value > 0)) {
    return call("datetime", constantAt(place, undefined));
  }
  throw invalid(place, "a date");
}

/** A number of `filterDateUnit`s, or a window that says its unit itself. */
function secondsAt({ operand, unit }: FilterTest): number {
  if (isObjectAt(operand)) {
    const window = isObjectAt(at(operand, "window")) ? at(operand, "window") : operand;
    return lengthAt(at(window, "value"), at(window, "unit"));
  }
  const [only] = itemsOrOne(operand);
  return lengthAt(only ?? operand, unit);
}

function constantsAt(place: Place, type: FilterType | undefined): readonly Expression[] {
  const places = itemsOrOne(place);
  if (places.length > LIST_ITEMS_MAX) {
    throw fail("selector.list_too_long", { itemCountMax: LIST_ITEMS_MAX });
  }
  return places.map((item) => constantAt(item, type));
}

/** `[low, high]` or `{from, to}`. */
function endsOf(operand: Place): readonly [Place, Place] {
  if (isObjectAt(operand)) return [at(operand, "from"), at(operand, "to")];
  const [low, high, ...more] = itemsOrOne(operand);
  if (low === undefined || high === undefined || more.length > 0) {
    throw invalid(operand, "two ends");
  }
  return [low, high];
}

function named(
  translate: Translate,
  ...names: readonly string[]
): readonly (readonly [string, Translate])[] {
  return names.map((name) => [name, translate] as const);
}
