import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type AppClient, appClient, startWithPlans } from "../support/app.ts";
import { PRO_TREE } from "../support/cohort-definitions.ts";
import { basic, type TestServer } from "../support/server.ts";

let server: TestServer;
let app: AppClient;

beforeEach(async () => {
  ({ server, app } = await startWithPlans());
});

afterEach(() => server.stop());

describe("the App API", () => {
  it("answers below the workspace as below the project", async () => {
    await app.post("/cohorts", { name: "Pro", ...PRO_TREE });
    const [workspace] = server.project.workspaces;
    const below = appClient(
      server,
      await server.authorization(),
      `/api/app/workspaces/${workspace?.id}`,
    );
    expect((await below.get("/cohorts/")).json.results).toHaveLength(1);
    expect((await below.post("/cohorts", { name: "second" })).json.results).toMatchObject({
      id: 2,
      created_by: { id: expect.any(Number), name: expect.stringContaining("tester") },
    });
  });

  it.each([
    ["no credentials", "/api/app/projects/1/cohorts", undefined, 401],
    ["an unknown secret", "/api/app/projects/1/cohorts", basic("nobody", ""), 401],
    ["another project", "/api/app/projects/999/cohorts", "own", 403],
    ["a project that is no id", "/api/app/projects/x/cohorts", "own", 403],
    ["an unknown workspace", "/api/app/workspaces/999/cohorts", "own", 403],
  ])("with %s says so in its own envelope", async (_name, url, authorization, status) => {
    const own = await server.authorization();
    const headers: Record<string, string> =
      authorization === undefined
        ? {}
        : { authorization: authorization === "own" ? own : authorization };
    const answer = await server.send({ url, headers });
    expect(answer.status).toBe(status);
    expect(answer.json).toEqual({
      status: "error",
      error: expect.any(String),
      code: expect.any(String),
      hint: expect.any(String),
    });
    expect(answer.headers["www-authenticate"]).toBeUndefined();
  });

  it("does not tell a workspace of another project from one that does not exist", async () => {
    const other = await server.directory.createProject({ name: "other" });
    const url = (id: number | undefined) => `/api/app/workspaces/${id}/cohorts`;
    const headers = { authorization: await server.authorization() };
    const foreign = await server.send({ url: url(other.workspaces[0]?.id), headers });
    const unknown = await server.send({ url: url(999), headers });
    expect(foreign.status).toBe(unknown.status);
    const id = String(other.workspaces[0]?.id);
    expect(foreign.text.replaceAll(id, "_")).toBe(unknown.text.replaceAll("999", "_"));
  });

  it("keeps the cohorts of projects apart", async () => {
    await app.post("/cohorts", { name: "Pro", ...PRO_TREE });
    const other = await server.directory.createProject({ name: "other" });
    const foreign = appClient(server, basic(other.apiSecret, ""), `/api/app/projects/${other.id}`);
    expect((await foreign.get("/cohorts")).json.results).toEqual([]);
    expect((await foreign.get("/cohorts/1")).status).toBe(404);
    expect((await foreign.delete("/cohorts/1")).status).toBe(404);
    expect((await foreign.post("/cohorts", { name: "Pro" })).json.results.id).toBe(1);
  });

  it.each(["/api/app/nothing", "/api/app/projects/1/nothing/", "/api/app"])(
    "does not know %s",
    async (url) => {
      const { status, json } = await server.send({ url });
      expect(status).toBe(404);
      expect(json).toMatchObject({ status: "error", error: `Not found: ${url}` });
    },
  );

  it("names the methods that a path has", async () => {
    const { status, headers, json } = await app.post("/cohorts/1");
    expect(status).toBe(405);
    expect(json.status).toBe("error");
    expect(headers["allow"]).toBe("GET, PATCH, DELETE, HEAD, OPTIONS");
  });

  it.each(["abc", "1.5", "-1", "99999999999999999999", "__proto__", "%00"])(
    "has no cohort %s",
    async (id) => {
      const { status, json } = await app.get(`/cohorts/${id}`);
      expect([status, json.code]).toEqual([404, "cohort.missing"]);
    },
  );
});

describe("a browser", () => {
  it("is told which methods it may use, without credentials it remembers", async () => {
    const { status, headers } = await server.send({
      method: "OPTIONS",
      url: `/api/app/projects/${server.project.id}/cohorts/1`,
      headers: { origin: "https://example.com", "access-control-request-method": "PATCH" },
    });
    expect(status).toBe(204);
    expect(headers["access-control-allow-origin"]).toBe("*");
    expect(headers["access-control-allow-credentials"]).toBeUndefined();
    expect(String(headers["access-control-allow-methods"]).split(", ")).toEqual(
      expect.arrayContaining(["GET", "POST", "PUT", "PATCH", "DELETE"]),
    );
  });
});

describe("the document", () => {
  it("has each endpoint with its parts of the path and its body", async () => {
    const { json } = await server.send({ url: "/openapi.json" });
    const { patch } = json.paths["/api/app/projects/{project_id}/cohorts/{cohort_id}"];
    expect(patch.parameters.map(({ name }: { name: string }) => name)).toEqual([
      "project_id",
      "cohort_id",
    ]);
    expect(patch.requestBody.content["application/json"].schema.properties).toHaveProperty(
      "groups",
    );
    expect(patch.tags).toEqual(["app"]);
  });
});
