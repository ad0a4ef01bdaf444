/**
 * A tree as its canonical text: the fewest parentheses, double quotes, words in lower case but `NOW`.
 *
 * Reading the text gives the same tree again.
 *
 * @module
 */
import { formatNumber } from "../values/json.ts";
import { COHORT_NAME } from "./names.ts";
import { OPERATORS, PRECEDENCE, UNARY_OPERATORS } from "./operators.ts";
import { leftSpine } from "./spine.ts";
import type { Binary, Expression, Literal } from "./syntax.ts";

/** The canonical text of an expression. */
export function print(expression: Expression): string {
  switch (expression.kind) {
    case "literal":
      return printLiteral(expression.value);
    case "now":
      return "NOW";
    case "list":
      return `[${printAll(expression.items)}]`;
    case "accessor":
      return `${expression.scope}[${printText(expression.name)}]`;
    case "variable":
      return expression.name;
    case "index":
      return `${printOperand(expression.object, PRECEDENCE.postfix)}[${print(expression.index)}]`;
    case "unary": {
      const { precedence } = UNARY_OPERATORS[expression.operator];
      const operand = printOperand(expression.operand, precedence);
      return expression.operator === "not" ? `not ${operand}` : `-${operand}`;
    }
    case "binary":
      return printBinary(expression);
    case "call":
      return `${expression.name}(${printAll(expression.arguments)})`;
    case "binding": {
      const parts = printAll([expression.source, expression.body]);
      return `${expression.function}(${expression.variable}, ${parts})`;
    }
    case "cohort":
      return `${COHORT_NAME}(${printLiteral(expression.cohort)})`;
  }
}

function printAll(expressions: readonly Expression[]): string {
  return expressions.map(print).join(", ");
}

/** An operand in parentheses when it binds more loosely than its place demands. */
function printOperand(operand: Expression, loosest: number): string {
  const text = print(operand);
  return precedenceOf(operand) < loosest ? `(${text})` : text;
}

/** Prints a chain from its innermost operator outwards; only what is in parentheses is printed by recursion. */
function printBinary(expression: Binary): string {
  const { first, links } = leftSpine(expression);
  const after: string[] = [];
  let before = "";
  let left = first;
  for (const link of links) {
    const { associativity } = OPERATORS[link.operator];
    const precedence = infixPrecedence(link);
    const loosest = associativity === "left" ? precedence : precedence + 1;
    const needsParentheses = precedenceOf(left) < loosest;
    if (left === first) after.push(print(first));
    if (needsParentheses) {
      before = `(${before}`;
      after.push(")");
    }
    const isNegated = link.operator === "not in";
    if (isNegated) before = `not ${before}`;
    const right = printOperand(link.right, precedence + 1);
    after.push(` ${isNegated ? "in" : link.operator} ${right}`);
    left = link;
  }
  return before + after.join("");
}

/** The level at which the operands of `not a in b` stand: that of `in`. */
function infixPrecedence({ operator }: Binary): number {
  return operator === "not in" ? PRECEDENCE.comparison : OPERATORS[operator].precedence;
}

function precedenceOf(expression: Expression): number {
  switch (expression.kind) {
    case "unary":
      return UNARY_OPERATORS[expression.operator].precedence;
    case "binary":
      return OPERATORS[expression.operator].precedence;
    case "literal":
      return isNegative(expression.value) ? PRECEDENCE.negation : PRECEDENCE.primary;
    case "index":
      return PRECEDENCE.postfix;
    case "now":
    case "list":
    case "accessor":
    case "variable":
    case "call":
    case "binding":
    case "cohort":
      return PRECEDENCE.primary;
  }
}

function printLiteral(value: Literal["value"]): string {
  switch (typeof value) {
    case "string":
      return printText(value);
    case "number":
      return formatNumber(value);
    case "boolean":
      return String(value);
    default:
      return value === null ? "null" : "undefined";
  }
}

function printText(text: string): string {
  return JSON.stringify(text);
}

function isNegative(value: Literal["value"]): boolean {
  return typeof value === "number" && value < 0;
}
