/**
 * The text of a selector as tokens, one at a time, so that the first error in the text is the one reported.
 *
 * @module
 */
import { fail, type Span } from "../errors/error.ts";

/** The smallest piece of a selector. */
export type Token =
  | { readonly kind: "number"; readonly value: number; readonly span: Span }
  | { readonly kind: "text"; readonly value: string; readonly span: Span }
  /** A keyword or the name of a function, accessor or variable, as it is written. */
  | { readonly kind: "name"; readonly value: string; readonly span: Span }
  | { readonly kind: "sign"; readonly value: Sign; readonly span: Span }
  | { readonly kind: "end"; readonly span: Span };

/** Operators and brackets. */
export type Sign =
  | ("==" | "!=" | ">=" | "<=" | "=" | ">" | "<")
  | ("+" | "-" | "*" | "/" | "%")
  | ("(" | ")" | "[" | "]" | ",");

/** Those of two characters come first, so that `<=` is not read as `<`. */
const SIGNS: readonly Sign[] = [
  ...(["==", "!=", ">=", "<=", "=", ">", "<"] as const),
  ...(["+", "-", "*", "/", "%"] as const),
  ...(["(", ")", "[", "]", ","] as const),
];

const SPACE = /\s*/y;
const NUMBER = /(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d+)?/y;
const NAME = /[A-Za-z_][A-Za-z0-9_]*/y;
/** Everything up to the closing quote or an escape. */
const PLAIN = { '"': /[^"\\]*/y, "'": /[^'\\]*/y } as const;
const HEX = /[0-9a-fA-F]{4}/y;

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ["n", "\n"],
  ["t", "\t"],
  ["r", "\r"],
  ["b", "\b"],
  ["f", "\f"],
]);

/** The token that starts at or after an index. */
export function nextToken(source: string, index: number): Token {
  const start = index + matchAt(SPACE, source, index).length;
  const first = source[start];
  if (first === undefined) return { kind: "end", span: { start, end: start } };
  if (first === '"' || first === "'") return readText(source, start, first);
  const name = matchAt(NAME, source, start);
  if (name !== "") return { kind: "name", value: name, span: spanOf(start, name) };
  const number = matchAt(NUMBER, source, start);
  if (number !== "") return readNumber(number, start);
  const sign = SIGNS.find((candidate) => source.startsWith(candidate, start));
  if (sign !== undefined) return { kind: "sign", value: sign, span: spanOf(start, sign) };
  const found = String.fromCodePoint(source.codePointAt(start) ?? 0);
  throw fail("selector.unexpected_character", { found }, spanOf(start, found));
}

/** A token as a message names it. */
export function describeToken(token: Token, source: string): string {
  if (token.kind === "end") return "the end";
  const { start, end } = token.span;
  const text = end - start > FOUND_LENGTH_MAX ? `${source.slice(start, start + 30)}…` : undefined;
  return `\`${text ?? source.slice(start, end)}\``;
}

const FOUND_LENGTH_MAX = 40;

function readNumber(text: string, start: number): Token {
  const value = Number(text);
  const span = spanOf(start, text);
  if (Number.isFinite(value)) return { kind: "number", value, span };
  const expected = `a number up to ${Number.MAX_VALUE.toPrecision(3)}`;
  throw fail("selector.unexpected_token", { expected, found: `\`${text}\`` }, span);
}

function readText(source: string, start: number, quote: '"' | "'"): Token {
  let value = "";
  let at = start + 1;
  while (at < source.length) {
    const plain = matchAt(PLAIN[quote], source, at);
    value += plain;
    at += plain.length;
    if (source[at] === quote) {
      // As names and values are stored: half a surrogate pair is no text.
      return { kind: "text", value: value.toWellFormed(), span: { start, end: at + 1 } };
    }
    const escaped = source[at + 1];
    if (escaped === undefined) break;
    const hex = escaped === "u" ? matchAt(HEX, source, at + 2) : "";
    // A backslash before a character that it gives no meaning keeps the character.
    value += hex === "" ? (ESCAPES.get(escaped) ?? escaped) : fromHex(hex);
    at += 2 + hex.length;
  }
  throw fail("selector.unterminated_string", {}, { start, end: source.length });
}

function fromHex(hex: string): string {
  return String.fromCharCode(Number.parseInt(hex, 16));
}

function matchAt(pattern: RegExp, source: string, index: number): string {
  pattern.lastIndex = index;
  return pattern.exec(source)?.[0] ?? "";
}

function spanOf(start: number, text: string): Span {
  return { start, end: start + text.length };
}
