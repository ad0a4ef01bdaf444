/**
 * Selectors that must select what others do, whatever they say: laws of the language that hold without knowing what is
 * right. A mistake that the reference makes as well shows here.
 *
 * @module
 */
import type { BinaryOperator, Expression, FunctionName } from "../../src/selector/syntax.ts";

/** A law: its parts, which add up to all profiles or are all the same. */
export interface Law {
  readonly name: string;
  /** `partition`: each profile is selected by exactly one part. `equal`: all select the same. */
  readonly kind: "partition" | "equal";
  readonly parts: readonly Expression[];
}

const NOWHERE = { start: 0, end: 0 };
const TRUE: Expression = { kind: "literal", value: true, span: NOWHERE };
const UNDEFINED_KIND: Expression = { kind: "literal", value: "undefined", span: NOWHERE };

/** Comparisons with the sides changed. */
const MIRRORED: Readonly<Partial<Record<BinaryOperator, BinaryOperator>>> = {
  "==": "==",
  "!=": "!=",
  "<": ">",
  ">": "<",
  "<=": ">=",
  ">=": "<=",
};

/**
 * The laws for some expressions.
 *
 * @param turn which of the laws about two or three expressions is made
 */
export function lawsOf(
  one: Expression,
  other: Expression,
  third: Expression,
  turn: number,
): readonly Law[] {
  return [partition(one), rewriting(isTrue(one), isTrue(other), isTrue(third), one, turn)];
}

/**
 * True, not true, and neither: `not` is undefined exactly where a value is neither a boolean nor undefined, so that these
 * three are all there is.
 */
function partition(one: Expression): Law {
  const negated = not(one);
  const neither = binary("==", call("typeof", negated), UNDEFINED_KIND);
  return { name: "true, not true, or neither", kind: "partition", parts: [one, negated, neither] };
}

type Rewriting = readonly [name: string, left: Expression, right: Expression];

/** @param a true or false, like `b` and `c` @param value anything */
function rewriting(
  a: Expression,
  b: Expression,
  c: Expression,
  value: Expression,
  turn: number,
): Law {
  const rewritings: readonly Rewriting[] = [
    ["not (a and b)", not(and(a, b)), or(not(a), not(b))],
    ["not (a or b)", not(or(a, b)), and(not(a), not(b))],
    ["not not a", not(not(a)), a],
    ["a and b", and(a, b), and(b, a)],
    ["a or b", or(a, b), or(b, a)],
    ["a and (b or c)", and(a, or(b, c)), or(and(a, b), and(a, c))],
    ["a or (b and c)", or(a, and(b, c)), and(or(a, b), or(a, c))],
    ["a or (a and b)", or(a, and(a, b)), a],
    ["a and not a", and(a, not(a)), not(TRUE)],
    ["a or not a", or(a, not(a)), TRUE],
    ["if(a, b, c)", call("if", a, b, c), or(and(a, b), and(not(a), c))],
    ["let(x, value, x)", letIn(value), value],
    ["if(true, value, b)", call("if", TRUE, value, b), value],
    ["one of a list", binary("in", a, list(b, c)), or(binary("==", a, b), binary("==", a, c))],
    ["any", quantified("any", a, b), not(quantified("all", a, not(b)))],
    mirrored(value) ?? ["a", a, and(a, TRUE)],
  ];
  const [name, left, right] = rewritings[turn % rewritings.length] as Rewriting;
  return { name, kind: "equal", parts: [left, right] };
}

/** A comparison with its sides changed; undefined for what is none. */
function mirrored(expression: Expression): Rewriting | undefined {
  if (expression.kind !== "binary") return undefined;
  const operator = MIRRORED[expression.operator];
  if (operator === undefined) return undefined;
  const { left, right } = expression;
  return ["a comparison from the other side", expression, binary(operator, right, left)];
}

/** True where a value is true, false anywhere else. */
function isTrue(expression: Expression): Expression {
  return binary("==", expression, TRUE);
}

function and(left: Expression, right: Expression): Expression {
  return binary("and", left, right);
}

function or(left: Expression, right: Expression): Expression {
  return binary("or", left, right);
}

function not(operand: Expression): Expression {
  return { kind: "unary", operator: "not", operand, span: NOWHERE };
}

function binary(operator: BinaryOperator, left: Expression, right: Expression): Expression {
  return { kind: "binary", operator, left, right, span: NOWHERE };
}

function call(name: FunctionName, ...given: readonly Expression[]): Expression {
  return { kind: "call", name, arguments: given, span: NOWHERE };
}

function list(...items: readonly Expression[]): Expression {
  return { kind: "list", items, span: NOWHERE };
}

/** A name that no generated selector binds. */
const VARIABLE = "bound";

function letIn(source: Expression): Expression {
  const body: Expression = { kind: "variable", name: VARIABLE, span: NOWHERE };
  return { kind: "binding", function: "let", variable: VARIABLE, source, body, span: NOWHERE };
}

function quantified(name: "any" | "all", item: Expression, body: Expression): Expression {
  const source = list(item, not(item));
  return { kind: "binding", function: name, variable: VARIABLE, source, body, span: NOWHERE };
}
