import { describe, expect, it } from "vitest";
import { type CohortSource, NO_COHORTS } from "../../src/cohort/cohort.ts";
import type { Workspace } from "../../src/project/project.ts";
import { dataGroupId } from "../../src/query/data-group.ts";
import {
  type PlanContext,
  plan,
  planCohort,
  planEvents,
  planWith,
  type QueryRequest,
} from "../../src/query/plan.ts";
import type { ProfileQuery } from "../../src/query/query.ts";
import { compile, print } from "../../src/selector/selector.ts";
import { groupOf, refusal, saved, sourceOf } from "../cohort/support.ts";
import { GLOBAL, PROJECT, REQUEST } from "./support.ts";

function planned(request: Partial<QueryRequest> = {}, workspace: Workspace = GLOBAL) {
  return plan({ ...REQUEST, ...request }, contextOf(NO_COHORTS, workspace));
}

function contextOf(cohorts: CohortSource, workspace: Workspace = GLOBAL): PlanContext {
  return { project: PROJECT, workspace, groupKeys: ["company_id", "42"], cohorts };
}

function selectorsOf(request: Partial<QueryRequest>, workspace?: Workspace): readonly string[] {
  return planned(request, workspace).selectors.map(({ expression }) => print(expression));
}

describe("plan", () => {
  it("leaves a request that says nothing without selectors, in the project's zone", () => {
    expect(planned()).toEqual({
      scope: { projectId: 7, groupKey: undefined },
      distinctIds: undefined,
      selectors: [],
      sort: undefined,
      limit: undefined,
      asOfSeconds: 5,
      timeZone: "Europe/Berlin",
      behaviors: new Map(),
      includesStrangers: false,
    });
  });

  it("adds the workspace's selector as one of its own, so that `or` cannot escape it", () => {
    const workspace = { ...GLOBAL, selector: 'properties["a"] == 1' };
    expect(selectorsOf({ where: "true or false" }, workspace)).toEqual([
      'properties["a"] == 1',
      "true or false",
    ]);
  });

  it("does not blame the caller for a workspace's selector", () => {
    expect(() => planned({}, { ...GLOBAL, selector: "broken(" })).toThrow(/workspace 1/);
  });

  it("searches id, e-mail address and output properties, whatever the text holds", () => {
    expect(selectorsOf({ search: 'a"b', outputProperties: ["$email", "x"] })).toEqual([
      '"a\\"b" in string(properties["$distinct_id"]) or ("a\\"b" in string(properties["$email"]) or "a\\"b" in string(properties["x"]))',
    ]);
  });

  it("keeps a search in 2,000 properties shallow", () => {
    const names = Array.from({ length: 2000 }, (_, n) => `p${n}`);
    const [selector] = planned({ search: "x", outputProperties: names }).selectors;
    let depth = 0;
    for (let node = selector?.expression; node?.kind === "binary"; node = node.right) depth += 1;
    expect(depth).toBeLessThan(15);
  });

  it.each([
    ['properties["a"]', 'properties["a"]'],
    ["a", 'properties["a"]'],
    [" $last_seen ", 'properties["$last_seen"]'],
    ["first name", 'properties["first name"]'],
    ["a.b-c", 'properties["a.b-c"]'],
    ['lower(properties["a"])', 'lower(properties["a"])'],
  ])("reads the sort key %s as %s", (sortKey, printed) => {
    const { sort } = planned({ sortKey, descending: true });
    expect(sort?.descending).toBe(true);
    expect(sort === undefined ? "" : print(sort.key.expression)).toBe(printed);
  });

  it("takes no broken expression for the name of a property", () => {
    expect(() => planned({ sortKey: 'properties["a"' })).toThrow();
    expect(() => planned({ sortKey: "lower(" })).toThrow();
  });
});

const DAY = 86_400;
const BEHAVIORS = [
  { name: "buys", window: "30d", event_selectors: [{ event: "Purchase" }] },
  {
    name: "views",
    from_date: "2023-11-01",
    to_date: "2023-11-30",
    event_selectors: [{ event: "View" }],
  },
];

function printed({ selectors }: ProfileQuery): readonly string[] {
  return selectors.map(({ expression }) => print(expression));
}

