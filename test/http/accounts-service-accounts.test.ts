import { describe, expect, it } from "vitest";
import { basic } from "../support/server.ts";
import { startTenants } from "./accounts-support.ts";

const SECRET = /^[0-9a-f]{64}$/;

describe("the life of a service account, as Terraform asks for it", () => {
  it("is made, read, listed, used, deleted and gone", async () => {
    const { server, project, ask, org, owner } = await startTenants();
    const collection = `${org}/service-accounts`;
    const now = `${new Date(server.clock.now()).toISOString().slice(0, 19)}Z`;

    const made = await ask("POST", collection, {
      username: "terraform",
      role: "analyst",
      projects: [{ id: project.id, role: "analyst" }],
    });
    const object = {
      id: expect.any(Number),
      username: expect.stringMatching(/^terraform\.[0-9a-f]{6}\.whom-service-account$/),
      last_used: null,
      expires: null,
      creator: owner.account.id,
      creator_name: owner.account.username,
      creator_email: owner.account.username,
      created: now,
      user: expect.any(Number),
    };
    const results = { ...object, token: expect.stringMatching(SECRET) };
    expect([made.status, made.json]).toEqual([201, { status: "ok", results }]);
    const { id, username, token } = made.json.results;

    const read = await ask("GET", `${collection}/${id}`);
    expect([read.status, read.json]).toEqual([200, { status: "ok", results: object }]);
    const listed = await ask("GET", collection);
    expect(listed.json.results).toContainEqual(read.json.results);

    const query = () =>
      server.send({
        url: `/api/query/engage?project_id=${project.id}`,
        headers: { authorization: basic(username, token) },
      });
    expect((await query()).status).toBe(200);

    const deleted = await ask("DELETE", `${collection}/${id}`);
    expect([deleted.status, deleted.json]).toEqual([200, { status: "ok" }]);
    expect((await ask("GET", `${collection}/${id}`)).status).toBe(404);
    expect((await ask("DELETE", `${collection}/${id}`)).status).toBe(404);
    expect((await query()).status).toBe(401);
  });

  it("has no role until it is added to a project, and none after it is removed", async () => {
    const { server, project, ask, org } = await startTenants();
    const { json } = await ask("POST", `${org}/service-accounts`, { username: "late" });
    const { id, username, token } = json.results;
    const status = async () =>
      (
        await server.send({
          url: `/api/query/engage?project_id=${project.id}`,
          headers: { authorization: basic(username, token) },
        })
      ).status;
    expect(await status()).toBe(403);
    const added = await ask("POST", `${org}/service-accounts/add-to-project`, {
      projects: [{ id: project.id, role: "consumer" }],
      service_account_ids: [id],
    });
    expect([added.status, added.json]).toEqual([200, { status: "ok" }]);
    expect(await status()).toBe(200);
    const removed = await ask("POST", `${org}/service-accounts/remove-from-project/`, {
      projects: [{ id: project.id, service_account_ids: [id] }],
    });
    expect([removed.status, removed.json]).toEqual([200, { status: "ok" }]);
    expect(await status()).toBe(403);
    const again = await ask("POST", `${org}/service-accounts/remove-from-project`, {
      projects: [{ id: project.id, service_account_ids: [id] }],
    });
    expect(again.status).toBe(200);
  });
});

