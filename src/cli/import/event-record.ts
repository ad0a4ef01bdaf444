/**
 * An event of an import as the event of the wire that writes it.
 *
 * Three shapes are read: events of the wire and of an export (`event` with all else in `properties`), events whose
 * id and time stand beside their properties, and flat objects or rows, of which every other member is a property.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { parseInstant } from "../../values/time.ts";
import { isObject, makeObject, member, type Value, type ValueObject } from "../../values/value.ts";
import type { RecordReader, Shaped } from "./record-reader.ts";

const NAME = "event";
const PROPERTIES = "properties";
const TIME = "time";
const INSERT_ID = "$insert_id";
/** The import names the project. */
const TOKEN = "token";

/** Members that belong among the properties, wherever they stand. */
const PLACED: readonly string[] = ["distinct_id", "$device_id", "$user_id", TIME, INSERT_ID];

/** An insert id may have 36 characters of few kinds. */
const SENDABLE_INSERT_ID = /^[A-Za-z0-9-]{1,36}$/;
const MADE_ID_LENGTH = 32;

/** Reads events. */
export const EVENT_READER: RecordReader = {
  idNames: new Set(["distinct_id", "$device_id", "$user_id", INSERT_ID, NAME]),
  idLevels: [1, 2],
  header: {
    anyOf: new Set([NAME]),
    hint: "name the column of the event's name so, or what separates cells with --delimiter",
  },
  read: (value, line) => toWireEvent(value as Value, line),
};

function toWireEvent(value: Value, line: number): Shaped {
  if (!isObject(value)) return { kind: "rejected", reason: "not an object" };
  const name = member(value, NAME);
  if (name === undefined) return { kind: "rejected", reason: `no ${NAME}` };
  const inner = member(value, PROPERTIES);
  if (inner !== undefined && !isObject(inner)) {
    return { kind: "rejected", reason: `'${PROPERTIES}' is invalid: must be an object` };
  }
  const gathered = inner === undefined ? outerProperties(value) : placed(value, inner);
  const properties = identified(name, atInstant(gathered), line);
  return { kind: "record", record: { [NAME]: name, [PROPERTIES]: properties } };
}

/** The properties of a flat event. */
function outerProperties(event: ValueObject): ValueObject {
  return makeObject(Object.entries(event).filter(([key]) => key !== NAME && key !== TOKEN));
}

/** The properties with what stands beside them, but for what they have themselves. */
function placed(event: ValueObject, properties: ValueObject): ValueObject {
  const missing = PLACED.filter(
    (key) => Object.hasOwn(event, key) && !Object.hasOwn(properties, key),
  );
  if (missing.length === 0 && !Object.hasOwn(properties, TOKEN)) return properties;
  // As `makeObject` does it, but without a list of entries for each of millions of events.
  const made: Record<string, Value> = Object.create(null);
  for (const key of Object.keys(properties)) {
    if (key !== TOKEN) made[key] = properties[key] ?? null;
  }
  for (const key of missing) made[key] = event[key] ?? null;
  return made;
}

/** A time that is written as a date, as tables have it, becomes seconds; without a zone it is UTC. */
function atInstant(properties: ValueObject): ValueObject {
  const time = member(properties, TIME);
  const seconds = typeof time === "string" ? parseInstant(time, "UTC") : undefined;
  return seconds === undefined ? properties : withMember(properties, TIME, seconds);
}

/**
 * An event without an insert id gets one that follows from what it holds and its line: the same file imported
 * again adds nothing, and two events that hold the same stay two. An insert id that the API does not take
 * becomes one that follows from it.
 */
function identified(name: Value, properties: ValueObject, line: number): ValueObject {
  const id = member(properties, INSERT_ID) ?? "";
  if (typeof id !== "string" && typeof id !== "number") return properties;
  if (SENDABLE_INSERT_ID.test(String(id))) return properties;
  const content = id === "" ? JSON.stringify([line, name, properties]) : String(id);
  const made = createHash("sha256").update(content).digest("hex").slice(0, MADE_ID_LENGTH);
  return withMember(properties, INSERT_ID, made);
}

function withMember(object: ValueObject, key: string, value: Value): ValueObject {
  return { ...object, [key]: value };
}
