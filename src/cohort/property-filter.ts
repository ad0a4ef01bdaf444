/**
 * A filter on a property, of a profile or of an event, as a condition.
 *
 * @module
 */
import type { Expression } from "../selector/syntax.ts";
import { allOf, call, ITEM_VALUE, memberOf, overItems } from "./build.ts";
import { type FilterType, negatedIf, operatorAt } from "./filter-operators.ts";
import {
  at,
  atAny,
  invalid,
  isAbsent,
  items,
  notAvailable,
  optionalTextAt,
  type Place,
  textAt,
} from "./place.ts";

const TYPES: ReadonlySet<string> = new Set<FilterType>([
  "string",
  "number",
  "boolean",
  "datetime",
  "list",
  "object",
]);

/** What reads a property by its name. */
export type Reader = (name: string) => Expression;

/**
 * The condition of a filter.
 *
 * @throws `cohort.invalid_definition`, `cohort.not_available`
 */
export function propertyCondition(filter: Place, read: Reader): Expression {
  for (const key of ["customPropertyId", "customProperty"]) {
    if (!isAbsent(at(filter, key))) throw notAvailable(at(filter, key), "a custom property");
  }
  const property = read(textAt(atAny(filter, "propertyName", "value"), "the name of a property"));
  if (!isAbsent(at(filter, "listItemFilters"))) return itemCondition(filter, property);
  const key = optionalTextAt(at(filter, "propertyObjectKey"));
  if (key === undefined) return subjectCondition(filter, property, typeAt(filter));
  // Of a list of objects one must fit, so that "not" means that none does.
  return subjectCondition(filter, memberOf(ITEM_VALUE, key), typeAt(filter), (condition) =>
    overItems("any", property, condition),
  );
}

/** The condition that the operator and value of a filter ask of something. */
export function subjectCondition(
  filter: Place,
  subject: Expression,
  type: FilterType | undefined,
  around: (condition: Expression) => Expression = (condition) => condition,
): Expression {
  const operator = operatorAt(at(filter, "filterOperator"));
  const condition = operator.translate({
    subject: isCast(filter, type) ? call("number", subject) : subject,
    type,
    operand: at(filter, "filterValue"),
    unit: at(filter, "filterDateUnit"),
  });
  return negatedIf(operator.isNegated, around(condition));
}

/** What a filter takes its property for; undefined where it does not say. */
export function typeAt(filter: Place): FilterType | undefined {
  const { value } = atAny(filter, "propertyType", "filterType", "type");
  return typeof value === "string" && TYPES.has(value) ? (value as FilterType) : undefined;
}

/** Whether somebody chose to read a property as a number that is kept as something else. */
function isCast(filter: Place, type: FilterType | undefined): boolean {
  const { value } = atAny(filter, "propertyDefaultType", "defaultType");
  return type === "number" && typeof value === "string" && value !== "number";
}

/** Whether any or all objects of a list fit filters on their members. */
function itemCondition(filter: Place, property: Expression): Expression {
  const { value: operator } = at(filter, "filterOperator");
  if (operator !== "true" && operator !== "false" && operator !== "list_contains") {
    throw invalid(at(filter, "filterOperator"), '"true" or "false"');
  }
  const quantifier = atAny(filter, "listQuantifier");
  const name = isAbsent(quantifier) ? "any" : quantifier.value;
  if (name !== "any" && name !== "all") throw invalid(quantifier, '"any" or "all"');
  const conditions = items(at(filter, "listItemFilters")).map((item) =>
    propertyCondition(item, (member) => memberOf(ITEM_VALUE, member)),
  );
  return negatedIf(operator === "false", overItems(name, property, allOf(conditions)));
}
