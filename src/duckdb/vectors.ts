/**
 * Values of JavaScript into vectors of the engine, a whole vector at a time.
 *
 * A call into the engine costs more than a value does, so that each vector is made as a block of memory here and copied
 * over at once. The layout of that memory is the engine's own, which its documentation of vectors states: numbers as
 * they are, a bit for each value that is not null, and for each text sixteen bytes that hold its length and either all of it
 * or its first four bytes and where it is.
 *
 * @module
 * @see https://duckdb.org/docs/stable/clients/c/vector
 */
import duckdb, { type Vector } from "@duckdb/node-bindings";

/** Which values of a column are not null. */
export class Presence {
  readonly #bits: Uint8Array<ArrayBuffer>;

  /** So many values, all null. */
  constructor(length: number) {
    this.#bits = new Uint8Array(bytesOfBits(length));
  }

  mark(row: number): void {
    const index = row >> 3;
    this.#bits[index] = (this.#bits[index] ?? 0) | (1 << (row & 7));
  }

  /** @param start a multiple of 64 */
  put(vector: Vector, start: number, count: number): void {
    putBits(vector, this.#bits, start >> 3, bytesOfBits(count));
  }
}

/** The bits of values are kept in whole words of 64. */
function bytesOfBits(count: number): number {
  return Math.ceil(count / 64) * 8;
}

function putBits(
  vector: Vector,
  bits: Uint8Array<ArrayBuffer>,
  from: number,
  length: number,
): void {
  duckdb.vector_ensure_validity_writable(vector);
  duckdb.copy_data_to_vector_validity(vector, 0, bits.buffer, bits.byteOffset + from, length);
}

/** As many rows as any vector that is filled with nulls has. */
let noBits: Uint8Array<ArrayBuffer> = new Uint8Array(256);

/** Nulls only. */
export function putNulls(vector: Vector, count: number): void {
  const length = bytesOfBits(count);
  if (noBits.length < length) noBits = new Uint8Array(length);
  putBits(vector, noBits, 0, length);
}

/** Numbers of any width, as they are in memory. */
export function putNumbers(
  vector: Vector,
  numbers: Float64Array | BigInt64Array | Int32Array | Uint32Array | Uint8Array,
): void {
  const { buffer, byteOffset, byteLength } = numbers;
  duckdb.copy_data_to_vector(vector, 0, buffer as ArrayBuffer, byteOffset, byteLength);
}

/** What a text takes in a vector: its length, then itself if it is short, else its start and its address. */
const SLOT_BYTES = 16;
const INLINE_BYTES_MAX = 12;

/** Texts are handed over in portions of about so many units, so that large ones do not need all memory at once. */
const PORTION_LENGTH = 1 << 20;

/** Room for the bytes of one portion; it grows with the longest. */
let room: Buffer = Buffer.alloc(1 << 16);

/**
 * Texts into some places of a vector; what is in the others does not matter.
 *
 * @param places where each goes, undefined for one after the other
 */
export function putTexts(
  vector: Vector,
  texts: readonly string[],
  places: readonly number[] | undefined,
  count: number,
): void {
  const slots = new Slots(count);
  for (let from = 0; from < texts.length; ) {
    const to = endOfPortion(texts, from);
    putPortion(vector, slots, texts.slice(from, to), (index) =>
      places === undefined ? from + index : (places[from + index] ?? 0),
    );
    from = to;
  }
  slots.put(vector);
}

function endOfPortion(texts: readonly string[], from: number): number {
  let length = 0;
  let to = from;
  while (to < texts.length && (to === from || length < PORTION_LENGTH)) {
    length += texts[to]?.length ?? 0;
    to++;
  }
  return to;
}

function putPortion(
  vector: Vector,
  slots: Slots,
  texts: readonly string[],
  placeOf: (index: number) => number,
): void {
  const { bytes, lengths } = encode(texts);
  const address = addressOfCopy(vector, bytes);
  let at = 0;
  for (let index = 0; index < texts.length; index++) {
    const length = lengths === undefined ? (texts[index]?.length ?? 0) : (lengths[index] ?? 0);
    slots.set(placeOf(index), bytes, at, length, address);
    at += length;
  }
}

/** The bytes of some texts in a row, and how many each has; undefined where each has one for each of its units. */
function encode(texts: readonly string[]): {
  readonly bytes: Buffer;
  readonly lengths: Uint32Array | undefined;
} {
  const joined = texts.join("");
  const byteCount = Buffer.byteLength(joined);
  // Two halves of a code point that meet where two texts do are three bytes each when they are apart.
  if (room.length < joined.length * 3) room = Buffer.alloc(joined.length * 3);
  if (byteCount === joined.length) {
    room.write(joined, 0, "latin1");
    return { bytes: room.subarray(0, byteCount), lengths: undefined };
  }
  const lengths = new Uint32Array(texts.length);
  let at = 0;
  for (const [index, text] of texts.entries()) {
    const length = room.write(text, at, "utf8");
    lengths[index] = length;
    at += length;
  }
  return { bytes: room.subarray(0, at), lengths };
}

/** Puts bytes into the memory that the vector keeps for its texts, and tells where. */
function addressOfCopy(vector: Vector, bytes: Buffer): number {
  if (bytes.length <= INLINE_BYTES_MAX) return 0;
  duckdb.vector_assign_string_element_len(vector, 0, bytes);
  const slot = duckdb.vector_get_data(vector, SLOT_BYTES);
  const view = new DataView(slot.buffer, slot.byteOffset, SLOT_BYTES);
  return view.getUint32(8, true) + view.getUint32(12, true) * 2 ** 32;
}

/** The memory of a vector of texts. */
class Slots {
  readonly #bytes: Uint8Array<ArrayBuffer>;
  readonly #words: Uint32Array<ArrayBuffer>;

