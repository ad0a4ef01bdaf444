/**
 * How large a profile and the records that change it may be.
 *
 * @module
 */
import type { Value, ValueObject } from "../values/value.ts";

/** Properties of one profile; `$last_seen` does not count. */
export const PROPERTIES_MAX = 2_000;

/** Code points of a property's name; longer ones are cut. */
export const PROPERTY_NAME_LENGTH_MAX = 255;

/** UTF-8 bytes of a text anywhere in a value; longer ones are cut between code points. */
export const TEXT_BYTES_MAX = 65_536;

/** Lists and objects inside each other. */
export const VALUE_DEPTH_MAX = 32;

/** UTF-8 bytes of a list or object, as JSON. */
export const VALUE_BYTES_MAX = 262_144;

/** UTF-8 bytes of a distinct id or group id. */
export const DISTINCT_ID_BYTES_MAX = 1_024;

/** Records of one request. */
export const RECORDS_MAX = 2_000;

/** UTF-8 bytes of one record's operations, as JSON. */
export const RECORD_BYTES_MAX = 1_048_576;

/** UTF-8 bytes of a whole profile's properties, as JSON; a page of a thousand such profiles still fits in memory. */
export const PROFILE_BYTES_MAX = 1_048_576;

/** A UTF-16 unit takes six bytes at most, as the escape `\u0000`. */
const BYTES_PER_UNIT_MAX = 6;
/** The longest number is `-1.2345678901234567e-308`; it leaves room for the comma. */
const BYTES_PER_SCALAR_MAX = 26;

/**
 * Whether a value takes more bytes as JSON.
 *
 * The exact length costs a whole encoding, so that only values near the limit pay for it.
 */
export function exceedsBytes(value: Value, bytesMax: number): boolean {
  if (boundBytes(value) <= bytesMax) return false;
  return Buffer.byteLength(JSON.stringify(value)) > bytesMax;
}

/** At least as many bytes as the JSON of a text takes, with its quotes and a separator. */
export function boundTextBytes(text: string): number {
  return text.length * BYTES_PER_UNIT_MAX + 3;
}

/** At least as many bytes as the JSON of a value takes, with a separator. */
export function boundBytes(value: Value): number {
  if (typeof value === "string") return boundTextBytes(value);
  if (typeof value !== "object" || value === null) return BYTES_PER_SCALAR_MAX;
  let bytes = 3;
  if (Array.isArray(value)) {
    for (const element of value as readonly Value[]) bytes += boundBytes(element);
    return bytes;
  }
  for (const name of Object.keys(value)) {
    bytes += boundTextBytes(name) + boundBytes((value as ValueObject)[name] as Value);
  }
  return bytes;
}
