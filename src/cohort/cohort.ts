/**
 * Saved cohorts: named selections of profiles, as whoever keeps them hands them out.
 *
 * @module
 */
import type { ValueObject } from "../values/value.ts";

/** A saved cohort. */
export interface SavedCohort {
  /** Counts from 1 within a project. */
  readonly id: number;
  readonly name: string;
  /** The group key of the profiles it selects; undefined for users. */
  readonly groupKey: string | undefined;
  /** Whether its members are a list that the store keeps, so that it has no definition. */
  readonly isStatic: boolean;
  /**
   * The members `groups`, `selector` and `behaviors` of what was sent, those that were there, as they were: `meaningOf`
   * reads them, and they are given out again unchanged. Empty for a static cohort.
   */
  readonly definition: ValueObject;
}

/** The saved cohorts of one project; a deleted one is not among them. */
export interface CohortSource {
  byId(id: number): SavedCohort | undefined;
  /** Exactly by its name. */
  byName(name: string): SavedCohort | undefined;
}

/** A project that has saved nothing. */
export const NO_COHORTS: CohortSource = { byId: () => undefined, byName: () => undefined };
