import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ListeningServer, startListening } from "../clients/duckdb-server.ts";
import { testClock } from "../support/clock.ts";
import { type Answer, basic, type RawRequest } from "../support/server.ts";

const NOW_MS = Date.parse("2024-05-10T12:00:00Z");
const UNAUTHENTICATED = "Unable to authenticate request";
const UNAUTHORIZED = { code: 401, error: "Invalid credentials", status: "Unauthorized" };

let server: ListeningServer;
let foreignId: number;

beforeAll(async () => {
  server = await startListening({ clock: testClock(NOW_MS) });
  foreignId = (await server.directory.createProject({ name: "other" })).id;
});

afterAll(() => server.end());

type Family = "query" | "app" | "import";

/** A request that each family answers with 200 when all is right. */
const FAMILIES: Readonly<Record<Family, (projectId: number | undefined) => RawRequest>> = {
  query: (id) => ({ url: `/api/query/engage${id === undefined ? "" : `?project_id=${id}`}` }),
  app: (id) => ({ url: `/api/app/projects/${id}/cohorts` }),
  import: (id) => ({
    method: "POST",
    url: `/import?strict=1${id === undefined ? "" : `&project_id=${id}`}`,
    body: JSON.stringify([
      { event: "X", properties: { time: NOW_MS / 1000, distinct_id: "ada", $insert_id: "a" } },
    ]),
  }),
};

function ask(family: Family, projectId: number | undefined, credentials = ""): Promise<Answer> {
  const request = FAMILIES[family](projectId);
  const headers = credentials === "" ? {} : { authorization: credentials };
  return server.send({ ...request, headers });
}

async function login(role: "owner" | "admin" | "consumer", expiresAtMs?: number): Promise<string> {
  const { account, secret } = await server.directory.createServiceAccount({
    name: role,
    projectIds: [server.project.id],
    role,
    expiresAtMs,
  });
  return basic(account.username, secret);
}

/** The errors of the two envelopes that have a text of ours, without what Whom adds to them. */
function envelope(family: Family, request: string, error: unknown): object {
  return family === "query" ? { request, error, status: "error" } : { error, status: "error" };
}

describe.each(["query", "app", "import"] as const)("%s", (family) => {
  it("answers who is right", async () => {
    const { id } = server.project;
    expect((await ask(family, id, await login("admin"))).status).toBe(200);
  });

  it.each<[string, () => Promise<string>]>([
    ["no credentials", async () => ""],
    ["wrong ones", async () => basic("nobody", "nothing")],
    ["those of an account that has expired", expired],
  ])("answers %s with 401", async (_name, credentials) => {
    const answer = await ask(family, server.project.id, await credentials());
    expect(answer.status).toBe(401);
    if (family === "import") {
      expect(answer.json).toEqual(UNAUTHORIZED);
    } else {
      const { url } = FAMILIES[family](server.project.id);
      expect(answer.json).toMatchObject(envelope(family, url, UNAUTHENTICATED));
    }
    expect("www-authenticate" in answer.headers).toBe(family === "query");
    expect(answer.headers).not.toHaveProperty("retry-after");
  });

  it.each<[string, () => number]>([
    ["that is not theirs", () => foreignId],
    ["that there is not", () => 999_999],
  ])("answers for a project %s", async (_name, project) => {
    const id = project();
    const answer = await ask(family, id, await login("owner"));
    const error = `Project ${id} not found or not accessible`;
    if (family === "import") {
      expect([answer.status, answer.json.status]).toEqual([401, "Unauthorized"]);
    } else {
      expect(answer.status).toBe(403);
      expect(answer.json).toMatchObject(envelope(family, FAMILIES[family](id).url, error));
    }
  });
});

/** An account that could have asked until a moment ago. */
async function expired(): Promise<string> {
  const credentials = await login("owner", server.clock.nowMs + 1000);
  server.clock.nowMs += 2000;
  return credentials;
}

describe("a service account", () => {
  it("has to name a project", async () => {
    const credentials = await login("owner");
    const query = await ask("query", undefined, credentials);
    expect(query.status).toBe(400);
    const error = "Missing required parameter: project_id";
    expect(query.json).toMatchObject(envelope("query", "/api/query/engage", error));
    const { status, json } = await ask("import", undefined, credentials);
    expect(status).toBe(400);
    expect(json).toMatchObject({ code: 400, error, status: "Bad Request" });
  });

  it("of a weak role may query, and not write", async () => {
    const credentials = await login("consumer");
    const { id } = server.project;
    expect((await ask("query", id, credentials)).status).toBe(200);
    const { status, json } = await ask("import", id, credentials);
    expect([status, json.code, json.status]).toEqual([403, 403, "Forbidden"]);
    const workspace = await server.send({
      method: "POST",
      url: `/api/app/projects/${id}/workspaces`,
      headers: { authorization: credentials, "content-type": "application/json" },
      body: JSON.stringify({ name: "mine" }),
    });
    expect(workspace.status).toBe(403);
    expect(workspace.json).toMatchObject({ error: expect.any(String), status: "error" });
  });
});

describe("addresses", () => {
  it.each(["/api/app/nothing", "/api/app/projects/1/nothing/"])("%s is none", async (url) => {
    const { status, json } = await server.send({ url });
    expect(status).toBe(404);
    expect(json).toMatchObject({ status: "error", error: `Not found: ${url}` });
  });

  it.each(["/settings/", "/flags/", "/record/", "/lookup-tables"])(
    "%s, which browsers and importers may call, is answered at once",
    async (url) => {
      for (const method of ["GET", "POST"] as const) {
        expect((await server.send({ method, url })).status).toBe(404);
      }
    },
  );

  it("of one origin serve every family, with a slash at the end or not", async () => {
    const authorization = await login("owner");
    const { id } = server.project;
    const paths = ["/api/query/engage", "/api/2.0/engage", "/api/2.0/cohorts/list"];
    for (const path of paths) {
      for (const url of [`${path}?project_id=${id}`, `${path}/?project_id=${id}`]) {
        expect((await server.send({ url, headers: { authorization } })).status).toBe(200);
      }
    }
    for (const path of [
      "me",
      "projects",
      `projects/${id}/workspaces`,
      `projects/${id}/data-groups`,
    ]) {
      for (const slash of ["", "/"]) {
        const { status, json } = await server.send({
          url: `/api/app/${path}${slash}`,
          headers: { authorization },
        });
        expect([status, json.status]).toEqual([200, "ok"]);
      }
    }
  });
});

describe("a page", () => {
  it("after the first needs a session, whose error names the request", async () => {
    const answer = await server.get({ page: 1 }, "/api/query/engage");
    expect(answer.status).toBe(400);
    expect(answer.json).toMatchObject({
      request: "/api/query/engage?page=1",
      error: "must have session_id when requesting page > 0",
    });
  });

  it("of a query of behaviours that is gone needs a time of its own", async () => {
    const behaviors = [{ window: "1d", name: "b", event_selectors: [{ event: "X" }] }];
    const gone = {
      behaviors,
      where: 'behaviors["b"] == 0',
      page: 1,
      session_id: "1714557600-GONE",
    };
    const { status, json } = await server.query(gone);
    expect(status).toBe(400);
    expect(json).toMatchObject({
      request: "/api/query/engage",
      error: "request for page in uncached query for params",
    });
  });
});
