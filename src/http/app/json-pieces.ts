/**
 * JSON cut into the pieces it is made of, each as it was written.
 *
 * What a client sent is given back letter by letter, which reading and writing it again would not: numbers lose
 * digits and members their order.
 *
 * @module
 */
import { closingQuote, nesting } from "../../values/json-text.ts";

/** The members of an object, each as JSON text; the last of several with one name. The text must be valid. */
export function membersOf(json: string): ReadonlyMap<string, string> {
  const members = new Map<string, string>();
  for (const piece of piecesOf(json)) {
    const end = closingQuote(piece, 0);
    const name = JSON.parse(piece.slice(0, end + 1)) as string;
    members.set(name, piece.slice(piece.indexOf(":", end) + 1).trim());
  }
  return members;
}

/** The elements of a list, each as JSON text. The text must be valid. */
export function elementsOf(json: string): readonly string[] {
  return piecesOf(json);
}

/** What stands between the commas of the outermost list or object. */
function piecesOf(json: string): readonly string[] {
  const pieces: string[] = [];
  let depth = 0;
  let start = 0;
  for (let at = 0; at < json.length; at++) {
    const character = json.charAt(at);
    if (character === '"') at = closingQuote(json, at);
    depth += nesting(character);
    const opens = depth === 1 && nesting(character) === 1;
    if (opens) start = at + 1;
    const ends = depth === 0 && nesting(character) === -1;
    if (ends || (depth === 1 && character === ",")) {
      pieces.push(json.slice(start, at).trim());
      start = at + 1;
    }
  }
  return pieces.filter((piece) => piece !== "");
}