describe("the service accounts of a project", () => {
  it("are listed with their roles", async () => {
    const { project, bank, ask, login, owner } = await startTenants();
    const analyst = await login("analyst", "analyst", [project, bank]);
    await login("foreign", "owner", [bank]);
    const { status, json } = await ask("GET", `/api/app/projects/${project.id}/service-accounts`);
    expect(status).toBe(200);
    expect(json.results).toEqual([
      expect.objectContaining({ id: owner.account.id, role: "owner", role_order: 1 }),
      {
        id: analyst.account.id,
        username: analyst.account.username,
        last_used: null,
        expires: null,
        creator: null,
        creator_name: null,
        creator_email: null,
        created: expect.any(String),
        user: analyst.account.id,
        role: "analyst",
        role_order: 3,
        target_type: "individual",
        hasSensitiveAccess: true,
        email: analyst.account.username,
      },
    ]);
  });

  it("are deleted several at a time, all or none", async () => {
    const { server, bank, ask, org, login } = await startTenants();
    const one = (await login("one", "consumer")).account;
    const two = (await login("two", "admin")).account;
    const foreign = (await login("foreign", "consumer", [bank])).account;
    const path = `${org}/service-accounts/delete-service-accounts`;
    const refused = await ask("POST", path, { service_account_ids: [one.id, foreign.id] });
    expect([refused.status, refused.json.code]).toEqual([404, "project.service_account_missing"]);
    expect(server.directory.serviceAccountById(one.id)).toEqual(one);
    const deleted = await ask("POST", path, { service_account_ids: [one.id, two.id, one.id] });
    expect([deleted.status, deleted.json]).toEqual([200, { status: "ok" }]);
    expect(server.directory.serviceAccountById(one.id)).toBeUndefined();
    expect(server.directory.serviceAccountById(two.id)).toBeUndefined();
  });
});

describe("a new service account", () => {
  it.each([
    [400, "request.invalid_body", {}],
    [400, "request.invalid_body", { username: 7 }],
    [400, "request.invalid_body", { username: "a", role: "superuser" }],
    [400, "request.invalid_body", { username: "a", projects: [{ role: "admin" }] }],
    [400, "request.invalid_body", { username: "a", projects: Array(101).fill({ id: 1 }) }],
    [400, "project.invalid_value", { username: "" }],
    [400, "project.invalid_value", { username: "x".repeat(41) }],
    [400, "project.invalid_value", { username: "a", expires: "2001-01-01T00:00:00Z" }],
    [400, "request.invalid_body", { username: "a", expires: "2099-01-01" }],
    [400, "request.invalid_body", { username: "a", expires: "2099-01-01T00:00:00" }],
    [400, "request.invalid_body", { username: "a", expires: "2099-01-01T00:00:00.000Z" }],
    [400, "request.invalid_body", { username: "a", expires: "2099-01-01T00:00:00+00:00" }],
    [400, "request.invalid_body", { username: "a", expires: "2099-02-30T00:00:00Z" }],
    [400, "request.invalid_body", { username: "a", expires: "2099-01-01T24:00:00Z" }],
    [400, "request.invalid_body", { username: "a", expires: 4_070_908_800 }],
    [403, "access.project_forbidden", { username: "a", projects: [{ id: 1 }] }],
  ])("is refused with %i %s for %j", async (status, code, body) => {
    const { server, ask, org } = await startTenants();
    const { length } = server.directory.serviceAccounts();
    const answer = await ask("POST", `${org}/service-accounts`, body);
    expect([answer.status, answer.json.status, answer.json.code]).toEqual([status, "error", code]);
    expect(server.directory.serviceAccounts()).toHaveLength(length);
  });

  it.each([
    ["2099-12-31T23:59:59Z", "2099-12-31T23:59:59Z"],
    ["", null],
    [null, null],
  ])("that expires %j says %j", async (expires, shown) => {
    const { ask, org } = await startTenants();
    const body = { username: "a", expires, projects: null, role: null };
    const { status, json } = await ask("POST", `${org}/service-accounts`, body);
    expect([status, json.results.expires]).toEqual([201, shown]);
  });

  it("has the role of its project, else its own, else the weakest", async () => {
    const { server, project, ask, org } = await startTenants();
    const roleOf = async (body: object) => {
      const { json } = await ask("POST", `${org}/service-accounts`, { username: "a", ...body });
      return server.directory.serviceAccountById(json.results.id)?.roles;
    };
    const role = (name: string) => [{ projectId: project.id, role: name }];
    const { id } = project;
    expect(await roleOf({ role: "admin", projects: [{ id, role: "analyst" }] })).toEqual(
      role("analyst"),
    );
    expect(await roleOf({ role: "admin", projects: [{ id }] })).toEqual(role("admin"));
    expect(await roleOf({ projects: [{ id }] })).toEqual(role("consumer"));
    expect(await roleOf({ role: "owner" })).toEqual([]);
  });
});

