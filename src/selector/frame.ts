/**
 * An error as lines for a terminal: what is wrong, the line of the source it is in, marked, and what to do.
 *
 * @module
 */
import type { Span, WhomError } from "../errors/error.ts";
import { displayWidth } from "../values/width.ts";

/** The most characters of a source line that are shown; a longer one is cut around the mark. */
export const FRAME_WIDTH_MAX = 76;

/** Characters shown before the mark in a line that is cut. */
const LEAD_LENGTH = 30;

/**
 * The frame of an error.
 *
 * @returns message and hint alone when the error has no place in a source
 */
export function frame(error: WhomError): string {
  const lines = [error.message];
  if (error.span !== undefined && error.source !== undefined) {
    lines.push(...markedLine(error.source, error.span));
  }
  lines.push(`  = ${error.hint}`);
  return lines.join("\n");
}

/** The line that a span begins in, and below it carets under what of the span is in that line. */
function markedLine(source: string, span: Span): readonly string[] {
  const lineStart = source.lastIndexOf("\n", span.start - 1) + 1;
  const nextBreak = source.indexOf("\n", lineStart);
  const lineEnd = nextBreak === -1 ? source.length : nextBreak;
  const before = Array.from(source.slice(lineStart, span.start));
  const marked = Array.from(source.slice(span.start, Math.min(span.end, lineEnd)));
  const after = Array.from(
    source.slice(Math.max(span.start, Math.min(span.end, lineEnd)), lineEnd),
  );

  const isCut = before.length + marked.length + after.length > FRAME_WIDTH_MAX;
  const shownBefore =
    isCut && before.length > LEAD_LENGTH ? ["…", ...before.slice(-LEAD_LENGTH)] : before;
  const room = FRAME_WIDTH_MAX - shownBefore.length;
  const rest = [...marked, ...after];
  const shownRest = rest.length > room ? [...rest.slice(0, room), "…"] : rest;

  const lineNumber = String(countLines(source, lineStart));
  const gutter = " ".repeat(lineNumber.length);
  const lead = shownBefore.map(printable).join("");
  const text = lead + shownRest.map(printable).join("");
  const shownMarked = marked.slice(0, room).map(printable).join("");
  // Columns, not characters: a wide character before the mark or in it takes two.
  const carets =
    " ".repeat(displayWidth(lead)) + "^".repeat(Math.max(1, displayWidth(shownMarked)));
  return [`${gutter} |`, `${lineNumber} | ${text}`, `${gutter} | ${carets}`];
}

function countLines(source: string, end: number): number {
  let count = 1;
  for (let at = source.indexOf("\n"); at !== -1 && at < end; at = source.indexOf("\n", at + 1)) {
    count++;
  }
  return count;
}

/** A control character as a space or a visible stand-in: it must neither move the carets nor reach the terminal. */
function printable(character: string): string {
  if (character === "\t") return " ";
  return /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u.test(character) ? "\ufffd" : character;
}
