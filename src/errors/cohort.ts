/**
 * What can be wrong with the definition of a cohort, or with naming one.
 *
 * @module
 */
import type { ErrorTable } from "./entry.ts";

/** The facts each cohort error carries. */
export interface CohortErrorFacts {
  "cohort.invalid_id": { readonly id: string };
  "cohort.missing_resource_type": { readonly group: number };
  "cohort.invalid_definition": {
    readonly path: string;
    readonly expected: string;
    readonly found: string;
  };
  "cohort.not_available": { readonly path: string; readonly feature: string };
  "cohort.cycle": { readonly path: string };
  "cohort.too_deep": { readonly depthMax: number };
  "cohort.too_large": { readonly what: string; readonly countMax: number };
  "cohort.other_group": { readonly cohort: string; readonly about: string; readonly asked: string };
}

/** The rows of the catalogue for cohorts. */
export const COHORT_ERRORS: ErrorTable<CohortErrorFacts> = {
  "cohort.invalid_id": {
    kind: "invalid",
    message: ({ id }) => `Invalid cohort id: ${id}`,
    hint: () => "see /cohorts/list for the cohorts of the project",
  },
  "cohort.missing_resource_type": {
    kind: "invalid",
    message: ({ group }) => `Missing or invalid 'resourceType' field in filter group ${group}`,
    hint: () => 'give each group an event: {"resourceType": "cohort", "value": "$all_users"}',
  },
  "cohort.invalid_definition": {
    kind: "invalid",
    message: ({ path, expected, found }) =>
      `Invalid cohort: ${path} must be ${expected}, found ${found}`,
    hint: ({ path, expected }) => `give ${path} as ${expected}`,
  },
  "cohort.not_available": {
    kind: "invalid",
    message: ({ path, feature }) => `Invalid cohort: ${path} uses ${feature}, which Whom lacks`,
    hint: ({ path }) => `write ${path} another way, perhaps as a selector`,
  },
  "cohort.cycle": {
    kind: "invalid",
    message: ({ path }) => `cohorts that need each other: ${path}`,
    hint: () => "take one of them out of another's definition",
  },
  "cohort.too_deep": {
    kind: "invalid",
    message: ({ depthMax }) => `the cohort nests deeper than ${depthMax} levels`,
    hint: () => "define it with fewer cohorts and conditions inside each other",
  },
  "cohort.too_large": {
    kind: "invalid",
    message: ({ what, countMax }) => `the cohorts of the query have more than ${countMax} ${what}`,
    hint: () => "use fewer or smaller cohorts in one query",
  },
  "cohort.other_group": {
    kind: "invalid",
    message: ({ cohort, about, asked }) =>
      `cohort ${cohort} has ${about}, the query asks for ${asked}`,
    hint: () => "ask with the cohort's own data_group_id, or without one",
  },
};
