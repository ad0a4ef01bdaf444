/**
 * The operators: how each is spelled and binds, and what it means. Parser, printer, checker and evaluator
 * read this table and no other.
 *
 * @module
 */
import { isEqual, isIn, orderOf } from "../values/compare.ts";
import { isInstant } from "../values/time.ts";
import { type Computed, Datetime } from "../values/value.ts";
import { type Kinds, kinds } from "./kinds.ts";
import { TEXT_LENGTH_MAX } from "./limits.ts";
import type { BinaryOperator, UnaryOperator } from "./syntax.ts";

/** How tightly each level binds, loosest first. */
export const PRECEDENCE = {
  or: 1,
  and: 2,
  not: 3,
  comparison: 4,
  sum: 5,
  product: 6,
  negation: 7,
  postfix: 8,
  primary: 9,
} as const;

/** One operator between two operands. */
export interface OperatorRow {
  readonly precedence: number;
  /** `none` for one that cannot be chained: `a < b < c` is an error. */
  readonly associativity: "left" | "none";
  /** The kinds it can give. */
  readonly result: Kinds;
  /** The left value that decides alone, so that the right one is not looked at. */
  readonly decidedBy: boolean | undefined;
  readonly apply: (left: Computed, right: Computed) => Computed;
}

/** One operator before its operand. */
export interface UnaryOperatorRow {
  readonly precedence: number;
  readonly result: Kinds;
  readonly apply: (operand: Computed) => Computed;
}

const BOOLEAN = kinds("boolean");
const ORDERING = kinds("boolean", "undefined");
const NUMBER = kinds("number", "undefined");

/** Operators with two operands. `not in` is written before them: `not a in b`. */
export const OPERATORS: Readonly<Record<BinaryOperator, OperatorRow>> = {
  or: logical(PRECEDENCE.or, true, (left, right) => left === true || right === true),
  and: logical(PRECEDENCE.and, false, (left, right) => left === true && right === true),
  "==": comparison(BOOLEAN, isEqual),
  "!=": comparison(BOOLEAN, (left, right) => !isEqual(left, right)),
  ">": comparison(ORDERING, (left, right) => holds(orderOf(left, right), (order) => order > 0)),
  ">=": comparison(ORDERING, (left, right) => holds(orderOf(left, right), (order) => order >= 0)),
  "<": comparison(ORDERING, (left, right) => holds(orderOf(left, right), (order) => order < 0)),
  "<=": comparison(ORDERING, (left, right) => holds(orderOf(left, right), (order) => order <= 0)),
  in: comparison(ORDERING, isIn),
  "not in": {
    ...comparison(BOOLEAN, (left, right) => isIn(left, right) !== true),
    precedence: PRECEDENCE.not,
  },
  "+": arithmetic(PRECEDENCE.sum, kinds("string", "number", "datetime", "undefined"), add),
  "-": arithmetic(PRECEDENCE.sum, kinds("number", "datetime", "undefined"), subtract),
  "*": arithmetic(PRECEDENCE.product, NUMBER, (left, right) =>
    ofNumbers(left, right, (a, b) => a * b),
  ),
  "/": arithmetic(PRECEDENCE.product, NUMBER, (left, right) =>
    ofNumbers(left, right, (a, b) => a / b),
  ),
  "%": arithmetic(PRECEDENCE.product, NUMBER, (left, right) =>
    ofNumbers(left, right, (a, b) => a % b),
  ),
};

/** Operators with one operand. */
export const UNARY_OPERATORS: Readonly<Record<UnaryOperator, UnaryOperatorRow>> = {
  not: {
    precedence: PRECEDENCE.not,
    result: ORDERING,
    apply: (operand) => {
      if (operand === undefined) return true;
      return typeof operand === "boolean" ? !operand : undefined;
    },
  },
  "-": {
    precedence: PRECEDENCE.negation,
    result: NUMBER,
    apply: (operand) => (typeof operand === "number" ? -operand : undefined),
  },
};

/** How a binary operator may be written. */
export interface Spelling {
  readonly operator: BinaryOperator;
  /** Whether the operands stand the other way round. */
  readonly swapped: boolean;
}

/** Operators by what is written between their operands, words in lower case. */
export const SPELLINGS: ReadonlyMap<string, Spelling> = new Map<string, Spelling>([
  ...Object.keys(OPERATORS).map(
    (operator) => [operator, { operator: operator as BinaryOperator, swapped: false }] as const,
  ),
  ["=", { operator: "==", swapped: false }],
  ["contains", { operator: "in", swapped: true }],
]);

function logical(precedence: number, decidedBy: boolean, apply: OperatorRow["apply"]): OperatorRow {
  return { precedence, associativity: "left", result: BOOLEAN, decidedBy, apply };
}

function comparison(result: Kinds, apply: OperatorRow["apply"]): OperatorRow {
  const precedence = PRECEDENCE.comparison;
  return { precedence, associativity: "none", result, decidedBy: undefined, apply };
}

function arithmetic(precedence: number, result: Kinds, apply: OperatorRow["apply"]): OperatorRow {
  return { precedence, associativity: "left", result, decidedBy: undefined, apply };
}

function holds(order: number | undefined, test: (order: number) => boolean): boolean | undefined {
  return order === undefined ? undefined : test(order);
}

function add(left: Computed, right: Computed): Computed {
  if (typeof left === "string" && typeof right === "string") {
    return left.length + right.length > TEXT_LENGTH_MAX ? undefined : left + right;
  }
  if (left instanceof Datetime && typeof right === "number") return shift(left, right);
  if (typeof left === "number" && right instanceof Datetime) return shift(right, left);
  return ofNumbers(left, right, (a, b) => a + b);
}

function subtract(left: Computed, right: Computed): Computed {
  if (left instanceof Datetime) {
    if (right instanceof Datetime) return left.seconds - right.seconds;
    return typeof right === "number" ? shift(left, -right) : undefined;
  }
  return ofNumbers(left, right, (a, b) => a - b);
}

/** The datetime so many seconds later, floored to a whole one. */
function shift(datetime: Datetime, bySeconds: number): Datetime | undefined {
  const seconds = Math.floor(datetime.seconds + bySeconds);
  return isInstant(seconds) ? new Datetime(seconds) : undefined;
}

/** Undefined unless both are numbers and the result is finite; a division by zero is not. */
function ofNumbers(
  left: Computed,
  right: Computed,
  compute: (left: number, right: number) => number,
): number | undefined {
  if (typeof left !== "number" || typeof right !== "number") return undefined;
  const result = compute(left, right);
  return Number.isFinite(result) ? result : undefined;
}
