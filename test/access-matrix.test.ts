import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Guard, Method, Route } from "../src/http/route.ts";
import { ROUTES } from "../src/http/routes.ts";
import { ORGANIZATION, type Role } from "../src/project/project.ts";
import { plain, readTables } from "./support/markdown-table.ts";
import { type Answer, basic, startTestServer, type TestServer } from "./support/server.ts";

/** Everybody who may turn up. Roles without more are roles in the project that is asked for. */
const CALLERS = [
  "nobody",
  "wrong secret",
  "unknown account",
  "project token",
  "API secret",
  "API secret elsewhere",
  "owner",
  "admin",
  "analyst",
  "consumer",
  "owner elsewhere",
  "revoked owner",
] as const;
type Caller = (typeof CALLERS)[number];

const NO_ID = "999999999";

const ROLES: readonly Role[] = ["owner", "admin", "analyst", "consumer"];

/** Allowed, forbidden, or unproven: what is answered is wrong with the credentials. */
type Outcome = "a" | "f" | "u";

/** What each guard means for the callers, in their order. */
const MEANING: Readonly<Record<Guard, string>> = {
  anyone: "aaaaaaaaaaaa",
  token: "aaaaaaaaaaaa",
  credentials: "uuuuaaaaaaau",
  account: "uuuuffaaffau",
  import: "uuuaauaaffuu",
  query: "uuuuafaaaafu",
  export: "uuuuafaaaffu",
  write: "uuuuafaafffu",
  manage: "uuuuffaafffu",
};

/** Endpoints whose rights depend on what the body names: a body, and what it means for the callers. */
const BY_BODY: Readonly<
  Record<string, readonly [body: (projectId: number) => object, meaning: string]>
> = {
  service_account_add: [
    (id) => ({ projects: [{ id, role: "consumer" }], service_account_ids: [Number(NO_ID)] }),
    MEANING.account,
  ],
  service_account_remove: [
    (id) => ({ projects: [{ id, service_account_ids: [Number(NO_ID)] }] }),
    MEANING.account,
  ],
  service_account_delete_many: [() => ({ service_account_ids: [Number(NO_ID)] }), MEANING.account],
  // Nobody here owns every project.
  organization_create_projects: [() => ({ projectNames: ["new"] }), "uuuufffffffu"],
  // A project that is not there is one that is not theirs.
  organization_delete_projects: [() => ({ projectIds: [Number(NO_ID)] }), "uuuufffffffu"],
};

let server: TestServer;
const credentials = new Map<Caller, string | undefined>();

beforeAll(async () => {
  server = await startTestServer();
  const { directory, project } = server;
  const elsewhere = await directory.createProject({ name: "elsewhere" });
  const account = async (name: string, role: Role, projectId: number): Promise<string> => {
    const made = await directory.createServiceAccount({ name, role, projectIds: [projectId] });
    return basic(made.account.username, made.secret);
  };
  for (const role of ROLES) credentials.set(role, await account(role, role, project.id));
  credentials.set("owner elsewhere", await account("other", "owner", elsewhere.id));
  const gone = await directory.createServiceAccount({
    name: "gone",
    role: "owner",
    projectIds: [project.id],
  });
  await directory.revokeServiceAccount(gone.account.username);
  credentials.set("revoked owner", basic(gone.account.username, gone.secret));
  credentials.set("nobody", undefined);
  credentials.set("wrong secret", basic(gone.account.username.replace("gone", "owner"), "wrong"));
  credentials.set("unknown account", basic("nobody.000000.whom-service-account", "secret"));
  credentials.set("project token", basic(project.token, ""));
  credentials.set("API secret", basic(project.apiSecret, ""));
  credentials.set("API secret elsewhere", basic(elsewhere.apiSecret, ""));
});

afterAll(async () => {
  await server.stop();
});

/** A request for the project, about things that are not there, so that nothing changes. */
function requestOf(
  { name }: Route,
  path: string,
  method: Method,
): { readonly url: string; readonly body?: string } {
  const { project } = server;
  const filled = path
    .replace(":project_id", String(project.id))
    .replace(":workspace_id", String(project.workspaces[0]?.id))
    .replace(":organization_id", String(ORGANIZATION.id))
    .replaceAll(/:\w+/g, NO_ID);
  const query = new URLSearchParams({ project_id: String(project.id), token: project.token });
  const url = `${filled}?${query}`;
  if (method === "GET" || method === "DELETE") return { url };
  return { url, body: JSON.stringify(BY_BODY[name]?.[0](project.id) ?? []) };
}

function ask(route: Route, path: string, method: Method, caller: Caller): Promise<Answer> {
  const authorization = credentials.get(caller);
  return server.send({
    method,
    ...requestOf(route, path, method),
    headers: {
      ...(authorization !== undefined && { authorization }),
      ...(method !== "GET" && method !== "DELETE" && { "content-type": "application/json" }),
    },
  });
}

function outcomeOf({ status }: Answer): Outcome {
  if (status === 401) return "u";
  return status === 403 ? "f" : "a";
}

const CELLS = ROUTES.flatMap((route: Route) =>
  [...route.paths, ...route.aliases].flatMap((path) =>
    route.methods.map((method) => [`${method} ${path}`, route.guard, route, path, method] as const),
  ),
);

describe("each endpoint, asked by everybody", () => {
  it.each(CELLS)("%s is for %s", async (_name, guard, route, path, method) => {
    const meaning = BY_BODY[route.name]?.[1] ?? MEANING[guard];
    const found: Record<string, string> = {};
    const wanted: Record<string, string | undefined> = {};
    for (const [index, caller] of CALLERS.entries()) {
      // Guesses are braked; who is asked as here is somebody else.
      server.clock.nowMs += 3_600_000;
      found[caller] = outcomeOf(await ask(route, path, method, caller));
      wanted[caller] = meaning[index];
    }
    expect(found).toEqual(wanted);
  });

  it("never answers with an error of ours", async () => {
    for (const [, , route, path, method] of CELLS) {
      for (const caller of ["nobody", "owner"] as const) {
        const { status } = await ask(route, path, method, caller);
        expect([path, method, caller, status < 500]).toEqual([path, method, caller, true]);
      }
    }
  });
});

describe("docs/access.md", () => {
  const rows = readTables(readFileSync("docs/access.md", "utf8")).find(({ header }) =>
    header.includes("consumer"),
  )?.rows;

  it.each(["query", "export", "write", "manage"] as const)(
    "says who has the right to %s",
    (right) => {
      const row = rows?.find((each) => plain(each, "right") === right);
      const said = ROLES.map((role) => (row && plain(row, role) === "yes" ? "a" : "f")).join("");
      expect(MEANING[right].slice(CALLERS.indexOf("owner"), CALLERS.indexOf("consumer") + 1)).toBe(
        said,
      );
    },
  );
});
