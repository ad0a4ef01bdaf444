/**
 * Events as the wire has them: `{"event": …, "properties": {"time": …, "distinct_id": …, …}}`.
 *
 * @module
 */
import type { EventRow } from "../event/event.ts";

/** Members that say what the event itself says; a stored property of the same name is not given. */
const OWN_NAMES: readonly string[] = [
  "time",
  "distinct_id",
  "$insert_id",
  "mp_processing_time_ms",
  "$distinct_id_before_identity",
];
const OWN_MEMBER = new RegExp(
  `"(?:${OWN_NAMES.map((name) => name.replace("$", "\\$")).join("|")})":`,
);

/** The text of an event as one JSON object without line breaks. */
export function eventJson(row: EventRow): string {
  const rest = stripOwn(row.propertiesJson).slice(1, -1);
  return `{"event":${JSON.stringify(row.name)},"properties":{${ownMembers(row)}${rest === "" ? "" : `,${rest}`}}}`;
}

function ownMembers(row: EventRow): string {
  const { distinctId, canonicalId, timeMs, insertId, receivedAtMs } = row;
  const before =
    distinctId === canonicalId
      ? ""
      : `,"$distinct_id_before_identity":${JSON.stringify(distinctId)}`;
  return `"time":${Math.floor(timeMs / 1000)},"distinct_id":${JSON.stringify(canonicalId)}${before},"$insert_id":${JSON.stringify(insertId)},"mp_processing_time_ms":${receivedAtMs}`;
}

/** Parses the properties only when one of them may have a name that is taken. */
function stripOwn(propertiesJson: string): string {
  if (!OWN_MEMBER.test(propertiesJson)) return propertiesJson;
  const properties = JSON.parse(propertiesJson) as Readonly<Record<string, unknown>>;
  const members = Object.entries(properties)
    .filter(([name]) => !OWN_NAMES.includes(name))
    .map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`);
  return `{${members.join(",")}}`;
}
