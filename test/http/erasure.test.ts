import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { appClient } from "../support/app.ts";
import { testClock } from "../support/clock.ts";
import { type Answer, basic, startTestServer, type TestServer } from "../support/server.ts";

const DELETIONS = "/api/app/data-deletions/v3.0";
const RETRIEVALS = "/api/app/data-retrievals/v3.0";
const BEARER = "vZcErNw8JCq42BZUJyWoZmDWCKBxXc";
const NOW_MS = Date.UTC(2020, 2, 9, 22, 28, 55);

let server: TestServer;

beforeEach(async () => {
  server = await startTestServer({ clock: testClock(NOW_MS) });
  await server.set("ada", { plan: "pro", email: "ada@example.com" });
  await server.set("bob", { plan: "free" });
  const event = (name: string, distinctId: string, time: number) => ({
    name,
    distinctId,
    timeMs: time * 1000,
    insertId: `${name}-${distinctId}-${time}`,
    receivedAtMs: NOW_MS,
    properties: new Map([["price", 5]]),
  });
  await server.store.apply([
    {
      projectId: server.project.id,
      identity: "simplified",
      events: [event("Buy", "ada", 1_500_000_000), event("Buy", "bob", 1_500_000_001)],
    },
  ]);
  await appClient(server).post("/cohorts", { name: "VIP" });
  await appClient(server).post("/cohorts/1/members", ["ada", "bob"]);
});

afterEach(() => server.stop());

