import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startTestServer, type TestServer } from "../support/server.ts";

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer();
  await server.set("ada", { $email: "ada@x.io", plan: "pro", age: 36, "first name": "Ada" });
  await server.set("bob", { $email: "bob@y.io", plan: "free", age: 20 });
  await server.set("cyd", { plan: "pro", age: "20", tags: ["a", "b"] });
});

afterAll(() => server.stop());

function idsOf(json: { results: { $distinct_id: string }[] }): string {
  return json.results.map((row) => row.$distinct_id).join(" ");
}

describe("an answer", () => {
  it("has the documented members in the documented shape", async () => {
    const { status, headers, json } = await server.query({ where: 'properties["plan"] == "free"' });
    expect(status).toBe(200);
    expect(headers["content-type"]).toBe("application/json; charset=utf-8");
    expect(headers).not.toHaveProperty("retry-after");
    expect(json).toEqual({
      page: 0,
      page_size: 1000,
      results: [
        {
          $distinct_id: "bob",
          $properties: {
            $email: "bob@y.io",
            plan: "free",
            age: 20,
            $last_seen: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/),
          },
        },
      ],
      session_id: expect.stringMatching(/^\d+-[A-Z0-9]{20,}$/),
      status: "ok",
      total: 1,
    });
  });

  it("gives everything when nothing is asked, by ascending distinct id", async () => {
    const { json } = await server.query();
    expect(idsOf(json)).toBe("ada bob cyd");
    expect(json.total).toBe(3);
  });

  it("is whole for a query that selects nothing", async () => {
    const { status, json } = await server.query({ where: 'properties["plan"] == "none"' });
    expect(status).toBe(200);
    expect(json).toMatchObject({ total: 0, results: [], page: 0, status: "ok" });
    expect(json.session_id).toMatch(/^\d+-[A-Z0-9]+$/);
  });

  it("is compressed when the client asks for it", async () => {
    await server.set("zed", { text: "x".repeat(5000) });
    const { headers } = await server.send({
      url: "/api/query/engage?distinct_id=zed",
      headers: { authorization: server.secretAuthorization, "accept-encoding": "gzip" },
    });
    await server.write([{ $distinct_id: "zed", $delete: "" }]);
    expect(headers["content-encoding"]).toBe("gzip");
  });
});

