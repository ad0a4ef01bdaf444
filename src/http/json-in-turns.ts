/**
 * A long list of JSON as its values, parsed part by part so that other work gets its turn.
 *
 * Parsing a text is one step that nothing interrupts: ten megabytes of records would stop a server for a tenth of a second.
 *
 * @module
 */
import { Turn } from "../clock.ts";
import { closingQuote, nesting } from "../values/json-text.ts";

/** A list longer than this is parsed in parts of at least this length, which end where an item does. */
const PART_LENGTH = 131_072;

/** Parses one text. @throws SyntaxError */
export type Parse = (json: string) => unknown;

/**
 * What `parse` makes of a text.
 *
 * @param json without white space before it
 * @param parse gives the items of a list however the list is divided into lists
 * @param partLength for tests
 * @throws SyntaxError, the one that `parse` throws
 */
export async function parseInTurns(
  json: string,
  parse: Parse,
  partLength: number = PART_LENGTH,
): Promise<unknown> {
  if (json.length <= partLength || !json.startsWith("[")) return parse(json);
  // It tells what is wrong with the text, and where.
  return (await parseParts(json, parse, partLength)) ?? parse(json);
}

/** The items; undefined for a text that is no list. */
async function parseParts(
  json: string,
  parse: Parse,
  partLength: number,
): Promise<unknown[] | undefined> {
  const items: unknown[] = [];
  const turn = new Turn();
  for (let start = 1; start <= json.length; ) {
    const { end, isLast } = endOfPart(json, start, partLength);
    const parsed = itemsOf(json.slice(start, end), parse);
    if (parsed === undefined) return undefined;
    for (const item of parsed) items.push(item);
    if (isLast) return json.slice(end).trim() === "]" ? items : undefined;
    start = end + 1;
    if (turn.isOver) await turn.next();
  }
  return undefined;
}

/** The items of a part of a list; undefined for a text that is none. */
function itemsOf(part: string, parse: Parse): readonly unknown[] | undefined {
  // A list without items would hide a comma too many.
  if (part.trim() === "") return undefined;
  try {
    return parse(`[${part}]`) as readonly unknown[];
  } catch {
    return undefined;
  }
}

/** Where a part ends that begins at `start`: at a comma between items, or at the bracket that closes the list. */
function endOfPart(
  json: string,
  start: number,
  partLength: number,
): { readonly end: number; readonly isLast: boolean } {
  let depth = 1;
  for (let at = start; at < json.length; at++) {
    const character = json.charAt(at);
    if (character === '"') at = closingQuote(json, at);
    depth += nesting(character);
    if (depth === 0) return { end: at, isLast: true };
    if (character === "," && depth === 1 && at - start >= partLength) {
      return { end: at, isLast: false };
    }
  }
  return { end: json.length, isLast: false };
}
