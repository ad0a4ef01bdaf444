import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { verifySecret } from "../../src/project/credential.ts";
import { ProjectDirectory } from "../../src/project/directory.ts";
import type { Role } from "../../src/project/project.ts";
import { codeOfFailure, errorOf, manualClock, temporaryFolder } from "./support.ts";

const FILE = "projects.json";

describe("a new project", () => {
  it("has all that is needed to write and read", async () => {
    const clock = manualClock();
    const directory = ProjectDirectory.inMemory(clock);
    const project = await directory.createProject({ name: " Shop " });
    expect(project).toEqual({
      id: 1_000_001,
      name: "Shop",
      token: expect.stringMatching(/^[0-9a-f]{32}$/),
      apiSecret: expect.stringMatching(/^[0-9a-f]{32}$/),
      timeZone: "UTC",
      workspaces: [
        { id: 3_000_001, name: "All Project Data", isGlobal: true, selector: undefined },
      ],
      quota: { queriesPerHourMax: undefined, queriesAtOnceMax: undefined },
      identity: "simplified",
      createdAtMs: clock.now(),
    });
    expect(directory.projects()).toEqual([project]);
    expect(directory.projectById(project.id)).toBe(project);
    expect(directory.projectByName("Shop")).toBe(project);
    expect(directory.projectByToken(project.token)).toBe(project);
    expect(directory.projectBySecret(project.apiSecret)).toBe(project);
  });

  it("is found by nothing but its own token and secret", async () => {
    const directory = ProjectDirectory.inMemory(manualClock());
    const { token, apiSecret } = await directory.createProject({ name: "Shop" });
    for (const text of ["", "x", apiSecret, token.toUpperCase(), token.slice(1), "__proto__"]) {
      expect(directory.projectByToken(text)).toBeUndefined();
    }
    for (const text of ["", "x", token, apiSecret.slice(1), "constructor"]) {
      expect(directory.projectBySecret(text)).toBeUndefined();
    }
  });

  it("numbers projects and workspaces without a repetition", async () => {
    const directory = ProjectDirectory.inMemory(manualClock());
    const workspaces = [
      { name: "Pro", selector: 'properties["plan"] == "pro"' },
      { name: "All", selector: " " },
    ];
    const first = await directory.createProject({ name: "A", workspaces });
    const second = await directory.createProject({ name: "B" });
    const third = await directory.createWorkspace(first.id, { name: "Late", selector: "true" });
    expect(second.id).toBe(first.id + 1);
    expect(
      directory.projectById(first.id)?.workspaces.map(({ id, selector }) => [id, selector]),
    ).toEqual([
      [3_000_001, undefined],
      [3_000_002, 'properties["plan"] == "pro"'],
      [3_000_003, undefined],
      [3_000_005, "true"],
    ]);
    expect(third.id).toBe(3_000_005);
  });

  it.each([
    ["project.exists", { name: "Shop" }],
    ["project.exists", { name: " Shop " }],
    ["project.invalid_value", { name: "" }],
    ["project.invalid_value", { name: "  " }],
    ["project.invalid_value", { name: "a\u0000b" }],
    ["project.invalid_value", { name: "x".repeat(201) }],
    ["project.invalid_time_zone", { name: "B", timeZone: "Mars/Olympus" }],
    ["project.invalid_time_zone", { name: "B", timeZone: "+01:00" }],
    ["project.invalid_time_zone", { name: "B", timeZone: "" }],
    ["project.invalid_value", { name: "B", quota: { queriesPerHourMax: 0 } }],
    ["project.invalid_value", { name: "B", quota: { queriesAtOnceMax: 1.5 } }],
    ["project.invalid_value", { name: "B", workspaces: [{ name: "" }] }],
  ])("fails with %s for %j", async (code, project) => {
    const directory = ProjectDirectory.inMemory(manualClock());
    await directory.createProject({ name: "Shop" });
    expect(await codeOfFailure(() => directory.createProject(project))).toBe(code);
    expect(directory.projects()).toHaveLength(1);
  });

  it("takes names up to the limit", async () => {
    const directory = ProjectDirectory.inMemory(manualClock());
    const name = "x".repeat(200);
    expect((await directory.createProject({ name })).name).toBe(name);
  });
});

