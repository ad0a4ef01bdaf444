/**
 * Pieces of expressions, put together as the parser would have them.
 *
 * @module
 */
import type {
  AccessorScope,
  BinaryOperator,
  BindingFunction,
  Expression,
  FunctionName,
  Literal,
} from "../selector/syntax.ts";

/** Where something stands that nobody wrote. */
const NOWHERE = { start: 0, end: 0 };

/** The name that items of lists have. */
const ITEM = "X";

/** An item of a list, inside `anyItem` and `allItems`. */
export const ITEM_VALUE: Expression = { kind: "variable", name: ITEM, span: NOWHERE };

/** `true` */
export const TRUE: Expression = literal(true);

/** `false` */
export const FALSE: Expression = literal(false);

/** `NOW` */
export const NOW: Expression = { kind: "now", span: NOWHERE };

/** A constant; a negative number is a negation, as the language has it. */
export function literal(value: Literal["value"]): Expression {
  if (typeof value === "number" && value < 0) {
    const operand: Expression = { kind: "literal", value: -value, span: NOWHERE };
    return { kind: "unary", operator: "-", operand, span: NOWHERE };
  }
  return { kind: "literal", value, span: NOWHERE };
}

/** `properties["name"]` and its kin. */
export function accessor(scope: AccessorScope, name: string): Expression {
  return { kind: "accessor", scope, name, span: NOWHERE };
}

/** `object["member"]` */
export function memberOf(object: Expression, name: string): Expression {
  return { kind: "index", object, index: literal(name), span: NOWHERE };
}

/** `left operator right` */
export function binary(operator: BinaryOperator, left: Expression, right: Expression): Expression {
  return { kind: "binary", operator, left, right, span: NOWHERE };
}

/** `not x`; of `a in b` it is one operator. */
export function not(operand: Expression): Expression {
  if (operand.kind === "binary" && operand.operator === "in") {
    return { ...operand, operator: "not in" };
  }
  return { kind: "unary", operator: "not", operand, span: NOWHERE };
}

/** `name(a, b, …)` */
export function call(name: FunctionName, ...parts: readonly Expression[]): Expression {
  return { kind: "call", name, arguments: parts, span: NOWHERE };
}

/** `[a, b, …]` */
export function list(parts: readonly Expression[]): Expression {
  return { kind: "list", items: parts, span: NOWHERE };
}

/** `cohort(id)` */
export function cohortTest(cohort: number): Expression {
  return { kind: "cohort", cohort, span: NOWHERE };
}

/** `any(X, source, body)` or `all(X, source, body)`, whose body reads `ITEM_VALUE`. */
export function overItems(
  quantifier: Extract<BindingFunction, "any" | "all">,
  source: Expression,
  body: Expression,
): Expression {
  return { kind: "binding", function: quantifier, variable: ITEM, source, body, span: NOWHERE };
}

/** `a and b and …`; true of nothing. */
export function allOf(conditions: readonly Expression[]): Expression {
  return chain("and", conditions) ?? TRUE;
}

/** `a or b or …`; false of nothing. */
export function anyOf(conditions: readonly Expression[]): Expression {
  return chain("or", conditions) ?? FALSE;
}

function chain(operator: "and" | "or", parts: readonly Expression[]): Expression | undefined {
  const [first, ...others] = parts;
  if (first === undefined) return undefined;
  let joined = first;
  for (const part of others) joined = binary(operator, joined, part);
  return joined;
}
