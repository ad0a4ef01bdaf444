/**
 * What an engine must do. A suite of tests and the specification hold every implementation to it.
 *
 * @module
 */
import type { Scope } from "../profile/profile.ts";
import type { ProfileUpdate } from "../profile/update.ts";
import type { ProfileQuery } from "../query/query.ts";

/**
 * The profiles a query selects, frozen in order.
 *
 * A key is a number the store gave the profile when it was created; it is never given again within
 * the scope. Keys are how a session remembers its profiles.
 */
export type ProfileKeys = Uint32Array;

/** A profile as it is read out: its properties are the text of a JSON object. */
export interface ProfileRow {
  readonly key: number;
  readonly distinctId: string;
  readonly propertiesJson: string;
}

/** The wire's name for what a property holds. */
export type PropertyType = "string" | "number" | "boolean" | "datetime" | "object" | "list";

/** How often a property is present, and the type most of its values have. */
export interface PropertySummary {
  readonly name: string;
  readonly count: number;
  readonly type: PropertyType;
}

/** Updates of one scope, to be applied in order. */
export interface ScopedUpdates {
  readonly scope: Scope;
  readonly updates: readonly ProfileUpdate[];
}

/** An update the store could not apply, because the profile it would leave breaks a limit. */
export interface UpdateRejection {
  /** Index into `batches`. */
  readonly batch: number;
  /** Index into that batch's updates. */
  readonly index: number;
  readonly message: string;
}

/** How a query would run. */
export interface Explanation {
  /** The engine's statement, with numbered parameters; empty for an engine without statements. */
  readonly statement: string;
  readonly parameters: readonly unknown[];
  /** Whether a part of the selector is evaluated profile by profile, after the statement. */
  readonly residual: boolean;
}

/** A store of profiles. */
export interface Store {
  /**
   * Applies updates in order, all in one transaction; resolves once they are durable.
   *
   * Calls are not concurrent: the writer makes one at a time.
   */
  apply(batches: readonly ScopedUpdates[]): Promise<readonly UpdateRejection[]>;

  /** The keys of the profiles a query selects, in its order. Sees every applied update. */
  select(query: ProfileQuery, signal?: AbortSignal): Promise<ProfileKeys>;

  /** The number of profiles a query selects. */
  count(query: ProfileQuery, signal?: AbortSignal): Promise<number>;

  /** The profiles with these keys, in this order, as they are now; deleted ones are left out. */
  read(scope: Scope, keys: ProfileKeys): Promise<readonly ProfileRow[]>;

  /** Every property some profile of the scope has, most frequent first. */
  properties(scope: Scope, limit: number): Promise<readonly PropertySummary[]>;

  /** The group keys of a project that have been written to. */
  groupKeys(projectId: number): readonly string[];

  /** How `select` would run a query. */
  explain(query: ProfileQuery): Promise<Explanation>;

  /** Finishes what is under way and releases the data folder. */
  close(): Promise<void>;
}
