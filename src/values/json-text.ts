/**
 * The text of JSON, character by character.
 *
 * @module
 */

/** How a character outside of texts changes the depth: 1 opens a list or object, -1 closes one. */
export function nesting(character: string): -1 | 0 | 1 {
  if (character === "{" || character === "[") return 1;
  return character === "}" || character === "]" ? -1 : 0;
}

/** Where the text ends that begins with the quote at `start`; the end of the JSON if it does not. */
export function closingQuote(json: string, start: number): number {
  for (let at = json.indexOf('"', start + 1); at !== -1; at = json.indexOf('"', at + 1)) {
    let before = at - 1;
    while (json.charAt(before) === "\\") before--;
    // Backslashes escape each other.
    if ((at - before) % 2 === 1) return at;
  }
  return json.length;
}
