/**
 * Functions that turn a value into one of another kind, or tell its kind.
 *
 * @module
 */
import { formatNumber, parseNumber } from "../values/json.ts";
import { fold } from "../values/text.ts";
import {
  formatInstant,
  instantOf,
  isInstant,
  parseInstant,
  UNIX_SECONDS_MAX,
} from "../values/time.ts";
import { type Computed, Datetime, isList, kindOf } from "../values/value.ts";
import type { Evaluate, EvaluationContext, Frame } from "./context.ts";
import { between, exactly, type FunctionRow, type LazyRow, strict } from "./function-row.ts";
import { type Kinds, kinds } from "./kinds.ts";
import type { Expression, FunctionName } from "./syntax.ts";

/** The names of these functions. */
export type CastFunction = Extract<
  FunctionName,
  "defined" | "number" | "string" | "boolean" | "list" | "datetime" | "typeof"
>;

/** Casts, and the functions that look at a value's kind. */
export const CAST_FUNCTIONS: Readonly<Record<CastFunction, FunctionRow>> = {
  defined: strict(exactly(1), kinds("boolean"), ([value]) => value !== undefined && value !== null),
  typeof: strict(exactly(1), kinds("string"), ([value]) => kindOf(value)),
  string: cast(kinds("string", "null", "undefined"), toText),
  number: cast(kinds("number", "undefined"), toNumber),
  boolean: cast(kinds("boolean"), toBoolean),
  list: strict(exactly(1), kinds("list", "undefined"), ([value]) => toList(value)),
  datetime: datetimeRow(),
};

/** The elements a value has as a list: a single value is a list of one. Undefined for null and undefined. */
export function toList(value: Computed): readonly Computed[] | undefined {
  if (value === undefined || value === null) return undefined;
  return isList(value) ? value : [value];
}

/** A cast whose second argument, when given, stands in for null and undefined. */
function cast(
  result: Kinds,
  convert: (value: Computed, context: EvaluationContext) => Computed,
): FunctionRow {
  return strict(
    between(1, 2),
    (given) => result | (given[1] ?? 0),
    (values, context) => {
      const value = values[0];
      const isAbsent = value === undefined || value === null;
      return isAbsent && values.length === 2 ? values[1] : convert(value, context);
    },
  );
}

function toText(value: Computed, context: EvaluationContext): Computed {
  switch (typeof value) {
    case "string":
      return value;
    case "number":
      return formatNumber(value);
    case "boolean":
      return String(value);
    default:
      if (value === null) return null;
      return value instanceof Datetime ? formatInstant(value.seconds, context.timeZone) : undefined;
  }
}

function toNumber(value: Computed): number | undefined {
  switch (typeof value) {
    case "string":
      return parseNumber(value);
    case "number":
      return value;
    case "boolean":
      return value ? 1 : 0;
    default:
      return value instanceof Datetime ? value.seconds : undefined;
  }
}

function toBoolean(value: Computed): boolean {
  switch (typeof value) {
    case "string":
      return value !== "" && fold(value) !== "false";
    case "number":
      return value !== 0;
    case "boolean":
      return value;
    default:
      return value !== null && value !== undefined;
  }
}

/**
 * `datetime(x)` and `datetime(year, month, day[, hour, minute, second])`.
 *
 * A text written as its argument is in the project's time zone; one that is read from a profile, or computed,
 * is in UTC. This is why it looks at its argument before evaluating it.
 */
function datetimeRow(): LazyRow {
  return {
    kind: "lazy",
    count: {
      min: 1,
      max: 6,
      except: { accepts: (count) => count !== 2, expected: "1 or 3 to 6 arguments" },
    },
    result: kinds("datetime", "undefined"),
    apply(expressions, frame, evaluate) {
      const [argument] = expressions;
      if (argument === undefined) return undefined;
      if (expressions.length > 1) return fromParts(expressions, frame, evaluate);
      const zone = argument.kind === "literal" ? frame.context.timeZone : "UTC";
      return toDatetime(evaluate(argument, frame), zone);
    },
  };
}

function toDatetime(value: Computed, timeZone: string): Datetime | undefined {
  if (value instanceof Datetime) return value;
  if (typeof value === "number") return fromNumber(value);
  const seconds = typeof value === "string" ? parseInstant(value, timeZone) : undefined;
  return seconds === undefined ? undefined : new Datetime(seconds);
}

function fromNumber(value: number): Datetime | undefined {
  if (value < 1) return undefined;
  const seconds = Math.floor(value > UNIX_SECONDS_MAX ? value / 1000 : value);
  return isInstant(seconds) ? new Datetime(seconds) : undefined;
}

function fromParts(
  expressions: readonly Expression[],
  frame: Frame,
  evaluate: Evaluate,
): Datetime | undefined {
  const parts: number[] = [];
  for (const expression of expressions) {
    const part = evaluate(expression, frame);
    if (typeof part !== "number") return undefined;
    parts.push(part);
  }
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts;
  const seconds = instantOf({ year, month, day }, [hour, minute, second], frame.context.timeZone);
  return seconds === undefined ? undefined : new Datetime(seconds);
}
