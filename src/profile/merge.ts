/**
 * Two profiles of one person as one.
 *
 * @module
 */
import { parseInstant } from "../values/time.ts";
import type { Value } from "../values/value.ts";
import { boundBytes, boundTextBytes, PROFILE_BYTES_MAX, PROPERTIES_MAX } from "./limits.ts";
import type { Profile } from "./profile.ts";
import { propertiesToJson } from "./record.ts";
import { LAST_SEEN } from "./reserved.ts";

/**
 * Merges the profile of an id into the profile of the canonical id.
 *
 * Of a property that both have, the canonical profile's value stays; `$last_seen` is the later of the two. What
 * the other profile adds comes after, in its order; a property that would break a limit of profiles is left out,
 * as a join cannot be refused.
 */
export function mergeProfiles(canonical: Profile, other: Profile): Profile {
  const properties = new Map(canonical.properties);
  const seen = laterOf(properties.get(LAST_SEEN), other.properties.get(LAST_SEEN));
  if (seen !== undefined) properties.set(LAST_SEEN, seen);
  const room = roomIn(properties);
  for (const [name, value] of other.properties) {
    if (!properties.has(name) && room.takes(name, value)) properties.set(name, value);
  }
  return { distinctId: canonical.distinctId, properties };
}

/** Somebody may have set `$last_seen` to what is no instant; the other is later then. */
function laterOf(left: Value | undefined, right: Value | undefined): Value | undefined {
  const rightSeconds = typeof right === "string" ? parseInstant(right, "UTC") : undefined;
  if (rightSeconds === undefined) return left ?? right;
  const leftSeconds = typeof left === "string" ? parseInstant(left, "UTC") : undefined;
  return leftSeconds === undefined || rightSeconds > leftSeconds ? right : left;
}

/** What a profile has room for. Exact lengths cost a whole encoding, so that only large profiles pay for them. */
function roomIn(properties: ReadonlyMap<string, Value>): {
  takes(name: string, value: Value): boolean;
} {
  let count = properties.has(LAST_SEEN) ? properties.size - 1 : properties.size;
  let bytes = 0;
  let isExact = false;
  for (const [name, value] of properties) bytes += boundTextBytes(name) + boundBytes(value);
  const fits = (added: number): boolean => bytes + added <= PROFILE_BYTES_MAX;
  return {
    takes(name, value) {
      if (count >= PROPERTIES_MAX) return false;
      let added = boundTextBytes(name) + boundBytes(value);
      if (!fits(added)) {
        if (!isExact) bytes = byteLength(properties);
        isExact = true;
      }
      // A comma takes the place of the braces.
      if (isExact) added = byteLength(new Map([[name, value]])) - 1;
      if (!fits(added)) return false;
      count++;
      bytes += added;
      return true;
    },
  };
}

function byteLength(properties: ReadonlyMap<string, Value>): number {
  return Buffer.byteLength(propertiesToJson(properties));
}
