/**
 * The rows of some keys as a table expression: by a range of keys, and by marks where the range holds others as well.
 *
 * @module
 */
import { type Fragment, raw, sql } from "../sql/fragment.ts";
import type { ProfileKeys } from "../store/store.ts";
import type { ProfileTable } from "./tables.ts";

/** A range may be so many times as long as it has keys; beyond that reading it costs more than looking them up. */
const SPAN_PER_KEY_MAX = 64;

/** Ascending keys, and how they are found in a range. */
export class KeyRange {
  readonly first: number;
  readonly last: number;
  /** The bit of each key from the first on, in hexadecimal; undefined if all keys of the range are meant. */
  readonly #marks: string | undefined;

  /** @param keys ascending, at least one */
  constructor(keys: ProfileKeys) {
    this.first = keys[0] as number;
    this.last = keys[keys.length - 1] as number;
    const span = this.last - this.first + 1;
    this.#marks = span === keys.length ? undefined : marksOf(keys, this.first, span);
  }

  /**
   * The columns `key`, `distinct_id` and `properties` of the profiles with these keys, and of strangers.
   *
   * @param from the first key to give @param to the last
   */
  rows(
    { table, people }: ProfileTable,
    includesStrangers: boolean,
    from: number = this.first,
    to: number = this.last,
  ): Fragment {
    const inRange = sql`key >= ${raw(String(from))} and key <= ${raw(String(to))}${this.#isMarked()}`;
    const profiles = sql`select key, distinct_id, properties from ${table}${this.#withMarks()} where ${inRange}`;
    if (!includesStrangers || people.rowCount === 0) return sql`(${profiles})`;
    const known = sql`select key from ${table} where key >= ${raw(String(from))} and key <= ${raw(String(to))}`;
    return sql`(${profiles} union all select key, distinct_id, '{}' from ${people.table}${this.#withMarks()} where ${inRange} and canonical is null and key not in (${known}))`;
  }

  /** Worked out once for a statement, not once for each row. */
  #withMarks(): Fragment {
    if (this.#marks === undefined) return raw("");
    return sql`, (select cast(from_hex(${this.#marks}) as bit) as marks)`;
  }

  #isMarked(): Fragment {
    if (this.#marks === undefined) return raw("");
    return raw(` and get_bit(marks, cast(key - ${this.first} as integer)) = 1`);
  }
}

/** Whether keys lie so close together that their range is worth reading. @param keys ascending */
export function isClose(keys: ProfileKeys): boolean {
  const span = (keys.at(-1) ?? 0) - (keys[0] ?? 0) + 1;
  return span <= keys.length * SPAN_PER_KEY_MAX;
}

function marksOf(keys: ProfileKeys, first: number, span: number): string {
  const marks = Buffer.alloc(Math.ceil(span / 8));
  for (const key of keys) {
    const bit = key - first;
    marks[bit >> 3] = (marks[bit >> 3] as number) | (128 >> (bit & 7));
  }
  return marks.toString("hex");
}
