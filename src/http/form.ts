/**
 * A query string or form body as named texts, whatever was sent.
 *
 * Nothing is refused: a stray `%` stays as it is and bytes that are no UTF-8 become U+FFFD, because clients
 * send unescaped selectors and base64. The last of several equal names wins.
 *
 * @module
 */
import { Turn } from "../clock.ts";

/** A longer text is decoded part by part, of this length. */
const PART_LENGTH = 262_144;

const PERCENT = 0x25;
/** What each byte stands for as a hexadecimal digit; -1 for those that are none. */
const DIGITS = Int8Array.from({ length: 256 }, (_, code) => digitOf(String.fromCharCode(code)));

/**
 * Reads `a=1&b=two+words&c=%41`, without a leading `?`.
 *
 * A name without `=` gets the empty text; an empty name is left out.
 */
export function parseForm(text: string): Map<string, string> {
  const members = new Map<string, string>();
  for (const [name, value] of pairsOf(text)) {
    const decoded = decodeFormText(name);
    if (decoded !== "") members.set(decoded, decodeFormText(value));
  }
  return members;
}

/** The same for a text that may be long: other work gets its turn meanwhile. */
export async function parseFormInTurns(text: string): Promise<Map<string, string>> {
  if (text.length <= PART_LENGTH) return parseForm(text);
  const members = new Map<string, string>();
  const turn = new Turn();
  for (const [name, value] of pairsOf(text)) {
    const decoded = await decodeInTurns(name, turn);
    if (decoded !== "") members.set(decoded, await decodeInTurns(value, turn));
    if (turn.isOver) await turn.next();
  }
  return members;
}

/** The pairs of a form, still escaped. */
function* pairsOf(text: string): Generator<readonly [name: string, value: string]> {
  for (let start = 0; start <= text.length; ) {
    const found = text.indexOf("&", start);
    const end = found === -1 ? text.length : found;
    const pair = text.slice(start, end);
    const at = pair.indexOf("=");
    yield at === -1 ? [pair, ""] : [pair.slice(0, at), pair.slice(at + 1)];
    start = end + 1;
  }
}

/** Undoes the escapes of one name or value: `+` is a space, `%XX` a byte of UTF-8. */
function decodeFormText(text: string): string {
  const spaced = text.includes("+") ? text.replaceAll("+", " ") : text;
  if (!spaced.includes("%")) return spaced;
  return unescaped(spaced).toString("utf8");
}

async function decodeInTurns(text: string, turn: Turn): Promise<string> {
  if (text.length <= PART_LENGTH) return decodeFormText(text);
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  let decoded = "";
  for (let start = 0; start < text.length; ) {
    const end = endOfPart(text, start + PART_LENGTH);
    const bytes = unescaped(text.slice(start, end).replaceAll("+", " "));
    decoded += decoder.decode(bytes, { stream: true });
    start = end;
    if (turn.isOver) await turn.next();
  }
  return decoded + decoder.decode();
}

/** A place at or shortly before `at` that is within no escape and no character. */
function endOfPart(text: string, at: number): number {
  if (at >= text.length) return text.length;
  if (text[at - 2] === "%") return at - 2;
  if (text[at - 1] === "%") return at - 1;
  const isHighSurrogate = (text.charCodeAt(at - 1) & 0xfc00) === 0xd800;
  return isHighSurrogate ? at - 1 : at;
}

/** The bytes of a text whose escapes are undone, which makes it shorter. */
function unescaped(text: string): Buffer {
  const bytes = Buffer.from(text, "utf8");
  let length = bytes.indexOf(PERCENT);
  if (length === -1) return bytes;
  for (let at = length; at < bytes.length; at++) {
    const byte = bytes[at] ?? 0;
    const escaped = byte === PERCENT ? escapedByte(bytes, at) : -1;
    if (escaped !== -1) at += 2;
    bytes[length++] = escaped === -1 ? byte : escaped;
  }
  return bytes.subarray(0, length);
}

/** The byte that an escape stands for; -1 for a `%` that begins none. */
function escapedByte(bytes: Buffer, at: number): number {
  const high = DIGITS[bytes[at + 1] ?? 0] ?? -1;
  const low = DIGITS[bytes[at + 2] ?? 0] ?? -1;
  return high === -1 || low === -1 ? -1 : high * 16 + low;
}

function digitOf(character: string): number {
  return /^[0-9a-fA-F]$/.test(character) ? Number.parseInt(character, 16) : -1;
}
