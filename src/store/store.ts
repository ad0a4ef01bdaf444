/**
 * What an engine must do. A suite of tests and the specification hold every implementation to it.
 *
 * @module
 */
import type { Event, EventRow } from "../event/event.ts";
import type { EventQuery } from "../event/event-query.ts";
import type { IdentityMode } from "../event/identity.ts";
import type { Scope } from "../profile/profile.ts";
import type { ProfileUpdate } from "../profile/update.ts";
import type { ProfileQuery } from "../query/query.ts";
import type { Breakdown, BreakdownOptions, NumberSummary } from "../query/statistic.ts";
import type { Expression } from "../selector/syntax.ts";
import type { Computed } from "../values/value.ts";
import type { DocumentPart, DocumentsRequest } from "./documents.ts";
import type { FrozenKeys } from "./frozen-keys.ts";

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

/** Events of one project, in the order they arrived; those that say so join distinct ids. */
export interface ProjectEvents {
  readonly projectId: number;
  readonly identity: IdentityMode;
  readonly events: readonly Event[];
}

/** What one request writes to one place. */
export type Batch = ScopedUpdates | ProjectEvents;

/** Whether a batch holds events. */
export function holdsEvents(batch: Batch): batch is ProjectEvents {
  return "events" in batch;
}

/** A small record that is kept beside the profiles of a project, such as a saved cohort. */
export interface StoredRecord {
  readonly id: number;
  /** The text of a JSON object. */
  readonly json: string;
}

/** What a record is about; ids count from 1 within a project and kind, chosen by who writes. */
export type RecordKind = "cohort" | "data_group" | "erasure";

/** How much an erasure took away. */
export interface Erased {
  readonly profileCount: number;
  readonly eventCount: number;
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
   * Applies updates and adds events in order, all in one transaction; resolves once they are durable.
   *
   * An event replaces one with the same name, distinct id, time and insert id. An update of a distinct id that
   * belongs to another's cluster goes to the profile of the cluster, unless it says otherwise.
   *
   * Calls take effect in the order they are made, unless they are to wait.
   *
   * @param after what must have ended before anything is written; the store may make ready meanwhile. If it fails, nothing
   *   is written, and the call fails as it did.
   */
  apply(batches: readonly Batch[], after?: Promise<unknown>): Promise<readonly UpdateRejection[]>;

  /** What a query selects. Sees every applied update, and none that comes later. */
  freeze(query: ProfileQuery, signal?: AbortSignal): Promise<FrozenKeys>;

  /** All keys of what `freeze` gives. */
  select(query: ProfileQuery, signal?: AbortSignal): Promise<ProfileKeys>;

  /** The number of profiles a query selects. */
  count(query: ProfileQuery, signal?: AbortSignal): Promise<number>;

  /**
   * The profiles with these keys, in this order, as they are now; deleted ones are left out.
   *
   * @param includesStrangers gives known distinct ids without a profile as well, their properties empty
   */
  read(
    scope: Scope,
    keys: ProfileKeys,
    includesStrangers?: boolean,
  ): Promise<readonly ProfileRow[]>;

  /**
   * Profiles as text or as a file, all of one state of the store, part by part; deleted ones are left out. A failure
   * half-way throws.
   */
  documents(request: DocumentsRequest, signal?: AbortSignal): AsyncIterable<DocumentPart>;

  /** The profiles of these distinct ids, by ascending id, as they are now; that of a cluster for each of its ids. */
  find(scope: Scope, distinctIds: readonly string[]): Promise<readonly ProfileRow[]>;

  /**
   * What expressions come to for each profile a query selects, in no order and a few thousand at a time.
   *
   * @returns one list a profile, one value an expression
   */
  values(
    query: ProfileQuery,
    expressions: readonly Expression[],
    signal?: AbortSignal,
  ): AsyncIterable<readonly (readonly Computed[])[]>;

  /** What the numbers of an expression come to. @param percentiles between 0 and 100 */
  summarize(
    query: ProfileQuery,
    expression: Expression,
    percentiles: readonly number[],
    signal?: AbortSignal,
  ): Promise<NumberSummary>;

  /** How the values of an expression are spread. */
  breakDown(
    query: ProfileQuery,
    expression: Expression,
    options: BreakdownOptions,
    signal?: AbortSignal,
  ): Promise<Breakdown>;

  /** Events, some thousand at a time, all of one state of the store. A failure half-way throws. */
  events(query: EventQuery, signal?: AbortSignal): AsyncIterable<readonly EventRow[]>;

  /** The records of a kind, by ascending id. */
  records(projectId: number, kind: RecordKind): Promise<readonly StoredRecord[]>;

  /** Writes records in one transaction; one without JSON is removed. Resolves once they are durable. */
  putRecords(
    projectId: number,
    kind: RecordKind,
    records: readonly { readonly id: number; readonly json: string | undefined }[],
  ): Promise<void>;

  /**
   * Makes the members of a static cohort those with these distinct ids; unknown ids become strangers. A member
   * stands for its whole cluster.
   */
  setMembers(scope: Scope, cohortId: number, distinctIds: readonly string[]): Promise<void>;

  /** The canonical distinct ids of a static cohort's members, in UTF-8 byte order. */
  members(scope: Scope, cohortId: number): Promise<readonly string[]>;

  /** The canonical id of each distinct id's cluster; an id nobody joined is its own. */
  canonicalIds(projectId: number, distinctIds: readonly string[]): Promise<readonly string[]>;

  /**
   * The keys of all profiles that are kept of users, by ascending distinct id: those of every id of their clusters, as
   * updates that ignore aliases write them.
   */
  keysOfUsers(projectId: number, distinctIds: readonly string[]): Promise<ProfileKeys>;

  /**
   * Takes away all that is kept of users: their profiles, their events, their places in static cohorts and the ids
   * of their clusters. `compact` takes the bytes out of the data folder.
   */
  erase(projectId: number, distinctIds: readonly string[]): Promise<Erased>;

  /**
   * Writes the data anew, so that nothing deleted is left on disk. It waits for streams that are being read, and
   * whatever else is asked meanwhile waits for it: whoever reads a stream must not wait for that.
   */
  compact(): Promise<void>;

  /** Every property that some profile which a query selects has, most frequent first. */
  properties(
    query: ProfileQuery,
    limit: number,
    signal?: AbortSignal,
  ): Promise<readonly PropertySummary[]>;

  /** The group keys of a project that have been written to. */
  groupKeys(projectId: number): readonly string[];

  /** How `select` would run a query. */
  explain(query: ProfileQuery): Promise<Explanation>;

  /** Finishes what is under way and releases the data folder. */
  close(): Promise<void>;
}
