/**
 * A definition as a tree of operators with named behaviors, the older form, to a condition.
 *
 * @module
 */
import type { Expression } from "../selector/syntax.ts";
import { treeBehavior, typeOfMeasure } from "./behavior.ts";
import { accessor, call, cohortTest } from "./build.ts";
import { joined } from "./event-filter.ts";
import { cohortIdOf, type Translation } from "./filter.ts";
import { type FilterOperator, type FilterType, negatedIf, operatorAt } from "./filter-operators.ts";
import { at, invalid, isAbsent, isObjectAt, items, type Place, textAt } from "./place.ts";
import { typeAt } from "./property-filter.ts";

/** Names of operators that mean something else than in a filter. */
const OWN_NAMES: ReadonlyMap<unknown, string> = new Map([
  ["in", "contains"],
  ["not in", "does not contain"],
]);

/**
 * The condition of a node.
 *
 * @param behaviors the behaviors that nodes name
 * @throws `cohort.*`
 */
export function treeCondition(node: Place, behaviors: Place, translation: Translation): Expression {
  if (!isObjectAt(node)) throw invalid(node, "a condition");
  const operator = at(node, "operator");
  if (operator.value === "and" || operator.value === "or") {
    return joined(
      operator.value,
      items(at(node, "children")).map((child) => treeCondition(child, behaviors, translation)),
    );
  }
  const property = at(node, "property");
  switch (property.value) {
    case "behaviors":
      return behaviorCondition(node, behaviors, translation);
    case "user":
      return profileCondition(node);
    case "cohort":
      return cohortCondition(node);
    default:
      throw isAbsent(property)
        ? invalid(operator, '"and" or "or"')
        : invalid(property, '"behaviors", "user" or "cohort"');
  }
}

function behaviorCondition(node: Place, behaviors: Place, { pool }: Translation): Expression {
  const key = textAt(at(node, "value"), "the name of a behavior");
  const place = at(behaviors, key);
  if (isAbsent(place)) throw invalid(at(node, "value"), "the name of a behavior");
  const behavior = treeBehavior(place);
  const subject = accessor("behaviors", pool.add(key, behavior));
  return condition(node, subject, typeOfMeasure(behavior.measure) ?? typeAt(node));
}

function profileCondition(node: Place): Expression {
  const property = accessor("properties", textAt(at(node, "value"), "the name of a property"));
  const type = typeAt(node);
  // The type decides the cast: numbers are often kept as text.
  return condition(node, type === "number" ? call("number", property) : property, type);
}

function condition(node: Place, subject: Expression, type: FilterType | undefined): Expression {
  const { isNegated, translate } = nodeOperator(at(node, "operator"));
  const asked = translate({ subject, type, operand: at(node, "operand"), unit: at(node, "unit") });
  return negatedIf(isNegated, asked);
}

function nodeOperator(place: Place): FilterOperator {
  return operatorAt({ ...place, value: OWN_NAMES.get(place.value) ?? place.value });
}

function cohortCondition(node: Place): Expression {
  const value = at(node, "value");
  const id = cohortIdOf(value.value);
  if (id === undefined) throw invalid(value, "the id of a cohort");
  const operator = at(node, "operator");
  if (operator.value !== "in" && operator.value !== "not in") {
    throw invalid(operator, '"in" or "not in"');
  }
  return negatedIf(operator.value === "not in", cohortTest(id));
}
