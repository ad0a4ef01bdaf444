/**
 * The `$…` members of a record as operations, in the order they apply.
 *
 * @module
 */
import { boundBytes, boundTextBytes, RECORD_BYTES_MAX } from "../profile/limits.ts";
import type { Operation } from "../profile/update.ts";
import { parseNumber } from "../values/json.ts";
import { isList, isObject, type Value, type ValueObject } from "../values/value.ts";
import { InvalidField } from "./invalid-field.ts";
import { readName, readValue } from "./values.ts";

/** How the value of each member is read. The order of rows is the order operations apply in. */
const READERS: readonly (readonly [string, (value: Value) => Operation])[] = [
  ["$set", (value) => ({ kind: "set", values: readValues("$set", value) })],
  ["$set_once", (value) => ({ kind: "set_once", values: readValues("$set_once", value) })],
  ["$add", (value) => ({ kind: "add", amounts: readMembers("$add", value, readAmount) })],
  ["$append", (value) => ({ kind: "append", values: readValues("$append", value) })],
  ["$union", (value) => ({ kind: "union", values: readMembers("$union", value, readList) })],
  ["$remove", (value) => ({ kind: "remove", values: readValues("$remove", value) })],
  ["$unset", (value) => ({ kind: "unset", names: readNames(value) })],
  ["$delete", () => ({ kind: "delete" })],
];

/**
 * The operations of a record. Members that name none are ignored.
 *
 * @throws InvalidField for a record without operations, and for the first value that cannot be used
 */
export function readOperations(record: ValueObject): readonly Operation[] {
  const operations: Operation[] = [];
  let bytesBound = 0;
  for (const [name, read] of READERS) {
    if (!Object.hasOwn(record, name)) continue;
    const value = record[name] as Value;
    operations.push(read(value));
    if (name !== "$delete") bytesBound += boundTextBytes(name) + boundBytes(value);
  }
  if (operations.length === 0) {
    throw new InvalidField("record", "must have an operation, such as $set");
  }
  if (bytesBound > RECORD_BYTES_MAX) checkSize(record);
  return operations;
}

function checkSize(record: ValueObject): void {
  let bytes = 0;
  for (const [name] of READERS) {
    if (Object.hasOwn(record, name)) bytes += Buffer.byteLength(JSON.stringify(record[name]));
  }
  if (bytes > RECORD_BYTES_MAX) {
    throw new InvalidField("record", `must be at most ${RECORD_BYTES_MAX} bytes`);
  }
}

function readValues(field: string, value: Value): ReadonlyMap<string, Value> {
  return readMembers(field, value, readValue);
}

/** The members of an operation. Of two names that become the same once cut, the last one counts. */
function readMembers<Read>(
  field: string,
  value: Value,
  read: (value: Value, field: string) => Read,
): ReadonlyMap<string, Read> {
  if (!isObject(value)) throw new InvalidField(field, "must be an object");
  const members = new Map<string, Read>();
  for (const sent of Object.keys(value)) {
    const name = readName(sent);
    members.set(name, read(value[sent] as Value, `${field}.${name}`));
  }
  return members;
}

function readAmount(value: Value, field: string): number {
  const number = typeof value === "string" ? parseNumber(value.trim()) : value;
  if (typeof number !== "number") throw new InvalidField(field, "must be a number");
  return readValue(number, field) as number;
}

/** A value that is no list counts as the list of it alone. */
function readList(value: Value, field: string): readonly Value[] {
  const read = readValue(value, field);
  return isList(read) ? (read as readonly Value[]) : [read];
}

function readNames(value: Value): readonly string[] {
  const names = typeof value === "string" ? [value] : value;
  if (!isList(names) || !names.every((name) => typeof name === "string")) {
    throw new InvalidField("$unset", "must be a list of property names");
  }
  return names.map((name) => readName(name));
}
