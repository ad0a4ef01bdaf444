/**
 * A definition as the web application writes it, `groups`, to a condition.
 *
 * @module
 */
import { fail } from "../errors/error.ts";
import { ALL_TIME } from "../event/window.ts";
import type { Expression } from "../selector/syntax.ts";
import { eventTestAt } from "./behavior.ts";
import { accessor, allOf, binary, cohortTest, literal } from "./build.ts";
import { windowAt } from "./dates.ts";
import { joined, jointAt } from "./event-filter.ts";
import { cohortIdOf, filterCondition, type Translation } from "./filter.ts";
import { at, invalid, isAbsent, items, type Place } from "./place.ts";

const ALL_USERS: ReadonlySet<unknown> = new Set(["$all_users", "$all_profiles"]);

/**
 * The condition that groups come to; they are joined from left to right, without precedence.
 *
 * @throws `cohort.*`
 */
export function groupsCondition(groups: Place, translation: Translation): Expression {
  let condition: Expression | undefined;
  let joint = jointAt({ ...groups, value: undefined });
  for (const [index, group] of items(groups).entries()) {
    const next = groupCondition(group, index, translation);
    condition = condition === undefined ? next : binary(joint, condition, next);
    joint = jointAt(at(group, "groupingOperator"));
  }
  return condition ?? allOf([]);
}

function groupCondition(group: Place, index: number, translation: Translation): Expression {
  const event = at(group, "event");
  const resource = at(event, "resourceType").value;
  if (resource === "event" || resource === "events") {
    return allOf([
      didEvent(group, translation),
      ...filters(group, "behavioralFilters", translation),
    ]);
  }
  if (resource !== "cohort") throw fail("cohort.missing_resource_type", { group: index });
  return allOf([
    ...base(at(event, "value")),
    ...filters(group, "filters", translation),
    ...filters(group, "behavioralFilters", translation),
  ]);
}

/** Whom a group starts from: everybody, or the members of a cohort. */
function base(value: Place): readonly Expression[] {
  if (isAbsent(value) || ALL_USERS.has(value.value)) return [];
  const id = cohortIdOf(value.value);
  if (id === undefined) throw invalid(value, '"$all_users" or the id of a cohort');
  return [cohortTest(id)];
}

function filters(
  group: Place,
  key: "filters" | "behavioralFilters",
  translation: Translation,
): readonly Expression[] {
  const conditions = items(at(group, key)).map((filter) => filterCondition(filter, translation));
  if (conditions.length === 0) return [];
  return [joined(jointAt(at(group, `${key}Operator`)), conditions)];
}

/** An older form of group: whoever did an event that fits the filters. */
function didEvent(group: Place, { pool }: Translation): Expression {
  const range = at(group, "dateRange");
  const name = pool.add("behavior", {
    tests: [eventTestAt(at(group, "event"), group)],
    window: isAbsent(range) ? ALL_TIME : windowAt(range),
    measure: { kind: "count" },
  });
  return binary(">", accessor("behaviors", name), literal(0));
}
