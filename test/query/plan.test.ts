import { describe, expect, it } from "vitest";
import type { Project, Workspace } from "../../src/project/project.ts";
import { dataGroupId, groupKeyOf } from "../../src/query/data-group.ts";
import { plan, type QueryRequest } from "../../src/query/plan.ts";
import { print } from "../../src/selector/selector.ts";

const GLOBAL: Workspace = { id: 1, name: "All", isGlobal: true, selector: undefined };
const PROJECT: Project = {
  id: 7,
  name: "test",
  token: "t",
  apiSecret: "s",
  timeZone: "Europe/Berlin",
  workspaces: [GLOBAL],
  quota: { queriesPerHourMax: undefined, queriesAtOnceMax: undefined },
  createdAtMs: 0,
};

function planned(request: Partial<QueryRequest> = {}, workspace: Workspace = GLOBAL) {
  return plan(
    {
      where: undefined,
      distinctIds: undefined,
      dataGroup: undefined,
      search: undefined,
      outputProperties: undefined,
      sortKey: undefined,
      descending: false,
      limit: undefined,
      asOfSeconds: 5,
      ...request,
    },
    { project: PROJECT, workspace, groupKeys: ["company_id", "42"] },
  );
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

describe("a data group", () => {
  it("is found by its key and by its id", () => {
    expect(groupKeyOf("company_id", ["company_id"])).toBe("company_id");
    expect(groupKeyOf(dataGroupId("company_id"), ["team", "company_id"])).toBe("company_id");
  });

  it("with a key of digits is found by it", () => {
    expect(planned({ dataGroup: "42" }).scope.groupKey).toBe("42");
  });

  it("nobody has written to is taken by name, and refused by number", () => {
    expect(groupKeyOf("team", [])).toBe("team");
    expect(() => groupKeyOf("43", [])).toThrow("Unknown data_group_id: 43");
    expect(() => groupKeyOf(dataGroupId("team"), [])).toThrow("Unknown data_group_id");
  });

  it("has the same id everywhere: a signed 64-bit number", () => {
    expect(dataGroupId("company_id")).toMatchInlineSnapshot(`"-5945649848446526603"`);
    for (const key of ["", "a", "ü", "x".repeat(1000)]) {
      expect(BigInt.asIntN(64, BigInt(dataGroupId(key))).toString()).toBe(dataGroupId(key));
    }
  });
});
