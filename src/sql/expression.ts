/**
 * A selector as SQL: any expression as readings, and a selector as a condition.
 *
 * What SQL cannot say exactly throws `Unsupported`; `conditionOrLooser` then gives a condition that
 * holds wherever the selector does, and the caller evaluates the selector on what remains.
 *
 * @module
 */
import type { Accessor, Binary, CohortTest, Expression } from "../selector/syntax.ts";
import { arithmetic, negate } from "./arithmetic.ts";
import { bindingReadings } from "./binding.ts";
import { equals, orders } from "./comparison.ts";
import { constantReadings, constantValue, isConstant } from "./constant.ts";
import type { Names, SqlContext } from "./context.ts";
import { type Fragment, sql } from "./fragment.ts";
import { callReadings } from "./functions.ts";
import { memberReadings } from "./member.ts";
import { contains, inItems } from "./membership.ts";
import {
  all,
  any,
  FALSE,
  isNotTrue,
  isUndefined,
  maybe,
  type Readings,
  reading,
  TRUE,
  truth,
} from "./readings.ts";
import { Unsupported } from "./unsupported.ts";

/** An expression as readings. */
export function readingsOf(expression: Expression, context: SqlContext): Readings {
  if (isConstant(expression)) {
    return constantReadings(constantValue(expression, context.evaluation));
  }
  switch (expression.kind) {
    case "accessor":
      return accessorReadings(expression, context.names);
    case "variable": {
      const readings = context.variables.get(expression.name);
      if (readings === undefined) throw new Unsupported("variable");
      return readings;
    }
    case "unary":
      return expression.operator === "-"
        ? negate(readingsOf(expression.operand, context))
        : notReadings(expression.operand, context);
    case "binary":
      return binaryReadings(expression, context);
    case "call":
      return callReadings(expression, context);
    case "binding":
      return bindingReadings(expression, context);
    case "index":
      return memberReadings(expression, context);
    case "cohort":
      return truth(memberCondition(expression, context));
    case "literal":
    case "now":
    case "list":
      throw new Unsupported(expression.kind);
  }
}

function accessorReadings({ scope, name }: Accessor, names: Names): Readings {
  switch (scope) {
    case "properties":
      return names.property(name);
    case "user":
      return names.profile(name);
    case "event":
      return names.event(name);
    case "behaviors":
      return names.behavior(name);
  }
}

/** A name stands for no cohort any more once a query is planned. */
function memberCondition({ cohort }: CohortTest, { names }: SqlContext): Fragment {
  return typeof cohort === "number" ? names.isMember(cohort) : FALSE;
}

function notReadings(operand: Expression, context: SqlContext): Readings {
  const readings = readingsOf(operand, context);
  const value = reading(readings, "boolean");
  const missing = isUndefined(readings);
  if (value === undefined) return maybe("boolean", sql`case when ${missing} then true end`);
  return maybe("boolean", sql`case when ${missing} then true else not ${value} end`);
}

function binaryReadings(expression: Binary, context: SqlContext): Readings {
  const { operator } = expression;
  switch (operator) {
    case "and":
    case "or":
    case "==":
      return truth(sql`coalesce(${conditionOf(expression, context)}, false)`);
    case "!=":
    case "not in":
      return truth(conditionOf(expression, context));
    case "<":
    case "<=":
    case ">":
    case ">=":
    case "in":
      return maybe("boolean", conditionOf(expression, context));
    case "+":
    case "-":
    case "*":
    case "/":
    case "%":
      if (leftDepth(expression) > ARITHMETIC_DEPTH_MAX) throw new Unsupported("long chain");
      return arithmetic(
        operator,
        readingsOf(expression.left, context),
        readingsOf(expression.right, context),
        context.dialect,
      );
  }
}

/** Operators in one chain of arithmetic; engines nest what a reader sees as a row. */
const ARITHMETIC_DEPTH_MAX = 100;

function leftDepth(expression: Binary): number {
  let depth = 0;
  for (let node: Expression = expression; node.kind === "binary"; node = node.left) depth++;
  return depth;
}

