import { describe, expect, it } from "vitest";
import { startTenants } from "./accounts-support.ts";

const BODY = {
  name: "Germany",
  is_restricted: false,
  is_visible: true,
  description: "the home market",
  data_filters: [{ type: "profile", filters: [{ property: "$country_code", value: ["DE"] }] }],
};

describe("the life of a workspace, as Terraform asks for it", () => {
  it("is made, read, changed, read, deleted and gone", async () => {
    const { server, project, ask, owner } = await startTenants();
    const collection = `/api/app/projects/${project.id}/workspaces`;
    const created = `${new Date(server.clock.now()).toISOString().slice(0, 19)}Z`;

    const made = await ask("POST", collection, BODY);
    const { id } = made.json.results;
    const object = {
      id: expect.any(Number),
      project_id: project.id,
      ...BODY,
      is_default: false,
      is_global: false,
      where: null,
      created_iso: created,
      creator_id: owner.account.id,
      creator_name: owner.account.username,
      has_all_org_members: true,
    };
    expect([made.status, made.json]).toEqual([200, { status: "ok", results: object }]);

    const read = await ask("GET", `${collection}/${id}`);
    expect([read.status, read.json]).toEqual([200, { status: "ok", results: object }]);

    const changes = { id, ...BODY, name: "DE", is_visible: false, data_filters: { a: 1 } };
    const changed = await ask("PATCH", `${collection}/${id}`, changes);
    expect([changed.status, changed.json.results]).toEqual([200, { ...object, ...changes }]);
    expect((await ask("GET", `${collection}/${id}`)).json).toEqual(changed.json);

    const listed = await ask("GET", collection);
    expect(listed.json.results).toEqual([
      expect.objectContaining({ is_global: true, is_default: true, name: "All Project Data" }),
      changed.json.results,
    ]);

    const deleted = await ask("DELETE", `${collection}/${id}`);
    expect([deleted.status, deleted.json]).toEqual([200, { status: "ok" }]);
    // The provider takes 404, and only that, for gone.
    expect((await ask("GET", `${collection}/${id}`)).status).toBe(404);
    expect((await ask("DELETE", `${collection}/${id}`)).status).toBe(404);
  });
});

