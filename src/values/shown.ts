/**
 * A value of JSON as an error shows it.
 *
 * @module
 */

/**
 * The JSON text of a value, cut; a list or object that nests deeper than any text can be made of is only named.
 *
 * @param value as `JSON.parse` gives it; undefined is nothing
 */
export function showJson(value: unknown, lengthMax: number): string {
  const text = textOf(value);
  return text.length > lengthMax ? `${text.slice(0, lengthMax)}…` : text;
}

function textOf(value: unknown): string {
  if (value === undefined) return "nothing";
  try {
    return JSON.stringify(value);
  } catch (failure) {
    if (!(failure instanceof RangeError)) throw failure;
    return Array.isArray(value) ? "a deep list" : "a deep object";
  }
}