describe("a data group", () => {
  it("with a key of digits is found by it", () => {
    expect(planned({ dataGroup: "42" }).scope.groupKey).toBe("42");
  });
});

describe("behaviors", () => {
  it("are read by `where`, at the query's time and in the project's zone", () => {
    const query = planned({
      behaviors: BEHAVIORS,
      where: 'behaviors["buys"] >= 3 and behaviors["views"] == 0',
      asOfSeconds: 1_700_000_000,
    });
    expect(printed(query)).toEqual(['behaviors["buys"] >= 3 and behaviors["views"] == 0']);
    expect([...query.behaviors].map(([name, { span }]) => [name, span])).toEqual([
      ["views", { fromSeconds: 1_698_793_200, toSeconds: 1_701_385_199 }],
      ["buys", { fromSeconds: 1_700_000_000 - 30 * DAY, toSeconds: 1_700_000_000 }],
    ]);
  });

  it("may be sorted by, and have no effect where nothing names them", () => {
    const sorted = planned({ behaviors: BEHAVIORS, sortKey: 'behaviors["buys"]' });
    expect([...sorted.behaviors.keys()]).toEqual(["buys"]);
    expect(planned({ behaviors: BEHAVIORS })).toEqual(planned());
    expect(planned({ behaviors: BEHAVIORS }).includesStrangers).toBe(false);
  });

  it("that are empty count as left out", () => {
    for (const behaviors of [[], {}, null, ""]) expect(planned({ behaviors })).toEqual(planned());
  });

  it("must be a list, and known by name", () => {
    expect(() => planned({ behaviors: { a: 1 } })).toThrow("Invalid JSON Format: behaviors");
    const error = refusal(() => planned({ behaviors: BEHAVIORS, where: 'behaviors["x"] > 0' }));
    expect(error.code).toBe("selector.unknown_behavior");
    const later = refusal(() => planned({ where: 'behaviors["buys"] > 0' }));
    expect(later.code).toBe("selector.unknown_behavior");
  });

  it("exclude a filter by cohort, but not one that says nothing", () => {
    const error = refusal(() => planned({ behaviors: BEHAVIORS, filterByCohort: { id: 1 } }));
    expect([error.code, error.message]).toEqual([
      "query.exclusive",
      "behaviors and filter_by_cohort are mutually exclusive",
    ]);
    for (const filterByCohort of [{}, null, ""]) {
      expect(planned({ behaviors: BEHAVIORS, filterByCohort })).toEqual(planned());
    }
  });
});

