import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { dataGroupId } from "../../src/query/data-group.ts";
import { type AppClient, appClient, startWithPlans } from "../support/app.ts";
import { testClock } from "../support/clock.ts";
import { cohortGroup, PRO_TREE } from "../support/cohort-definitions.ts";
import { startTestServer, type TestServer } from "../support/server.ts";

let server: TestServer;
let app: AppClient;

beforeEach(async () => {
  ({ server, app } = await startWithPlans({ clock: testClock(Date.UTC(2024, 4, 1, 10)) }));
});

afterEach(() => server.stop());

/** A group of the web application: profiles whose property is a text. */
function groups(property: string, value: string): object[] {
  return [
    cohortGroup([
      {
        resourceType: "user",
        propertyName: property,
        propertyObjectKey: null,
        propertyDefaultType: "string",
        propertyType: "string",
        filterOperator: "equals",
        filterValue: [value],
      },
    ]),
  ];
}

describe("a saved cohort", () => {
  it("is created, read, changed and deleted", async () => {
    const created = await app.post("/cohorts", {
      name: "Pro",
      description: "Who pays",
      data_group_id: null,
      is_locked: false,
      is_visible: true,
      deleted: false,
      groups: groups("plan", "pro"),
    });
    expect(created.status).toBe(200);
    expect(created.json).toEqual({
      status: "ok",
      results: {
        id: 1,
        name: "Pro",
        description: "Who pays",
        count: 2,
        is_visible: true,
        is_locked: false,
        is_static: false,
        data_group_id: null,
        created: "2024-05-01T10:00:00",
        last_edited: "2024-05-01T10:00:00",
        created_by: { id: null, name: "project_secret", email: null },
        referenced_by: [],
        referenced_directly_by: [],
        active_integrations: [],
        verified: false,
        last_queried: "2024-05-01T10:00:00",
        groups: groups("plan", "pro"),
      },
    });
    expect((await app.get("/cohorts/1")).json).toEqual(created.json);

    server.clock.nowMs += 60_000;
    const changed = await app.patch("/cohorts/1", { groups: groups("plan", "free") });
    expect(changed.json.results).toMatchObject({
      name: "Pro",
      description: "Who pays",
      count: 1,
      created: "2024-05-01T10:00:00",
      last_edited: "2024-05-01T10:01:00",
      groups: groups("plan", "free"),
    });

    const deleted = await app.delete("/cohorts/1");
    expect([deleted.status, deleted.text]).toEqual([204, ""]);
    const gone = await app.get("/cohorts/1");
    expect(gone.status).toBe(404);
    expect(gone.json).toMatchObject({ status: "error", error: "Cohort 1 not found" });
    expect((await app.delete("/cohorts/1")).status).toBe(404);
    expect((await app.patch("/cohorts/1", { name: "x" })).status).toBe(404);
  });

  it("has an id that no later one gets", async () => {
    await app.post("/cohorts", { name: "a", ...PRO_TREE });
    await app.delete("/cohorts/1");
    expect((await app.post("/cohorts", { name: "a", ...PRO_TREE })).json.results.id).toBe(2);
  });

  it("gives its definition back letter by letter", async () => {
    const definition =
      '[{"event":{"resourceType":"cohort","value":"$all_users"},"filters":[],"filtersOperator":"and",  "behavioralFilters":[],"behavioralFiltersOperator":"and","b":1.0,"2":[],"1":{},"dataGroupId":-1405123841946871899}]';
    const { text } = await app.post("/cohorts", `{"name":"n","groups": ${definition} }`);
    expect(text).toContain(`"groups":${definition}`);
    expect((await app.get("/cohorts/1/")).text).toContain(`"groups":${definition}`);
    expect((await app.get("/cohorts")).text).toContain(`"groups":${definition}`);
  });

  it.each([
    ["a tree", PRO_TREE, 2],
    ["a selector", { selector: 'properties["plan"] == "free"' }, 1],
    ["groups, whatever else there is", { ...PRO_TREE, groups: groups("plan", "free") }, 1],
    [
      "a selector with behaviors",
      {
        selector: 'behaviors["bought"] == 0',
        behaviors: [{ name: "bought", window: "30d", event_selectors: [{ event: "Purchase" }] }],
      },
      3,
    ],
  ])("can be %s", async (_name, definition, count) => {
    const { status, json } = await app.post("/cohorts", { name: "c", ...definition });
    expect([status, json.results?.count]).toEqual([200, count]);
    expect(json.results).toMatchObject(definition);
  });

  it("is counted anew when it is read", async () => {
    await app.post("/cohorts", { name: "Pro", ...PRO_TREE });
    await server.set("dan", { plan: "pro" });
    expect((await app.get("/cohorts/1")).json.results.count).toBe(3);
  });

  it("filters a query and is a part of selectors", async () => {
    await app.post("/cohorts", { name: "Pro", ...PRO_TREE });
    expect((await server.query({ filter_by_cohort: { id: 1 } })).json.total).toBe(2);
    expect((await server.query({ where: 'not cohort("Pro")' })).json.total).toBe(1);
    await app.delete("/cohorts/1");
    expect((await server.query({ filter_by_cohort: { id: 1 } })).status).toBe(400);
  });

  it("is about the profiles of a data group when it says so", async () => {
    await server.write(
      [{ $group_key: "company", $group_id: "acme", $set: { plan: "pro" } }],
      "groups",
    );
    const id = dataGroupId("company");
    for (const [name, sent] of [
      ["by text", `"${id}"`],
      ["by number", id],
      ["by key", '"company"'],
    ]) {
      const body = `{"name":"${name}","data_group_id":${sent},"selector":"properties[\\"plan\\"] == \\"pro\\""}`;
      expect((await app.post("/cohorts", body)).json.results).toMatchObject({
        data_group_id: id,
        count: 1,
      });
    }
    await app.post("/cohorts", { name: "users", data_group_id: "", ...PRO_TREE });
    const ofGroup = await app.get(`/cohorts?data_group_id=${id}`);
    expect(ofGroup.json.results.map(({ name }: { name: string }) => name)).toEqual([
      "by text",
      "by number",
      "by key",
    ]);
    const moved = await app.patch("/cohorts/1", { data_group_id: null });
    expect(moved.json.results).toMatchObject({ data_group_id: null, count: 2 });
    const unknown = await app.post("/cohorts", { name: "x", data_group_id: "12345" });
    expect([unknown.status, unknown.json.code]).toEqual([400, "query.unknown_data_group"]);
  });

  it("tells which cohorts it is part of", async () => {
    await app.post("/cohorts", { name: "Pro", ...PRO_TREE });
    await app.post("/cohorts", { name: "second", selector: "cohort(1)" });
    await app.post("/cohorts", { name: "third", selector: 'not cohort("second")' });
    expect((await app.get("/cohorts/1")).json.results).toMatchObject({
      referenced_by: [2, 3],
      referenced_directly_by: [2],
    });
  });
});