describe("what is asked", () => {
  it.each([
    ["where", { where: 'properties["plan"] == "pro"' }, "ada cyd"],
    ["selector, its older name", { selector: 'properties["plan"] == "pro"' }, "ada cyd"],
    [
      "where over selector",
      { where: 'properties["plan"] == "free"', selector: 'properties["plan"] == "pro"' },
      "bob",
    ],
    ["selector when where is blank", { where: " ", selector: 'properties["age"] == 36' }, "ada"],
    ["a blank where", { where: "" }, "ada bob cyd"],
    ["distinct_id", { distinct_id: "bob" }, "bob"],
    ["distinct_ids", { distinct_ids: ["bob", "cyd", "nobody", "bob"] }, "bob cyd"],
    ["distinct_ids as text", { distinct_ids: '["bob"]' }, "bob"],
    ["both as a union", { distinct_id: "ada", distinct_ids: ["bob"] }, "ada bob"],
    ["no ids at all", { distinct_ids: [] }, ""],
    [
      "ids and where",
      { distinct_ids: ["ada", "bob"], where: 'properties["plan"] == "pro"' },
      "ada",
    ],
    ["search in the id", { search: "AD" }, "ada"],
    ["search in the e-mail address", { search: "@Y.IO" }, "bob"],
    ["search in an output property", { search: "pro", output_properties: ["plan"] }, "ada cyd"],
    ["search by digits of a number", { search: "36", output_properties: ["age"] }, "ada"],
    ["search elsewhere", { search: "pro" }, ""],
    ["limit", { limit: 2 }, "ada bob"],
    ["limit 0", { limit: 0 }, ""],
    ["a sort key", { sort_key: 'properties["age"]' }, "bob ada cyd"],
    [
      "a sort key, descending",
      { sort_key: 'properties["plan"]', sort_order: "descending" },
      "ada cyd bob",
    ],
    ["a bare sort key", { sort_key: "plan" }, "bob ada cyd"],
    ["a bare sort key with a sign", { sort_key: "$email" }, "ada bob cyd"],
    ["a bare sort key with a space", { sort_key: "first name" }, "ada bob cyd"],
    ["an empty sort key", { sort_key: "", sort_order: "descending" }, "ada bob cyd"],
    ["empty behaviors", { behaviors: "[]", filter_by_cohort: "{}" }, "ada bob cyd"],
    [
      "ignored names",
      {
        format: "csv",
        verbose: 1,
        query_origin: "x",
        _: 1,
        callback: "f",
        filter_type: "s",
        zz: {},
      },
      "ada bob cyd",
    ],
    ["include_all_users alone", { include_all_users: false }, "ada bob cyd"],
  ])("%s", async (_name, parameters, ids) => {
    const { status, json } = await server.query(parameters);
    expect(status).toBe(200);
    expect(idsOf(json)).toBe(ids);
    expect((await server.get(parameters)).json.results).toEqual(json.results);
  });

  it("counts no more than the limit", async () => {
    expect((await server.query({ limit: 2 })).json.total).toBe(2);
  });

  it("sets NOW by as_of_timestamp, in the future too", async () => {
    const where = "NOW == 4102444800";
    expect((await server.query({ where, as_of_timestamp: 4_102_444_800 })).json.total).toBe(3);
    expect((await server.query({ where })).json.total).toBe(0);
  });

  it("takes a where of 100 kB", async () => {
    const where = `properties["plan"] in ["pro", ${'"xxxxxxx", '.repeat(9000)}"y"]`;
    expect(where.length).toBeGreaterThan(99_000);
    const { status, json } = await server.query({ where });
    expect(json.error ?? status).toBe(200);
    expect(json.total).toBe(2);
  });

  it("takes a very long where in a query string", async () => {
    const where = `properties["plan"] == "pro" or properties["plan"] == "${"x".repeat(50_000)}"`;
    expect((await server.get({ where })).json.total).toBe(2);
  });
});

describe("output_properties", () => {
  it.each([
    ["a list", ["plan"], ["$last_seen", "plan"]],
    ["a list as text", '["plan"]', ["$last_seen", "plan"]],
    ["names a profile lacks", ["nothing", "constructor", "__proto__"], ["$last_seen"]],
    ["the id among them", ["$distinct_id", "distinct_id"], ["$last_seen"]],
    ["an empty list", [], ["$email", "$last_seen", "age", "first name", "plan"]],
    ["an empty text", "", ["$email", "$last_seen", "age", "first name", "plan"]],
  ])("%s", async (_name, outputProperties, names) => {
    const { json } = await server.query({
      distinct_id: "ada",
      output_properties: outputProperties,
    });
    expect(new Set(Object.keys(json.results[0].$properties))).toEqual(new Set(names));
  });

  it("gives a property called __proto__", async () => {
    await server.send({
      method: "POST",
      url: "/engage",
      body: `{"$token":"${server.project.token}","$distinct_id":"evil","$set":{"__proto__":"own","constructor":1}}`,
    });
    const { text } = await server.query({
      distinct_id: "evil",
      output_properties: ["__proto__", "constructor"],
    });
    await server.write([{ $distinct_id: "evil", $delete: "" }]);
    expect(text).toContain('"__proto__":"own"');
    expect(text).toContain('"constructor":1');
  });
});

