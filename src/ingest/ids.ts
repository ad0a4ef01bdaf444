/**
 * Tokens, keys and ids of a record as text.
 *
 * @module
 */
import { DISTINCT_ID_BYTES_MAX } from "../profile/limits.ts";
import type { Value } from "../values/value.ts";
import { InvalidField } from "./invalid-field.ts";

/** A JSON value as the text of an id: numbers and truth values are written out. Undefined for what is no id. */
export function textOf(value: Value): string | undefined {
  switch (typeof value) {
    case "string":
      return value.toWellFormed();
    case "number":
      return Number.isFinite(value) ? String(value) : undefined;
    case "boolean":
      return String(value);
    default:
      return undefined;
  }
}

/**
 * The text of an id that may be empty.
 *
 * @param field what the record calls it, for the error
 * @throws InvalidField for what is no id, or too long a one
 */
export function readId(value: Value, field: string): string {
  const id = textOf(value);
  if (id === undefined) throw new InvalidField(field, "must be a string");
  // A UTF-16 unit takes three bytes at most.
  if (id.length * 3 > DISTINCT_ID_BYTES_MAX && Buffer.byteLength(id) > DISTINCT_ID_BYTES_MAX) {
    throw new InvalidField(field, `must be at most ${DISTINCT_ID_BYTES_MAX} bytes`);
  }
  return id;
}

/** The id of a record that was refused, for the report; undefined if it has none that can be told. */
export function readableId(value: Value | undefined): string | undefined {
  const id = value === undefined ? undefined : textOf(value);
  return id === undefined || id === "" || id.length > DISTINCT_ID_BYTES_MAX ? undefined : id;
}
