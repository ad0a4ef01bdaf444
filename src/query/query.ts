/**
 * What one query asks, engine-neutral: planned and checked, nothing of the wire left.
 *
 * @module
 */
import type { Behavior } from "../event/behavior.ts";
import type { Scope } from "../profile/profile.ts";
import type { Selector } from "../selector/selector.ts";

/** The order of a result; profiles that tie come by ascending distinct id. */
export interface SortOrder {
  /** Numbers come before texts before other kinds; profiles without the key come last either way. */
  readonly key: Selector;
  readonly descending: boolean;
}

/** One request for profiles. */
export interface ProfileQuery {
  readonly scope: Scope;
  /** Only these profiles; undefined for all. */
  readonly distinctIds: readonly string[] | undefined;
  /** Only profiles for which every one of these is exactly true. */
  readonly selectors: readonly Selector[];
  /** Undefined orders by ascending distinct id, in UTF-8 byte order. */
  readonly sort: SortOrder | undefined;
  /** What `behaviors["…"]` in the selectors and the sort key reads, by name. */
  readonly behaviors: ReadonlyMap<string, Behavior>;
  /** Whether strangers are selected too: distinct ids that are known but have no profile. */
  readonly includesStrangers: boolean;
  /** At most so many profiles. */
  readonly limit: number | undefined;
  /** The query's time: `NOW` and `today()` in its selectors. Epoch seconds. */
  readonly asOfSeconds: number;
  /** IANA zone that naive datetime literals are read in. */
  readonly timeZone: string;
}

/** A query for every profile of a scope. Nothing in it reads its time or its zone. */
export function everyProfile(scope: Scope): ProfileQuery {
  return {
    scope,
    distinctIds: undefined,
    selectors: [],
    sort: undefined,
    behaviors: new Map(),
    includesStrangers: false,
    limit: undefined,
    asOfSeconds: 0,
    timeZone: "UTC",
  };
}
