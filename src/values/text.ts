/**
 * Text as the language sees it: case folded code point by code point, ordered by code point.
 *
 * @module
 */

/** -1, 0 or 1, as sorting wants it. */
export type Order = -1 | 0 | 1;

const ASCII_WITHOUT_UPPER = /^[\0-@[-\x7f]*$/;
const ASCII = /^[\0-\x7f]*$/;

/**
 * The text with every code point in its simple lower case.
 *
 * Folding keeps the number of code points and works on each alone, so that the folded form of two joined
 * texts is their folded forms joined. A lone surrogate becomes U+FFFD, as UTF-8 cannot hold it.
 */
export function fold(text: string): string {
  if (ASCII_WITHOUT_UPPER.test(text)) return text;
  if (ASCII.test(text)) return text.toLowerCase();
  let folded = "";
  for (const point of text.toWellFormed()) folded += foldPoint(point);
  return folded;
}

function foldPoint(point: string): string {
  if (point === "\u0130") return "i";
  const lower = point.toLowerCase();
  return [...lower].length === 1 ? lower : point;
}

/**
 * Orders text by code point, as engines order UTF-8 bytes.
 *
 * The `<` of JavaScript orders UTF-16 units, which puts U+FFFF after U+1F600.
 */
export function orderText(left: string, right: string): Order {
  const length = Math.min(left.length, right.length);
  for (let index = 0; index < length; index++) {
    const a = left.charCodeAt(index);
    const b = right.charCodeAt(index);
    if (a !== b) return rank(a) < rank(b) ? -1 : 1;
  }
  return left.length === right.length ? 0 : left.length < right.length ? -1 : 1;
}

/** Moves surrogates above the rest of the plane, where their code points are. */
function rank(unit: number): number {
  if (unit >= 0xe000) return unit - 0x800;
  return unit >= 0xd800 ? unit + 0x2000 : unit;
}
