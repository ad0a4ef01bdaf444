import { describe, expect, it } from "vitest";
import { basic, encodeQuery } from "../support/server.ts";
import { startTenants } from "./accounts-support.ts";

describe("the life of a project, as Terraform asks for it", () => {
  it("is made, listed, renamed, deleted and gone", async () => {
    const { server, project, bank, login } = await startTenants();
    const { authorization } = await login("terraform", "owner", [project, bank]);
    const send = async (method: "GET" | "POST", url: string, body?: object | string) => {
      const text = typeof body === "string" ? body : JSON.stringify(body);
      return server.send({
        method,
        url,
        headers: { authorization },
        ...(body === undefined ? {} : { body: text }),
      });
    };
    const made = await send("POST", "/organizations/1/create-projects/", {
      projectNames: ["new"],
    });
    const object = {
      id: expect.any(Number),
      name: "new",
      token: expect.stringMatching(/^[0-9a-f]{32}$/),
      api_key: expect.stringMatching(/^[0-9a-f]{32}$/),
      api_secret: expect.stringMatching(/^[0-9a-f]{32}$/),
      url: expect.stringMatching(/^\/api\/app\/projects\/\d+$/),
      timezone_name: "UTC",
    };
    expect([made.status, made.json]).toEqual([200, { status: "ok", results: [object] }]);
    const [{ id, url, api_secret: secret }] = made.json.results;
    expect((await send("GET", url)).json.results.id).toBe(id);

    const listed = await send("GET", "/organizations/1/projects/");
    expect(listed.json.results).toHaveLength(3);
    expect(listed.json.results).toContainEqual(made.json.results[0]);

    const renamed = await send("POST", `/projects/update/${id}/`, encodeQuery({ name: "renamed" }));
    expect([renamed.status, renamed.json.updated]).toEqual([200, true]);
    expect(server.directory.projectById(id)?.name).toBe("renamed");

    const deleted = await send("POST", "/organizations/1/delete-projects/", { projectIds: [id] });
    expect([deleted.status, deleted.json]).toEqual([200, { status: "ok" }]);
    const after = await send("GET", "/organizations/1/projects/");
    expect(after.json.results).toHaveLength(2);
    const query = { url: "/api/query/engage", headers: { authorization: basic(secret, "") } };
    expect((await server.send(query)).status).toBe(401);
  });
});

describe("the projects of the organization", () => {
  it("are made by owners of every project only", async () => {
    const { server, ask } = await startTenants();
    const answer = await ask("POST", "/api/app/organizations/1/create-projects", {
      projectNames: ["new"],
    });
    expect([answer.status, answer.json.code]).toEqual([403, "access.organization_owner_required"]);
    expect(server.directory.projects()).toHaveLength(2);
  });

  it.each([
    { projectNames: [] },
    { projectNames: "new" },
    {},
    { projectNames: Array(101).fill("x") },
  ])("are not made of %j", async (body) => {
    const { ask } = await startTenants();
    const answer = await ask("POST", "/organizations/1/create-projects", body);
    expect([answer.status, answer.json.status, answer.json.code]).toEqual([
      400,
      "error",
      "request.invalid_body",
    ]);
  });

  it("show keys to those that manage them, of no other project", async () => {
    const { project, bank, ask, login } = await startTenants();
    const mixed = await login("mixed", "admin", [project]);
    await ask("POST", "/api/app/organizations/1/service-accounts/add-to-project", {
      projects: [{ id: project.id, role: "admin" }],
      service_account_ids: [mixed.account.id],
    });
    const { json } = await ask("GET", "/organizations/1/projects", undefined, mixed.authorization);
    expect(json.results.map(({ id }: { id: number }) => id)).toEqual([project.id]);
    const keys = await ask("GET", `/settings/project/${project.id}/metadata`);
    expect(keys.json).toEqual({
      status: "ok",
      results: { secret: project.apiSecret, token: project.token },
    });
    const foreign = await ask("GET", `/settings/project/${bank.id}/metadata`);
    expect([foreign.status, foreign.json.code]).toEqual([403, "access.project_forbidden"]);
  });

  it("stay while they hold data, even when others of the request hold none", async () => {
    const { server, project, bank, ask, login } = await startTenants();
    const { authorization } = await login("all", "owner", [project, bank]);
    await server.set("ada", { plan: "pro" });
    const projectIds = [bank.id, String(project.id)];
    const answer = await ask(
      "POST",
      "/organizations/1/delete-projects",
      { projectIds },
      authorization,
    );
    expect([answer.status, answer.json.code]).toEqual([409, "project.not_empty"]);
    expect(server.directory.projects()).toHaveLength(2);
  });

  it.each([
    [
      "groups",
      async (tenants: Awaited<ReturnType<typeof startTenants>>) => {
        const record = { $group_key: "company", $group_id: "acme", $set: { a: 1 } };
        await tenants.server.write([record], "groups");
      },
    ],
    [
      "cohorts",
      async ({ server, project }: Awaited<ReturnType<typeof startTenants>>) => {
        await server.store.putRecords(project.id, "cohort", [{ id: 1, json: "{}" }]);
      },
    ],
    [
      "events",
      async ({ server, project }: Awaited<ReturnType<typeof startTenants>>) => {
        const { id: projectId, identity } = project;
        await server.store.apply([{ projectId, identity, events: [event("")] }]);
      },
    ],
  ])("stay while they have %s", async (_what, fill) => {
    const tenants = await startTenants();
    const { project, ask } = tenants;
    await fill(tenants);
    const answer = await ask("POST", "/organizations/1/delete-projects", {
      projectIds: [project.id],
    });
    expect([answer.status, answer.json.code]).toEqual([409, "project.not_empty"]);
  });

  it("are deleted by their owners only", async () => {
    const { server, project, bank, ask, login } = await startTenants();
    const admin = await login("admin", "admin");
    const remove = (id: number, authorization?: string) =>
      ask("POST", "/organizations/1/delete-projects", { projectIds: [id] }, authorization);
    expect((await remove(project.id, admin.authorization)).json.code).toBe("access.role_too_weak");
    expect((await remove(bank.id)).json.code).toBe("access.project_forbidden");
    expect(server.directory.projects()).toHaveLength(2);
  });
});

