/**
 * A list as the text of an answer, made in turns: whole when it is short, otherwise part by part while it is sent.
 *
 * Many megabytes of text made at once would stop the server meanwhile.
 *
 * @module
 */
import { Turn } from "../clock.ts";
import type { ReplyBody } from "./api.ts";

/** A text longer than this is sent in parts. */
const WHOLE_LENGTH_MAX = 1_048_576;
/** The least length of those parts, but for the last. */
const PART_LENGTH = 262_144;

/** A list within a text, its items divided by commas. */
export interface ListText<Item> {
  /** What stands before the items. */
  readonly before: string;
  readonly items: readonly Item[];
  textOf(item: Item): string;
  /** What stands behind the items. */
  readonly after: string;
}

/** The text of a list. */
export async function listBody<Item>(list: ListText<Item>): Promise<ReplyBody> {
  const { before, items, textOf, after } = list;
  const turn = new Turn();
  let text = before;
  for (const [index, item] of items.entries()) {
    if (text.length > WHOLE_LENGTH_MAX) return furtherParts(text, index, list);
    text += index === 0 ? textOf(item) : `,${textOf(item)}`;
    if (turn.isOver) await turn.next();
  }
  return text + after;
}

async function* furtherParts<Item>(
  first: string,
  index: number,
  { items, textOf, after }: ListText<Item>,
): AsyncGenerator<string> {
  const turn = new Turn();
  let part = first;
  for (const item of items.slice(index)) {
    if (part.length >= PART_LENGTH) {
      yield part;
      part = "";
    }
    if (turn.isOver) await turn.next();
    part += `,${textOf(item)}`;
  }
  yield part + after;
}
