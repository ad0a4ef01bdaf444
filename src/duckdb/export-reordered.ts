/**
 * Lines that come by ascending key, put into another order of keys.
 *
 * @module
 */
import type { DocumentPart } from "../store/documents.ts";
import type { ProfileKeys } from "../store/store.ts";
import type { Lines } from "./export-lines.ts";

/** A key and a place make one number, which sorts by key and is exact. */
const PLACE_COUNT_MAX = 1_048_576;

/** The lines of one slice of keys. */
export class Reordered {
  readonly #keys: ProfileKeys;
  /** Where in `#texts` the line of each key is, in the order of `#keys`; a length of 0 where there is none. */
  readonly #texts: Uint8Array[] = [];
  readonly #text: Uint32Array;
  readonly #start: Uint32Array;
  readonly #length: Uint32Array;
  /** By ascending key: the key, and where it stands in `#keys`. */
  readonly #places: Float64Array;
  #next = 0;

  /** @param keys in the order in which their lines are given out; fewer than `PLACE_COUNT_MAX` */
  constructor(keys: ProfileKeys) {
    this.#keys = keys;
    this.#text = new Uint32Array(keys.length);
    this.#start = new Uint32Array(keys.length);
    this.#length = new Uint32Array(keys.length);
    this.#places = Float64Array.from(keys, (key, place) => key * PLACE_COUNT_MAX + place).sort();
  }

  add({ keys, lengths, bytes }: Lines): void {
    const text = this.#texts.push(bytes) - 1;
    let start = 0;
    for (const [index, key] of keys.entries()) {
      const place = this.#placeOf(key);
      const length = lengths?.[index] ?? 0;
      this.#text[place] = text;
      this.#start[place] = start;
      this.#length[place] = length;
      start += length;
    }
    if (start !== bytes.length) throw new Error("the lengths of an export's lines are wrong");
  }

  /** Keys come by ascending number, some of them not at all. */
  #placeOf(key: number): number {
    for (;;) {
      const next = this.#places[this.#next++];
      if (next === undefined) throw new Error("an export has a line that nobody asked for");
      if (Math.floor(next / PLACE_COUNT_MAX) === key) return next % PLACE_COUNT_MAX;
    }
  }

  /** All lines, in texts of about so many bytes. */
  *parts(bytesMax: number): Generator<DocumentPart> {
    for (let from = 0; from < this.#keys.length; ) {
      let size = 0;
      let rowCount = 0;
      let to = from;
      while (to < this.#keys.length && size < bytesMax) {
        size += this.#length[to] as number;
        rowCount += this.#length[to] === 0 ? 0 : 1;
        to++;
      }
      yield { rowCount, bytes: this.#joined(from, to, size) };
      from = to;
    }
  }

  #joined(from: number, to: number, size: number): Uint8Array {
    const joined = Buffer.allocUnsafeSlow(size);
    let at = 0;
    for (let place = from; place < to; place++) {
      const text = this.#texts[this.#text[place] as number];
      const start = this.#start[place] as number;
      const length = this.#length[place] as number;
      if (text === undefined || length === 0) continue;
      joined.set(text.subarray(start, start + length), at);
      at += length;
    }
    return joined;
  }
}
