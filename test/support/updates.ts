/**
 * Updates and queries in few words.
 *
 * @module
 */
import type { Scope } from "../../src/profile/profile.ts";
import type { Operation, ProfileUpdate } from "../../src/profile/update.ts";
import type { ProfileQuery } from "../../src/query/query.ts";
import { compile, type Selector } from "../../src/selector/selector.ts";
import type { Store } from "../../src/store/store.ts";
import type { Value } from "../../src/values/value.ts";

/** Named values: an object, or pairs where a name such as `__proto__` would not survive in a literal. */
export type Named = Readonly<Record<string, Value>> | readonly (readonly [string, Value])[];

/** 2024-05-01T10:00:00 UTC. */
export const SEEN_AT_SECONDS = 1_714_557_600;
/** What `$last_seen` becomes at that time. */
export const SEEN_AT = "2024-05-01T10:00:00";

/** The users of project 1. */
export const USERS: Scope = { projectId: 1, groupKey: undefined };
/** The companies of project 1. */
export const COMPANIES: Scope = { projectId: 1, groupKey: "company" };

/** Named values as a map. */
export function named(values: Named): Map<string, Value> {
  return new Map(Array.isArray(values) ? values : Object.entries(values));
}

/** An update that leaves `$last_seen` at `SEEN_AT`. */
export function update(distinctId: string, ...operations: readonly Operation[]): ProfileUpdate {
  return {
    distinctId,
    seenAtSeconds: SEEN_AT_SECONDS,
    ignoreTime: false,
    ignoreAlias: false,
    operations,
  };
}

/** An update that sets properties. */
export function set(distinctId: string, values: Named): ProfileUpdate {
  return update(distinctId, { kind: "set", values: named(values) });
}

/** An update that deletes a profile. */
export function remove(distinctId: string): ProfileUpdate {
  return update(distinctId, { kind: "delete" });
}

/** A query of all users of project 1, or what the arguments say instead. */
export function query(members: Partial<ProfileQuery> = {}): ProfileQuery {
  return {
    scope: USERS,
    distinctIds: undefined,
    selectors: [],
    sort: undefined,
    limit: undefined,
    asOfSeconds: SEEN_AT_SECONDS,
    timeZone: "UTC",
    behaviors: new Map(),
    includesStrangers: false,
    ...members,
  };
}

/** A selector that is not empty. */
export function selector(source: string): Selector {
  const compiled = compile(source);
  if (compiled === undefined) throw new Error("the selector is empty");
  return compiled;
}

/** The ids a query selects, in order. */
export async function idsOf(
  store: Store,
  members: Partial<ProfileQuery> = {},
): Promise<readonly string[]> {
  const asked = query(members);
  const keys = await store.select(asked);
  const rows = await store.read(asked.scope, keys);
  return rows.map(({ distinctId }) => distinctId);
}

/** The properties of one profile as they are read out, without `$last_seen`; undefined if there is none. */
export async function propertiesOf(
  store: Store,
  distinctId: string,
  scope: Scope = USERS,
): Promise<ReadonlyMap<string, unknown> | undefined> {
  const keys = await store.select(query({ scope, distinctIds: [distinctId] }));
  const [row] = await store.read(scope, keys);
  if (row === undefined) return undefined;
  const properties = new Map<string, unknown>(Object.entries(JSON.parse(row.propertiesJson)));
  properties.delete("$last_seen");
  return properties;
}
