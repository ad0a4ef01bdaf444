import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DuckdbStore } from "../src/duckdb/store.ts";
import { dataGroupId } from "../src/query/data-group.ts";
import {
  type ListeningServer,
  type SocketAnswer,
  send,
  startListening,
} from "./clients/duckdb-server.ts";
import { describeTenants } from "./suites/tenants.suite.ts";
import { basic } from "./support/server.ts";

describeTenants("one DuckDB file", async () => {
  const folder = await mkdtemp(join(tmpdir(), "whom-tenants-"));
  return {
    store: await DuckdbStore.open(join(folder, "whom.duckdb")),
    end: () => rm(folder, { recursive: true, force: true }),
  };
});

/** Two tenants who use the same ids, property names, group keys and view names; only their values tell them apart. */
const MARKS = { alpha: "MARKERALPHA", beta: "MARKERBETA" } as const;
type Name = keyof typeof MARKS;
const NAMES: readonly Name[] = ["alpha", "beta"];
const OTHER: Readonly<Record<Name, Name>> = { alpha: "beta", beta: "alpha" };

interface Tenant {
  readonly projectId: number;
  readonly token: string;
  readonly workspaceId: number;
  readonly credentials: readonly string[];
}

const PROFILE_COUNT = 6;
const ENGAGE = ["/api/query/engage", "/api/2.0/engage/", "/api/2.0/engage/query"];
const PROPERTIES = ["/api/query/engage/properties", "/api/2.0/engage/properties"];

let server: ListeningServer;
const tenants = new Map<Name, Tenant>();

function tenant(name: Name): Tenant {
  const found = tenants.get(name);
  if (found === undefined) throw new Error(`no tenant ${name}`);
  return found;
}

async function write(name: Name, path: string, records: readonly object[]): Promise<SocketAnswer> {
  const { token } = tenant(name);
  const body = JSON.stringify(records.map((record) => ({ $token: token, ...record })));
  return send(server, { path: `${path}?verbose=1&strict=1`, body });
}

/** Asks by POST and by GET, with each of a tenant's credentials. */
async function ask(name: Name, parameters: object, path = ENGAGE[0]): Promise<SocketAnswer[]> {
  const answers: SocketAnswer[] = [];
  const { credentials, projectId } = tenant(name);
  const all = { project_id: projectId, ...parameters };
  const query = new URLSearchParams(
    Object.entries(all).map(([key, value]): [string, string] => [
      key,
      typeof value === "string" ? value : JSON.stringify(value),
    ]),
  );
  for (const authorization of credentials) {
    const headers = { authorization };
    answers.push(
      await send(server, { path: `${path}`, headers, body: JSON.stringify(all) }),
      await send(server, { method: "GET", path: `${path}?${query}`, headers }),
    );
  }
  return answers;
}

/** The ids of a page, each with its mark. */
function rows({ body }: SocketAnswer): readonly (readonly [string, unknown])[] {
  const { results } = JSON.parse(body) as {
    readonly results: readonly {
      readonly $distinct_id: string;
      readonly $properties: { readonly mark?: unknown };
    }[];
  };
  return results.map((row) => [row.$distinct_id, row.$properties.mark]);
}

function expectOnlyOwn(name: Name, answers: readonly SocketAnswer[]): void {
  for (const answer of answers) {
    expect(JSON.stringify(answer)).not.toContain(MARKS[OTHER[name]]);
  }
}