async function ask(
  method: "GET" | "POST" | "DELETE",
  path: string,
  body?: unknown,
  authorization?: string,
  token: string = server.project.token,
): Promise<Answer> {
  return server.send({
    method,
    url: `${path}?token=${token}`,
    headers: { authorization: authorization ?? (await server.authorization()) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}

describe("an erasure", () => {
  it("takes away the profile, the events and the places on lists", async () => {
    const created = await ask("POST", `${DELETIONS}/`, {
      distinct_ids: ["ada"],
      compliance_type: "GDPR",
    });
    expect(created.status).toBe(201);
    expect(created.json).toEqual({ status: "ok", results: { task_id: "1" } });

    expect((await server.query()).json.results).toMatchObject([{ $distinct_id: "bob" }]);
    const stranger = { filter_by_cohort: { id: 1 }, include_all_users: true };
    expect((await server.query(stranger)).json.total).toBe(1);
    const data = await retrieve(["ada", "bob"]);
    expect(data).not.toContain("ada");
    expect(data).toContain("bob");
  });

  it("is not undone by a list that is changed meanwhile", async () => {
    const { store } = server;
    const readMembers = store.members.bind(store);
    store.members = async (...of) => {
      const members = await readMembers(...of);
      await sleep(20);
      return members;
    };
    const changing = appClient(server).post("/cohorts/1/members", ["cyd"]);
    await sleep(5);
    const erased = ask("POST", `${DELETIONS}/`, { distinct_ids: ["ada"] });
    expect((await Promise.all([changing, erased])).map(({ status }) => status)).toEqual([200, 201]);
    const { json } = await appClient(server).get("/cohorts/1/members");
    expect(json.results.distinct_ids).toEqual(["bob", "cyd"]);
  });

  it("tells what it took away, and not of whom", async () => {
    await ask("POST", `${DELETIONS}/`, { distinct_ids: ["ada", "nobody"] });
    const { status, json } = await ask("GET", `${DELETIONS}/1/`);
    expect(status).toBe(200);
    expect(json).toEqual({
      status: "ok",
      results: {
        tracking_id: "1",
        status: "SUCCESS",
        requesting_user: expect.stringMatching(/^tester\./),
        compliance_type: "GDPR",
        project_id: server.project.id,
        date_requested: "2020-03-09T22:28:55",
        distinct_ids: [],
        distinct_id_count: 2,
        profile_count: 1,
        event_count: 1,
      },
    });
    const records = await server.store.records(server.project.id, "erasure");
    expect(JSON.stringify(records)).not.toMatch(/ada|nobody/);
    // Ids of requests are random: `ada` stands in some of them, but not alone.
    expect(server.log.join("\n")).not.toMatch(/\bada\b/);
  });

  it("writes down the law that was named", async () => {
    await ask("POST", DELETIONS, { distinct_ids: ["ada"], compliance_type: "CCPA" });
    expect((await ask("GET", `${DELETIONS}/1`)).json.results.compliance_type).toBe("CCPA");
  });

  it("that nobody made is not found", async () => {
    for (const task of ["1", "35bd8477-f71f-4088-af55-c88a6fb4ad4b"]) {
      const { status, json } = await ask("GET", `${DELETIONS}/${task}`);
      expect([status, json.results.status]).toEqual([200, "NOT_FOUND"]);
    }
  });

  it("cannot be called back", async () => {
    await ask("POST", DELETIONS, { distinct_ids: ["ada"] });
    expect((await ask("DELETE", `${DELETIONS}/1`)).status).toBe(405);
  });

  it.each([
    ["no ids", {}, ["distinct_ids"]],
    ["an empty list", { distinct_ids: [] }, ["distinct_ids"]],
    ["an empty id", { distinct_ids: [""] }, ["distinct_ids", 0]],
    ["an id that is no text", { distinct_ids: [5] }, ["distinct_ids", 0]],
    ["too many ids", { distinct_ids: Array(2000).fill("x") }, ["distinct_ids"]],
    ["another law", { distinct_ids: ["x"], compliance_type: "x" }, ["compliance_type"]],
  ])("is refused with %s", async (_name, body, path) => {
    const { status, json } = await ask("POST", DELETIONS, body);
    expect([status, json.code]).toEqual([400, "request.invalid_body"]);
    expect(json.details.path).toEqual(path);
  });

  it("takes 1999 ids", async () => {
    const ids = Array.from({ length: 1999 }, (_, n) => `u${n}`);
    expect((await ask("POST", DELETIONS, { distinct_ids: ids })).status).toBe(201);
  });
});

describe("who may", () => {
  const body = { distinct_ids: ["ada"] };

  it("is a login that manages the project, by secret or bearer token", async () => {
    const { account } = await server.directory.createServiceAccount({
      name: "privacy",
      projectIds: [server.project.id],
      role: "owner",
    });
    const withBearer = await startTestServer({
      directory: server.directory,
      store: server.store,
      settings: {
        bearerTokens: [{ token: BEARER, serviceAccountUsername: account.username }],
      },
    });
    const { status } = await withBearer.send({
      method: "POST",
      url: `${DELETIONS}/?token=${server.project.token}`,
      headers: { authorization: `Bearer ${BEARER}` },
      body: JSON.stringify(body),
    });
    expect(status).toBe(201);
    await withBearer.stop();
  });

  it.each([
    ["nobody", "", 401],
    ["the project's secret", "secret", 403],
    ["an analyst", "analyst", 403],
  ])("is not %s", async (_name, who, expected) => {
    const authorizations: Readonly<Record<string, () => Promise<string>>> = {
      "": async () => "",
      secret: async () => server.secretAuthorization,
      analyst: async () => {
        const { account, secret } = await server.directory.createServiceAccount({
          name: "analyst",
          projectIds: [server.project.id],
          role: "analyst",
        });
        return basic(account.username, secret);
      },
    };
    const { status, json } = await ask("POST", DELETIONS, body, await authorizations[who]?.());
    expect(status).toBe(expected);
    expect(json).toMatchObject({ status: "error", error: expect.any(String) });
    expect((await server.query()).json.total).toBe(2);
  });

  it("is nobody with the token of another project", async () => {
    const other = await server.directory.createProject({ name: "other" });
    const foreign = await ask("POST", DELETIONS, body, undefined, other.token);
    const unknown = await ask("POST", DELETIONS, body, undefined, "nothing");
    const none = await ask("POST", DELETIONS, body, undefined, "");
    expect([foreign.status, unknown.status, none.status]).toEqual([403, 403, 403]);
    expect((await server.query()).json.total).toBe(2);
  });
});

/** All lines about some people. */
async function retrieve(distinctIds: readonly string[]): Promise<string> {
  const created = await ask("POST", `${RETRIEVALS}/`, { distinct_ids: distinctIds });
  expect(created.status).toBe(201);
  const status = await ask("GET", `${RETRIEVALS}/${created.json.results.task_id}/`);
  const { text } = await server.send({
    url: status.json.results.results,
    headers: { authorization: await server.authorization() },
  });
  return text;
}

describe("a retrieval", () => {
  it("gives the profile, the lists and the events, a line each", async () => {
    const text = await retrieve(["ada", "nobody"]);
    const lines = text.trimEnd().split("\n");
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      {
        $distinct_id: "ada",
        $properties: {
          $last_seen: "2020-03-09T22:28:55",
          plan: "pro",
          email: "ada@example.com",
        },
      },
      { cohort_id: 1, name: "VIP", distinct_ids: ["ada"] },
      {
        event: "Buy",
        properties: {
          time: 1_500_000_000,
          distinct_id: "ada",
          $insert_id: "Buy-ada-1500000000",
          mp_processing_time_ms: NOW_MS,
          price: 5,
        },
      },
    ]);
  });

  it.each(["ada", "$device:d", "$device:e"])(
    "gives what an update that ignores aliases wrote, asked by %s",
    async (id) => {
      for (const device of ["d", "e"]) {
        const properties = { $device_id: device, $user_id: "ada", token: server.project.token };
        await server.send({
          method: "POST",
          url: "/track",
          body: JSON.stringify([{ event: "In", properties }]),
        });
      }
      await server.write([{ $distinct_id: "$device:d", $ignore_alias: true, $set: { own: 1 } }]);
      const lines = (await retrieve([id])).trimEnd().split("\n");
      const profiles = lines.map((line) => JSON.parse(line)).slice(0, 2);
      expect(profiles).toMatchObject([
        { $distinct_id: "$device:d", $properties: { own: 1 } },
        { $distinct_id: "ada", $properties: { plan: "pro" } },
      ]);
      await ask("POST", DELETIONS, { distinct_ids: [id] });
      expect((await ask("GET", `${DELETIONS}/1`)).json.results.profile_count).toBe(2);
      expect(await retrieve([id])).toBe("");
    },
  );

  it("is of the project that asked for it, and for a day", async () => {
    const { json } = await ask("POST", RETRIEVALS, { distinct_ids: ["ada"] });
    const path = `${RETRIEVALS}/${json.results.task_id}`;
    const status = await ask("GET", path);
    expect(status.json.results).toEqual({
      status: "SUCCESS",
      results: `${path}/data?token=${server.project.token}`,
      distinct_ids: ["ada"],
    });

    const other = await server.directory.createProject({ name: "other" });
    const { account, secret } = await server.directory.createServiceAccount({
      name: "other",
      projectIds: [other.id],
      role: "owner",
    });
    const foreign = basic(account.username, secret);
    expect((await ask("GET", path, undefined, foreign, other.token)).json.results.status).toBe(
      "NOT_FOUND",
    );
    const data = await ask("GET", `${path}/data`, undefined, foreign, other.token);
    expect([data.status, data.json.code]).toEqual([404, "privacy.task_missing"]);

    server.clock.nowMs += 86_400_000;
    expect((await ask("GET", path)).json.results.status).toBe("NOT_FOUND");
  });

  it("takes 2000 ids", async () => {
    const ids = Array.from({ length: 2000 }, (_, n) => `u${n}`);
    expect((await ask("POST", RETRIEVALS, { distinct_ids: ids })).status).toBe(201);
    expect((await ask("POST", RETRIEVALS, { distinct_ids: [...ids, "x"] })).status).toBe(400);
  });

  it("forgets the ids that are erased", async () => {
    const { json } = await ask("POST", RETRIEVALS, { distinct_ids: ["ada", "bob"] });
    await ask("POST", DELETIONS, { distinct_ids: ["ada"] });
    const status = await ask("GET", `${RETRIEVALS}/${json.results.task_id}`);
    expect(status.json.results.distinct_ids).toEqual(["bob"]);
  });
});
