/**
 * Profiles as the text of an answer, without parsing them unless some of their properties are left out.
 *
 * @module
 */
import { LAST_SEEN } from "../profile/reserved.ts";
import type { ProfileRow } from "../store/store.ts";

/**
 * The text of the `results` array.
 *
 * @param outputProperties the properties to give besides `$last_seen`; undefined or empty gives all
 */
export function profilesJson(
  rows: readonly ProfileRow[],
  outputProperties: readonly string[] | undefined,
): string {
  const names =
    outputProperties === undefined || outputProperties.length === 0
      ? undefined
      : [...new Set([...outputProperties, LAST_SEEN])];
  const members = rows.map(({ distinctId, propertiesJson }) => {
    const properties = names === undefined ? propertiesJson : pick(propertiesJson, names);
    return `{"$distinct_id":${JSON.stringify(distinctId)},"$properties":${properties}}`;
  });
  return `[${members.join(",")}]`;
}

/** The members of a JSON object with these names; the text is put together by hand, as a name may be `__proto__`. */
function pick(propertiesJson: string, names: readonly string[]): string {
  const properties = JSON.parse(propertiesJson) as Record<string, unknown>;
  const members: string[] = [];
  for (const name of names) {
    if (!Object.hasOwn(properties, name)) continue;
    members.push(`${JSON.stringify(name)}:${JSON.stringify(properties[name])}`);
  }
  return `{${members.join(",")}}`;
}
