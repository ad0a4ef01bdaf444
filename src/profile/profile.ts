/**
 * A profile, and the key that finds it.
 *
 * @module
 */
import type { Properties } from "../values/value.ts";

/**
 * The set of profiles a query or update is about: the users of a project, or one of its groups.
 *
 * It is the only thing that names a tenant below `paging` and `ingest`: a store can reach a profile only
 * through a scope, so it cannot cross from one project to another.
 */
export interface Scope {
  readonly projectId: number;
  /** The group key (`company_id`), or undefined for user profiles. */
  readonly groupKey: string | undefined;
}

/** The current properties of one user or group. */
export interface Profile {
  readonly distinctId: string;
  readonly properties: Properties;
}

/** A text that no two scopes share. */
export function nameScope({ projectId, groupKey }: Scope): string {
  return groupKey === undefined ? `${projectId}` : `${projectId}/${groupKey}`;
}
