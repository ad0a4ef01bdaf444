import { beforeAll, describe, expect, it } from "vitest";
import {
  type AccessRequest,
  type AccessSettings,
  authenticate,
  createAccessContext,
  may,
} from "../../src/project/access.ts";
import { FAILURE_COUNT_MAX } from "../../src/project/brake.ts";
import { ProjectDirectory } from "../../src/project/directory.ts";
import type { Access, Project, Workspace } from "../../src/project/project.ts";
import { codeOfFailure, errorOf, makeRequest, manualClock } from "./support.ts";

const clock = manualClock();
const directory = ProjectDirectory.inMemory(clock);
let shop: Project;
let bank: Project;
let pro: Workspace;
let foreign: Workspace;
let username: string;
let secret: string;

beforeAll(async () => {
  const { id } = await directory.createProject({ name: "Shop" });
  pro = await directory.createWorkspace(id, {
    name: "Pro",
    selector: 'properties["plan"] == "pro"',
  });
  shop = directory.projectById(id) as Project;
  bank = await directory.createProject({ name: "Bank", workspaces: [{ name: "Vault" }] });
  foreign = bank.workspaces[1] as Workspace;
  const made = await directory.createServiceAccount({
    name: "a",
    projectIds: [id],
    role: "analyst",
  });
  username = made.account.username;
  secret = made.secret;
});

const base64 = (text: string) => Buffer.from(text).toString("base64");
const serviceAccount = () => `Basic ${base64(`${username}:${secret}`)}`;
const projectSecret = () => `Basic ${base64(`${shop.apiSecret}:`)}`;

function ask(request: AccessRequest, settings: AccessSettings = {}): Promise<Access> {
  return authenticate(directory, request, createAccessContext(clock, settings));
}

