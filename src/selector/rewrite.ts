/**
 * A tree to the same tree with some of its leaves replaced.
 *
 * @module
 */
import { leftSpine } from "./spine.ts";
import type { Accessor, Binary, CohortTest, Expression } from "./syntax.ts";

/** What may stand in the place of a leaf; undefined leaves it as it is. */
export type ReplaceLeaf = (leaf: Accessor | CohortTest) => Expression | undefined;

/**
 * Replaces accessors and cohort tests.
 *
 * Long chains of operators are walked, not recursed into. A part in which nothing is replaced is the same object
 * as before.
 */
export function rewrite(expression: Expression, replace: ReplaceLeaf): Expression {
  switch (expression.kind) {
    case "literal":
    case "now":
    case "variable":
      return expression;
    case "accessor":
    case "cohort":
      return replace(expression) ?? expression;
    case "list": {
      const items = rewriteAll(expression.items, replace);
      return items === expression.items ? expression : { ...expression, items };
    }
    case "index": {
      const object = rewrite(expression.object, replace);
      const index = rewrite(expression.index, replace);
      const isSame = object === expression.object && index === expression.index;
      return isSame ? expression : { ...expression, object, index };
    }
    case "unary": {
      const operand = rewrite(expression.operand, replace);
      return operand === expression.operand ? expression : { ...expression, operand };
    }
    case "binary":
      return rewriteBinary(expression, replace);
    case "call": {
      const parts = rewriteAll(expression.arguments, replace);
      return parts === expression.arguments ? expression : { ...expression, arguments: parts };
    }
    case "binding": {
      const source = rewrite(expression.source, replace);
      const body = rewrite(expression.body, replace);
      const isSame = source === expression.source && body === expression.body;
      return isSame ? expression : { ...expression, source, body };
    }
  }
}

function rewriteBinary(expression: Binary, replace: ReplaceLeaf): Expression {
  const { first, links } = leftSpine(expression);
  let left = rewrite(first, replace);
  for (const link of links) {
    const right = rewrite(link.right, replace);
    left = left === link.left && right === link.right ? link : { ...link, left, right };
  }
  return left;
}

/** The same list when nothing in it changes. */
function rewriteAll(
  expressions: readonly Expression[],
  replace: ReplaceLeaf,
): readonly Expression[] {
  const rewritten = expressions.map((expression) => rewrite(expression, replace));
  return rewritten.every((part, index) => part === expressions[index]) ? expressions : rewritten;
}
