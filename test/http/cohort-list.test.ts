import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { appClient } from "../support/app.ts";
import { testClock } from "../support/clock.ts";
import { startTestServer, type TestServer } from "../support/server.ts";

let server: TestServer;

beforeEach(async () => {
  server = await startTestServer({ clock: testClock(Date.UTC(2019, 2, 19, 23, 49, 51)) });
  await server.set("ada", { plan: "pro" });
  const app = appClient(server);
  await app.post("/cohorts", {
    name: "Cohort One",
    description: "Who pays",
    selector: 'properties["plan"] == "pro"',
  });
  await app.post("/cohorts", { name: "Cohort Two", is_visible: false });
  await app.post("/cohorts", { name: "Cohort Three" });
  await app.delete("/cohorts/3");
});

afterEach(() => server.stop());

describe("the list of cohorts", () => {
  it.each([
    ["GET", "/api/query/cohorts/list"],
    ["POST", "/api/query/cohorts/list"],
    ["GET", "/api/2.0/cohorts/list"],
    ["POST", "/api/2.0/cohorts/list/"],
  ] as const)("is a bare array by %s %s", async (method, path) => {
    const { status, json } = await server.send({
      method,
      url: `${path}?project_id=${server.project.id}`,
      headers: { authorization: await server.authorization() },
    });
    expect(status).toBe(200);
    expect(json).toEqual([
      {
        count: 1,
        is_visible: 1,
        description: "Who pays",
        created: "2019-03-19 23:49:51",
        project_id: server.project.id,
        id: 1,
        name: "Cohort One",
      },
      {
        count: 0,
        is_visible: 0,
        description: "",
        created: "2019-03-19 23:49:51",
        project_id: server.project.id,
        id: 2,
        name: "Cohort Two",
      },
    ]);
  });

  it("wants a project from a service account", async () => {
    const { status, json } = await server.send({
      url: "/api/query/cohorts/list",
      headers: { authorization: await server.authorization() },
    });
    expect(status).toBe(400);
    expect(json).toMatchObject({
      request: "/api/query/cohorts/list",
      error: "Missing required parameter: project_id",
      status: "error",
    });
  });

  it("counts anew when the numbers are old", async () => {
    const counts = async (): Promise<readonly number[]> =>
      (await server.get({}, "/api/query/cohorts/list")).json.map(
        ({ count }: { count: number }) => count,
      );
    expect(await counts()).toEqual([1, 0]);
    await server.set("bob", { plan: "pro" });
    expect(await counts()).toEqual([1, 0]);
    server.clock.nowMs += 10_000;
    expect(await counts()).toEqual([2, 0]);
  });
});
