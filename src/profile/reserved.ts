/**
 * The names that mean something to the store itself.
 *
 * @module
 */
import { formatInstant } from "../values/time.ts";
import type { Scope } from "./profile.ts";

/** When a profile was last written to through the API; every profile has it. */
export const LAST_SEEN = "$last_seen";

/** The name of a profile's id in records, selectors and answers. */
export const DISTINCT_ID = "$distinct_id";

/** What selectors may call it as well. */
const DISTINCT_ID_SHORT = "distinct_id";

/** The name of the property that groups are made by, such as `company_id`. */
export const GROUP_KEY = "$group_key";

/** The name of a group's id. */
export const GROUP_ID = "$group_id";

/** What a name stands for in the place of a stored property. */
export type StandIn = "distinctId" | "groupKey";

const STAND_INS_OF_USERS: ReadonlyMap<string, StandIn> = new Map([
  [DISTINCT_ID, "distinctId"],
  [DISTINCT_ID_SHORT, "distinctId"],
]);
const STAND_INS_OF_GROUPS: ReadonlyMap<string, StandIn> = new Map([
  ...STAND_INS_OF_USERS,
  [GROUP_ID, "distinctId"],
  [GROUP_KEY, "groupKey"],
]);

/** What a name stands for in a selector about profiles of a scope; undefined for that of a stored property. */
export function standInOf(name: string, { groupKey }: Scope): StandIn | undefined {
  return (groupKey === undefined ? STAND_INS_OF_USERS : STAND_INS_OF_GROUPS).get(name);
}

/** When a user did anything first; it stands for no stored property. */
export const FIRST_EVENT_TIME = "$mp_first_event_time";

/** The last instant whose text has a year of four digits. */
export const LAST_SEEN_SECONDS_MAX = 253_402_300_799;

/** `$last_seen` as it is stored: `YYYY-MM-DDTHH:MM:SS`, UTC. */
export function formatLastSeen(seenAtSeconds: number): string {
  return formatInstant(seenAtSeconds, "UTC");
}