describe("what cannot be saved", () => {
  beforeEach(() => app.post("/cohorts", { name: "Pro", ...PRO_TREE }));

  it("is a second cohort of the same name", async () => {
    const { status, json } = await app.post("/cohorts", { name: "Pro", ...PRO_TREE });
    expect(status).toBe(409);
    expect(json).toMatchObject({ status: "error", error: "A cohort named Pro already exists" });
    await app.post("/cohorts", { name: "other", ...PRO_TREE });
    expect((await app.patch("/cohorts/2", { name: "Pro" })).status).toBe(409);
    expect((await app.patch("/cohorts/1", { name: "Pro" })).status).toBe(200);
  });

  it("are cohorts that need each other", async () => {
    await app.post("/cohorts", { name: "second", selector: "cohort(1)" });
    const { status, json } = await app.patch("/cohorts/1", { selector: 'cohort("second")' });
    expect([status, json.code]).toEqual([400, "cohort.cycle"]);
    expect((await app.get("/cohorts/1")).json.results).toMatchObject(PRO_TREE);
    expect((await app.patch("/cohorts/1", { selector: "cohort(1)" })).status).toBe(400);
  });

  it("is a group without a population", async () => {
    const { status, json } = await app.post("/cohorts", {
      name: "x",
      groups: [{ filters: [], filtersOperator: "and" }],
    });
    expect(status).toBe(400);
    expect(json).toMatchObject({
      status: "error",
      error: "Missing or invalid 'resourceType' field in filter group 0",
    });
  });

  it.each([
    ["no name", {}, ["name"]],
    ["an empty name", { name: "" }, ["name"]],
    ["a name that is no text", { name: 5 }, ["name"]],
    ["groups that are no list", { name: "x", groups: {} }, ["groups"]],
    ["a list", [], []],
  ])("is %s", async (_name, body, path) => {
    const { status, json } = await app.post("/cohorts", body);
    expect([status, json.status, json.code]).toEqual([400, "error", "request.invalid_body"]);
    expect(json.details.path).toEqual(path);
    expect(json.details.schema).toBeTypeOf("object");
  });

  it.each([
    ["255 characters of name", 255, (length: number) => ({ name: "x".repeat(length) })],
    [
      "10000 characters of description",
      10_000,
      (length: number) => ({ name: "x", description: "d".repeat(length) }),
    ],
  ])("is more than %s", async (_name, most, body) => {
    expect((await app.post("/cohorts", body(most + 1))).status).toBe(400);
    expect((await app.post("/cohorts", body(most))).status).toBe(200);
  });

  it("is a definition of more than a mebibyte", async () => {
    const large = await startTestServer({ settings: { bodyBytesMax: 4 * 1024 * 1024 } });
    const client = appClient(large);
    const tree = (length: number) => ({
      operator: "and",
      children: [],
      comment: "x".repeat(length),
    });
    const rest = JSON.stringify(tree(0)).length;
    const fits = { name: "a", selector: tree(1_048_576 - rest) };
    expect((await client.post("/cohorts", fits)).status).toBe(200);
    const more = { name: "b", selector: tree(1_048_576 - rest + 1) };
    expect((await client.post("/cohorts", more)).json.code).toBe("request.invalid_body");
    await large.stop();
  });

  it("are more than 1000 at once", async () => {
    const ids = Array(1000).fill(1);
    expect((await app.post("/cohorts/bulk-delete", { cohort_ids: [...ids, 1] })).status).toBe(400);
    const changes = ids.map(() => ({ id: 1, is_visible: true }));
    const more = { cohorts: [...changes, { id: 1 }] };
    expect((await app.post("/cohorts/bulk-update", more)).status).toBe(400);
    expect((await app.post("/cohorts/bulk-update", { cohorts: changes })).status).toBe(204);
    expect((await app.post("/cohorts/bulk-delete", { cohort_ids: ids })).status).toBe(204);
  });

  it("is a body that is no JSON", async () => {
    const { status, json } = await app.post("/cohorts", "{");
    expect(status).toBe(400);
    expect(json).toMatchObject({ status: "error", error: "Invalid JSON Format: body" });
  });

  it("is a selector with a mistake, which is shown", async () => {
    const { status, json } = await app.post("/cohorts", { name: "x", selector: "1 +" });
    expect(status).toBe(400);
    expect(json).toMatchObject({ status: "error", position: 3 });
  });
});

