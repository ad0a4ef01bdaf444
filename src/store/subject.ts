/**
 * A profile as a selector reads it: its properties, and the names that stand for its id.
 *
 * @module
 */
import type { Profile, Scope } from "../profile/profile.ts";
import { DISTINCT_ID, DISTINCT_ID_SHORT, GROUP_ID, GROUP_KEY } from "../profile/reserved.ts";
import type { Subject } from "../selector/selector.ts";
import type { Value } from "../values/value.ts";

/**
 * The subject of a profile.
 *
 * `$distinct_id` and `distinct_id` are its id, and for a group so is `$group_id`, with `$group_key` beside it;
 * a stored property of such a name does not show.
 */
export function profileSubject(profile: Profile, scope: Scope): Subject {
  return {
    property: (name) =>
      pseudoProperty(profile.distinctId, scope, name) ?? profile.properties.get(name),
    // No events are stored, so that no behavior ever happened.
    behavior: () => 0,
  };
}

function pseudoProperty(distinctId: string, scope: Scope, name: string): Value | undefined {
  switch (name) {
    case DISTINCT_ID:
    case DISTINCT_ID_SHORT:
      return distinctId;
    case GROUP_ID:
      return scope.groupKey === undefined ? undefined : distinctId;
    case GROUP_KEY:
      return scope.groupKey;
    default:
      return undefined;
  }
}
