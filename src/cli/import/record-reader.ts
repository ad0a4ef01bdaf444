/**
 * What an import needs to know of the records it reads.
 *
 * @module
 */
import type { ValueObject } from "../../values/value.ts";

/** A record as the API takes it, but for the token. */
export type WireRecord = ValueObject;

/** The record to send, or why there is none. */
export type Shaped =
  | { readonly kind: "record"; readonly record: WireRecord }
  | { readonly kind: "rejected"; readonly reason: string };

/** Which columns a CSV has to have. */
export interface HeaderRule {
  /** One of these. */
  readonly anyOf: ReadonlySet<string>;
  /** What to do where there is none. */
  readonly hint: string;
}

/** How the records of files are understood. */
export interface RecordReader {
  /**
   * Members that may be ids: numbers of JSON that would lose digits are read as texts there, and cells of CSV
   * stay texts.
   */
  readonly idNames: ReadonlySet<string>;
  /** How deep in an object of JSON those members are. */
  readonly idLevels: readonly (1 | 2)[];
  readonly header: HeaderRule;
  /** @param line where the record is in its file */
  read(value: unknown, line: number): Shaped;
}
