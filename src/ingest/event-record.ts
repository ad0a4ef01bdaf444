/**
 * One event record as an event.
 *
 * Lenient decoding takes what can be stored; strict decoding also holds the rules by which the import endpoint
 * validates. This runs for every one of millions of events: nothing is thrown or made on the way of a
 * good one but the event itself.
 *
 * @module
 */
import { randomUUID } from "node:crypto";
import type { Event } from "../event/event.ts";
import { deviceDistinctId } from "../event/identity.ts";
import { boundBytes, boundTextBytes } from "../profile/limits.ts";
import {
  isObject,
  member,
  type Properties,
  type Value,
  type ValueObject,
} from "../values/value.ts";
import {
  EVENT_BYTES_MAX,
  EVENT_DEPTH_MAX,
  EVENT_PROPERTIES_MAX,
  type EventRules,
  INSERT_ID_LENGTH_MAX,
} from "./event-rules.ts";
import { readEventTime } from "./event-time.ts";
import { readId, textOf } from "./ids.ts";
import { InvalidField } from "./invalid-field.ts";
import { readName, readValue } from "./values.ts";

export const TOKEN = "token";
export const INSERT_ID = "$insert_id";
const DISTINCT_ID = "distinct_id";
const TIME = "time";
const USER_ID = "$user_id";
const DEVICE_ID = "$device_id";

const MERGE = "$merge";
const MERGE_REFUSED =
  "$merge needs a service account or the API secret: send it to /import with one";
/** These name ids in other properties. */
const WITHOUT_DISTINCT_ID: ReadonlySet<string> = new Set(["$identify", MERGE]);

/** What programs write that have no id, which would make one user of many. */
const FORBIDDEN_IDS: ReadonlySet<string> = new Set([
  "00000000-0000-0000-0000-000000000000",
  "anon",
  "anonymous",
  "nil",
  "none",
  "null",
  "n/a",
  "na",
  "undefined",
  "unknown",
  "<nil>",
  "0",
  "-1",
  "true",
  "false",
  "[]",
  "{}",
]);

const INSERT_ID_CHARACTERS = /^[A-Za-z0-9-]*$/;

/** The properties of a record, with the token and all. @throws InvalidField for a record that has none */
export function propertiesOf(record: Value): ValueObject {
  if (!isObject(record)) throw new InvalidField("record", "must be an object");
  const properties = member(record, "properties");
  if (properties !== undefined && isObject(properties)) return properties;
  // A record without anything is told what it lacks first.
  nameOf(record);
  const reason = properties === undefined ? "must not be missing" : "must be an object";
  throw new InvalidField("properties", reason);
}

/** Whether the client wants the event dropped: it counts as taken. */
export function isIgnored(properties: ValueObject): boolean {
  const ignore = member(properties, "$ignore");
  return ignore === true || ignore === "true";
}

/**
 * Decodes one record.
 *
 * @param sent what `propertiesOf` gives for it
 * @throws InvalidField for the first thing that is not accepted
 */
export function decodeEvent(record: Value, sent: ValueObject, rules: EventRules): Event {
  const name = nameOf(record as ValueObject);
  if (name === MERGE && !rules.mayMerge) throw new InvalidField("event", MERGE_REFUSED);
  const timeMs = readEventTime(member(sent, TIME), rules);
  const distinctId = readDistinctId(name, sent, rules);
  const insertId = readInsertId(member(sent, INSERT_ID), rules.isStrict);
  const properties = readProperties(name, sent, rules.isStrict);
  return { name, distinctId, timeMs, insertId, receivedAtMs: rules.nowMs, properties };
}

function nameOf(record: ValueObject): string {
  const sent = member(record, "event");
  if (sent === undefined || sent === null || sent === "") {
    throw new InvalidField("event", "must not be missing");
  }
  const name = textOf(sent);
  if (name === undefined) throw new InvalidField("event", "must be a string");
  return readName(name);
}