describe("a filter by cohort", () => {
  const buyers = saved(5, { selector: 'behaviors["buys"] > 2', behaviors: BEHAVIORS });
  const list = saved(6, {}, { isStatic: true });
  const companies = saved(7, { selector: 'properties["seats"] > 9' }, { groupKey: "company_id" });
  const context = contextOf(sourceOf(buyers, list, companies));

  function filtered(filterByCohort: unknown, request: Partial<QueryRequest> = {}) {
    return plan({ ...REQUEST, filterByCohort, ...request }, context);
  }

  it.each([[{ id: 5 }], [{ id: "5" }], [5], ["5"], [{ id: 5, name: "Buyers", negated: false }]])(
    "finds a saved one by %j",
    (filter) => {
      const query = filtered(filter, { where: 'properties["a"] == 1' });
      expect(printed(query)).toEqual(['behaviors["buys"] > 2', 'properties["a"] == 1']);
      expect([...query.behaviors.keys()]).toEqual(["buys"]);
    },
  );

  it("finds members without a profile, unless told otherwise", () => {
    expect(filtered({ id: 5 }).includesStrangers).toBe(true);
    expect(filtered({ id: 5 }, { includeAllUsers: false }).includesStrangers).toBe(false);
  });

  it("tests a static one by id", () => {
    expect(printed(filtered({ id: 6 }))).toEqual(["cohort(6)"]);
    expect(printed(filtered({ id: 6, negated: true }))).toEqual(["not cohort(6)"]);
  });

  it("reads one that is written out, as browsers send it", () => {
    const set = {
      resourceType: "user",
      propertyName: "a",
      filterOperator: "is set",
      dataGroupId: "",
    };
    const raw = { name: "", id: null, unsavedId: null, description: "", ...groupOf(set) };
    expect(printed(filtered({ raw_cohort: raw }))).toEqual(['defined(properties["a"])']);
    const nested = { selector: { property: "cohort", value: 6, operator: "in" } };
    expect(printed(filtered({ raw_cohort: nested }))).toEqual(["cohort(6)"]);
    const gone = { selector: { property: "cohort", value: 404, operator: "not in" } };
    expect(printed(filtered({ raw_cohort: gone }))).toEqual(["not false"]);
  });

  it("takes a saved one that is sent without its definition", () => {
    expect(printed(filtered({ raw_cohort: { id: 6, groups: [] } }))).toEqual(["cohort(6)"]);
    const error = refusal(() => filtered({ raw_cohort: { name: "x" } }));
    expect(error.message).toBe(
      "Invalid cohort: raw_cohort must be a definition with groups, or with a selector, found none",
    );
  });

  it.each([
    [{ id: 404 }, "Invalid cohort id: 404"],
    ["cohort_99", "Invalid cohort id: cohort_99"],
    [99, "Invalid cohort id: 99"],
    [{ id: "x" }, "Invalid cohort id: x"],
    [{ id: null }, "Invalid cohort id: null"],
    [{ name: "Buyers" }, "Invalid cohort id: none"],
    [[1], "Invalid cohort id: none"],
  ])("says that it does not know %j", (filter, message) => {
    const error = refusal(() => filtered(filter));
    expect([error.code, error.message]).toEqual(["cohort.invalid_id", message]);
  });

  it("has the scope of its cohort", () => {
    expect(filtered({ id: 7 }).scope.groupKey).toBe("company_id");
    expect(filtered({ id: 7 }, { dataGroup: "company_id" }).scope.groupKey).toBe("company_id");
    const raw = { ...groupOf(), data_group_id: dataGroupId("company_id") };
    expect(filtered({ raw_cohort: raw }).scope.groupKey).toBe("company_id");
    expect(filtered({ raw_cohort: groupOf() }, { dataGroup: "42" }).scope.groupKey).toBe("42");
  });

  it.each([
    [{ id: 7 }, "42", "cohort 7 has groups by company_id, the query asks for groups by 42"],
    [{ id: 5 }, "42", "cohort 5 has users, the query asks for groups by 42"],
    [
      { raw_cohort: { ...groupOf(), data_group_id: "company_id" } },
      "42",
      "cohort raw_cohort has groups by company_id, the query asks for groups by 42",
    ],
  ])("does not fit another data group: %j", (filter, dataGroup, message) => {
    const error = refusal(() => filtered(filter, { dataGroup }));
    expect([error.code, error.message]).toEqual(["cohort.other_group", message]);
  });
});