describe("several cohorts", () => {
  beforeEach(async () => {
    for (const name of ["a", "b", "c"]) await app.post("/cohorts", { name, ...PRO_TREE });
  });

  const names = async (query = ""): Promise<readonly string[]> =>
    (await app.get(`/cohorts${query}`)).json.results.map(({ name }: { name: string }) => name);

  it("are listed, or some of them by id", async () => {
    expect(await names()).toEqual(["a", "b", "c"]);
    expect(await names("?ids=3,1,77")).toEqual(["a", "c"]);
    expect(await names("?ids=")).toEqual(["a", "b", "c"]);
    const wrong = await app.get("/cohorts?ids=one");
    expect([wrong.status, wrong.json.code]).toEqual([400, "query.invalid_parameter"]);
  });

  it("are deleted at once, all or none", async () => {
    const partly = await app.post("/cohorts/bulk-delete", { cohort_ids: [1, 77] });
    expect([partly.status, partly.json.error]).toEqual([404, "Cohort 77 not found"]);
    expect(await names()).toEqual(["a", "b", "c"]);
    const { status, text } = await app.post("/cohorts/bulk-delete", { cohort_ids: [1, 3] });
    expect([status, text]).toEqual([204, ""]);
    expect(await names()).toEqual(["b"]);
  });

  it("are changed at once, all or none", async () => {
    const clash = [
      { id: 1, name: "z" },
      { id: 2, name: "z" },
    ];
    expect((await app.post("/cohorts/bulk-update", { cohorts: clash })).status).toBe(409);
    expect(await names()).toEqual(["a", "b", "c"]);
    const swap = [
      { id: 1, name: "b", is_visible: false },
      { id: 2, name: "a" },
      { id: 3, deleted: true },
    ];
    const partly = [...swap, { id: 77, deleted: true }];
    expect((await app.post("/cohorts/bulk-update", { cohorts: partly })).status).toBe(404);
    expect(await names()).toEqual(["a", "b", "c"]);
    const { status, text } = await app.post("/cohorts/bulk-update/", { cohorts: swap });
    expect([status, text]).toEqual([204, ""]);
    expect(await names()).toEqual(["b", "a"]);
    expect((await app.get("/cohorts/1")).json.results.is_visible).toBe(false);
  });
});