describe("a service account", () => {
  it("reads the project it names, with its role", async () => {
    const access = await ask(makeRequest(serviceAccount(), { project_id: String(shop.id) }));
    expect(access).toEqual({
      principal: { kind: "service_account", username },
      role: "analyst",
      project: shop,
      workspace: shop.workspaces[0],
    });
  });

  it("may be written without an encoding", async () => {
    const request = makeRequest(`Basic ${username}:${secret}`, { project_id: shop.id });
    expect((await ask(request)).project).toBe(shop);
  });

  it.each([
    ["access.project_required", () => ({})],
    ["access.project_required", () => ({ project_id: "" })],
    ["access.project_required", () => ({ project_id: "  " })],
    ["access.project_required", () => ({ project_id: null })],
    ["access.project_required", () => ({ project_id: "null" })],
    ["access.project_required", () => ({ project_id: "None", workspace_id: "None" })],
    ["access.project_forbidden", () => ({ project_id: bank.id })],
    ["access.project_forbidden", () => ({ project_id: "999" })],
    ["access.project_forbidden", () => ({ project_id: "abc" })],
    ["access.project_forbidden", () => ({ project_id: "__proto__" })],
    ["access.project_forbidden", () => ({ project_id: [shop.id] })],
    ["access.project_forbidden", () => ({ project_id: { toString: null } })],
    ["access.project_forbidden", () => ({ project_id: true })],
    ["access.project_forbidden", () => ({ project_id: `${shop.id}.0` })],
    ["access.workspace_forbidden", () => ({ project_id: shop.id, workspace_id: foreign.id })],
    ["access.workspace_forbidden", () => ({ project_id: shop.id, workspace_id: "0" })],
    ["access.workspace_forbidden", () => ({ project_id: shop.id, workspace_id: "Pro" })],
    ["access.workspace_forbidden", () => ({ project_id: shop.id, workspace_id: {} })],
  ])("fails with %s for the parameters %s", async (code, parameters) => {
    const error = await errorOf(() => ask(makeRequest(serviceAccount(), parameters())));
    expect(error.code).toBe(code);
  });

  it("learns nothing about whether a foreign project exists", async () => {
    const message = async (projectId: number) =>
      (await errorOf(() => ask(makeRequest(serviceAccount(), { project_id: projectId })))).message;
    expect(await message(bank.id)).toBe(`Project ${bank.id} not found or not accessible`);
    expect(await message(4)).toBe("Project 4 not found or not accessible");
  });

  it("repeats a long project id cut", async () => {
    const request = makeRequest(serviceAccount(), { project_id: "9".repeat(100_000) });
    expect((await errorOf(() => ask(request))).message.length).toBeLessThan(100);
  });

  it.each([
    ["as a number", () => pro.id, "Pro"],
    ["as a text", () => ` ${pro.id} `, "Pro"],
    ["absent", () => undefined, "All Project Data"],
    ["empty", () => "", "All Project Data"],
    ["null", () => null, "All Project Data"],
    ["the global one", () => shop.workspaces[0]?.id, "All Project Data"],
  ])("chooses a workspace %s", async (_title, workspaceId, expected) => {
    const request = makeRequest(serviceAccount(), {
      project_id: shop.id,
      workspace_id: workspaceId(),
    });
    expect((await ask(request)).workspace.name).toBe(expected);
  });

  it.each([
    ["a wrong secret", () => `Basic ${base64(`${username}:${secret}0`)}`],
    ["another's username", () => `Basic ${base64(`x.${username}:${secret}`)}`],
    ["a username of the prototype", () => `Basic ${base64(`__proto__:${secret}`)}`],
    ["no secret", () => `Basic ${base64(`${username}:`)}`],
    ["a project's secret as its own", () => `Basic ${base64(`${username}:${shop.apiSecret}`)}`],
    ["its secret alone", () => `Basic ${base64(`${secret}:`)}`],
    ["an unreadable header", () => "Basic !!!"],
    ["another scheme", () => `Digest ${username}:${secret}`],
    ["no header", () => undefined],
    ["an empty header", () => " "],
  ])("is refused for %s before anything is said about projects", async (_title, header) => {
    const error = await errorOf(() => ask(makeRequest(header(), { project_id: bank.id })));
    expect([error.code, error.message]).toEqual([
      "access.unauthenticated",
      "Unable to authenticate request",
    ]);
  });

  it("stops working the moment it expires", async () => {
    const expiresAtMs = clock.now() + 1000;
    const made = await directory.createServiceAccount({
      name: "e",
      projectIds: [shop.id],
      role: "owner",
      expiresAtMs,
    });
    const context = createAccessContext(clock);
    const request = makeRequest(`Basic ${made.account.username}:${made.secret}`, {
      project_id: shop.id,
    });
    expect((await authenticate(directory, request, context)).role).toBe("owner");
    clock.forward(999);
    await authenticate(directory, request, context);
    clock.forward(1);
    expect(await codeOfFailure(() => authenticate(directory, request, context))).toBe(
      "access.unauthenticated",
    );
  });

  it("stops working when it is revoked, or loses its role, though it was checked before", async () => {
    const made = await directory.createServiceAccount({
      name: "r",
      projectIds: [shop.id, bank.id],
      role: "owner",
    });
    const context = createAccessContext(clock);
    const from = (projectId: number) =>
      makeRequest(`Basic ${made.account.username}:${made.secret}`, { project_id: projectId });
    await authenticate(directory, from(bank.id), context);
    await directory.setServiceAccountRole(made.account.username, bank.id, undefined);
    expect(await codeOfFailure(() => authenticate(directory, from(bank.id), context))).toBe(
      "access.project_forbidden",
    );
    await authenticate(directory, from(shop.id), context);
    await directory.revokeServiceAccount(made.account.username);
    expect(await codeOfFailure(() => authenticate(directory, from(shop.id), context))).toBe(
      "access.unauthenticated",
    );
  });

  it("makes guesses wait, but not clients that work", async () => {
    const context = createAccessContext(clock);
    const good = makeRequest(serviceAccount(), { project_id: shop.id });
    await authenticate(directory, good, context);
    const guess = (address: string, password: string) =>
      authenticate(
        directory,
        makeRequest(
          `Basic ${username}:${password}`,
          { project_id: shop.id },
          { remoteAddress: address },
        ),
        context,
      );
    for (let index = 0; index < FAILURE_COUNT_MAX; index += 1) {
      expect(await codeOfFailure(() => guess("10.0.0.1", `guess ${index}`))).toBe(
        "access.unauthenticated",
      );
    }
    expect(await codeOfFailure(() => guess("10.0.0.1", "one more"))).toBe(
      "access.too_many_attempts",
    );
    expect(await codeOfFailure(() => guess("10.0.0.2", "elsewhere"))).toBe(
      "access.unauthenticated",
    );
    expect((await authenticate(directory, good, context)).role).toBe("analyst");
  });
});