describe("a change of a project", () => {
  it("sets its name and time zone, and leaves the rest", async () => {
    const { server, project, ask } = await startTenants();
    const path = `/api/app/projects/${project.id}`;
    const { status, json } = await ask("PATCH", path, { timezone: "Asia/Tokyo" });
    expect([status, json.results]).toEqual([
      200,
      expect.objectContaining({ name: "test", timezone: "Asia/Tokyo", identity: "simplified" }),
    ]);
    expect((await ask("PATCH", path, { name: "shop" })).json.results.name).toBe("shop");
    expect(server.directory.projectById(project.id)).toEqual({
      ...project,
      name: "shop",
      timeZone: "Asia/Tokyo",
    });
  });

  it.each([
    [400, "project.invalid_time_zone", { timezone: "Mars/Olympus" }],
    [400, "project.invalid_value", { name: "" }],
    [409, "project.exists", { name: "bank" }],
    [400, "request.invalid_body", { identity: "both" }],
  ])("is refused with %i %s for %j", async (status, code, body) => {
    const { project, ask } = await startTenants();
    const answer = await ask("PATCH", `/api/app/projects/${project.id}`, body);
    expect([answer.status, answer.json.code]).toEqual([status, code]);
  });

  it("sets how ids are joined while nothing was joined", async () => {
    const { server, project, ask } = await startTenants();
    const path = `/api/app/projects/${project.id}`;
    const changed = await ask("PATCH", path, { identity: "original" });
    expect([changed.status, changed.json.results.identity]).toEqual([200, "original"]);
    await server.write([{ $group_key: "company", $group_id: "acme", $set: { a: 1 } }], "groups");
    expect((await ask("PATCH", path, { identity: "simplified" })).status).toBe(200);
    await server.set("ada", { plan: "pro" });
    const late = await ask("PATCH", path, { identity: "original", name: "shop" });
    expect([late.status, late.json.code]).toEqual([409, "project.identity_fixed"]);
    expect(server.directory.projectById(project.id)?.name).toBe("test");
    expect((await ask("PATCH", path, { identity: "simplified" })).status).toBe(200);
  });

  it("does not change how ids are joined once there is an event of nobody", async () => {
    const { server, project, ask } = await startTenants();
    const { id: projectId, identity } = project;
    await server.store.apply([{ projectId, identity, events: [event("")] }]);
    const answer = await ask("PATCH", `/api/app/projects/${projectId}`, { identity: "original" });
    expect([answer.status, answer.json.code]).toEqual([409, "project.identity_fixed"]);
  });

  it("needs a name to rename it", async () => {
    const { project, ask } = await startTenants();
    const answer = await ask("POST", `/projects/update/${project.id}`);
    expect([answer.status, answer.json.code]).toEqual([400, "request.invalid_body"]);
  });
});

describe("the roles of a project", () => {
  it("are the four there are, in the shape of roles that somebody made", async () => {
    const { project, ask } = await startTenants();
    const path = `/api/app/projects/${project.id}/custom-roles`;
    const { json } = await ask("GET", path);
    expect(json.results.map((role: { role_id: string }) => role.role_id)).toEqual([
      "owner",
      "admin",
      "analyst",
      "consumer",
    ]);
    expect(await ask("GET", `${path}/analyst`)).toMatchObject({
      status: 200,
      json: { status: "ok", results: json.results[2] },
    });
    expect((await ask("GET", `${path}/constructor`)).status).toBe(404);
    expect((await ask("POST", path, { name: "mine" })).status).toBe(405);
  });
});

describe("failures where the web app has its endpoints", () => {
  it.each([
    ["GET", "/organizations/1/projects", 401],
    ["GET", "/organizations/1/nothing", 404],
    ["DELETE", "/organizations/1/projects", 405],
    ["GET", "/settings/project/1/metadata", 401],
    ["POST", "/projects/update/1", 401],
  ] as const)("%s %s is answered %i in the shape of the App API", async (method, url, status) => {
    const { server } = await startTenants();
    const answer = await server.send({ method, url });
    expect([answer.status, answer.json.status]).toEqual([status, "error"]);
    expect(answer.json).not.toHaveProperty("request");
    expect(answer.headers).not.toHaveProperty("www-authenticate");
  });
});

function event(distinctId: string) {
  return {
    name: "Seen",
    distinctId,
    timeMs: 1_700_000_000_000,
    insertId: "i",
    receivedAtMs: 1_700_000_000_000,
    properties: new Map(),
  };
}
