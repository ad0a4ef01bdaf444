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

/** The text of a JSON object. */
export function propertiesToJson(properties: Properties): string {
  let text = "{";
  let separator = "";
  for (const [name, value] of properties) {
    text += `${separator}${JSON.stringify(name)}:${JSON.stringify(value)}`;
    separator = ",";
  }
  return `${text}}`;
}

/** Reads what `propertiesToJson` wrote. */
export function propertiesFromJson(text: string): Map<string, Value> {
  return new Map(Object.entries(JSON.parse(text) as Readonly<Record<string, Value>>));
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
