/**
 * What a query selects in the reference store.
 *
 * @module
 */
import { type Event, NOBODY } from "../event/event.ts";
import type { EventQuery } from "../event/event-query.ts";
import { behaviorValue } from "../event/measure.ts";
import { orderEvents, secondOf } from "../event/order.ts";
import { eventSubject, type ReadProfile } from "../event/subject.ts";
import type { Profile, Scope } from "../profile/profile.ts";
import type { ProfileQuery, SortOrder } from "../query/query.ts";
import { type EvaluationContext, evaluate, type Subject, selects } from "../selector/selector.ts";
import { orderText } from "../values/text.ts";
import type { Computed } from "../values/value.ts";
import type { MemoryProject } from "./memory-project.ts";
import { orderSortKeys } from "./order.ts";
import { type History, profileSubject } from "./subject.ts";

/** A profile, or a stranger as one without properties, and how selectors see it. */
export interface Found {
  readonly profile: Profile;
  readonly subject: Subject;
}

/** What expressions of a query know besides the profile. */
export function contextOf({ asOfSeconds, timeZone }: ProfileQuery | EventQuery): EvaluationContext {
  return { nowSeconds: asOfSeconds, timeZone };
}

/** The profiles and strangers a query selects, in its order. */
export function selectProfiles(project: MemoryProject, query: ProfileQuery): readonly Found[] {
  const context = contextOf(query);
  const readHistory = historyReader(project, query);
  const found: Found[] = [];
  for (const profile of candidates(project, query)) {
    const history = readHistory(profile.distinctId);
    const subject = profileSubject(profile, query.scope, history);
    if (query.selectors.every((selector) => selects(selector, subject, context))) {
      found.push({ profile, subject });
    }
  }
  found.sort((left, right) => orderText(left.profile.distinctId, right.profile.distinctId));
  const ordered = query.sort === undefined ? found : sortFound(found, query.sort, context);
  return query.limit === undefined ? ordered : ordered.slice(0, query.limit);
}

/** The events a query selects, in their order. */
export function selectEvents(project: MemoryProject, query: EventQuery): readonly Event[] {
  const { clusters } = project;
  const { span, selector } = query;
  const context = contextOf(query);
  const names = query.names === undefined ? undefined : new Set(query.names);
  const people =
    query.distinctIds === undefined
      ? undefined
      : new Set(query.distinctIds.map((id) => clusters.canonicalId(id)));
  people?.delete(NOBODY);
  const readProfile = profileReader(project, query);
  const found: Event[] = [];
  for (const event of project.events()) {
    const second = secondOf(event);
    if (second < span.fromSeconds || second > span.toSeconds) continue;
    if (names?.has(event.name) === false) continue;
    if (people?.has(clusters.canonicalId(event.distinctId)) === false) continue;
    if (
      selector === undefined ||
      selects(selector, eventSubject(event, readProfile(event)), context)
    ) {
      found.push(event);
    }
  }
  found.sort(orderEvents);
  return query.limit === undefined ? found : found.slice(0, query.limit);
}

/** The profiles that a query is about, and the strangers if it asks for them. */
function candidates(
  project: MemoryProject,
  { scope: { groupKey }, distinctIds, includesStrangers }: ProfileQuery,
): readonly Profile[] {
  const { profiles } = project.scope(groupKey);
  const strangers = includesStrangers ? project.knownIds(groupKey) : new Set<string>();
  const ids =
    distinctIds === undefined
      ? new Set([...profiles.keys(), ...strangers])
      : new Set(distinctIds.map((id) => project.canonicalIn(groupKey, id)));
  const found: Profile[] = [];
  for (const distinctId of ids) {
    const profile = profiles.get(distinctId);
    if (profile !== undefined) found.push(profile);
    else if (strangers.has(distinctId)) found.push({ distinctId, properties: new Map() });
  }
  return found;
}

/** Gives what is known of a profile besides its properties; each behavior is computed when it is first read. */
function historyReader(
  project: MemoryProject,
  query: ProfileQuery,
): (distinctId: string) => History {
  const { groupKey } = query.scope;
  const context = contextOf(query);
  const eventsById = project.eventsById(groupKey);
  const members = new Map<number, ReadonlySet<string>>();
  const readProfile = profileReader(project, query.scope);
  return (distinctId) => {
    const events = eventsById.get(distinctId) ?? [];
    const values = new Map<string, Computed>();
    return {
      behavior(name) {
        const behavior = query.behaviors.get(name);
        if (behavior === undefined) return undefined;
        if (!values.has(name)) {
          values.set(name, behaviorValue(behavior, events, readProfile, context));
        }
        return values.get(name);
      },
      isMember(cohortId) {
        const ids = members.get(cohortId) ?? project.membersOf(groupKey, cohortId);
        members.set(cohortId, ids);
        return ids.has(distinctId);
      },
      firstEventSeconds: () =>
        events.length === 0 ? undefined : events.map(secondOf).reduce((a, b) => Math.min(a, b)),
    };
  };
}

/** What `user["…"]` reads in the selector of an event: the profile of who did it, whatever the scope of the query. */
function profileReader(
  project: MemoryProject,
  { projectId }: Pick<Scope, "projectId">,
): (event: Event) => ReadProfile {
  const { profiles } = project.scope(undefined);
  return ({ distinctId }) => {
    const id = project.clusters.canonicalId(distinctId);
    const profile = id === NOBODY ? undefined : profiles.get(id);
    if (profile === undefined) return () => undefined;
    return profileSubject(profile, { projectId, groupKey: undefined }).property;
  };
}

/** Sorts by a key; profiles that tie stay in the order they come in. */
function sortFound(
  found: readonly Found[],
  { key, descending }: SortOrder,
  context: EvaluationContext,
): readonly Found[] {
  const keyed = found.map((entry) => ({
    entry,
    value: evaluate(key.expression, entry.subject, context),
  }));
  keyed.sort((left, right) => orderSortKeys(left.value, right.value, descending));
  return keyed.map(({ entry }) => entry);
}