describe("a change of a project", () => {
  it("keeps what it does not name", async () => {
    const directory = ProjectDirectory.inMemory(manualClock());
    const before = await directory.createProject({ name: "A", quota: { queriesAtOnceMax: 5 } });
    const after = await directory.updateProject(before.id, { timeZone: "Europe/Berlin" });
    expect(after).toEqual({ ...before, timeZone: "Europe/Berlin" });
    const named = await directory.updateProject(before.id, { name: "A", quota: {} });
    expect(named.quota).toEqual({ queriesPerHourMax: undefined, queriesAtOnceMax: undefined });
  });

  it("renews token and secret, and forgets the old ones", async () => {
    const directory = ProjectDirectory.inMemory(manualClock());
    const before = await directory.createProject({ name: "A" });
    const after = await directory.updateProject(before.id, {
      renewToken: true,
      renewApiSecret: true,
    });
    expect(directory.projectByToken(before.token)).toBeUndefined();
    expect(directory.projectBySecret(before.apiSecret)).toBeUndefined();
    expect(directory.projectByToken(after.token)).toBe(after);
    expect(directory.projectBySecret(after.apiSecret)).toBe(after);
  });

  it("fails for a project that is not there, and for a name that is taken", async () => {
    const directory = ProjectDirectory.inMemory(manualClock());
    await directory.createProject({ name: "A" });
    const { id } = await directory.createProject({ name: "B" });
    expect(await codeOfFailure(() => directory.updateProject(1, {}))).toBe("project.missing");
    expect(await codeOfFailure(() => directory.updateProject(id, { name: "A" }))).toBe(
      "project.exists",
    );
    expect(await codeOfFailure(() => directory.createWorkspace(1, { name: "W" }))).toBe(
      "project.missing",
    );
  });
});