beforeAll(async () => {
  server = await startListening({ project: { name: "alpha" } });
  const { directory } = server;
  await directory.createProject({ name: "beta" });
  for (const name of NAMES) {
    const project = directory.projectByName(name);
    if (project === undefined) throw new Error("no project");
    const mark = MARKS[name];
    const view = await directory.createWorkspace(project.id, {
      name: "view",
      selector: `properties["mark"] == "${mark}"`,
    });
    const { account, secret } = await directory.createServiceAccount({
      name: "reader",
      projectIds: [project.id],
      role: "owner",
    });
    tenants.set(name, {
      projectId: project.id,
      token: project.token,
      workspaceId: view.id,
      credentials: [basic(project.apiSecret, ""), basic(account.username, secret)],
    });
  }
  for (const name of NAMES) {
    const mark = MARKS[name];
    const people = Array.from({ length: PROFILE_COUNT }, (_, n) => ({
      $distinct_id: `id ${n}`,
      $set: { mark, n, list: [mark], object: { mark }, [`only ${mark}`]: 1, [mark]: mark },
    }));
    await write(name, "/engage", [...people, { $distinct_id: mark, $set: { mark } }]);
    await write(name, "/groups", [
      { $group_key: "team", $group_id: "t", $set: { mark } },
      { $group_key: `key ${mark}`, $group_id: mark, $set: { mark } },
    ]);
  }
});

afterAll(() => server.end());

