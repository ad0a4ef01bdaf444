/**
 * A filter of the web application on profiles: on a property, on what somebody did, or on membership in cohorts.
 *
 * @module
 */
import { kinds } from "../selector/kinds.ts";
import type { Expression } from "../selector/syntax.ts";
import { kindsOf } from "../selector/types.ts";
import { typeOfMeasure, webBehavior } from "./behavior.ts";
import type { BehaviorPool } from "./behavior-pool.ts";
import { accessor, anyOf, binary, cohortTest, FALSE, TRUE } from "./build.ts";
import { isCohortFilter } from "./event-filter.ts";
import { negatedIf } from "./filter-operators.ts";
import { at, invalid, isAbsent, isObjectAt, itemsOrOne, type Place } from "./place.ts";
import { propertyCondition, subjectCondition, typeAt } from "./property-filter.ts";

/** A translation under way. */
export interface Translation {
  /** The behaviors met so far. */
  readonly pool: BehaviorPool;
  /** What a definition within the definition means, as a condition. */
  readonly define: (definition: Place) => Expression;
}

const BOOLEAN = kinds("boolean");
const COHORT_ID = /^\d{1,15}$/;

/** Operators of membership by name; true for those that negate. */
const MEMBERSHIP: ReadonlyMap<unknown, boolean> = new Map([
  ["contains", false],
  ["equals", false],
  ["in", false],
  ["does not contain", true],
  ["does not equal", true],
  ["not in", true],
]);

/**
 * The condition of a filter.
 *
 * @throws `cohort.*`
 */
export function filterCondition(filter: Place, translation: Translation): Expression {
  if (!isObjectAt(filter)) throw invalid(filter, "a filter");
  if (isCohortFilter(filter)) return cohortsCondition(filter, translation);
  const custom = at(at(filter, "customProperty"), "behavior");
  const behavior = isAbsent(custom) ? at(filter, "behavior") : custom;
  if (!isAbsent(behavior)) return behaviorCondition(filter, behavior, translation);
  const resource = at(filter, "resourceType");
  if (resource.value === "event" || resource.value === "events") {
    throw invalid(resource, '"user" or "cohort"');
  }
  return propertyCondition(filter, (name) => accessor("properties", name));
}

/** The id of a cohort, which may be written as a text; undefined for anything else. */
export function cohortIdOf(value: unknown): number | undefined {
  const id = typeof value === "string" && COHORT_ID.test(value.trim()) ? Number(value) : value;
  return typeof id === "number" && Number.isSafeInteger(id) && id >= 0 ? id : undefined;
}

/** An expression that is true where another is, and false wherever that is anything else. */
export function asCondition(expression: Expression): Expression {
  const given = kindsOf(expression);
  if ((given & BOOLEAN) === 0) return FALSE;
  return given === BOOLEAN ? expression : binary("and", expression, TRUE);
}

/** What `asCondition` was given, for a place where only exact truth counts. */
export function withoutCast(condition: Expression): Expression {
  const isCast = condition.kind === "binary" && condition.right === TRUE;
  return isCast ? condition.left : condition;
}

/** Whether somebody is in one of the cohorts that a filter lists; any of them may stand for its opposite. */
function cohortsCondition(filter: Place, translation: Translation): Expression {
  const operator = at(filter, "filterOperator");
  const isNegated = MEMBERSHIP.get(operator.value);
  if (isNegated === undefined) throw invalid(operator, '"contains" or "does not contain"');
  const conditions = itemsOrOne(at(filter, "filterValue")).map((entry) => {
    const cohort = isObjectAt(at(entry, "cohort")) ? at(entry, "cohort") : entry;
    return negatedIf(at(cohort, "negated").value === true, cohortCondition(cohort, translation));
  });
  return negatedIf(isNegated, anyOf(conditions));
}

function cohortCondition(cohort: Place, { define }: Translation): Expression {
  const inline = at(cohort, "raw_cohort");
  if (isObjectAt(inline)) return define(inline);
  const id = cohortIdOf(at(cohort, "id").value);
  if (id === undefined) throw invalid(at(cohort, "id"), "the id of a cohort");
  return cohortTest(id);
}

function behaviorCondition(filter: Place, place: Place, { pool }: Translation): Expression {
  const behavior = webBehavior(place);
  const name = pool.add("behavior", behavior);
  const type = typeOfMeasure(behavior.measure) ?? typeAt(filter);
  return subjectCondition(filter, accessor("behaviors", name), type);
}
