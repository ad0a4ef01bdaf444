/**
 * Definitions as texts of what they mean.
 *
 * @module
 */
import type { CohortSource, SavedCohort } from "../../src/cohort/cohort.ts";
import { type Meaning, meaningOf } from "../../src/cohort/meaning.ts";
import { WhomError } from "../../src/errors/error.ts";
import type { BehaviorDefinition } from "../../src/event/behavior.ts";
import { print } from "../../src/selector/selector.ts";
import type { ValueObject } from "../../src/values/value.ts";

/** The selector a definition means, as text. */
export function meant(definition: unknown): string {
  return print(meaningOf(definition).expression);
}

/** A behavior on one line: events, window, measure. */
function describeBehavior({ tests, window, measure }: BehaviorDefinition): string {
  const events = tests.map(({ event = "*", selector }) =>
    selector === undefined ? event : `${event} where ${print(selector.expression)}`,
  );
  const span =
    window.kind === "last"
      ? `last ${window.seconds} s`
      : `${window.from ?? ""}..${window.to ?? ""}`;
  const property = "property" in measure ? ` of ${measure.property}` : "";
  return `${measure.kind}${property} | ${events.join(" | ")} | ${span}`;
}

/** The behaviors of a meaning, by name. */
export function behaviorsOf({ behaviors }: Pick<Meaning, "behaviors">): Record<string, string> {
  return Object.fromEntries(
    [...behaviors].map(([name, behavior]) => [name, describeBehavior(behavior)]),
  );
}

/** What a definition is refused with. */
export function refusal(act: () => unknown): WhomError {
  try {
    act();
  } catch (error) {
    if (error instanceof WhomError) return error;
    throw error;
  }
  throw new Error("nothing is wrong");
}

/** A definition of one group of all users with these filters. */
export function groupOf(...filters: readonly unknown[]): Record<string, unknown> {
  return {
    groups: [
      {
        event: { resourceType: "cohort", value: "$all_users", label: "All Users" },
        filters,
        filtersOperator: "and",
        behavioralFilters: [],
        behavioralFiltersOperator: "and",
        groupingOperator: null,
      },
    ],
  };
}

/** A saved cohort of users. */
export function saved(
  id: number,
  definition: unknown,
  rest: Partial<SavedCohort> = {},
): SavedCohort {
  return {
    id,
    name: `Cohort ${id}`,
    groupKey: undefined,
    isStatic: false,
    definition: definition as ValueObject,
    ...rest,
  };
}

/** The cohorts of a project. */
export function sourceOf(...cohorts: readonly SavedCohort[]): CohortSource {
  return {
    byId: (id) => cohorts.find((cohort) => cohort.id === id),
    byName: (name) => cohorts.find((cohort) => cohort.name === name),
  };
}
