/**
 * A stream of bytes as the pieces of JSON in it, without holding more than one piece.
 *
 * `lines` cuts at line ends. `values` cuts between the elements of a top-level array, or between values
 * that follow one another. Both only find where a piece ends: what is inside is left to `JSON.parse`.
 *
 * @module
 */

/** A piece of the input. */
export interface Piece {
  /** The line, or the number of the element, counted from 1. */
  readonly position: number;
  /** Bytes of input up to the end of the piece. */
  readonly endByte: number;
  /** Undefined when the piece is longer than `PIECE_BYTES_MAX`. */
  readonly bytes: Buffer | undefined;
}

/** The longest piece that is read; a record may have 1 MB on the wire. */
export const PIECE_BYTES_MAX: number = 8 * 1024 * 1024;

const NEWLINE = 0x0a;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/** Gathers the bytes of one piece over several chunks, and lets go of them once they are too many. */
class Gathered {
  #parts: Buffer[] = [];
  #length = 0;

  add(bytes: Buffer): void {
    this.#length += bytes.length;
    if (this.#length > PIECE_BYTES_MAX) this.#parts = [];
    else if (bytes.length > 0) this.#parts.push(bytes);
  }

  get isEmpty(): boolean {
    return this.#length === 0;
  }

  take(): Buffer | undefined {
    const [first] = this.#parts;
    const bytes = this.#parts.length === 1 ? first : Buffer.concat(this.#parts);
    const isTooLong = this.#length > PIECE_BYTES_MAX;
    this.#parts = [];
    this.#length = 0;
    return isTooLong ? undefined : bytes;
  }
}

/** The lines of a stream, without their ends, those of each of its parts at once. */
export async function* lines(
  input: AsyncIterable<Buffer>,
  from: { readonly position: number; readonly endByte: number },
): AsyncGenerator<readonly Piece[]> {
  const gathered = new Gathered();
  let { position, endByte } = from;
  for await (const chunk of input) {
    const pieces: Piece[] = [];
    let start = 0;
    for (let at = chunk.indexOf(NEWLINE); at >= 0; at = chunk.indexOf(NEWLINE, start)) {
      gathered.add(chunk.subarray(start, at));
      endByte += at + 1 - start;
      position += 1;
      pieces.push({ position, endByte, bytes: gathered.take() });
      start = at + 1;
    }
    gathered.add(chunk.subarray(start));
    endByte += chunk.length - start;
    yield pieces;
  }
  if (!gathered.isEmpty) yield [{ position: position + 1, endByte, bytes: gathered.take() }];
}

/** Where in the structure the next byte stands. */
interface Cursor {
  depth: number;
  isInString: boolean;
  isEscaped: boolean;
  /** Whether the input is one array, whose elements are the pieces. */
  isInArray: boolean;
  hasBegun: boolean;
}

/** What a byte means for the piece being gathered. */
type Step = "inside" | "last" | "between";

/** The elements of a top-level array, or the values of a sequence, those of each part of the stream at once. */
export async function* values(input: AsyncIterable<Buffer>): AsyncGenerator<readonly Piece[]> {
  const gathered = new Gathered();
  const cursor: Cursor = {
    depth: 0,
    isInString: false,
    isEscaped: false,
    isInArray: false,
    hasBegun: false,
  };
  let position = 0;
  let passed = 0;
  for await (const chunk of input) {
    const pieces: Piece[] = [];
    let start = 0;
    for (let at = 0; at < chunk.length; at++) {
      const step = advance(cursor, chunk[at] ?? 0, gathered.isEmpty && start === at);
      if (step === "inside") continue;
      gathered.add(chunk.subarray(start, step === "last" ? at + 1 : at));
      start = at + 1;
      if (gathered.isEmpty) continue;
      position += 1;
      pieces.push({ position, endByte: passed + at + 1, bytes: gathered.take() });
    }
    gathered.add(chunk.subarray(start));
    passed += chunk.length;
    yield pieces;
  }
  if (gathered.isEmpty) return;
  yield [{ position: position + 1, endByte: passed, bytes: gathered.take() }];
}

function advance(cursor: Cursor, byte: number, isFirst: boolean): Step {
  if (cursor.isInString) return advanceInString(cursor, byte);
  switch (byte) {
    case QUOTE:
      cursor.isInString = true;
      return "inside";
    case OPEN_BRACKET:
      if (!cursor.hasBegun) {
        cursor.isInArray = true;
        cursor.hasBegun = true;
        return "between";
      }
      cursor.depth += 1;
      return "inside";
    case OPEN_BRACE:
      cursor.hasBegun = true;
      cursor.depth += 1;
      return "inside";
    case CLOSE_BRACKET:
    case CLOSE_BRACE:
      return close(cursor);
    default:
      return cursor.depth === 0 && isSeparator(cursor, byte, isFirst) ? "between" : "inside";
  }
}

function advanceInString(cursor: Cursor, byte: number): Step {
  if (cursor.isEscaped) cursor.isEscaped = false;
  else if (byte === BACKSLASH) cursor.isEscaped = true;
  else if (byte === QUOTE) cursor.isInString = false;
  return "inside";
}

function close(cursor: Cursor): Step {
  if (cursor.depth === 0) return "between";
  cursor.depth -= 1;
  return cursor.depth === 0 ? "last" : "inside";
}

/** A comma ends an element; white space ends a value of a sequence, and may come before any piece. */
function isSeparator(cursor: Cursor, byte: number, isFirst: boolean): boolean {
  if (byte === COMMA) return true;
  const isSpace = byte <= 0x20;
  return isSpace && (isFirst || !cursor.isInArray);
}
