/**
 * A profile as a selector reads it: its properties, the names that stand for its id, and what is known besides.
 *
 * @module
 */
import type { Profile, Scope } from "../profile/profile.ts";
import { FIRST_EVENT_TIME, standInOf } from "../profile/reserved.ts";
import type { Subject } from "../selector/selector.ts";
import { formatInstant } from "../values/time.ts";
import type { Computed, Value } from "../values/value.ts";

/** What is known of a profile besides its properties. */
export interface History {
  /** The value of a behavior of the query. */
  behavior(name: string): Computed;
  /** Whether the profile is in a static cohort. */
  isMember(cohortId: number): boolean;
  /** The second of its first event; undefined without events. */
  firstEventSeconds(): number | undefined;
}

/**
 * The subject of a profile.
 *
 * `$distinct_id` and `distinct_id` are its id, and for a group so is `$group_id`, with `$group_key` beside it;
 * `$mp_first_event_time` is the time of a user's first event, in UTC. A stored property of such a name does not show.
 *
 * @param history undefined where only properties are asked for, as by `user["…"]` in the selector of an event: there
 *   are no behaviors, no cohorts and no first event then
 */
export function profileSubject(profile: Profile, scope: Scope, history?: History): Subject {
  const hasFirstEventTime = history !== undefined && scope.groupKey === undefined;
  return {
    property: (name) => {
      if (name === FIRST_EVENT_TIME && hasFirstEventTime) return formatSeconds(history);
      return standIn(profile.distinctId, scope, name) ?? profile.properties.get(name);
    },
    behavior: (name) => history?.behavior(name),
    isMember: (cohortId) => history?.isMember(cohortId) ?? false,
  };
}

function formatSeconds(history: History): string | undefined {
  const seconds = history.firstEventSeconds();
  return seconds === undefined ? undefined : formatInstant(seconds, "UTC");
}

function standIn(distinctId: string, scope: Scope, name: string): Value | undefined {
  switch (standInOf(name, scope)) {
    case "distinctId":
      return distinctId;
    case "groupKey":
      return scope.groupKey;
    case undefined:
      return undefined;
  }
}
