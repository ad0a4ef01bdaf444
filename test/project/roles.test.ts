import { describe, expect, it } from "vitest";
import { type Action, demand, may } from "../../src/project/access.ts";
import type { Access, Principal, Project, Role, Workspace } from "../../src/project/project.ts";
import { errorOf } from "./support.ts";

const WORKSPACE: Workspace = { id: 2, name: "All", isGlobal: true, selector: undefined };
const PROJECT: Project = {
  id: 1,
  name: "A",
  token: "t",
  apiSecret: "s",
  timeZone: "UTC",
  workspaces: [WORKSPACE],
  quota: { queriesPerHourMax: undefined, queriesAtOnceMax: undefined },
  identity: "simplified",
  createdAtMs: 0,
};

describe("roles", () => {
  const ACTIONS: readonly Action[] = ["query", "export", "write", "manage"];
  const access = (role: Role, principal: Principal): Access => ({
    principal,
    role,
    project: PROJECT,
    workspace: WORKSPACE,
  });
  const as = (role: Role) => access(role, { kind: "service_account", username: "a" });

  it.each([
    ["owner", ["query", "export", "write", "manage"], ["query", "export", "write", "manage"]],
    ["admin", ["query", "export", "write", "manage"], ["query", "export", "write", "manage"]],
    ["analyst", ["query", "export"], ["query", "export"]],
    ["consumer", ["query"], []],
  ] as const)("allow %s what the table says", (role, relaxed, strict) => {
    const allowed = (strictQueryRoles: boolean) =>
      ACTIONS.filter((action) => may(as(role), action, { strictQueryRoles }));
    expect(allowed(false)).toEqual(relaxed);
    expect(allowed(true)).toEqual(strict);
    expect(ACTIONS.filter((action) => may(as(role), action))).toEqual(relaxed);
  });

  it.each([
    ["project_secret", ["query", "export", "write"]],
    ["signed_request", ["query", "export", "write"]],
    ["project_token", ["write"]],
  ] as const)("allow a %s no management", (kind, expected) => {
    const allowed = ACTIONS.filter((action) =>
      may(access("admin", { kind }), action, { strictQueryRoles: true }),
    );
    expect(allowed).toEqual(expected);
  });

  it("name role and action when they are too weak", async () => {
    demand(as("admin"), "write");
    const error = await errorOf(() => demand(as("consumer"), "write"));
    expect([error.code, error.message]).toEqual([
      "access.role_too_weak",
      "the role consumer may not write",
    ]);
  });
});
