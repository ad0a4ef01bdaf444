/**
 * A stored value as a text that is equal for exactly the values that `==` calls equal.
 *
 * Engines keep these keys for the elements of lists, and for objects: membership and deep equality
 * become comparisons of text.
 *
 * @module
 */
import { fold, orderText } from "./text.ts";
import type { Value, ValueObject } from "./value.ts";

/**
 * The first character of a key is the kind: `s` text, `n` number, `b` truth value, `z` null, `l` list,
 * `o` object. A scalar follows plainly, a list or object as JSON with folded texts and sorted members.
 */
export type EqualityKey = string;

/** The key of a value. */
export function equalityKey(value: Value): EqualityKey {
  switch (typeof value) {
    case "string":
      return `s${fold(value)}`;
    case "number":
      return `n${value === 0 ? 0 : value}`;
    case "boolean":
      return value ? "btrue" : "bfalse";
    default:
      if (value === null) return "z";
      return `${Array.isArray(value) ? "l" : "o"}${canonicalJson(value)}`;
  }
}

function canonicalJson(value: Value): string {
  if (typeof value === "string") return JSON.stringify(fold(value));
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${(value as readonly Value[]).map(canonicalJson).join(",")}]`;
  // The order members were written in does not count.
  const members = Object.entries(value as ValueObject)
    .sort(([left], [right]) => orderText(left, right))
    .map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member)}`);
  return `{${members.join(",")}}`;
}
