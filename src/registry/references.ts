/**
 * Which cohorts are part of which others.
 *
 * @module
 */
import type { SavedCohort } from "../cohort/cohort.ts";
import { meaningOf } from "../cohort/meaning.ts";
import { children } from "../selector/children.ts";
import type { Expression } from "../selector/syntax.ts";

/** The cohorts that a cohort is part of, by ascending id. */
export interface CohortUse {
  /** Their definitions name it. */
  readonly direct: readonly number[];
  /** Those, and the cohorts that they are part of in turn. */
  readonly all: readonly number[];
}

/** Definitions do not change, so each is looked through once. */
const namedBy = new WeakMap<SavedCohort, ReadonlySet<number | string>>();

/** Looks up what each cohort of a project is part of. */
export function usesOf(cohorts: readonly SavedCohort[]): (cohort: SavedCohort) => CohortUse {
  const users = new Map<number | string, number[]>();
  for (const cohort of cohorts) {
    for (const named of namesIn(cohort)) {
      const known = users.get(named);
      if (known === undefined) users.set(named, [cohort.id]);
      else known.push(cohort.id);
    }
  }
  const byId = new Map(cohorts.map((cohort) => [cohort.id, cohort]));
  const directUsers = ({ id, name }: SavedCohort): readonly number[] =>
    ascending(new Set([...(users.get(id) ?? []), ...(users.get(name) ?? [])]));
  return (cohort) => {
    const direct = directUsers(cohort);
    const all = new Set(direct);
    // A set gives what is added to it while it is walked.
    for (const id of all) {
      const user = byId.get(id);
      for (const next of user === undefined ? [] : directUsers(user)) all.add(next);
    }
    return { direct, all: ascending(all) };
  };
}

/** The ids and names of cohorts in a definition. */
function namesIn(cohort: SavedCohort): ReadonlySet<number | string> {
  const known = namedBy.get(cohort);
  if (known !== undefined) return known;
  const names = new Set<number | string>();
  if (!cohort.isStatic) collect(meaningOf(cohort.definition).expression, names);
  namedBy.set(cohort, names);
  return names;
}

function collect(expression: Expression, names: Set<number | string>): void {
  const rest = [expression];
  for (let next = rest.pop(); next !== undefined; next = rest.pop()) {
    if (next.kind === "cohort") names.add(next.cohort);
    rest.push(...children(next));
  }
}

function ascending(ids: Iterable<number>): readonly number[] {
  return [...ids].toSorted((left, right) => left - right);
}