  constructor(count: number) {
    this.#bytes = new Uint8Array(count * SLOT_BYTES);
    this.#words = new Uint32Array(this.#bytes.buffer);
  }

  /** @param address of `bytes` in the engine; it is below 2⁵³ */
  set(place: number, bytes: Buffer, at: number, length: number, address: number): void {
    const word = place * 4;
    this.#words[word] = length;
    const isInline = length <= INLINE_BYTES_MAX;
    const start = place * SLOT_BYTES + 4;
    const shown = isInline ? length : 4;
    for (let index = 0; index < shown; index++) this.#bytes[start + index] = bytes[at + index] ?? 0;
    if (isInline) return;
    const pointer = address + at;
    this.#words[word + 2] = pointer >>> 0;
    this.#words[word + 3] = Math.floor(pointer / 2 ** 32);
  }

  put(vector: Vector): void {
    duckdb.copy_data_to_vector(vector, 0, this.#bytes.buffer, 0, this.#bytes.length);
  }
}

/**
 * Lists of texts into some places of a vector; the others hold empty lists.
 *
 * @param places where each goes
 */
export function putTextLists(
  vector: Vector,
  lists: readonly (readonly string[])[],
  places: readonly number[],
  count: number,
): void {
  const entries = new Uint32Array(count * 4);
  const texts: string[] = [];
  for (let index = 0; index < lists.length; index++) {
    const list = lists[index] ?? [];
    const word = (places[index] ?? 0) * 4;
    entries[word] = texts.length;
    entries[word + 2] = list.length;
    for (const text of list) texts.push(text);
  }
  duckdb.list_vector_reserve(vector, texts.length);
  duckdb.list_vector_set_size(vector, texts.length);
  if (texts.length > 0) {
    putTexts(duckdb.list_vector_get_child(vector), texts, undefined, texts.length);
  }
  duckdb.copy_data_to_vector(vector, 0, entries.buffer, 0, entries.byteLength);
}
