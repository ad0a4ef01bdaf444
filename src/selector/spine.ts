/**
 * A chain of operators as a list, so that a walk over `a or b or c …` does not recurse once a term.
 *
 * @module
 */
import type { Binary, Expression } from "./syntax.ts";

/** A chain of operators that lean to the left. */
export interface Spine {
  /** The leftmost operand. */
  readonly first: Expression;
  /** The operators after it, innermost first; each one's left operand is all that stands before it. */
  readonly links: readonly Binary[];
}

/** The chain that an expression ends. */
export function leftSpine(expression: Binary): Spine {
  const links: Binary[] = [];
  let at: Expression = expression;
  while (at.kind === "binary") {
    links.push(at);
    at = at.left;
  }
  return { first: at, links: links.reverse() };
}
