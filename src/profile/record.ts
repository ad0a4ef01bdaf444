/**
 * Properties as the text of a JSON object, and back.
 *
 * The order of properties is kept both ways, but for names that are whole numbers: JSON objects put those
 * first. Names are user text: none of them reaches a prototype.
 *
 * @module
 */
import type { Properties, Value } from "../values/value.ts";
import type { Scope } from "./profile.ts";
import { GROUP_ID, GROUP_KEY } from "./reserved.ts";

/** Names are written again and again: so many are kept as JSON. */
const NAMES_KEPT_MAX = 10_000;

const NAMES = new Map<string, string>();

/** A name as the JSON of a member that others stand before. */
function memberName(name: string): string {
  let text = NAMES.get(name);
  if (text === undefined) {
    text = `,${JSON.stringify(name)}:`;
    if (NAMES.size >= NAMES_KEPT_MAX) NAMES.clear();
    NAMES.set(name, text);
  }
  return text;
}

/** The text of a JSON object. */
export function propertiesToJson(properties: Properties): string {
  let text = "";
  for (const [name, value] of properties) {
    text += memberName(name);
    text += JSON.stringify(value);
  }
  return `{${text.slice(1)}}`;
}

/** Reads what `propertiesToJson` wrote. */
export function propertiesFromJson(text: string): Map<string, Value> {
  const object = JSON.parse(text) as Readonly<Record<string, Value>>;
  const properties = new Map<string, Value>();
  for (const name of Object.keys(object)) properties.set(name, object[name] as Value);
  return properties;
}

/**
 * The properties of a profile as a query gives them out: those of a group also name its key and id.
 *
 * @param propertiesJson what is stored, as `propertiesToJson` writes it
 */
export function shownProperties(scope: Scope, distinctId: string, propertiesJson: string): string {
  const { groupKey } = scope;
  if (groupKey === undefined) return propertiesJson;
  // A stored property of the same name would stand in the text twice.
  if (propertiesJson.includes(`"${GROUP_KEY}":`) || propertiesJson.includes(`"${GROUP_ID}":`)) {
    const properties = propertiesFromJson(propertiesJson);
    properties.set(GROUP_KEY, groupKey);
    properties.set(GROUP_ID, distinctId);
    return propertiesToJson(properties);
  }
  const separator = propertiesJson === "{}" ? "" : ",";
  const own = `"${GROUP_KEY}":${JSON.stringify(groupKey)},"${GROUP_ID}":${JSON.stringify(distinctId)}`;
  return `${propertiesJson.slice(0, -1)}${separator}${own}}`;
}