describe("ids", () => {
  it.each(["ünï💩", "$device:1f", "7", "x", 'a"b\\', "a\u0000b", "a b+c%41&d=e", "__proto__"])(
    "finds %j by every road",
    async (id) => {
      await server.set(id, { mark: 1 });
      const byList = await server.query({ distinct_ids: [id] });
      const byOne = await server.query({ distinct_id: id });
      const byGet = await server.get({ distinct_id: id });
      await server.write([{ $distinct_id: id, $delete: "" }]);
      expect(idsOf(byList.json)).toBe(id);
      expect(idsOf(byOne.json)).toBe(id);
      expect(idsOf(byGet.json)).toBe(id);
    },
  );

  it("compares a number as text", async () => {
    await server.set("77", {});
    const one = await server.query({ distinct_id: 77 });
    const many = await server.query({ distinct_ids: [77, "ada"] });
    await server.write([{ $distinct_id: "77", $delete: "" }]);
    expect(idsOf(one.json)).toBe("77");
    expect(idsOf(many.json)).toBe("77 ada");
  });

  it("compares every digit of a number, or refuses it", async () => {
    await server.set("1234567890123456789", {});
    const one = await server.send({
      method: "POST",
      url: "/api/query/engage",
      headers: { authorization: server.secretAuthorization },
      body: '{"distinct_id":1234567890123456789}',
    });
    const many = await server.query({ distinct_ids: "[1234567890123456789]" });
    await server.write([{ $distinct_id: "1234567890123456789", $delete: "" }]);
    expect(idsOf(one.json)).toBe("1234567890123456789");
    expect(many.json.error).toMatch(
      /^Invalid parameter distinct_ids: expected a JSON array of str/,
    );
  });
});

describe("groups", () => {
  it("are found by key and by id, and nowhere else", async () => {
    const { dataGroupId } = await import("../../src/query/data-group.ts");
    await server.write(
      [{ $group_key: "company_id", $group_id: "acme", $set: { seats: 5 } }],
      "groups",
    );
    expect(idsOf((await server.query({ data_group_id: "company_id" })).json)).toBe("acme");
    const id = dataGroupId("company_id");
    expect(id).toMatch(/^-?\d{15,19}$/);
    expect(idsOf((await server.query({ data_group_id: id })).json)).toBe("acme");
    expect(idsOf((await server.get({ data_group_id: id })).json)).toBe("acme");
    expect(idsOf((await server.query()).json)).toBe("ada bob cyd");
  });

  it("are empty for a key nobody has written to, and an error for an unknown id", async () => {
    expect((await server.query({ data_group_id: "team_id" })).json).toMatchObject({ total: 0 });
    const { status, json } = await server.query({ data_group_id: "-1405123841946871899" });
    expect(status).toBe(400);
    expect(json.error).toBe("Unknown data_group_id: -1405123841946871899");
  });
});

describe("/engage/properties", () => {
  it.each(["/api/query/engage/properties", "/api/2.0/engage/properties/"])("%s", async (path) => {
    const { status, json } = await server.get({}, path);
    expect(status).toBe(200);
    expect(json.status).toBe("ok");
    expect(json.computed_at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/);
    expect(json.results.plan).toEqual({ count: 3, type: "string" });
    expect(json.results.age).toEqual({ count: 3, type: "number" });
    expect(json.results.tags).toEqual({ count: 1, type: "list" });
  });

  it("gives the most frequent when limited", async () => {
    const { json } = await server.get({ limit: 1 }, "/api/query/engage/properties");
    expect(Object.keys(json.results)).toHaveLength(1);
    expect((await server.get({ limit: "x" }, "/api/query/engage/properties")).status).toBe(400);
  });

  it.each([
    ["what an engine says", 'properties["plan"] == "free"'],
    ["what the reference has to work out", 'upper(properties["plan"]) == "FREE"'],
  ])("lists nothing of profiles that a workspace does not show, by %s", async (_, selector) => {
    await server.set("dan", { plan: "Free", visible: 1 });
    await server.set("eve", { plan: "secret", "hidden from free": 1, visible: 2 });
    const path = "/api/query/engage/properties";
    const all = await server.get({}, path);
    expect(all.json.results).toMatchObject({
      "hidden from free": { count: 1, type: "number" },
      visible: { count: 2, type: "number" },
    });
    const view = await server.directory.createWorkspace(server.project.id, { name: "V", selector });
    const { json } = await server.get({ workspace_id: view.id }, path);
    const { total } = (await server.get({ workspace_id: view.id })).json;
    expect(json.results.plan).toEqual({ count: total, type: "string" });
    expect(json.results.visible).toEqual({ count: 1, type: "number" });
    expect(json.results).not.toHaveProperty(["hidden from free"]);
    const ofGroups = await server.get({ workspace_id: view.id, data_group_id: "company_id" }, path);
    expect(ofGroups.json.results).toEqual({});
  });
});