describe.each(NAMES)("of two tenants in one DuckDB file, %s", (name) => {
  const mark = MARKS[name];
  const own = Array.from({ length: PROFILE_COUNT }, (_, n) => [`id ${n}`, mark]);

  it.each(ENGAGE)("reads its own profiles and no other's at %s", async (path) => {
    const answers = await ask(name, {}, path);
    for (const answer of answers) expect(rows(answer)).toEqual([[mark, mark], ...own].toSorted());
    expectOnlyOwn(name, answers);
  });

  it.each<[string, object, number]>([
    ["the mark in a selector", { where: 'properties["mark"] == "MARKER"' }, 0],
    ["a part of it", { where: '"MARKER" in properties["mark"]' }, PROFILE_COUNT + 1],
    ["a selector that is true", { where: "true or not true" }, PROFILE_COUNT + 1],
    ["either mark", { where: `properties["mark"] in ["${MARKS.alpha}", "${MARKS.beta}"]` }, 7],
    ["a search", { search: "id" }, PROFILE_COUNT],
    ["ids that both have", { distinct_ids: ["id 0", "id 1"] }, 2],
    ["an id that both have", { distinct_id: "id 0" }, 1],
    ["a sort by what both have", { sort_key: 'properties["mark"]', sort_order: "descending" }, 7],
    ["output of what both have", { output_properties: ["mark", "list", "object"] }, 7],
    ["a group key that both have", { data_group_id: "team" }, 1],
    ["the id of that group key", { data_group_id: dataGroupId("team") }, 1],
    ["the own view", { workspace_id: "own" }, 7],
    ["a quote in a text", { where: `properties["mark"] == "' or 1=1 --"` }, 0],
  ])("asks by %s and gets its own alone", async (_title, parameters, count) => {
    const { workspaceId } = tenant(name);
    const asked = "workspace_id" in parameters ? { workspace_id: workspaceId } : parameters;
    const answers = await ask(name, asked);
    for (const answer of answers) {
      expect(answer.status).toBe(200);
      expect(rows(answer)).toHaveLength(count);
      for (const [, found] of rows(answer)) expect(found).toBe(mark);
    }
    expectOnlyOwn(name, answers);
  });

  it("cannot name what is the other's", async () => {
    const other = OTHER[name];
    const { projectId, workspaceId } = tenant(other);
    const denied = [
      ...(await ask(name, { project_id: projectId })),
      ...(await ask(name, { workspace_id: workspaceId })),
      ...(await ask(name, { project_id: projectId, workspace_id: workspaceId })),
      ...(await ask(name, { project_id: projectId }, PROPERTIES[1])),
    ];
    for (const answer of denied) expect(answer.status).toBeGreaterThanOrEqual(400);
    expectOnlyOwn(name, denied);
    // Whether the other tenant has such an id or group key must not show: it is as if nobody had.
    const foreignId = await ask(name, { distinct_id: MARKS[other] });
    for (const answer of foreignId) expect(rows(answer)).toEqual([]);
    const foreignKey = await ask(name, { data_group_id: dataGroupId(`key ${MARKS[other]}`) });
    const nobodys = await ask(name, { data_group_id: dataGroupId("nobody's key") });
    expect(foreignKey.map(({ status }) => status)).toEqual(nobodys.map(({ status }) => status));
    expectOnlyOwn(name, foreignKey);
  });

  it.each(PROPERTIES)("sees the names of its own properties alone at %s", async (path) => {
    for (const group of [{}, { data_group_id: "team" }]) {
      const answers = await ask(name, group, path);
      for (const { status, body } of answers) {
        expect(status).toBe(200);
        expect(body).toContain('"mark"');
      }
      expectOnlyOwn(name, answers);
    }
  });

  it("cannot read on in the other's session, nor harm it", async () => {
    const other = OTHER[name];
    const [opened] = await ask(other, { page_size: 2 });
    const session = JSON.parse(opened?.body ?? "") as { readonly session_id: string };
    const { session_id } = session;
    const refused: SocketAnswer[] = [];
    for (const page of [0, 1, 99]) refused.push(...(await ask(name, { session_id, page })));
    for (const { status } of refused) expect(status).toBe(400);
    const repeated = await ask(name, { session_id, page: 1, where: "true", page_size: 2 });
    for (const answer of repeated)
      expect(rows(answer).every(([, found]) => found === mark)).toBe(true);
    expectOnlyOwn(name, [...refused, ...repeated]);
    for (const answer of await ask(other, { session_id, page: 1 })) {
      expect(rows(answer)).toEqual([
        ["id 1", MARKS[other]],
        ["id 2", MARKS[other]],
      ]);
    }
  });

  it("writes and deletes its own profiles alone", async () => {
    const other = OTHER[name];
    await write(name, "/engage", [
      { $distinct_id: "both", $set: { mark } },
      { $distinct_id: MARKS[other], $delete: "" },
      { $distinct_id: "id 0", $append: { list: "more" } },
    ]);
    await write(name, "/groups", [
      { $group_key: `key ${MARKS[other]}`, $group_id: MARKS[other], $delete: "" },
    ]);
    const kept = await ask(other, { distinct_id: MARKS[other] });
    for (const answer of kept) expect(rows(answer)).toEqual([[MARKS[other], MARKS[other]]]);
    const group = await ask(other, { data_group_id: `key ${MARKS[other]}` });
    for (const answer of group) expect(rows(answer)).toEqual([[MARKS[other], MARKS[other]]]);
    expectOnlyOwn(other, [...kept, ...group, ...(await ask(other, { distinct_id: "id 0" }))]);
    await write(name, "/engage", [{ $distinct_id: "both", $delete: "" }]);
  });

  it("is refused a record under the other's project_id", async () => {
    const body = JSON.stringify({ $token: tenant(name).token, $distinct_id: "x", $set: { mark } });
    const path = `/engage?verbose=1&project_id=${tenant(OTHER[name]).projectId}`;
    expect((await send(server, { path, body })).status).toBe(401);
    for (const answer of await ask(OTHER[name], { distinct_id: "x" })) {
      expect(rows(answer)).toEqual([]);
    }
  });
});

describe("what belongs to no tenant", () => {
  it.each([
    "/metrics",
    "/openapi.json",
    "/health/ready",
    "/health/live",
    "/docs/",
    "/api/query/engage",
  ])("%s names none without credentials", async (path) => {
    const answer = await send(server, { method: "GET", path });
    for (const name of NAMES) expect(JSON.stringify(answer)).not.toContain(MARKS[name]);
  });

  it("the log has no value of any profile", () => {
    const log = server.log.join("");
    expect(log).toContain('"msg":"request"');
    for (const name of NAMES) expect(log).not.toContain(MARKS[name]);
  });
});
