import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ListeningServer, send, startListening } from "../clients/duckdb-server.ts";
import { appClient } from "../support/app.ts";
import { testClock } from "../support/clock.ts";
import { importEvents } from "../support/reference.ts";
import { type Answer, basic, encodeQuery, type Parameters } from "../support/server.ts";

const NOW_MS = Date.parse("2024-05-10T12:00:00Z");
const SEEN = "2024-05-10T12:00:00";
const FORM = { "content-type": "application/x-www-form-urlencoded" };
const COUNT = 7;
const EVERYBODY = Array.from({ length: COUNT }, (_, n) => `user${n}`);
const COHORT = ["user0", "user2", "user4", "user6"];

let server: ListeningServer;
let account: string;
let projectId: number;
let cohort: number;

beforeAll(async () => {
  server = await startListening({
    clock: testClock(NOW_MS),
    settings: { signedRequests: true },
  });
  projectId = server.project.id;
  account = await server.authorization();
  for (const [n, id] of EVERYBODY.entries()) {
    await server.set(id, { n, $email: `${id}@example.com`, even: n % 2 === 0 });
  }
  await importEvents(server, [
    ["Purchase", "user1", "2024-05-09T10:00:00Z"],
    ["Purchase", "stranger", "2024-05-09T10:00:00Z"],
  ]);
  await server.write([{ $group_key: "companies", $group_id: "acme", $set: { n: 1 } }], "groups");
  const { json } = await appClient(server).post("/cohorts", {
    name: "Even",
    selector: 'properties["even"] == true',
  });
  cohort = json.results.id;
});

afterAll(() => server.end());

interface Row {
  readonly $distinct_id: string;
  readonly $properties: Readonly<Record<string, unknown>>;
}

/** Sends a request over the socket, and gives the answer, which must be good. */
async function ask(
  method: "GET" | "POST",
  path: string,
  headers: Readonly<Record<string, string>>,
  body = "",
): Promise<Answer["json"]> {
  const answer = await send(server, { method, path, headers, body });
  if (answer.status !== 200) throw new Error(`${answer.status}: ${answer.body}`);
  expect(answer.headers).not.toHaveProperty("retry-after");
  return JSON.parse(answer.body);
}

function ids(results: readonly Row[]): readonly string[] {
  return results.map(({ $distinct_id }) => $distinct_id);
}

const query = (parameters: Parameters): string =>
  encodeQuery({ project_id: projectId, ...parameters });

describe("mixpanel-headless", () => {
  const headers = () => ({ authorization: account, "content-type": "application/json" });
  const post = (body: object) => {
    const path = `/api/query/engage/?project_id=${projectId}&query_origin=mixpanel-headless&workspace_id=${server.project.workspaces[0]?.id}`;
    return ask("POST", path, headers(), JSON.stringify({ project_id: String(projectId), ...body }));
  };

  it("pages until a page is empty or the session is", async () => {
    const rows: Row[] = [];
    let session_id: string | undefined;
    for (let page = 0; ; page += 1) {
      const answer = await post({ page, session_id, where: 'properties["n"] < 5', page_size: 2 });
      expect([answer.total, answer.page_size]).toEqual([5, 2]);
      if (answer.results.length === 0) break;
      rows.push(...answer.results);
      ({ session_id } = answer);
    }
    expect(ids(rows)).toEqual(EVERYBODY.slice(0, 5));
  });

  it("sends everything it knows as JSON texts", async () => {
    const behaviors = JSON.stringify([
      { window: "30d", name: "b", event_selectors: [{ event: "Purchase" }] },
    ]);
    const asked = { behaviors, where: 'behaviors["b"] > 0', as_of_timestamp: NOW_MS / 1000 };
    expect(ids((await post(asked)).results)).toEqual(["user1"]);
    const members = { filter_by_cohort: JSON.stringify({ id: cohort }), include_all_users: false };
    const sorted = { sort_key: 'properties["n"]', sort_order: "descending", limit: 3 };
    expect(ids((await post({ ...members, ...sorted })).results)).toEqual([
      "user6",
      "user4",
      "user2",
    ]);
    const output_properties = JSON.stringify(["n"]);
    const chosen = { distinct_ids: JSON.stringify(["user3", "x"]), output_properties };
    expect((await post(chosen)).results).toEqual([
      { $distinct_id: "user3", $properties: { $last_seen: SEEN, n: 3 } },
    ]);
    expect(ids((await post({ data_group_id: "companies" })).results)).toEqual(["acme"]);
    expect(ids((await post({ distinct_id: "user5" })).results)).toEqual(["user5"]);
    expect(ids((await post({ search: "user5@example" })).results)).toEqual(["user5"]);
  });
});