describe("a workspace over HTTP", () => {
  it("narrows the queries made through it, by its selector", async () => {
    const { server, project, ask } = await startTenants();
    await server.set("ada", { plan: "pro" });
    await server.set("bob", { plan: "free" });
    const collection = `/api/app/projects/${project.id}/workspaces`;
    const where = 'properties["plan"] == "pro"';
    const { json } = await ask("POST", collection, { ...BODY, where });
    expect(json.results.where).toBe(where);
    const idsThrough = async () =>
      (await server.query({ workspace_id: json.results.id })).json.results.map(
        (row: { $distinct_id: string }) => row.$distinct_id,
      );
    expect(await idsThrough()).toEqual(["ada"]);
    await ask("PATCH", `${collection}/${json.results.id}`, { where: null });
    expect(await idsThrough()).toEqual(["ada", "bob"]);
    await ask("DELETE", `${collection}/${json.results.id}`);
    expect((await server.query({ workspace_id: json.results.id })).status).toBe(403);
  });

  it("keeps what a change leaves out", async () => {
    const { project, ask } = await startTenants();
    const collection = `/api/app/projects/${project.id}/workspaces`;
    const { json } = await ask("POST", collection, { ...BODY, where: "true" });
    const changed = await ask("PATCH", `${collection}/${json.results.id}/`, { description: null });
    expect(changed.json.results).toEqual({ ...json.results, description: "" });
    const cleared = await ask("PATCH", `${collection}/${json.results.id}`, { data_filters: null });
    expect(cleared.json.results).toEqual({ ...changed.json.results, data_filters: null });
  });

  it.each([
    [400, "request.invalid_body", {}],
    [400, "request.invalid_body", { ...BODY, name: 1 }],
    [400, "request.invalid_body", { ...BODY, is_visible: "yes" }],
    [400, "project.invalid_value", { ...BODY, name: " " }],
    [400, "project.invalid_value", { ...BODY, name: "a\u0000b" }],
    [400, "selector.unexpected_token", { ...BODY, where: 'properties["a"] ==' }],
  ])("is refused with %i %s for %j", async (status, code, body) => {
    const { project, ask } = await startTenants();
    const answer = await ask("POST", `/api/app/projects/${project.id}/workspaces`, body);
    expect([answer.status, answer.json.code, answer.json.status]).toEqual([status, code, "error"]);
    const { json } = await ask("GET", `/api/app/projects/${project.id}/workspaces`);
    expect(json.results).toHaveLength(1);
  });

  it("names itself the same in path and body", async () => {
    const { project, ask } = await startTenants();
    const collection = `/api/app/projects/${project.id}/workspaces`;
    const { json } = await ask("POST", collection, BODY);
    const { id } = json.results;
    const wrong = await ask("PATCH", `${collection}/${id}`, { id: id + 1, name: "x" });
    expect([wrong.status, wrong.json.code]).toEqual([400, "request.invalid_body"]);
    expect((await ask("PATCH", `${collection}/${id}`, { id: String(id), name: "x" })).status).toBe(
      200,
    );
  });

  it("that is global stays", async () => {
    const { project, ask } = await startTenants();
    const path = `/api/app/projects/${project.id}/workspaces/${project.workspaces[0]?.id}`;
    for (const answer of [
      await ask("DELETE", path),
      await ask("PATCH", path, { where: "true" }),
      await ask("PATCH", path, { is_visible: false }),
    ]) {
      expect([answer.status, answer.json.code]).toEqual([400, "project.workspace_fixed"]);
    }
    expect((await ask("PATCH", path, { name: "Everything" })).json.results.name).toBe("Everything");
  });

  it.each(["0", "-1", "1e3", "constructor", "%00", "9".repeat(400)])(
    "is not there by the id %s",
    async (id) => {
      const { project, ask } = await startTenants();
      const { status, json } = await ask("GET", `/api/app/projects/${project.id}/workspaces/${id}`);
      expect(status).toBe(404);
      expect(json.status).toBe("error");
    },
  );

  it("is changed by owners and admins only, and by no API secret", async () => {
    const { server, project, ask, login } = await startTenants();
    const collection = `/api/app/projects/${project.id}/workspaces`;
    const { json } = await ask("POST", collection, BODY);
    const path = `${collection}/${json.results.id}`;
    const weak = [
      (await login("analyst", "analyst")).authorization,
      (await login("consumer", "consumer")).authorization,
      server.secretAuthorization,
    ];
    for (const authorization of weak) {
      expect((await ask("GET", path, undefined, authorization)).status).toBe(200);
      for (const [method, url, body] of [
        ["POST", collection, BODY],
        ["PATCH", path, { name: "x" }],
        ["DELETE", path, undefined],
      ] as const) {
        const answer = await ask(method, url, body, authorization);
        expect([answer.status, answer.json.code]).toEqual([403, "access.role_too_weak"]);
      }
    }
    const admin = await login("admin", "admin");
    expect((await ask("DELETE", path, undefined, admin.authorization)).status).toBe(200);
  });

  it("of another tenant is neither seen nor touched", async () => {
    const { server, project, bank, ask } = await startTenants();
    const globalId = bank.workspaces[0]?.id;
    const foreign = await ask("GET", `/api/app/projects/${bank.id}/workspaces`);
    expect([foreign.status, foreign.json.code]).toEqual([403, "access.project_forbidden"]);
    for (const method of ["GET", "PATCH", "DELETE"] as const) {
      const inOwn = await ask(
        method,
        `/api/app/projects/${project.id}/workspaces/${globalId}`,
        method === "PATCH" ? { name: "mine" } : undefined,
      );
      expect([inOwn.status, inOwn.json.code]).toEqual([404, "project.workspace_missing"]);
    }
    expect(server.directory.projectById(bank.id)).toEqual(bank);
  });
});
