/**
 * A selector as a tree with a line for each part, for instance what it came out as.
 *
 * @module
 */
import { children } from "../../selector/children.ts";
import { print } from "../../selector/selector.ts";
import type { BinaryOperator, Expression } from "../../selector/syntax.ts";
import { type Computed, Datetime } from "../../values/value.ts";

/** A part of a selector, with what is to be said of it. */
export interface PartNode {
  /** Its canonical text. */
  readonly text: string;
  readonly remark: string;
  readonly parts: readonly PartNode[];
}

/** The tree of an expression, with a remark on every part that stands on its own. */
export function partTree(expression: Expression, remarkOn: (part: Expression) => string): PartNode {
  return {
    text: print(expression),
    remark: remarkOn(expression),
    parts: partsOf(expression).map((part) => partTree(part, remarkOn)),
  };
}

/** Every part that the tree has a line for. */
export function allParts(expression: Expression): readonly Expression[] {
  return [expression, ...partsOf(expression).flatMap(allParts)];
}

/** The parts worth a line: literals are seen in the text around them. */
function partsOf(expression: Expression): readonly Expression[] {
  return separateParts(expression).filter(({ kind }) => kind !== "literal");
}

/** The nodes below one that have a value of their own. */
function separateParts(expression: Expression): readonly Expression[] {
  if (expression.kind === "binary" && isJoining(expression.operator)) {
    return joined(expression, expression.operator);
  }
  // The body has a value for each element only, which the value of the whole sums up.
  if (expression.kind === "binding") return [expression.source];
  return children(expression);
}

function isJoining(operator: BinaryOperator): boolean {
  return operator === "and" || operator === "or";
}

/** The conditions of a chain such as `a and b and c`, which the tree holds two by two. */
function joined(expression: Expression, operator: BinaryOperator): readonly Expression[] {
  const conditions: Expression[] = [];
  let rest = expression;
  while (rest.kind === "binary" && rest.operator === operator) {
    conditions.push(rest.right);
    rest = rest.left;
  }
  conditions.push(rest);
  return conditions.reverse();
}

const VALUE_LENGTH_MAX = 200;

/** A value as it is shown: JSON, but for what JSON lacks. */
export function showValue(value: Computed): string {
  if (value === undefined) return "undefined";
  if (value instanceof Datetime) return new Date(value.seconds * 1000).toISOString();
  const text = JSON.stringify(value);
  return text.length > VALUE_LENGTH_MAX ? `${text.slice(0, VALUE_LENGTH_MAX - 1)}…` : text;
}

/** The lines of a tree: each part under the one it belongs to. */
export function treeLines(node: PartNode): readonly string[] {
  return [lineOf(node), ...partLines(node.parts)];
}

function partLines(parts: readonly PartNode[]): readonly string[] {
  return parts.flatMap((part, index) => {
    const isLast = index === parts.length - 1;
    const below = partLines(part.parts).map((line) => `${isLast ? "   " : "│  "}${line}`);
    return [`${isLast ? "└─ " : "├─ "}${lineOf(part)}`, ...below];
  });
}

function lineOf({ text, remark }: PartNode): string {
  return `${text}  →  ${remark}`;
}
