/**
 * A saved cohort as the record that keeps it.
 *
 * The definition is kept as it was written, letter by letter: clients compare what they get with what they sent.
 *
 * @module
 */
import type { SavedCohort } from "../cohort/cohort.ts";
import { isDefinition } from "../cohort/meaning.ts";
import { makeObject, type Value } from "../values/value.ts";

/** The members of a cohort that say what it selects. */
export const DEFINITION_MEMBERS = ["groups", "selector", "behaviors"] as const;

/** One of them. */
export type DefinitionMember = (typeof DEFINITION_MEMBERS)[number];

/** Those that were sent, each as JSON text. */
export type DefinitionTexts = ReadonlyMap<DefinitionMember, string>;

/** Who created a cohort. */
export interface CohortCreator {
  /** Undefined for a project's secret, which is nobody's. */
  readonly accountId: number | undefined;
  readonly name: string;
}

/** A saved cohort with all that is told about it. */
export interface KeptCohort extends SavedCohort {
  readonly description: string;
  readonly isVisible: boolean;
  readonly isLocked: boolean;
  readonly definitionTexts: DefinitionTexts;
  readonly createdAtMs: number;
  readonly editedAtMs: number;
  readonly createdBy: CohortCreator;
}

/** What is told about a cohort besides its id. */
export type CohortFacts = Omit<KeptCohort, "id" | "isStatic" | "definition">;

/** A cohort made of its facts; one whose definition says nothing is a list of members. */
export function makeCohort(id: number, facts: CohortFacts): KeptCohort {
  const definition = makeObject(
    [...facts.definitionTexts].map(([name, json]) => [name, JSON.parse(json) as Value] as const),
  );
  const isStatic = !isDefinition(definition);
  return { ...facts, id, isStatic, definition: isStatic ? makeObject([]) : definition };
}

/** The text of a record. */
export function encodeCohort(cohort: KeptCohort): string {
  const { isStatic: _isStatic, definition: _definition, definitionTexts, ...facts } = cohort;
  return JSON.stringify({ ...facts, definitionTexts: [...definitionTexts] });
}

/** Reads `encodeCohort`. */
export function decodeCohort(json: string): KeptCohort {
  const { id, definitionTexts, groupKey, createdBy, ...facts } = JSON.parse(json) as CohortFacts & {
    readonly id: number;
    readonly definitionTexts: Iterable<readonly [DefinitionMember, string]>;
  };
  return makeCohort(id, {
    ...facts,
    // JSON leaves undefined members out.
    groupKey,
    createdBy: { accountId: createdBy.accountId, name: createdBy.name },
    definitionTexts: new Map(definitionTexts),
  });
}
