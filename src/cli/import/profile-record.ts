/**
 * A profile of an import as the record of the wire that writes it.
 *
 * Three shapes are read: what the query API answers (`$distinct_id` with `$properties`), records of the
 * wire itself (`$set` and its kin), and flat objects or rows, whose id is one of their members.
 *
 * @module
 */
import { GROUP_ID, GROUP_KEY, LAST_SEEN } from "../../profile/reserved.ts";
import { makeObject, type Value, type ValueObject } from "../../values/value.ts";
import type { RecordReader, Shaped } from "./record-reader.ts";

/** How records are to be understood. */
export interface Shape {
  /** The group key, or undefined for user profiles. */
  readonly groupKey: string | undefined;
  /** The member that holds the id; undefined tries the usual ones. */
  readonly idColumn: string | undefined;
  /** `$time` of records that do not say when they were last seen, in epoch milliseconds. */
  readonly nowMs: number;
}

/** Members that may hold the id of a flat record, the first one found wins. */
const ID_COLUMNS: readonly string[] = ["$distinct_id", "distinct_id", "id"];
const GROUP_ID_COLUMNS: readonly string[] = ["$group_id", "group_id", ...ID_COLUMNS];

const OPERATIONS: ReadonlySet<string> = new Set([
  "$set",
  "$set_once",
  "$add",
  "$append",
  "$union",
  "$remove",
  "$unset",
  "$delete",
]);

/** Members of a wire record that are not its business: the import names the project and the profile. */
const REPLACED: ReadonlySet<string> = new Set([
  "$token",
  "$distinct_id",
  "$group_key",
  "$group_id",
  "$time",
]);

/** Reads profiles: those of users, or of groups. */
export function profileReader(shape: Shape): RecordReader {
  const idNames = new Set(idColumns(shape));
  return {
    idNames,
    idLevels: [1],
    header: {
      anyOf: idNames,
      hint: "name the column of the id with --id-column, or what separates cells with --delimiter",
    },
    read: (value) => toWireRecord(value, shape),
  };
}

/** The wire record of an imported one. */
function toWireRecord(value: unknown, shape: Shape): Shaped {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return { kind: "rejected", reason: "not an object" };
  }
  const object = value as ValueObject;
  const columns = idColumns(shape);
  const column = columns.find((name) => isId(own(object, name)));
  if (column === undefined) return { kind: "rejected", reason: missingId(shape, columns) };
  const id = String(own(object, column));
  const properties = own(object, "$properties");
  if (isPlain(properties)) return setting(shape, id, properties);
  if (Object.keys(object).some((name) => OPERATIONS.has(name))) return operating(shape, id, object);
  const { [column]: _id, ...others } = object;
  return setting(shape, id, others);
}

/** The members that may hold the id of a record, in the order they are tried. */
function idColumns(shape: Shape): readonly string[] {
  if (shape.idColumn !== undefined) return [shape.idColumn];
  return shape.groupKey === undefined ? ID_COLUMNS : GROUP_ID_COLUMNS;
}

function missingId(shape: Shape, columns: readonly string[]): string {
  const hint = shape.idColumn === undefined ? "; name it with --id-column" : "";
  return `no id in ${columns.join(", ")}${hint}`;
}

function isId(value: Value | undefined): boolean {
  return (typeof value === "string" && value !== "") || typeof value === "number";
}

/** A record that sets properties. What names a group is not one of them; what it says of `$last_seen` becomes the time of the update. */
function setting(shape: Shape, id: string, properties: ValueObject): Shaped {
  const { [LAST_SEEN]: lastSeen, ...others } = properties;
  const seenAtMs = Object.hasOwn(properties, LAST_SEEN) ? lastSeenMs(lastSeen) : undefined;
  const values = seenAtMs === undefined ? properties : others;
  const time: Value = seenAtMs ?? shape.nowMs;
  const named = shape.groupKey === undefined ? values : withoutGroup(values);
  return { kind: "record", record: { ...address(shape, id), $time: time, $set: named } };
}

function withoutGroup(values: ValueObject): ValueObject {
  const { [GROUP_KEY]: _key, [GROUP_ID]: _id, ...others } = values;
  return others;
}

/** A record of the wire, which says itself what to do. */
function operating(shape: Shape, id: string, object: ValueObject): Shaped {
  const others = Object.entries(object).filter(([name]) => !REPLACED.has(name));
  const time: Value = own(object, "$time") ?? shape.nowMs;
  return {
    kind: "record",
    record: makeObject([...Object.entries(address(shape, id)), ["$time", time], ...others]),
  };
}

/** The members that name a profile. An import means the id it names, and no place to guess it from. */
function address({ groupKey }: Shape, id: string): ValueObject {
  return groupKey === undefined
    ? { $distinct_id: id, $ip: "0" }
    : { $group_key: groupKey, $group_id: id, $ip: "0" };
}

/** `YYYY-MM-DDTHH:MM:SS`, as answers write it, is UTC. */
function lastSeenMs(value: Value | undefined): number | undefined {
  if (typeof value !== "string") return;
  const match = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}:\d{2})(?:\.\d+)?Z?$/.exec(value);
  const ms = match === null ? Number.NaN : Date.parse(`${match[1]}T${match[2]}Z`);
  return Number.isNaN(ms) ? undefined : ms;
}

function own(object: ValueObject, name: string): Value | undefined {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}

function isPlain(value: Value | undefined): value is ValueObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
