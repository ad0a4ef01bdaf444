/**
 * The `filter_by_cohort` parameter: which cohort a request means, saved or written out.
 *
 * @module
 */
import type { CohortSource, SavedCohort } from "../cohort/cohort.ts";
import { cohortIdOf } from "../cohort/filter.ts";
import { isDefinition } from "../cohort/meaning.ts";
import { fail } from "../errors/error.ts";
import { showJson } from "../values/shown.ts";

const FOUND_LENGTH_MAX = 60;

/** A cohort to filter by. */
export type CohortFilter =
  | { readonly kind: "saved"; readonly cohort: SavedCohort; readonly isNegated: boolean }
  | {
      readonly kind: "inline";
      readonly definition: object;
      /** The id or key of the data group it says it is about; undefined when it does not say. */
      readonly dataGroup: string | undefined;
      readonly isNegated: boolean;
    };

/**
 * Reads `{"id": 5}`, `{"raw_cohort": {…}}`, `5` or `"5"`.
 *
 * @returns undefined for what says nothing: null, an empty text, object or list
 * @throws `cohort.invalid_id`, `cohort.invalid_definition`
 */
export function readCohortFilter(json: unknown, cohorts: CohortSource): CohortFilter | undefined {
  if (isNothing(json)) return undefined;
  const inline = own(json, "raw_cohort");
  const isNegated = own(json, "negated") === true;
  if (typeof inline === "object" && inline !== null) {
    if (isDefinition(inline)) {
      return { kind: "inline", definition: inline, dataGroup: dataGroupIn(inline), isNegated };
    }
    // A saved cohort, written out without what defines it.
    const cohort = savedIn(own(inline, "id"), cohorts);
    if (cohort !== undefined) return { kind: "saved", cohort, isNegated };
    const expected = "a definition with groups, or with a selector";
    throw fail("cohort.invalid_definition", { path: "raw_cohort", expected, found: "none" });
  }
  const id = typeof json === "object" ? own(json, "id") : json;
  const cohort = savedIn(id, cohorts);
  if (cohort === undefined) throw fail("cohort.invalid_id", { id: shown(id) });
  return { kind: "saved", cohort, isNegated };
}

/** Whether a parameter was sent that says nothing. */
export function isNothing(json: unknown): boolean {
  if (json === undefined || json === null || json === "") return true;
  return typeof json === "object" && Object.keys(json).length === 0;
}

function savedIn(id: unknown, cohorts: CohortSource): SavedCohort | undefined {
  const number = cohortIdOf(id);
  return number === undefined ? undefined : cohorts.byId(number);
}

/** Definitions of the web application have it in their groups, which are all about the same. */
function dataGroupIn(definition: object): string | undefined {
  const groups = own(definition, "groups");
  const [first] = Array.isArray(groups) ? (groups as readonly unknown[]) : [];
  for (const value of [
    own(definition, "data_group_id"),
    own(definition, "dataGroupId"),
    own(first, "dataGroupId"),
  ]) {
    if (typeof value === "number" || (typeof value === "string" && value !== "")) {
      return String(value);
    }
  }
  return undefined;
}

function own(json: unknown, key: string): unknown {
  const isObject = typeof json === "object" && json !== null && Object.hasOwn(json, key);
  return isObject ? (json as Readonly<Record<string, unknown>>)[key] : undefined;
}

function shown(id: unknown): string {
  if (id === undefined) return "none";
  if (typeof id !== "string") return showJson(id, FOUND_LENGTH_MAX);
  return id.length > FOUND_LENGTH_MAX ? `${id.slice(0, FOUND_LENGTH_MAX)}…` : id;
}
