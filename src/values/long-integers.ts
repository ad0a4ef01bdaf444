/**
 * Ids that JSON writes as numbers, kept to the last digit.
 *
 * A number of 64 bits loses its last digits in JavaScript, and two ids that differ only there would become one.
 *
 * @module
 */
import { closingQuote, nesting } from "./json-text.ts";

/** Whole numbers of fewer digits are exact. */
const LONG_MEMBER = /\s*:\s*(-?\d{16,})(?=\s*[,}])/y;
const ANY_LONG_INTEGER = /:\s*-?\d{16}/;

/**
 * The text of a JSON object, or of a list of them, in which members of these names that are long whole
 * numbers are texts. Objects inside those objects stay as they are.
 *
 * @param names as JSON writes them, without escapes
 * @param level 2 for the members of objects within those objects instead
 */
export function quoteLongIntegers(
  json: string,
  names: ReadonlySet<string>,
  level: 1 | 2 = 1,
): string {
  if (!ANY_LONG_INTEGER.test(json)) return json;
  const memberDepth = level + (json.trimStart().startsWith("[") ? 1 : 0);
  let quoted = "";
  let kept = 0;
  let depth = 0;
  for (let at = 0; at < json.length; at++) {
    depth += nesting(json.charAt(at));
    if (json.charAt(at) !== '"') continue;
    const start = at;
    at = closingQuote(json, start);
    if (depth !== memberDepth || !names.has(json.slice(start + 1, at))) continue;
    LONG_MEMBER.lastIndex = at + 1;
    const digits = LONG_MEMBER.exec(json)?.[1];
    if (digits === undefined) continue;
    const end = LONG_MEMBER.lastIndex;
    quoted += `${json.slice(kept, end - digits.length)}"${digits}"`;
    kept = end;
    at = end - 1;
  }
  return quoted + json.slice(kept);
}