describe("a service account", () => {
  it("is kept with a hash of its secret only", async () => {
    const folder = temporaryFolder();
    const directory = await ProjectDirectory.create(folder, manualClock());
    const { id } = await directory.createProject({ name: "A" });
    const { account, secret } = await directory.createServiceAccount({
      name: "Nightly Export!",
      projectIds: [id, id],
      role: "analyst",
    });
    expect(account.username).toMatch(/^nightly-export\.[0-9a-f]{6}\.whom-service-account$/);
    expect(account.roles).toEqual([{ projectId: id, role: "analyst" }]);
    expect(secret).toMatch(/^[0-9a-f]{64}$/);
    expect(readFileSync(join(folder, FILE), "utf8")).not.toContain(secret);
    expect(await verifySecret(secret, account.secretHash)).toBe(true);
    expect(directory.serviceAccount(account.username)).toEqual(account);
    expect(directory.serviceAccounts()).toEqual([account]);
  });

  it("is given and loses roles", async () => {
    const directory = ProjectDirectory.inMemory(manualClock());
    const { id } = await directory.createProject({ name: "A" });
    const { id: otherId } = await directory.createProject({ name: "B" });
    const { account } = await directory.createServiceAccount({
      name: "a",
      projectIds: [id],
      role: "consumer",
    });
    const set = (projectId: number, role: Role | undefined) =>
      directory.setServiceAccountRole(account.username, projectId, role);
    await set(otherId, "admin");
    expect((await set(id, "owner")).roles).toEqual([
      { projectId: otherId, role: "admin" },
      { projectId: id, role: "owner" },
    ]);
    expect((await set(id, undefined)).roles).toEqual([{ projectId: otherId, role: "admin" }]);
    expect(await codeOfFailure(() => set(1, "admin"))).toBe("project.missing");
    expect(await codeOfFailure(() => set(id, "king" as Role))).toBe("project.invalid_role");
  });

  it("is gone once revoked, and its id is not given again", async () => {
    const directory = ProjectDirectory.inMemory(manualClock());
    const { id } = await directory.createProject({ name: "A" });
    const make = () =>
      directory.createServiceAccount({ name: "a", projectIds: [id], role: "owner" });
    const { account } = await make();
    expect(await directory.revokeServiceAccount(account.username)).toBe(account);
    expect(directory.serviceAccount(account.username)).toBeUndefined();
    expect((await make()).account.id).toBe(account.id + 1);
    expect(await codeOfFailure(() => directory.revokeServiceAccount(account.username))).toBe(
      "project.service_account_missing",
    );
  });

  it.each([
    ["project.invalid_value", { name: "!!!" }],
    ["project.invalid_value", { name: "x".repeat(41) }],
    ["project.invalid_value", { projectIds: [] }],
    ["project.invalid_value", { expiresAtMs: Number.NaN }],
    ["project.invalid_value", { expiresAtMs: Date.UTC(2025, 0, 1) }],
    ["project.invalid_value", { expiresAtMs: Number.POSITIVE_INFINITY }],
    ["project.missing", { projectIds: [7] }],
    ["project.invalid_role", { role: "king" as Role }],
    ["project.invalid_role", { role: "__proto__" as Role }],
  ])("fails with %s for %j", async (code, wrong) => {
    const directory = ProjectDirectory.inMemory(manualClock());
    const { id } = await directory.createProject({ name: "A" });
    const account = { name: "a", projectIds: [id], role: "owner" as Role, ...wrong };
    expect(await codeOfFailure(() => directory.createServiceAccount(account))).toBe(code);
    expect(directory.serviceAccounts()).toEqual([]);
  });
});

describe("a directory in a folder", () => {
  it("comes back as it was", async () => {
    const folder = temporaryFolder();
    const clock = manualClock();
    const first = await ProjectDirectory.create(folder, clock);
    const workspaces = [{ name: "W", selector: "true" }];
    await first.createProject({ name: "A", quota: { queriesPerHourMax: 60 }, workspaces });
    const { id } = await first.createProject({ name: 'B "ß" \u{1F600}', timeZone: "Asia/Tokyo" });
    await first.createServiceAccount({ name: "a", projectIds: [id], role: "owner" });
    const expiresAtMs = clock.now() + 1;
    await first.createServiceAccount({ name: "b", projectIds: [id], role: "owner", expiresAtMs });
    const second = await ProjectDirectory.open(folder, clock);
    expect(second.projects()).toEqual(first.projects());
    expect(second.serviceAccounts()).toEqual(first.serviceAccounts());
  });

  it("shows its file to the owner only, and leaves nothing else behind", async () => {
    const folder = temporaryFolder();
    const directory = await ProjectDirectory.create(folder, manualClock());
    await directory.createProject({ name: "A" });
    expect(statSync(join(folder, FILE)).mode & 0o777).toBe(0o600);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    expect(readdirSync(folder)).toEqual([FILE]);
  });

  it("is not made twice", async () => {
    const folder = temporaryFolder();
    const directory = await ProjectDirectory.create(folder, manualClock());
    await directory.createProject({ name: "A" });
    expect(await codeOfFailure(() => ProjectDirectory.create(folder, manualClock()))).toBe(
      "data.folder_exists",
    );
    expect((await ProjectDirectory.open(folder, manualClock())).projects()).toHaveLength(1);
  });

  it("is not made where a file stands", async () => {
    const folder = temporaryFolder();
    writeFileSync(folder, "");
    const code = await codeOfFailure(() => ProjectDirectory.create(folder, manualClock()));
    expect(code).toBe("data.folder_unusable");
  });

  it("says that a folder is missing, or is no data folder", async () => {
    const folder = temporaryFolder();
    const open = () => ProjectDirectory.open(folder, manualClock());
    expect(await codeOfFailure(open)).toBe("data.folder_missing");
    mkdirSync(folder);
    expect(await codeOfFailure(open)).toBe("data.folder_missing");
    mkdirSync(join(folder, FILE));
    expect(await codeOfFailure(open)).toBe("data.folder_unusable");
  });

  it("survives a change that a crash cut short", async () => {
    const folder = temporaryFolder();
    const directory = await ProjectDirectory.create(folder, manualClock());
    writeFileSync(join(folder, `${FILE}.tmp`), '{"formatVer');
    const project = await directory.createProject({ name: "A" });
    expect((await ProjectDirectory.open(folder, manualClock())).projects()).toEqual([project]);
    expect(readdirSync(folder)).toEqual([FILE]);
  });

  it("fails a change it cannot write, and stays as it was", async () => {
    const folder = temporaryFolder();
    const directory = await ProjectDirectory.create(folder, manualClock());
    await directory.createProject({ name: "A" });
    // A folder in the place of the next file fails for the superuser too.
    mkdirSync(join(folder, `${FILE}.tmp`));
    const code = await codeOfFailure(() => directory.createProject({ name: "B" }));
    expect(code).toBe("data.folder_unusable");
    expect(directory.projects().map(({ name }) => name)).toEqual(["A"]);
    rmSync(join(folder, `${FILE}.tmp`), { recursive: true });
    await directory.createProject({ name: "B" });
    expect(directory.projects()).toHaveLength(2);
  });
});

