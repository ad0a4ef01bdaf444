/**
 * Random requests with behaviors or cohorts, to be planned.
 *
 * @module
 */
import fc from "fast-check";
import type { SavedCohort } from "../../src/cohort/cohort.ts";
import type { PlanContext, QueryRequest } from "../../src/query/plan.ts";
import { profileConditionText, someIds, TIME_ZONES } from "./behavior-arbitraries.ts";
import {
  arbitraryBehaviors,
  arbitraryDefinition,
  groupsDefinition,
  type Json,
  textDefinition,
} from "./cohort-arbitraries.ts";
import { GROUP_IDS, IDS, START_SECONDS } from "./event-arbitraries.ts";

/** A request and where it is asked, but for the project. */
export interface PlannedCase {
  readonly request: QueryRequest;
  readonly timeZone: string;
  readonly cohorts: readonly SavedCohort[];
  readonly workspaceSelector: string | undefined;
}

/** Saved cohorts: two static ones, and others that may be made of each other. */
const cohorts = fc
  .tuple(textDefinition, groupsDefinition, arbitraryDefinition)
  .map(([third, fourth, fifth]): readonly SavedCohort[] => [
    savedCohort(1, {}, true),
    savedCohort(2, {}, true),
    savedCohort(3, third),
    savedCohort(4, fourth),
    { ...savedCohort(5, fifth), groupKey: "company" },
    { ...savedCohort(6, {}, true), groupKey: "company" },
  ]);

function savedCohort(id: number, json: Json, isStatic = false): SavedCohort {
  const members = json as SavedCohort["definition"];
  return { id, name: `Cohort ${id}`, groupKey: undefined, isStatic, definition: members };
}

const filterByCohort = fc.oneof(
  fc.tuple(fc.constantFrom(1, 2, 3, 4, 5), fc.boolean()).map(([id, negated]) => ({ id, negated })),
  fc
    .tuple(arbitraryDefinition, fc.boolean())
    .map(([raw_cohort, negated]): Json => ({ raw_cohort, negated })),
  fc.tuple(arbitraryDefinition, fc.constant("company")).map(
    ([raw, key]): Json => ({
      raw_cohort: { ...raw, data_group_id: key },
    }),
  ),
);

const common = {
  distinctIds: someIds([...IDS, ...GROUP_IDS]),
  search: fc
    .option(fc.constantFrom("a", "Ü", "1"), { nil: undefined, freq: 1 })
    .chain((found) => fc.nat(5).map((dice) => (dice === 0 ? found : undefined))),
  outputProperties: fc.constantFrom<readonly string[] | undefined>(undefined, ["plan", "tags"]),
  descending: fc.boolean(),
  limit: fc.constant(undefined),
  asOfSeconds: fc
    .tuple(fc.nat(14), fc.constantFrom(-1, 0, 1))
    .map(([halfDays, seconds]) => START_SECONDS + halfDays * 43_200 + seconds),
  includeAllUsers: fc.boolean(),
};

const byBehaviors: fc.Arbitrary<QueryRequest> = fc.record({
  ...common,
  where: profileConditionText,
  dataGroup: fc.constantFrom(undefined, undefined, undefined, "company"),
  sortKey: fc.constantFrom(
    undefined,
    'behaviors["b0"]',
    "plan",
    'behaviors["b1"] * properties["ltv"]',
  ),
  behaviors: arbitraryBehaviors,
  filterByCohort: fc.constant(undefined),
});

const byCohort: fc.Arbitrary<QueryRequest> = fc.record({
  ...common,
  where: fc.constantFrom(undefined, undefined, "cohort(3)", 'properties["plan"] != "a"'),
  dataGroup: fc.constant(undefined),
  sortKey: fc.constantFrom(undefined, "ltv", 'properties["$mp_first_event_time"]'),
  behaviors: fc.constant(undefined),
  filterByCohort,
});

/** A request that has to be planned first. */
export const arbitraryPlannedCase: fc.Arbitrary<PlannedCase> = fc.record({
  request: fc.oneof({ weight: 1, arbitrary: byBehaviors }, { weight: 2, arbitrary: byCohort }),
  timeZone: fc.constantFrom(...TIME_ZONES),
  cohorts,
  workspaceSelector: fc.constantFrom(
    undefined,
    undefined,
    undefined,
    "not cohort(2)",
    'properties["ltv"] >= 0',
  ),
});

/** The context of a planned case. */
export function contextOf(
  { cohorts: saved, workspaceSelector, timeZone }: PlannedCase,
  project: PlanContext["project"],
): PlanContext {
  return {
    project: { ...project, id: 1, timeZone },
    workspace: { id: 1, name: "All", isGlobal: false, selector: workspaceSelector },
    groupKeys: ["company"],
    cohorts: {
      byId: (id) => saved.find((cohort) => cohort.id === id),
      byName: (name) => saved.find((cohort) => cohort.name === name),
    },
  };
}
