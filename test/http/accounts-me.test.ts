import { describe, expect, it } from "vitest";
import { basic } from "../support/server.ts";
import { startTenants } from "./accounts-support.ts";

describe("/api/app/me", () => {
  it("maps what an account can reach by ids as text", async () => {
    const { server, project, bank, login } = await startTenants();
    const { account, authorization } = await login("me", "analyst", [project]);
    const created = `${new Date(server.clock.now()).toISOString().slice(0, 19)}Z`;
    const globalId = project.workspaces[0]?.id ?? 0;
    const answer = await server.send({ url: "/api/app/me", headers: { authorization } });
    expect([answer.status, answer.json]).toEqual([
      200,
      {
        status: "ok",
        results: {
          user_id: account.id,
          user_email: account.username,
          user_name: account.username,
          organizations: { "1": { id: 1, name: "Whom", role: "member", permissions: [] } },
          projects: {
            [String(project.id)]: {
              id: project.id,
              name: "test",
              organization_id: 1,
              timezone: "UTC",
              has_workspaces: true,
              domain: null,
              type: "PROJECT",
              identity: "simplified",
              created,
              role: "analyst",
              permissions: ["view_base_reports", "edit_cohorts", "export_data"],
            },
          },
          workspaces: {
            [String(globalId)]: {
              id: globalId,
              name: "All Project Data",
              project_id: project.id,
              is_default: true,
              is_global: true,
              is_restricted: false,
              is_visible: true,
              description: "",
              where: null,
              data_filters: null,
              created_iso: created,
              creator_id: null,
              creator_name: null,
              has_all_org_members: true,
            },
          },
        },
      },
    ]);
    expect(answer.text).not.toContain(String(bank.id));
  });

  it("says who owns and who manages", async () => {
    const { project, bank, login, ask } = await startTenants();
    const all = await login("all", "owner", [project, bank]);
    const roleOf = async (authorization?: string) =>
      (await ask("GET", "/api/app/me/", undefined, authorization)).json.results.organizations["1"]
        .role;
    expect(await roleOf()).toBe("admin");
    expect(await roleOf(all.authorization)).toBe("owner");
    const { json } = await ask("GET", "/api/app/me", undefined, all.authorization);
    expect(Object.keys(json.results.projects)).toEqual([String(project.id), String(bank.id)]);
    expect(json.results.projects[bank.id].permissions).toContain("view_base_reports");
  });

  it("knows an API secret as its project, without a user", async () => {
    const { server, project, ask } = await startTenants();
    const { json } = await ask("GET", "/api/app/me", undefined, server.secretAuthorization);
    expect(json.results.user_id).toBeNull();
    expect(Object.keys(json.results.projects)).toEqual([String(project.id)]);
    expect(json.results.projects[project.id].permissions).not.toContain("view_keys");
  });

  it.each([
    ["nothing", undefined],
    ["a wrong secret", basic("owner.000000.whom-service-account", "wrong")],
    ["a token", "token"],
  ])("answers 401 to %s", async (_what, credential) => {
    const { server, project } = await startTenants();
    const authorization = credential === "token" ? basic(project.token, "") : credential;
    const headers = authorization === undefined ? {} : { authorization };
    const { status, json } = await server.send({ url: "/api/app/me", headers });
    expect([status, json.status, json.error]).toEqual([
      401,
      "error",
      "Unable to authenticate request",
    ]);
  });
});

describe("what mixpanel-headless asks to find its workspace", () => {
  it("is answered by the list of public workspaces", async () => {
    const { server, project, ask } = await startTenants();
    await server.directory.createWorkspace(project.id, { name: "hidden", isVisible: false });
    const shown = await server.directory.createWorkspace(project.id, { name: "shown" });
    const { json } = await ask("GET", `/api/app/projects/${project.id}/workspaces/public`);
    expect(json).toEqual({ status: "ok", results: [expect.anything(), expect.anything()] });
    expect(json.results.map(({ id }: { id: number }) => id)).toEqual([
      project.workspaces[0]?.id,
      shown.id,
    ]);
    for (const workspace of json.results) {
      expect(workspace).toMatchObject({
        id: expect.any(Number),
        name: expect.any(String),
        project_id: project.id,
        is_default: expect.any(Boolean),
        is_global: expect.any(Boolean),
      });
    }
  });

  it("is answered by the index of projects", async () => {
    const { project, bank, ask } = await startTenants();
    const { json } = await ask("GET", "/api/app/projects/metadata/index");
    expect(json.status).toBe("ok");
    expect(Object.keys(json.results)).toEqual([String(project.id)]);
    expect(Object.keys(json.results[project.id].workspaces)).toEqual([
      String(project.workspaces[0]?.id),
    ]);
    expect(JSON.stringify(json)).not.toContain(bank.name);
  });

  it("is answered by the list of projects", async () => {
    const { project, ask } = await startTenants();
    const { json } = await ask("GET", "/api/app/projects");
    expect(json.results.map(({ id, name }: { id: number; name: string }) => [id, name])).toEqual([
      [project.id, "test"],
    ]);
  });
});

describe("a time", () => {
  it("is written in UTC and whole seconds", async () => {
    const { server, project, ask } = await startTenants();
    const { json } = await ask("GET", `/api/app/projects/${project.id}`);
    expect(json.results.created).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    expect(Date.parse(json.results.created)).toBe(Math.floor(server.clock.now() / 1000) * 1000);
  });
});