describe("a damaged file", () => {
  const project = (id: number, more: object = {}) => ({
    id,
    name: `P${id}`,
    token: `token-${id}`,
    apiSecret: `secret-of-project-${id}`,
    timeZone: "UTC",
    workspaces: [],
    quota: {},
    createdAtMs: 0,
    ...more,
  });
  const file = (more: object) =>
    JSON.stringify({
      formatVersion: 1,
      nextIds: { project: 1, workspace: 1, serviceAccount: 1 },
      projects: [],
      serviceAccounts: [],
      ...more,
    });

  it.each([
    ["data.folder_unusable", "", "it is not JSON"],
    ["data.folder_unusable", '{"projects": [{"apiSecret": "hush', "it is not JSON"],
    ["data.folder_unusable", "[]", "damaged at"],
    ["data.folder_unusable", "null", "damaged at"],
    ["data.folder_unusable", "{}", "/formatVersion"],
    ["data.format_unknown", '{"formatVersion": 2}', "format 2"],
    ["data.format_unknown", '{"formatVersion": 0}', "format 0"],
    ["data.folder_unusable", file({ projects: 1 }), "/projects"],
    ["data.folder_unusable", file({ teams: [] }), "/teams"],
    [
      "data.folder_unusable",
      file({ projects: [project(1, { apiSecret: "" })] }),
      "/projects/0/apiSecret",
    ],
    [
      "data.folder_unusable",
      file({ projects: [project(1, { quota: { queriesAtOnceMax: -1 } })] }),
      "/quota",
    ],
    ["data.folder_unusable", file({ projects: [project(1), project(1)] }), "same project id"],
    [
      "data.folder_unusable",
      file({ projects: [project(1), project(2, { token: "token-1" })] }),
      "same token",
    ],
  ])("fails with %s for %s", async (code, text, part) => {
    const folder = temporaryFolder();
    mkdirSync(folder);
    writeFileSync(join(folder, FILE), text);
    const error = await errorOf(() => ProjectDirectory.open(folder, manualClock()));
    expect([error.code, error.message]).toEqual([code, expect.stringContaining(part)]);
    expect(error.message).not.toContain("hush");
    expect(error.message).not.toContain("token-1");
  });
});