describe("a project's API secret", () => {
  it.each([
    ["with an empty password", () => projectSecret()],
    ["without a colon", () => `Basic ${base64(shop.apiSecret)}`],
    ["without an encoding", () => `Basic ${shop.apiSecret}:`],
  ])("reads its project %s", async (_title, header) => {
    const access = await ask(makeRequest(header()));
    expect([access.principal, access.project, access.role]).toEqual([
      { kind: "project_secret" },
      shop,
      "admin",
    ]);
  });

  it("may name its project, and no other", async () => {
    expect((await ask(makeRequest(projectSecret(), { project_id: shop.id }))).project).toBe(shop);
    expect((await ask(makeRequest(projectSecret(), { project_id: "" }))).project).toBe(shop);
    const none = makeRequest(projectSecret(), { project_id: "null", workspace_id: "None" });
    expect((await ask(none)).workspace.isGlobal).toBe(true);
    const other = makeRequest(projectSecret(), { project_id: bank.id });
    expect(await codeOfFailure(() => ask(other))).toBe("access.project_forbidden");
  });

  it("chooses a workspace of its project only", async () => {
    expect((await ask(makeRequest(projectSecret(), { workspace_id: pro.id }))).workspace.id).toBe(
      pro.id,
    );
    const other = makeRequest(projectSecret(), { workspace_id: foreign.id });
    expect(await codeOfFailure(() => ask(other))).toBe("access.workspace_forbidden");
  });

  it("makes a client that repeats a wrong one wait, and no other", async () => {
    const context = createAccessContext(clock);
    const wrong = makeRequest(`Basic ${base64("0123456789abcdef:")}`);
    for (let index = 0; index < FAILURE_COUNT_MAX; index += 1) {
      expect(await codeOfFailure(() => authenticate(directory, wrong, context))).toBe(
        "access.unauthenticated",
      );
    }
    expect(await codeOfFailure(() => authenticate(directory, wrong, context))).toBe(
      "access.too_many_attempts",
    );
    expect((await authenticate(directory, makeRequest(projectSecret()), context)).project).toBe(
      shop,
    );
  });
});

describe("a project's token", () => {
  const header = () => `Basic ${base64(`${shop.token}:`)}`;

  it("writes", async () => {
    const access = await ask(makeRequest(header(), {}, { acceptsToken: true }));
    expect([access.principal, access.project]).toEqual([{ kind: "project_token" }, shop]);
    expect(may(access, "write")).toBe(true);
    expect(may(access, "query")).toBe(false);
  });

  it("does not read", async () => {
    expect(await codeOfFailure(() => ask(makeRequest(header())))).toBe("access.unauthenticated");
  });
});

describe("a bearer token", () => {
  const token = "0f5c3a4f2f6f4a0e8f6d2c1b7a9e5d3c";
  const settings = (name: string): AccessSettings => ({
    bearerTokens: [
      { token: "another", serviceAccountUsername: "nobody" },
      { token, serviceAccountUsername: name },
    ],
  });
  const request = () => makeRequest(`Bearer ${token}`, { project_id: shop.id });

  it("stands for its service account", async () => {
    const access = await ask(request(), settings(username));
    expect([access.principal, access.role]).toEqual([
      { kind: "service_account", username },
      "analyst",
    ]);
    const other = makeRequest(`Bearer ${token}`, { project_id: bank.id });
    expect(await codeOfFailure(() => ask(other, settings(username)))).toBe(
      "access.project_forbidden",
    );
    const none = makeRequest(`Bearer ${token}`);
    expect(await codeOfFailure(() => ask(none, settings(username)))).toBe(
      "access.project_required",
    );
  });

  it.each([
    ["is not configured", () => ask(request())],
    ["stands for nobody", () => ask(request(), settings("nobody"))],
    ["is another one's", () => ask(makeRequest("Bearer another"), settings(username))],
    [
      "is only the start of one",
      () => ask(makeRequest(`Bearer ${token.slice(1)}`), settings(username)),
    ],
  ])("is refused when it %s", async (_title, action) => {
    expect(await codeOfFailure(action)).toBe("access.unauthenticated");
  });
});
