/**
 * Columns of new rows, each kept so that it goes into the engine whole.
 *
 * @module
 */

import {
  BIGINT,
  type BOOLEAN,
  DOUBLE,
  type DuckDBType,
  LIST,
  UINTEGER,
  VARCHAR,
} from "@duckdb/node-api";
import type { Vector } from "@duckdb/node-bindings";
import type { ReadingValue } from "../store/catalog.ts";
import { Presence, putNulls, putNumbers, putTextLists, putTexts } from "./vectors.ts";

/** What one column holds of every row. */
export interface Column {
  readonly type: DuckDBType;
  /**
   * Puts some rows into a vector.
   *
   * @param start a multiple of 64
   */
  put(vector: Vector, start: number, count: number): void;
}

/** A column that is null but where it is set: rows in ascending order, each once. */
export interface SparseColumn extends Column {
  set(row: number, held: ReadingValue): void;
}

type Numbers = Float64Array | BigInt64Array | Int32Array | Uint32Array | Uint8Array;

/** A column of numbers, keys or truth values without nulls. */
export class PlainColumn implements Column {
  readonly type: DuckDBType;
  readonly #numbers: Numbers;

  constructor(type: DuckDBType, numbers: Numbers) {
    this.type = type;
    this.#numbers = numbers;
  }

  put(vector: Vector, start: number, count: number): void {
    putNumbers(vector, this.#numbers.subarray(start, start + count));
  }
}

/** A column of keys, none of them null. */
export function keyColumn(keys: Iterable<number>): Column {
  return new PlainColumn(UINTEGER, Uint32Array.from(keys));
}

/** Nulls only. */
export class NullColumn implements Column {
  readonly type: DuckDBType;

  constructor(type: DuckDBType) {
    this.type = type;
  }

  put(vector: Vector, _start: number, count: number): void {
    putNulls(vector, count);
  }
}

/** Numbers or truth values. */
export class NumberColumn implements SparseColumn {
  readonly type: DuckDBType;
  readonly #numbers: Float64Array | Uint8Array;
  readonly #presence: Presence;

  constructor(type: typeof DOUBLE | typeof BOOLEAN, length: number) {
    this.type = type;
    this.#numbers = type === DOUBLE ? new Float64Array(length) : new Uint8Array(length);
    this.#presence = new Presence(length);
  }

  set(row: number, held: ReadingValue): void {
    this.#numbers[row] = Number(held);
    this.#presence.mark(row);
  }

  put(vector: Vector, start: number, count: number): void {
    putNumbers(vector, this.#numbers.subarray(start, start + count));
    this.#presence.put(vector, start, count);
  }
}

/** Whole numbers of 64 bits, below 2⁵³ either way. */
export class IntegerColumn implements SparseColumn {
  readonly type: DuckDBType = BIGINT;
  /** The two halves of each. */
  readonly #words: Int32Array<ArrayBuffer>;
  readonly #presence: Presence;

  constructor(length: number) {
    this.#words = new Int32Array(length * 2);
    this.#presence = new Presence(length);
  }

  set(row: number, held: ReadingValue): void {
    const integer = held as number;
    this.#words[row * 2] = integer;
    this.#words[row * 2 + 1] = Math.floor(integer / 2 ** 32);
    this.#presence.mark(row);
  }

  put(vector: Vector, start: number, count: number): void {
    putNumbers(vector, this.#words.subarray(start * 2, (start + count) * 2));
    this.#presence.put(vector, start, count);
  }
}

/** What some rows of a column hold, in ascending order of their rows. */
class RowValues<Held> {
  readonly rows: number[] = [];
  readonly values: Held[] = [];

  add(row: number, value: Held): void {
    this.rows.push(row);
    this.values.push(value);
  }

  /** Those of a range of rows, their places counted from its start. */
  slice(start: number, count: number): { readonly places: number[]; readonly values: Held[] } {
    const from = this.#indexOf(start);
    const to = this.#indexOf(start + count);
    return {
      places: this.rows.slice(from, to).map((row) => row - start),
      values: this.values.slice(from, to),
    };
  }

  /** The first index whose row is not below a row. */
  #indexOf(row: number): number {
    let [low, high] = [0, this.rows.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.rows[middle] ?? 0) < row) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** Texts. */
export class TextColumn implements SparseColumn {
  readonly type: DuckDBType = VARCHAR;
  readonly #texts = new RowValues<string>();
  readonly #presence: Presence;

  constructor(length: number) {
    this.#presence = new Presence(length);
  }

  set(row: number, held: ReadingValue): void {
    this.#texts.add(row, held as string);
    this.#presence.mark(row);
  }

  put(vector: Vector, start: number, count: number): void {
    const { places, values } = this.#texts.slice(start, count);
    putTexts(vector, values, places, count);
    this.#presence.put(vector, start, count);
  }
}

/** A column of texts, null where there is none. */
export function textColumn(texts: readonly (string | null)[]): Column {
  const column = new TextColumn(texts.length);
  texts.forEach((text, row) => {
    if (text !== null) column.set(row, text);
  });
  return column;
}

/** Lists of texts. */
export class TextListColumn implements SparseColumn {
  readonly type: DuckDBType = LIST(VARCHAR);
  readonly #length: number;
  readonly #lists = new RowValues<readonly string[]>();
  readonly #presence: Presence;

  constructor(length: number) {
    this.#length = length;
    this.#presence = new Presence(length);
  }

  set(row: number, held: ReadingValue): void {
    this.#lists.add(row, held as readonly string[]);
    this.#presence.mark(row);
  }

  put(vector: Vector, start: number, count: number): void {
    const { places, values } = this.#lists.slice(start, count);
    putTextLists(vector, values, places, count);
    this.#presence.put(vector, start, count);
  }

  /** The same lists as texts of JSON. */
  asTexts(): Column {
    const column = new TextColumn(this.#length);
    this.#lists.rows.forEach((row, index) => {
      column.set(row, JSON.stringify(this.#lists.values[index]));
    });
    return column;
  }
}