describe("a cohort in a selector", () => {
  const buyers = saved(5, { selector: 'behaviors["buys"] > 2', behaviors: BEHAVIORS });
  const companies = saved(7, { selector: "true" }, { groupKey: "company_id" });
  const cohorts = sourceOf(buyers, companies);

  function whereOf(where: string, request: Partial<QueryRequest> = {}) {
    return plan({ ...REQUEST, where, ...request }, contextOf(cohorts));
  }

  it("stands beside behaviors of the query, with the same name but another meaning", () => {
    const behaviors = [{ name: "buys", window: "1d", event_selectors: [{ event: "Purchase" }] }];
    const query = whereOf('behaviors["buys"] == 0 and cohort("Cohort 5")', { behaviors });
    expect(printed(query)).toEqual([
      'behaviors["buys"] == 0 and (behaviors["buys 2"] > 2 and true)',
    ]);
    const lengths = [...query.behaviors].map(
      ([name, { span }]) => [name, (span.toSeconds - span.fromSeconds) / DAY] as const,
    );
    expect(new Map(lengths)).toEqual(
      new Map([
        ["buys", 1],
        ["buys 2", 30],
      ]),
    );
  });

  it("finds profiles only", () => {
    expect(whereOf("cohort(5)").includesStrangers).toBe(false);
  });

  it("may be sorted by", () => {
    const query = plan({ ...REQUEST, sortKey: "cohort(5)" }, contextOf(cohorts));
    expect(query.sort && print(query.sort.key.expression)).toBe('behaviors["buys"] > 2');
    expect(query.behaviors.size).toBe(1);
    const gone = refusal(() => plan({ ...REQUEST, sortKey: "cohort(9)" }, contextOf(cohorts)));
    expect(gone.code).toBe("selector.unknown_cohort");
  });

  it("that nobody knows is marked in the source", () => {
    const source = 'true and cohort("Gone")';
    expect(refusal(() => whereOf(source))).toMatchObject({
      code: "selector.unknown_cohort",
      message: 'no cohort has the id or name "Gone"',
      span: { start: 9, end: 23 },
      source,
    });
  });

  it("of another group is marked, too", () => {
    expect(refusal(() => whereOf("cohort(7)"))).toMatchObject({
      code: "cohort.other_group",
      message: "cohort 7 has groups by company_id, the query asks for users",
      span: { start: 0, end: 9 },
    });
    expect(printed(whereOf("cohort(7)", { dataGroup: "company_id" }))).toEqual(["true"]);
  });

  it("may define a workspace, which shows nothing once it is gone", () => {
    const inWorkspace = (selector: string, dataGroup?: string) =>
      plan({ ...REQUEST, dataGroup }, contextOf(cohorts, { ...GLOBAL, selector }));
    expect(printed(inWorkspace("cohort(5)"))).toEqual(['behaviors["buys"] > 2']);
    expect(printed(inWorkspace("cohort(5)", "company_id"))).toEqual(["false"]);
    expect(refusal(() => inWorkspace("not cohort(9)")).code).toBe("selector.unknown_cohort");
  });

  it("may be part of an expression to compute", () => {
    const selector = compile("if(cohort(5), 1, 0)");
    if (selector === undefined) throw new Error("blank");
    const { query, expressions } = planWith(REQUEST, contextOf(cohorts), [selector.expression]);
    expect(expressions.map(print)).toEqual(['if(behaviors["buys"] > 2 and true, 1, 0)']);
    expect([...query.behaviors.keys()]).toEqual(["buys"]);
    expect(query.selectors).toEqual([]);
  });
});

describe("the members of a saved cohort", () => {
  it("are a query of their own, whatever the workspace", () => {
    const companies = saved(7, { selector: 'properties["seats"] > 9' }, { groupKey: "company_id" });
    const query = planCohort(
      companies,
      { project: PROJECT, cohorts: sourceOf(companies) },
      { asOfSeconds: 9, includesStrangers: true },
    );
    expect(query).toMatchObject({
      scope: { projectId: 7, groupKey: "company_id" },
      asOfSeconds: 9,
      timeZone: "Europe/Berlin",
      includesStrangers: true,
    });
    expect(printed(query)).toEqual(['properties["seats"] > 9']);
  });

  it("cannot be found when it needs itself", () => {
    const self = saved(1, { selector: "cohort(1)" });
    const context = { project: PROJECT, cohorts: sourceOf(self) };
    const request = { asOfSeconds: 0, includesStrangers: false };
    expect(refusal(() => planCohort(self, context, request)).code).toBe("cohort.cycle");
  });
});

describe("a request for events", () => {
  const workspace = (selector: string) => ({ ...GLOBAL, selector });

  it("has a selector of events", () => {
    expect(planEvents(undefined)).toBeUndefined();
    expect(planEvents(" ", GLOBAL)).toBeUndefined();
    expect(planEvents('event["a"] == user["b"]')?.source).toBe('event["a"] == user["b"]');
    expect(refusal(() => planEvents("cohort(1)")).code).toBe("selector.not_available_here");
  });

  it("asks of whose event it is what the workspace asks of profiles", () => {
    const view = workspace('properties["a"] == 1 or user["b"] > 2');
    expect(planEvents(undefined, view)?.source).toBe('user["a"] == 1 or user["b"] > 2');
    expect(planEvents('properties["a"] == 3', view)?.source).toBe(
      '(user["a"] == 1 or user["b"] > 2) and properties["a"] == 3',
    );
  });

  it("is refused in a workspace that is made of cohorts", () => {
    expect(refusal(() => planEvents(undefined, workspace("cohort(1)"))).code).toBe(
      "selector.not_available_here",
    );
  });
});
