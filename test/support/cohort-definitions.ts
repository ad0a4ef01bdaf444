/**
 * Definitions of cohorts as clients send them.
 *
 * @module
 */

/** The profiles whose plan is pro, as an older tree. */
export const PRO_TREE: object = {
  selector: {
    operator: "and",
    children: [{ property: "user", value: "plan", operator: "==", operand: "pro", type: "string" }],
  },
  behaviors: {},
};

/** The profiles with an event of a name in the last 30 days, as an older tree. */
export function doersOf(event: string): object {
  return {
    selector: {
      operator: "and",
      children: [{ property: "behaviors", value: "bhvr_0", operator: ">=", operand: 1 }],
    },
    behaviors: {
      bhvr_0: {
        count: { event_selector: { event, selector: null }, type: "absolute" },
        window: { unit: "day", value: 30 },
      },
    },
  };
}

/** A group of all users who pass some filters, as the web application writes it. */
export function cohortGroup(filters: readonly object[], more: object = {}): object {
  return {
    type: "cohort_group",
    event: { resourceType: "cohort", value: "$all_users", label: "All Users" },
    filters,
    filtersOperator: "and",
    behavioralFilters: [],
    behavioralFiltersOperator: "and",
    groupingOperator: null,
    property: null,
    dataGroupId: "",
    ...more,
  };
}
