/**
 * What can be wrong with what a project has saved, or with a change of it.
 *
 * @module
 */
import type { ErrorTable } from "./entry.ts";

/** The facts each of these errors carries. */
export interface RegistryErrorFacts {
  "cohort.missing": { readonly cohortId: string };
  "cohort.exists": { readonly name: string };
  "cohort.not_static": { readonly cohortId: number };
  "cohort.has_members": { readonly cohortId: number };
  "cohort.too_many": { readonly countMax: number };
  "data_group.missing": { readonly dataGroup: string };
  "data_group.exists": { readonly groupKey: string };
  "data_group.too_many": { readonly countMax: number };
  "privacy.task_missing": { readonly taskId: string };
}

/** The rows of the catalogue for what is saved. */
export const REGISTRY_ERRORS: ErrorTable<RegistryErrorFacts> = {
  "cohort.missing": {
    kind: "missing",
    message: ({ cohortId }) => `Cohort ${cohortId} not found`,
    hint: () => "list the cohorts of the project: it may have been deleted",
  },
  "cohort.exists": {
    kind: "conflict",
    message: ({ name }) => `A cohort named ${name} already exists`,
    hint: () => "choose another name, or change that cohort",
  },
  "cohort.not_static": {
    kind: "invalid",
    message: ({ cohortId }) => `Cohort ${cohortId} has a definition, which decides its members`,
    hint: () => "create a cohort without groups, selector and behaviors for a list of members",
  },
  "cohort.has_members": {
    kind: "conflict",
    message: ({ cohortId }) => `Cohort ${cohortId} has a list of members, which this would drop`,
    hint: () => "take its members out first, or create another cohort",
  },
  "cohort.too_many": {
    kind: "invalid",
    message: ({ countMax }) => `the project has ${countMax} cohorts, which is the most`,
    hint: () => "delete cohorts that nobody uses",
  },
  "data_group.missing": {
    kind: "missing",
    message: ({ dataGroup }) => `Data group ${dataGroup} not found`,
    hint: () => "list the data groups of the project",
  },
  "data_group.exists": {
    kind: "conflict",
    message: ({ groupKey }) => `A data group for ${groupKey} already exists`,
    hint: () => "rename that data group, or use it as it is",
  },
  "data_group.too_many": {
    kind: "invalid",
    message: ({ countMax }) => `the project has ${countMax} data groups, which is the most`,
    hint: () => "delete data groups that nobody uses",
  },
  "privacy.task_missing": {
    kind: "missing",
    message: ({ taskId }) => `Task ${taskId} not found`,
    hint: () =>
      "check the task and the token; retrievals are kept for a day and not over a restart",
  },
};