/**
 * The condition under which an expression is exactly true; elsewhere it is false or null.
 *
 * Of an ordering or `in` it is the truth value itself, null where that is undefined.
 *
 * @throws Unsupported
 */
export function conditionOf(expression: Expression, context: SqlContext): Fragment {
  if (isConstant(expression)) {
    return constantValue(expression, context.evaluation) === true ? TRUE : FALSE;
  }
  if (expression.kind === "binary") return binaryCondition(expression, context);
  if (expression.kind === "cohort") return memberCondition(expression, context);
  if (expression.kind === "unary" && expression.operator === "not") {
    return notCondition(expression.operand, context);
  }
  return reading(readingsOf(expression, context), "boolean") ?? FALSE;
}

/** `not x` is true where x is false or undefined. */
function notCondition(operand: Expression, context: SqlContext): Fragment {
  if (operand.kind === "binary" && isTruthOrUndefined(operand)) {
    return isNotTrue(conditionOf(operand, context));
  }
  const readings = readingsOf(operand, context);
  const value = reading(readings, "boolean");
  const isFalse = value === undefined ? FALSE : sql`not ${value}`;
  return any([isFalse, isUndefined(readings)]);
}

/** Whether an operator gives nothing but true, false and undefined. */
function isTruthOrUndefined({ operator }: Binary): boolean {
  return !["+", "-", "*", "/", "%"].includes(operator);
}

function binaryCondition(expression: Binary, context: SqlContext): Fragment {
  const { operator, left, right } = expression;
  const compared = context.names.compareBehavior(expression);
  if (compared !== undefined) return compared;
  switch (operator) {
    case "and":
      return all(chain(expression).map((part) => conditionOf(part, context)));
    case "or":
      return any(chain(expression).map((part) => conditionOf(part, context)));
    case "==":
      return equals(readingsOf(left, context), readingsOf(right, context), context.dialect);
    case "!=":
      return isNotTrue(
        equals(readingsOf(left, context), readingsOf(right, context), context.dialect),
      );
    case "<":
    case "<=":
    case ">":
    case ">=":
      return orders(operator, readingsOf(left, context), readingsOf(right, context));
    case "in":
      return membership(left, right, context);
    case "not in":
      return isNotTrue(membership(left, right, context));
    default:
      return reading(readingsOf(expression, context), "boolean") ?? FALSE;
  }
}

function membership(left: Expression, right: Expression, context: SqlContext): Fragment {
  const member = readingsOf(left, context);
  if (right.kind === "list" && !isConstant(right)) {
    return inItems(
      member,
      right.items.map((item) => readingsOf(item, context)),
      context.dialect,
    );
  }
  return contains(member, readingsOf(right, context), context.dialect);
}

/** The parts of `a and b and c`, without recursion, because chains may be thousands long. */
function chain(expression: Binary): readonly Expression[] {
  const parts: Expression[] = [];
  const open: Expression[] = [expression];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (next.kind === "binary" && next.operator === expression.operator) {
      open.push(next.right, next.left);
    } else {
      parts.push(next);
    }
  }
  return parts;
}

/** A condition, and whether it says all that the selector says. */
export interface Condition {
  readonly condition: Fragment;
  readonly exact: boolean;
}

/** A condition that holds for every profile the selector selects, as narrow as SQL can say it. */
export function conditionOrLooser(expression: Expression, context: SqlContext): Condition {
  try {
    return { condition: conditionOf(expression, context), exact: true };
  } catch (error) {
    if (!(error instanceof Unsupported)) throw error;
  }
  return { condition: looserCondition(expression, context), exact: false };
}

/** What the parts of a chain can say is joined; nothing is said where even that is too long. */
function looserCondition(expression: Expression, context: SqlContext): Fragment {
  if (expression.kind !== "binary") return TRUE;
  const { operator } = expression;
  if (operator !== "and" && operator !== "or") return TRUE;
  const parts = chain(expression).map((part) => conditionOrLooser(part, context).condition);
  try {
    return operator === "and" ? all(parts) : any(parts);
  } catch (error) {
    if (error instanceof Unsupported) return TRUE;
    throw error;
  }
}
