/**
 * A tree and a profile to a value: the reference meaning of the language.
 *
 * Total: data never makes it throw. Long chains of operators are walked, not recursed into, so the depth of
 * the call stack is that of the parentheses.
 *
 * @module
 */
import { isIn } from "../values/compare.ts";
import { fold } from "../values/text.ts";
import { type Computed, Datetime, isList, isObject, member } from "../values/value.ts";
import type { Bound, Budget, EvaluationContext, Frame, Subject } from "./context.ts";
import { BINDING_FUNCTIONS, FUNCTIONS } from "./functions.ts";
import { ELEMENTS_VISITED_MAX, TEXT_MADE_MAX } from "./limits.ts";
import { OPERATORS, UNARY_OPERATORS } from "./operators.ts";
import { leftSpine } from "./spine.ts";
import type { Accessor, Binary, Call, CohortTest, Expression, ListExpression } from "./syntax.ts";

/** The value of an expression for one profile. Total: no data makes it throw. */
export function evaluate(
  expression: Expression,
  subject: Subject,
  context: EvaluationContext,
): Computed {
  const budget = { elementsLeft: ELEMENTS_VISITED_MAX, textLeft: TEXT_MADE_MAX };
  const value = evaluatePart(expression, { subject, context, budget, bound: undefined });
  // What was made of an unfinished part could be true by mistake.
  return isSpent(budget) ? undefined : value;
}

function isSpent({ elementsLeft, textLeft }: Budget): boolean {
  return elementsLeft < 0 || textLeft < 0;
}

/** Counts what was made, and drops it when it is too much: a list of a million long texts fills the memory. */
function charge(made: Computed, { budget }: Frame): Computed {
  if (typeof made === "string") budget.textLeft -= made.length;
  else if (isList(made)) budget.elementsLeft -= made.length;
  else return made;
  return isSpent(budget) ? undefined : made;
}

function evaluatePart(expression: Expression, frame: Frame): Computed {
  switch (expression.kind) {
    case "literal":
      return expression.value;
    case "now":
      return frame.context.nowSeconds;
    case "list":
      return evaluateList(expression, frame);
    case "accessor":
      return access(expression, frame.subject);
    case "variable":
      return lookUp(expression.name, frame.bound);
    case "index":
      return elementOf(
        evaluatePart(expression.object, frame),
        evaluatePart(expression.index, frame),
      );
    case "unary":
      return UNARY_OPERATORS[expression.operator].apply(evaluatePart(expression.operand, frame));
    case "binary":
      return evaluateBinary(expression, frame);
    case "call":
      return evaluateCall(expression, frame);
    case "binding":
      return BINDING_FUNCTIONS[expression.function].apply(expression, frame, evaluatePart);
    case "cohort":
      return isMember(expression, frame.subject);
  }
}

function evaluateBinary(expression: Binary, frame: Frame): Computed {
  if (expression.left.kind !== "binary") {
    return applyBinary(expression, evaluatePart(expression.left, frame), frame);
  }
  const { first, links } = leftSpine(expression);
  let value = evaluatePart(first, frame);
  for (const link of links) value = applyBinary(link, value, frame);
  return value;
}

/** Applies an operator whose left operand has been evaluated. */
function applyBinary(expression: Binary, left: Computed, frame: Frame): Computed {
  const { operator, right } = expression;
  const row = OPERATORS[operator];
  if (left === row.decidedBy && left !== undefined) return left;
  if (right.kind === "list" && (operator === "in" || operator === "not in")) {
    const isInside = isInList(left, right, frame);
    return operator === "in" ? isInside : isInside !== true;
  }
  return charge(row.apply(left, evaluatePart(right, frame)), frame);
}

function evaluateCall({ name, arguments: expressions }: Call, frame: Frame): Computed {
  const row = FUNCTIONS[name];
  if (row.kind === "lazy") return row.apply(expressions, frame, evaluatePart);
  const values: Computed[] = [];
  for (const expression of expressions) values.push(evaluatePart(expression, frame));
  return charge(row.apply(values, frame.context), frame);
}

function access({ scope, name }: Accessor, subject: Subject): Computed {
  switch (scope) {
    case "behaviors":
      return subject.behavior(name);
    case "user":
      return subject.property(name);
    case "event":
      return subject.eventProperty?.(name);
    case "properties":
      return subject.eventProperty === undefined
        ? subject.property(name)
        : subject.eventProperty(name);
  }
}

/** A name stands for no cohort any more once a query is planned. */
function isMember({ cohort }: CohortTest, subject: Subject): boolean {
  return typeof cohort === "number" && subject.isMember?.(cohort) === true;
}

function lookUp(name: string, bound: Bound | undefined): Computed {
  for (let at = bound; at !== undefined; at = at.outer) if (at.name === name) return at.value;
  return undefined;
}

/** The element of a list by number, counted from 0, or the member of an object by name. */
function elementOf(object: Computed, index: Computed): Computed {
  if (typeof index === "number") {
    return isList(object) && Number.isInteger(index) && index >= 0 ? object[index] : undefined;
  }
  return typeof index === "string" && isObject(object) ? member(object, index) : undefined;
}

/** What a list written in the source holds, when all its items are constants. */
interface Constants {
  readonly values: readonly Computed[];
  readonly foldedTexts: ReadonlySet<string>;
  /** Everything but texts. */
  readonly others: ReadonlySet<Computed>;
}

/** Remembered by tree, because one tree meets many profiles. */
const constantLists = new WeakMap<ListExpression, Constants | "variable">();

function constantsOf(list: ListExpression): Constants | "variable" {
  const known = constantLists.get(list);
  if (known !== undefined) return known;
  const constants = readConstants(list);
  constantLists.set(list, constants);
  return constants;
}

function readConstants(list: ListExpression): Constants | "variable" {
  const values: Computed[] = [];
  const foldedTexts = new Set<string>();
  const others = new Set<Computed>();
  for (const item of list.items) {
    const isNegated = item.kind === "unary" && item.operator === "-";
    const literal = isNegated ? item.operand : item;
    if (literal.kind !== "literal") return "variable";
    const value = isNegated ? UNARY_OPERATORS["-"].apply(literal.value) : literal.value;
    values.push(value);
    if (typeof value === "string") foldedTexts.add(fold(value));
    else others.add(value);
  }
  return { values, foldedTexts, others };
}

function evaluateList(list: ListExpression, frame: Frame): readonly Computed[] {
  const constants = constantsOf(list);
  if (constants !== "variable") return constants.values;
  const items = list.items.map((item) => evaluatePart(item, frame));
  return charge(items, frame) === undefined ? [] : items;
}

/** `value in [a, b, …]`: thousands of constants are looked up instead of compared one by one. */
function isInList(value: Computed, list: ListExpression, frame: Frame): boolean | undefined {
  const constants = constantsOf(list);
  if (constants === "variable") return isIn(value, evaluateList(list, frame));
  if (!isList(value)) return isConstantMember(value, constants);
  for (const element of value) if (isConstantMember(element, constants)) return true;
  return false;
}

function isConstantMember(value: Computed, constants: Constants): boolean {
  if (typeof value === "string") return constants.foldedTexts.has(fold(value));
  if (value instanceof Datetime) return isIn(value, constants.values) === true;
  return value !== undefined && constants.others.has(value);
}
