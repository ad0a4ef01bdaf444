/**
 * Ids that JSON writes as numbers, kept to the last digit.
 *
 * A number of 64 bits loses its last digits in JavaScript, and two ids that differ only there would become one.
 *
 * @module
 */

/** Whole numbers of fewer digits are exact. */
const LONG_MEMBER = /\s*:\s*(-?\d{16,})(?=\s*[,}])/y;
const ANY_LONG_INTEGER = /:\s*-?\d{16}/;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/**
 * The text of a JSON value in which long whole numbers are texts, where they are members of these names.
 *
 * @param names as JSON writes them, without escapes
 */
export function quoteLongIntegers(json: string, names: ReadonlySet<string>): string {
  if (!ANY_LONG_INTEGER.test(json)) return json;
  let quoted = "";
  let kept = 0;
  for (let start = json.indexOf('"'); start !== -1; ) {
    let end = endOfText(json, start);
    LONG_MEMBER.lastIndex = end;
    const digits = names.has(json.slice(start + 1, end - 1))
      ? LONG_MEMBER.exec(json)?.[1]
      : undefined;
    if (digits !== undefined) {
      end = LONG_MEMBER.lastIndex;
      quoted += `${json.slice(kept, end - digits.length)}"${digits}"`;
      kept = end;
    }
    start = json.indexOf('"', end);
  }
  return quoted + json.slice(kept);
}

/** Where the text that begins with a quote ends, its closing quote included. */
function endOfText(json: string, start: number): number {
  let at = start + 1;
  while (at < json.length) {
    const unit = json.charCodeAt(at);
    if (unit === QUOTE) return at + 1;
    at += unit === BACKSLASH ? 2 : 1;
  }
  return json.length;
}
