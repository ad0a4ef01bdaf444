/**
 * What the reference store keeps of one project: its scopes, its events, and which distinct ids are one.
 *
 * @module
 */
import { ClusterTable } from "../event/clusters.ts";
import { type Event, eventIdentity, NOBODY } from "../event/event.ts";
import { type Join, joinsOf, linkOf } from "../event/identity.ts";
import { applyUpdate } from "../profile/apply.ts";
import { mergeProfiles } from "../profile/merge.ts";
import type { ProfileUpdate } from "../profile/update.ts";
import type { Value } from "../values/value.ts";
import { MemoryScope } from "./memory-scope.ts";
import type { Erased, ProjectEvents, RecordKind } from "./store.ts";

/** A group key, or undefined for users. */
type GroupKey = string | undefined;

/** What a query asks of the events; remembered until something changes. */
interface Derived {
  readonly events: ReadonlyMap<string, readonly Event[]>;
  readonly knownIds: ReadonlySet<string>;
}

/** One project. */
export class MemoryProject {
  readonly clusters: ClusterTable = new ClusterTable();
  readonly #scopes = new Map<GroupKey, MemoryScope>();
  readonly #events = new Map<string, Event>();
  readonly #records = new Map<RecordKind, Map<number, string>>();
  readonly #derived = new Map<GroupKey, Derived>();

  /** What is kept of a scope. */
  scope(groupKey: GroupKey): MemoryScope {
    const known = this.#scopes.get(groupKey);
    if (known !== undefined) return known;
    const scope = new MemoryScope();
    this.#scopes.set(groupKey, scope);
    return scope;
  }

  /** Every event, in no order. */
  events(): Iterable<Event> {
    return this.#events.values();
  }

  /** The events of each profile and stranger of a scope, by canonical id. */
  eventsById(groupKey: GroupKey): ReadonlyMap<string, readonly Event[]> {
    return this.#derive(groupKey).events;
  }

  /** The canonical ids that are known besides those of profiles. */
  knownIds(groupKey: GroupKey): ReadonlySet<string> {
    return this.#derive(groupKey).knownIds;
  }

  /** The canonical ids of a static cohort's members. */
  membersOf(groupKey: GroupKey, cohortId: number): ReadonlySet<string> {
    const members = this.scope(groupKey).cohorts.get(cohortId) ?? [];
    return new Set(Array.from(members, (id) => this.canonicalIn(groupKey, id)));
  }

  /** The id that an id of a scope stands for; only users have clusters. */
  canonicalIn(groupKey: GroupKey, distinctId: string): string {
    return groupKey === undefined ? this.clusters.canonicalId(distinctId) : distinctId;
  }

  /** The records of a kind, by id. */
  records(kind: RecordKind): Map<number, string> {
    const known = this.#records.get(kind);
    if (known !== undefined) return known;
    const records = new Map<number, string>();
    this.#records.set(kind, records);
    return records;
  }

  /** Adds events in order, and joins what they say. */
  addEvents({ identity, events }: ProjectEvents): void {
    for (const event of events) {
      this.#events.set(eventIdentity(event), event);
      const link = linkOf(event, identity);
      if (link === undefined) continue;
      for (const join of joinsOf(link, this.clusters)) this.#join(join);
    }
    this.#derived.clear();
  }

  /** Applies one update; says why when it cannot. */
  update(groupKey: GroupKey, update: ProfileUpdate): string | undefined {
    const scope = this.scope(groupKey);
    const distinctId = update.ignoreAlias
      ? update.distinctId
      : this.canonicalIn(groupKey, update.distinctId);
    const applied = applyUpdate(scope.profiles.get(distinctId), { ...update, distinctId });
    if (applied.kind === "rejected") return applied.message;
    if (applied.profile !== undefined) {
      scope.profiles.set(distinctId, applied.profile);
    } else if (scope.profiles.delete(distinctId) && !this.knownIds(groupKey).has(distinctId)) {
      scope.dropKey(distinctId);
    }
    return undefined;
  }

  /** Makes the members of a static cohort. */
  setMembers(groupKey: GroupKey, cohortId: number, distinctIds: readonly string[]): void {
    const members = new Set(distinctIds.filter((id) => id !== NOBODY));
    this.scope(groupKey).cohorts.set(cohortId, members);
    this.#derived.clear();
  }

  /** Every id of the clusters that some ids are of. */
  idsOfClusters(distinctIds: readonly string[]): ReadonlySet<string> {
    return this.clusters.idsOf(new Set(distinctIds.map((id) => this.clusters.canonicalId(id))));
  }

  /** Takes away the clusters of ids with all that is kept of them. */
  erase(distinctIds: readonly string[]): Erased {
    const canonicalIds = new Set(distinctIds.map((id) => this.clusters.canonicalId(id)));
    const ids = this.clusters.idsOf(canonicalIds);
    const users = this.scope(undefined);
    let profileCount = 0;
    for (const id of ids) {
      if (users.profiles.delete(id)) profileCount++;
      users.dropKey(id);
    }
    users.dropMembers(ids);
    let eventCount = 0;
    for (const [identity, { distinctId }] of this.#events) {
      if (distinctId === NOBODY || !ids.has(distinctId)) continue;
      this.#events.delete(identity);
      eventCount++;
    }
    this.clusters.forget(canonicalIds);
    this.#derived.clear();
    return { profileCount, eventCount };
  }

  #join(join: Join): void {
    this.clusters.join(join);
    const { profiles } = this.scope(undefined);
    const other = profiles.get(join.from);
    if (other === undefined) return;
    const canonical = profiles.get(join.into);
    profiles.delete(join.from);
    profiles.set(
      join.into,
      canonical === undefined
        ? { ...other, distinctId: join.into }
        : mergeProfiles(canonical, other),
    );
  }

  #derive(groupKey: GroupKey): Derived {
    const known = this.#derived.get(groupKey);
    if (known !== undefined) return known;
    const events = new Map<string, Event[]>();
    for (const event of this.#events.values()) {
      for (const id of this.#idsOf(groupKey, event)) {
        const own = events.get(id);
        if (own === undefined) events.set(id, [event]);
        else own.push(event);
      }
    }
    // A group that events name is known only once somebody makes a profile of it.
    const knownIds = new Set(groupKey === undefined ? events.keys() : []);
    if (groupKey === undefined) for (const id of this.clusters.canonicalIds()) knownIds.add(id);
    for (const cohortId of this.scope(groupKey).cohorts.keys()) {
      for (const id of this.membersOf(groupKey, cohortId)) knownIds.add(id);
    }
    const derived = { events, knownIds };
    this.#derived.set(groupKey, derived);
    return derived;
  }

  /** The profiles of a scope that an event belongs to, each once; none for nobody's. */
  #idsOf(groupKey: GroupKey, { distinctId, properties }: Event): Iterable<string> {
    const ids =
      groupKey === undefined
        ? [this.clusters.canonicalId(distinctId)]
        : groupIds(properties.get(groupKey));
    const found = new Set(ids);
    found.delete(NOBODY);
    return found;
  }
}

/** The ids of the groups that the property named by the group key says an event belongs to. */
function groupIds(value: Value | undefined): readonly string[] {
  if (Array.isArray(value)) {
    return (value as readonly Value[]).filter(isId).map(String);
  }
  return isId(value) ? [String(value)] : [];
}

/** Whether a value can be a group's id; numbers that are no whole ones are written differently everywhere. */
function isId(value: Value | undefined): value is string | number | boolean {
  if (typeof value === "number") return Number.isSafeInteger(value);
  return typeof value === "string" || typeof value === "boolean";
}