describe("mixpanel-utils", () => {
  it("reads pages at once, and sends the time of the project's clock", async () => {
    const behaviors = JSON.stringify([
      { window: "90d", name: "b", event_selectors: [{ event: "Purchase" }] },
    ]);
    const parameters = {
      selector: 'behaviors["b"] == 0',
      behaviors,
      as_of_timestamp: NOW_MS / 1000 - 3 * 3600,
      output_properties: '["n"]',
      page_size: 2,
    };
    const headers = { authorization: account };
    const first = await ask("GET", `/api/2.0/engage?${query(parameters)}`, headers);
    expect([first.total, first.page_size, first.page]).toEqual([6, 2, 0]);
    const { session_id } = first;
    const later = await Promise.all(
      [1, 2].map((page) =>
        ask("GET", `/api/2.0/engage?${query({ ...parameters, session_id, page })}`, headers),
      ),
    );
    const rows = [first, ...later].flatMap(({ results }): Row[] => results);
    expect(ids(rows)).toEqual(EVERYBODY.filter((id) => id !== "user1"));
    expect(rows[0]?.$properties).toEqual({ $last_seen: SEEN, n: 0 });
  });
});

describe("clients of the older address", () => {
  const secretOnly = () => `Basic ${Buffer.from(server.project.apiSecret).toString("base64url")}`;

  it("tap-mixpanel checks its credentials, and pages by offset", async () => {
    const headers = { authorization: secretOnly() };
    expect((await ask("GET", "/api/2.0/engage", headers)).total).toBe(COUNT);
    const first = await ask("GET", "/api/2.0/engage?page=0&page_size=3&session_id=", headers);
    const pages = [first];
    for (let page = 1; page * 3 <= first.total; page += 1) {
      const path = `/api/2.0/engage?page=${page}&page_size=3&session_id=${first.session_id}`;
      pages.push(await ask("GET", path, headers));
    }
    expect(ids(pages.flatMap(({ results }) => results))).toEqual(EVERYBODY);
    const path = `/api/2.0/engage?page_size=250&filter_by_cohort={"id":${cohort}}`;
    expect(ids((await ask("GET", path, headers)).results)).toEqual(COHORT);
    const properties = await ask("GET", "/api/2.0/engage/properties?limit=2000", headers);
    expect(properties.results.n).toEqual({ count: COUNT, type: "number" });
    expect((await ask("GET", "/api/2.0/cohorts/list", headers))[0]).toMatchObject({ id: cohort });
  });

  it("airbyte reads on from the last time seen, and the members of cohorts", async () => {
    const headers = { authorization: secretOnly() };
    const where = 'properties["$last_seen"] >= "2024-05-10T00:00:00"';
    const path = `/api/2.0/engage?${query({ page_size: 1000, where })}`;
    const answer = await ask("GET", path, headers);
    expect(answer).toMatchObject({ total: COUNT, page_size: 1000, page: 0, status: "ok" });
    for (const { $properties } of answer.results) {
      expect($properties.$last_seen).toBe(SEEN);
    }
    const members = await ask(
      "POST",
      `/api/2.0/engage?${query({ page_size: 1000 })}`,
      { ...headers, "content-type": "application/json" },
      JSON.stringify({ filter_by_cohort: JSON.stringify({ id: cohort }) }),
    );
    expect(ids(members.results)).toEqual(COHORT);
    expect((await ask("GET", "/api/2.0/cohorts/list", headers))[0].created).toBe(
      "2024-05-10 12:00:00",
    );
  });

  it("the Sheets add-on sends JSON that it calls a form", async () => {
    const filter_by_cohort = JSON.stringify({ id: cohort });
    const body = JSON.stringify({ filter_by_cohort, page: 0, include_all_users: false });
    const [workspace] = server.project.workspaces;
    const path = `/api/2.0/engage?workspace_id=${workspace?.id}&project_id=${projectId}`;
    const answer = await ask("POST", path, { authorization: account, ...FORM }, body);
    expect(ids(answer.results)).toEqual(COHORT);
    expect([answer.page_size, typeof answer.session_id]).toEqual([1000, "string"]);
  });

  it("the engage CLI signs what it does not escape, and wants the total", async () => {
    const expire = String(NOW_MS / 1000 + 600);
    const parameters = { api_key: server.project.token, expire, where: 'properties["n"] > 3' };
    const sorted = Object.entries(parameters).toSorted(([a], [b]) => (a < b ? -1 : 1));
    const text = sorted.map(([name, value]) => `${name}=${value}`).join("");
    const sig = createHash("md5")
      .update(text + server.project.apiSecret)
      .digest("hex");
    const path = `/api/2.0/engage/?${encodeQuery({ ...parameters, sig })}`;
    expect((await ask("GET", path, {})).total).toBe(3);
  });

  it("data-export and the Ruby client name a format", async () => {
    const headers = { authorization: basic(server.project.apiSecret, "") };
    const asked = { format: "json", output_properties: ["$email"], distinct_id: "user1" };
    const { results } = await ask("GET", `/api/2.0/engage/?${encodeQuery(asked)}`, headers);
    expect(results).toEqual([
      { $distinct_id: "user1", $properties: { $last_seen: SEEN, $email: "user1@example.com" } },
    ]);
  });
});

