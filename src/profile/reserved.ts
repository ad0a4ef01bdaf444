/**
 * The names that mean something to the store itself.
 *
 * @module
 */
import { formatInstant } from "../values/time.ts";

/** When a profile was last written to through the API; every profile has it. */
export const LAST_SEEN = "$last_seen";

/** The name of a profile's id in records, selectors and answers. */
export const DISTINCT_ID = "$distinct_id";

/** What selectors may call it as well. */
export const DISTINCT_ID_SHORT = "distinct_id";

/** The name of the property that groups are made by, such as `company_id`. */
export const GROUP_KEY = "$group_key";

/** The name of a group's id. */
export const GROUP_ID = "$group_id";

/** When a user did anything first; it stands for no stored property. */
export const FIRST_EVENT_TIME = "$mp_first_event_time";

/** The last instant whose text has a year of four digits. */
export const LAST_SEEN_SECONDS_MAX = 253_402_300_799;

/** `$last_seen` as it is stored: `YYYY-MM-DDTHH:MM:SS`, UTC. */
export function formatLastSeen(seenAtSeconds: number): string {
  return formatInstant(seenAtSeconds, "UTC");
}
