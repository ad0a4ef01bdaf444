/**
 * The parts of a node, for whoever walks a tree.
 *
 * @module
 */
import type { Expression } from "./syntax.ts";

/** The nodes right below a node, in the order they are written. */
export function children(expression: Expression): readonly Expression[] {
  switch (expression.kind) {
    case "literal":
    case "now":
    case "accessor":
    case "variable":
    case "cohort":
      return [];
    case "list":
      return expression.items;
    case "index":
      return [expression.object, expression.index];
    case "unary":
      return [expression.operand];
    case "binary":
      return [expression.left, expression.right];
    case "call":
      return expression.arguments;
    case "binding":
      return [expression.source, expression.body];
  }
}