describe("clients of forms", () => {
  const headers = () => ({ authorization: basic(server.project.apiSecret, ""), ...FORM });

  it("OpenPanel asks for pages of 5000 until one is shorter", async () => {
    const path = `/api/query/engage?project_id=${projectId}`;
    const answer = await ask("POST", path, headers(), "page=0&page_size=5000");
    expect(ids(answer.results)).toEqual(EVERYBODY);
    const late = await send(server, { path, headers: headers(), body: "page=1&page_size=5000" });
    expect([late.status, JSON.parse(late.body)]).toEqual([
      400,
      expect.objectContaining({
        request: path,
        error: "must have session_id when requesting page > 0",
      }),
    ]);
  });

  it("Nango checks the type of every member", async () => {
    const path = `/api/query/engage?project_id=${projectId}`;
    const answer = await ask("POST", path, headers(), "page_size=2");
    expect(answer).toEqual({
      page: 0,
      page_size: 2,
      session_id: expect.any(String),
      status: "ok",
      total: COUNT,
      results: [0, 1].map((n) => ({
        $distinct_id: `user${n}`,
        $properties: expect.objectContaining({ n }),
      })),
    });
  });

  it("dlt puts everything into the address of a POST, until a page is empty", async () => {
    const rows: Row[] = [];
    let session: object = {};
    for (let page = 0; ; page += 1) {
      const path = `/api/2.0/engage?${query({ page, page_size: 3, ...session })}`;
      const { results, session_id } = await ask("POST", path, { authorization: account });
      if (results.length === 0) break;
      rows.push(...results);
      session = { session_id };
    }
    expect(ids(rows)).toEqual(EVERYBODY);
  });

  it("scripts send output_properties as JSON, and look whether somebody is in a cohort", async () => {
    const form = encodeQuery({ output_properties: ["n"], where: 'properties["n"] == 6' });
    const { results } = await ask("POST", "/api/2.0/engage", headers(), form);
    expect(results).toEqual([{ $distinct_id: "user6", $properties: { $last_seen: SEEN, n: 6 } }]);
    const isMember = async (distinct_id: string) => {
      const body = encodeQuery({ distinct_id, filter_by_cohort: { id: cohort } });
      return (await ask("POST", "/api/2.0/engage", headers(), body)).results.length > 0;
    };
    expect([await isMember("user4"), await isMember("user5")]).toEqual([true, false]);
  });

  it("mixpanel-import streams through pages that end with an empty one", async () => {
    const rows: Row[] = [];
    let address = "page=0&session_id=";
    const body = `filter_by_cohort=${encodeURIComponent(`{"id":${cohort}}`)}&include_all_users=true`;
    for (;;) {
      const path = `/api/2.0/engage/query?${address}&project_id=${projectId}`;
      const answer = await ask("POST", path, { authorization: account, ...FORM }, body);
      if (answer.results.length === 0) break;
      rows.push(...answer.results);
      address = `page=${answer.page + 1}&session_id=${answer.session_id}`;
    }
    expect(ids(rows)).toEqual(COHORT);
  });
});
