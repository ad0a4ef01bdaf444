import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { testClock } from "../support/clock.ts";
import {
  type Answer,
  fill,
  type Parameters,
  startTestServer,
  type TestServer,
} from "../support/server.ts";

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer({ clock: testClock(Date.parse("2024-05-10T12:00:00Z")) });
  await server.set("ada", { plan: "pro", seats: 1, tags: ["a", "b"], at: "2024-05-01" });
  await server.set("bob", { plan: "PRO", seats: 3, tags: ["b", { k: 1 }] });
  await server.set("cyd", { plan: "free", seats: 11, __proto__: null });
  await server.set("dan", { plan: null, seats: "x" });
});

afterAll(() => server.stop());

function breakDown(parameters: Parameters): Promise<Answer> {
  return server.get(parameters, "/api/query/engage/breakdown");
}

describe("/engage/breakdown", () => {
  it("counts the values of a property and those without", async () => {
    const { status, text } = await breakDown({ property: "plan" });
    expect(status).toBe(200);
    const values = '[{"value":"PRO","count":2},{"value":"free","count":1}]';
    expect(text).toBe(
      `{"results":{"total":4,"missing":1,"distinct":2,"values":${values},"histogram":[]},"status":"ok","computed_at":"2024-05-10T12:00:00"}`,
    );
  });

  it("spreads numbers over buckets", async () => {
    const { json } = await breakDown({ property: "seats", buckets: 2 });
    expect(json.results.histogram).toEqual([
      { from: 1, to: 6, count: 2 },
      { from: 6, to: 11, count: 1 },
    ]);
    expect(json.results.distinct).toBe(4);
  });

  it("counts each element of a list, and objects as such", async () => {
    const { json } = await breakDown({ property: "tags" });
    expect(json.results.values).toEqual([
      { value: "b", count: 2 },
      { value: { k: 1 }, count: 1 },
      { value: "a", count: 1 },
    ]);
  });

  it("takes an expression, and a selector", async () => {
    const { json } = await breakDown({
      expression: 'lower(properties["plan"])',
      where: 'properties["seats"] > 1',
    });
    expect(json.results).toMatchObject({
      total: 2,
      values: [
        { value: "free", count: 1 },
        { value: "pro", count: 1 },
      ],
    });
  });

  it("writes datetimes as text", async () => {
    const { json } = await breakDown({ expression: 'datetime(properties["at"])' });
    expect(json.results.values).toEqual([{ value: "2024-05-01T00:00:00", count: 1 }]);
  });

  it("shows as many values as are asked for, within bounds", async () => {
    const many = await startTestServer();
    await fill(many, 1001);
    const count = async (limit?: number) => {
      const { json } = await many.get(
        { property: "n", ...(limit === undefined ? {} : { limit, buckets: 501 }) },
        "/api/2.0/engage/breakdown",
      );
      return [json.results.values.length, json.results.histogram.length, json.results.distinct];
    };
    expect(await count()).toEqual([20, 20, 1001]);
    expect(await count(1000)).toEqual([1000, 500, 1001]);
    expect(await count(1001)).toEqual([1000, 500, 1001]);
    expect(await count(0)).toEqual([0, 500, 1001]);
    await many.stop();
  });

  it.each([
    ["neither property nor expression", {}, "query.parameter_required"],
    ["an expression that is wrong", { expression: "1 +" }, "selector.unexpected_token"],
    ["behaviors", { property: "plan", behaviors: [{ name: "x" }] }, "query.not_available"],
    ["a limit that is no number", { property: "plan", limit: "ten" }, "query.invalid_parameter"],
  ])("refuses %s", async (_name, parameters, code) => {
    const { status, json } = await breakDown(parameters);
    expect([status, json.code]).toEqual([400, code]);
  });
});