function readDistinctId(name: string, sent: ValueObject, rules: EventRules): string {
  if (rules.identity === "simplified") {
    const userId = member(sent, USER_ID);
    if (isId(userId)) return checkId(readId(userId, `properties.${USER_ID}`), USER_ID, rules);
    const deviceId = member(sent, DEVICE_ID);
    if (isId(deviceId)) {
      const field = `properties.${DEVICE_ID}`;
      return readId(deviceDistinctId(checkId(readId(deviceId, field), DEVICE_ID, rules)), field);
    }
  }
  const distinctId = member(sent, DISTINCT_ID);
  if (distinctId === undefined || distinctId === null) {
    if (!rules.isStrict || WITHOUT_DISTINCT_ID.has(name)) return rules.fallbackId;
    throw new InvalidField(`properties.${DISTINCT_ID}`, "must not be missing");
  }
  // The empty text says that it was nobody.
  return checkId(readId(distinctId, `properties.${DISTINCT_ID}`), DISTINCT_ID, rules);
}

/** Whether a property names a user or device, as `event/identity.ts` sees it. */
function isId(value: Value | undefined): value is string | number {
  return typeof value === "number" || (typeof value === "string" && value !== "");
}

function checkId(id: string, field: string, { isStrict }: EventRules): string {
  if (isStrict && FORBIDDEN_IDS.has(id)) {
    throw new InvalidField(`properties.${field}`, `${JSON.stringify(id)} stands for nobody`);
  }
  return id;
}

function readInsertId(sent: Value | undefined, isStrict: boolean): string {
  if (sent === undefined || sent === null || sent === "") {
    if (isStrict) throw new InvalidField(`properties.${INSERT_ID}`, "must not be missing");
    return randomUUID();
  }
  const id = readId(sent, `properties.${INSERT_ID}`);
  if (isStrict && (id.length > INSERT_ID_LENGTH_MAX || !INSERT_ID_CHARACTERS.test(id))) {
    throw new InvalidField(
      `properties.${INSERT_ID}`,
      `must be at most ${INSERT_ID_LENGTH_MAX} letters, digits and dashes`,
    );
  }
  return id;
}

/** Every property but those the event has members for. Of two names that become the same once cut, the last counts. */
function readProperties(event: string, sent: ValueObject, isStrict: boolean): Properties {
  const properties = new Map<string, Value>();
  let bytesBound = boundTextBytes(event);
  for (const sentName of Object.keys(sent)) {
    if (isMember(sentName)) continue;
    const name = readName(sentName);
    const value = readProperty(sent[sentName] as Value, name, isStrict);
    properties.set(name, value);
    bytesBound += boundTextBytes(name) + boundBytes(value);
  }
  if (isStrict && properties.size > EVENT_PROPERTIES_MAX) {
    throw new InvalidField("properties", `must be at most ${EVENT_PROPERTIES_MAX}`);
  }
  if (bytesBound > EVENT_BYTES_MAX) checkSize(event, properties);
  return properties;
}

function isMember(name: string): boolean {
  return name === TIME || name === DISTINCT_ID || name === INSERT_ID || name === TOKEN;
}

function readProperty(sent: Value, name: string, isStrict: boolean): Value {
  // Of these none is ever refused, so that no error needs the name of the field.
  if (typeof sent !== "object" && (typeof sent !== "number" || Number.isFinite(sent))) {
    return readValue(sent, name);
  }
  const field = `properties.${name}`;
  const value = readValue(sent, field);
  if (isStrict && isDeeper(value, EVENT_DEPTH_MAX)) {
    throw new InvalidField(field, `must not nest deeper than ${EVENT_DEPTH_MAX} levels`);
  }
  return value;
}

function isDeeper(value: Value, depthMax: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (depthMax === 0) return true;
  return Object.values(value).some((inner: Value) => isDeeper(inner, depthMax - 1));
}

function checkSize(event: string, properties: Properties): void {
  let bytes = Buffer.byteLength(JSON.stringify(event));
  for (const entry of properties) bytes += Buffer.byteLength(JSON.stringify(entry));
  if (bytes > EVENT_BYTES_MAX) {
    throw new InvalidField("record", `must be at most ${EVENT_BYTES_MAX} bytes`);
  }
}
