/**
 * A JSON value of a record as a value that can be stored: well-formed, finite, within limits.
 *
 * A value that already is one comes back as the same object.
 *
 * @module
 */
import {
  exceedsBytes,
  PROPERTY_NAME_LENGTH_MAX,
  TEXT_BYTES_MAX,
  VALUE_BYTES_MAX,
  VALUE_DEPTH_MAX,
} from "../profile/limits.ts";
import { makeObject, type Value, type ValueObject } from "../values/value.ts";
import { InvalidField } from "./invalid-field.ts";

/** A text of so many units never has more bytes than `TEXT_BYTES_MAX`. */
const SAFE_TEXT_LENGTH = Math.floor(TEXT_BYTES_MAX / 3);

/**
 * A value ready to be stored. Lone surrogates become U+FFFD, -0 becomes 0, long texts are cut.
 *
 * @param field what the record calls the value, for the error
 * @throws InvalidField for a number past the range of floating point, or a list or object too deep or large
 */
export function readValue(value: Value, field: string): Value {
  switch (typeof value) {
    case "string":
      return readText(value);
    case "number":
      return readNumber(value, field);
    case "boolean":
      return value;
    default: {
      if (value === null) return null;
      const read = readComposite(value, field, 1);
      if (exceedsBytes(read, VALUE_BYTES_MAX)) {
        throw new InvalidField(field, `must be at most ${VALUE_BYTES_MAX} bytes`);
      }
      return read;
    }
  }
}

/** The name of a property: lone surrogates become U+FFFD, what is past 255 code points is cut. */
export function readName(name: string): string {
  const text = name.toWellFormed();
  if (text.length <= PROPERTY_NAME_LENGTH_MAX) return text;
  // A code point takes two units at most.
  const points = Array.from(text.slice(0, PROPERTY_NAME_LENGTH_MAX * 2));
  return points.slice(0, PROPERTY_NAME_LENGTH_MAX).join("");
}

function readText(text: string): string {
  const wellFormed = text.toWellFormed();
  if (wellFormed.length <= SAFE_TEXT_LENGTH) return wellFormed;
  const bytes = Buffer.from(wellFormed);
  if (bytes.length <= TEXT_BYTES_MAX) return wellFormed;
  let end = TEXT_BYTES_MAX;
  while (isContinuation(bytes[end])) end--;
  return bytes.toString("utf8", 0, end);
}

/** Whether a byte of UTF-8 goes on with a code point that began before it. */
function isContinuation(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80;
}

function readNumber(number: number, field: string): number {
  if (!Number.isFinite(number)) {
    throw new InvalidField(field, "must be a number that fits 64-bit floating point");
  }
  return number === 0 ? 0 : number;
}

function readComposite(
  value: readonly Value[] | ValueObject,
  field: string,
  depth: number,
): readonly Value[] | ValueObject {
  if (depth > VALUE_DEPTH_MAX) {
    throw new InvalidField(field, `must not nest deeper than ${VALUE_DEPTH_MAX} levels`);
  }
  return Array.isArray(value)
    ? readList(value as readonly Value[], field, depth)
    : readObject(value as ValueObject, field, depth);
}

function readNested(value: Value, field: string, depth: number): Value {
  switch (typeof value) {
    case "string":
      return readText(value);
    case "number":
      return readNumber(value, field);
    case "boolean":
      return value;
    default:
      return value === null ? null : readComposite(value, field, depth + 1);
  }
}

function readList(list: readonly Value[], field: string, depth: number): readonly Value[] {
  let isSame = true;
  const read = list.map((element) => {
    const value = readNested(element, field, depth);
    isSame &&= Object.is(value, element);
    return value;
  });
  return isSame ? list : read;
}

function readObject(object: ValueObject, field: string, depth: number): ValueObject {
  let isSame = true;
  const members = Object.entries(object).map(([name, member]) => {
    const key = name.toWellFormed();
    const value = readNested(member, field, depth);
    isSame &&= key === name && Object.is(value, member);
    return [key, value] as const;
  });
  return isSame ? object : makeObject(members);
}
