/**
 * Free text as a selector.
 *
 * @module
 */
import { DISTINCT_ID } from "../profile/reserved.ts";
import type { Expression } from "../selector/syntax.ts";

const NOWHERE = { start: 0, end: 0 };

/**
 * The condition that a text occurs, ignoring case, in the id, the e-mail address or a property that is asked for.
 */
export function searchCondition(text: string, properties: readonly string[]): Expression {
  const names = new Set([DISTINCT_ID, "$email", ...properties]);
  return anyOf([...names].map((name) => contains(name, text)));
}

function contains(name: string, text: string): Expression {
  const property: Expression = { kind: "accessor", scope: "properties", name, span: NOWHERE };
  return {
    kind: "binary",
    operator: "in",
    left: { kind: "literal", value: text, span: NOWHERE },
    // A number is found by its digits, as a person sees it.
    right: { kind: "call", name: "string", arguments: [property], span: NOWHERE },
    span: NOWHERE,
  };
}

/** Joins conditions by `or`, half and half: a long list must not nest deeper than engines allow. */
function anyOf(conditions: readonly Expression[]): Expression {
  const [first] = conditions;
  if (first === undefined) return { kind: "literal", value: false, span: NOWHERE };
  if (conditions.length === 1) return first;
  const middle = conditions.length >> 1;
  return {
    kind: "binary",
    operator: "or",
    left: anyOf(conditions.slice(0, middle)),
    right: anyOf(conditions.slice(middle)),
    span: NOWHERE,
  };
}