describe("the rights of a service account", () => {
  it("do not let it hand out more than it has", async () => {
    const { server, project, bank, ask, org, login, owner } = await startTenants();
    const admin = await login("admin", "admin");
    const asAdmin = (path: string, body: object) =>
      ask("POST", `${org}/service-accounts${path}`, body, admin.authorization);
    const owned = [{ id: project.id, role: "owner" }];
    const ids = [admin.account.id];
    for (const answer of [
      await asAdmin("", { username: "a", projects: owned }),
      await asAdmin("", { username: "a", role: "owner", projects: [{ id: project.id }] }),
      await asAdmin("/add-to-project", { projects: owned, service_account_ids: ids }),
      await asAdmin("/add-to-project", {
        projects: [{ id: project.id, role: "consumer" }],
        service_account_ids: [owner.account.id],
      }),
      await asAdmin("/remove-from-project", {
        projects: [{ id: project.id, service_account_ids: [owner.account.id] }],
      }),
      await asAdmin("/delete-service-accounts", { service_account_ids: [owner.account.id] }),
    ]) {
      expect([answer.status, answer.json.code]).toEqual([403, "access.role_exceeded"]);
    }
    const foreign = { projects: [{ id: bank.id, role: "consumer" }], service_account_ids: ids };
    const refused = await asAdmin("/add-to-project", foreign);
    expect([refused.status, refused.json.code]).toEqual([403, "access.project_forbidden"]);
    expect(server.directory.serviceAccounts()).toEqual([owner.account, admin.account]);
  });

  it.each(["analyst", "consumer"] as const)("as %s do not let it manage", async (role) => {
    const { project, ask, org, login } = await startTenants();
    const { authorization, account } = await login("weak", role);
    const ids = [account.id];
    for (const [method, path, body] of [
      ["GET", `${org}/service-accounts`],
      ["GET", `${org}/service-accounts/${account.id}`],
      ["POST", `${org}/service-accounts`, { username: "a" }],
      ["DELETE", `${org}/service-accounts/${account.id}`],
      [
        "POST",
        `${org}/service-accounts/add-to-project`,
        { projects: [], service_account_ids: ids },
      ],
      ["POST", `${org}/service-accounts/remove-from-project`, { projects: [] }],
      ["POST", `${org}/service-accounts/delete-service-accounts`, { service_account_ids: ids }],
      ["GET", `/api/app/projects/${project.id}/service-accounts`],
      ["GET", `/organizations/1/projects`],
      ["GET", `/settings/project/${project.id}/metadata`],
      ["PATCH", `/api/app/projects/${project.id}`, { name: "mine" }],
    ] as const) {
      const answer = await ask(method, path, body, authorization);
      expect([path, answer.status, answer.json.code]).toEqual([path, 403, "access.role_too_weak"]);
    }
  });

  it("end where another tenant's begin", async () => {
    const { server, bank, ask, org, login } = await startTenants();
    const foreign = (await login("foreign", "consumer", [bank])).account;
    const { json } = await ask("GET", `${org}/service-accounts`);
    expect(JSON.stringify(json)).not.toContain(foreign.username);
    for (const method of ["GET", "DELETE"] as const) {
      const seen = await ask(method, `${org}/service-accounts/${foreign.id}`);
      const missing = await ask(method, `${org}/service-accounts/${foreign.id + 1000}`);
      expect([seen.status, seen.json.code]).toEqual([missing.status, missing.json.code]);
      expect(seen.status).toBe(404);
    }
    expect(server.directory.serviceAccountById(foreign.id)).toEqual(foreign);
  });

  it("are an account's: API secrets have none in the organization", async () => {
    const { server, ask, org } = await startTenants();
    const answer = await ask(
      "GET",
      `${org}/service-accounts`,
      undefined,
      server.secretAuthorization,
    );
    expect([answer.status, answer.json.code]).toEqual([403, "access.service_account_required"]);
  });

  it("are in the one organization there is", async () => {
    const { ask } = await startTenants();
    for (const id of ["2", "01", "x".repeat(50), "__proto__"]) {
      const answer = await ask("GET", `/api/app/organizations/${id}/service-accounts`);
      expect([answer.status, answer.json.code]).toEqual([403, "access.organization_forbidden"]);
    }
  });
});
