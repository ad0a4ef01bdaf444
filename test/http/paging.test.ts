import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { testClock } from "../support/clock.ts";
import {
  fill,
  idsOf,
  type Parameters,
  startTestServer,
  type TestServer,
  userId,
} from "../support/server.ts";

const HOUR_MS = 3_600_000;

let server: TestServer;

describe("a session", () => {
  beforeEach(async () => {
    server = await startTestServer();
    await fill(server, 20);
  });

  afterEach(() => server.stop());

  async function open(parameters: Parameters = {}): Promise<string> {
    return (await server.query({ page_size: 5, ...parameters })).json.session_id;
  }

  it("gives a page past the end as an empty one", async () => {
    const session_id = await open();
    for (const page of [4, 5, 1_000_000]) {
      const { status, json } = await server.query({ session_id, page });
      expect(status).toBe(200);
      expect(json).toEqual({
        page,
        page_size: 5,
        results: [],
        session_id,
        status: "ok",
        total: 20,
      });
    }
  });

  it("fixes the page size, whatever later pages ask for", async () => {
    const session_id = await open();
    const { json } = await server.query({ session_id, page: 1, page_size: 10 });
    expect(json.page_size).toBe(5);
    expect(json.results[0].$distinct_id).toBe("p00005");
  });

  it("is reused by page 0", async () => {
    const session_id = await open();
    await server.set("a-new-one", {});
    const again = await server.query({ session_id, page: 0 });
    expect(again.json).toMatchObject({ session_id, total: 20 });
    expect(idsOf(again)[0]).toBe("p00000");
    expect((await server.query({ session_id })).json.session_id).toBe(session_id);
  });

  it("is the authority: parameters of later pages are not looked at", async () => {
    const session_id = await open({ where: 'properties["plan"] == "pro"' });
    const later = await server.query({
      session_id,
      page: 1,
      where: "broken(",
      distinct_ids: [],
      data_group_id: "nothing",
    });
    expect(idsOf(later)).toEqual(["p00010", "p00012", "p00014", "p00016", "p00018"]);
  });

  it.each(["", "null", "None"])("is new for page 0 with session_id=%s", async (session_id) => {
    const { status, json } = await server.get({ page: 0, session_id });
    expect(status).toBe(200);
    expect(json.session_id).toMatch(/^\d+-[A-Z0-9]{24,}$/);
  });

  it("in the address is cancelled by an empty one in the body", async () => {
    const { json } = await server.send({
      method: "POST",
      url: `/api/query/engage?session_id=${await open()}&page=1`,
      headers: { authorization: server.secretAuthorization },
      body: '{"session_id":""}',
    });
    expect(json.error).toBe("must have session_id when requesting page > 0");
  });

  it("remembers output_properties, and each request may choose others", async () => {
    const session_id = await open({ output_properties: ["n"] });
    const names = async (parameters: Parameters): Promise<Set<string>> => {
      const { json } = await server.query({ session_id, page: 1, ...parameters });
      return new Set(Object.keys(json.results[0].$properties));
    };
    expect(await names({})).toEqual(new Set(["$last_seen", "n"]));
    expect(await names({ output_properties: ["plan"] })).toEqual(new Set(["$last_seen", "plan"]));
    expect(await names({ output_properties: [] })).toEqual(new Set(["$last_seen", "n", "plan"]));
  });

  it("shows values as they are now, and leaves deleted profiles out of their page only", async () => {
    const session_id = await open();
    await server.set("p00006", { n: "changed" });
    await server.set("p00006b", { n: "new" });
    await server.write([{ $distinct_id: "p00007", $delete: "" }]);
    await server.set("p00007", { n: "made again" });
    const page = await server.query({ session_id, page: 1 });
    expect(idsOf(page)).toEqual(["p00005", "p00006", "p00008", "p00009"]);
    expect(page.json.results[1].$properties.n).toBe("changed");
    expect(idsOf(await server.query({ session_id, page: 2 }))[0]).toBe("p00010");
  });

  it("keeps a group's profiles apart from users", async () => {
    await server.write(
      ["a", "b", "c"].map((id) => ({ $group_key: "team", $group_id: id, $set: {} })),
      "groups",
    );
    const session_id = await open({ data_group_id: "team", page_size: 2 });
    expect(idsOf(await server.query({ session_id, page: 1 }))).toEqual(["c"]);
  });

  it("is needed for later pages", async () => {
    const { status, json } = await server.send({
      url: `/api/query/engage?project_id=${server.project.id}&page=1`,
      headers: { authorization: server.secretAuthorization },
    });
    expect(status).toBe(400);
    expect(json).toMatchObject({
      request: `/api/query/engage?project_id=${server.project.id}&page=1`,
      error: "must have session_id when requesting page > 0",
    });
  });

  it.each(["1714557600-K3QX9A", "x", "../../etc/passwd", "a\u0000b", "ü", "x".repeat(10_000)])(
    "that is unknown is an error: %j",
    async (session_id) => {
      for (const page of [0, 1]) {
        const { status, json } = await server.query({ session_id, page });
        expect(status).toBe(400);
        expect(json.error).toBe("request for page in uncached query for params");
      }
    },
  );

  it("that is unknown is opened again under its id when the query is repeated", async () => {
    const session_id = "1714557600-K3QX9A";
    const where = 'properties["plan"] == "pro"';
    const { status, json } = await server.query({ session_id, where, page: 1, page_size: 4 });
    expect(status).toBe(200);
    expect(json).toMatchObject({ session_id, page: 1, page_size: 4, total: 10 });
    const next = await server.query({ session_id, page: 2 });
    expect(idsOf(next)).toEqual(["p00016", "p00018"]);
  });

  it("that is unknown is opened once for all who ask at the same time", async () => {
    const session_id = "1714557600-ONCE99";
    const pages = await Promise.all(
      Array.from({ length: 10 }, async (_, page) => {
        const answer = server.query({ session_id, where: "true", page, page_size: 2 });
        await server.set(`new-${page}`, {});
        return answer;
      }),
    );
    expect(new Set(pages.map(({ json }) => json.total)).size).toBe(1);
    expect(server.sessions.count).toBe(1);
    const ids = pages.flatMap(idsOf);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it("of another project or workspace is unknown", async () => {
    const session_id = await open();
    const other = await server.directory.createProject({ name: "other" });
    const authorization = `Basic ${Buffer.from(`${other.apiSecret}:`).toString("base64")}`;
    const foreign = await server.send({
      url: `/api/query/engage?page=1&session_id=${session_id}`,
      headers: { authorization },
    });
    expect(foreign.status).toBe(400);
    expect(foreign.json.error).toBe("request for page in uncached query for params");
    const workspace = await server.directory.createWorkspace(server.project.id, { name: "view" });
    const view = await server.query({ session_id, page: 1, workspace_id: workspace.id });
    expect(view.status).toBe(400);
    // Nor does asking again in another project harm it.
    const taken = await server.send({
      url: `/api/query/engage?page=0&where=true&session_id=${session_id}`,
      headers: { authorization },
    });
    expect(taken.json).toMatchObject({ total: 0, session_id });
    expect((await server.query({ session_id, page: 1 })).json.total).toBe(20);
  });

  it("expires two hours after its last use", async () => {
    const session_id = await open();
    for (let count = 0; count < 3; count += 1) {
      server.clock.nowMs += 1.9 * HOUR_MS;
      expect((await server.query({ session_id, page: 1 })).status).toBe(200);
    }
    server.clock.nowMs += 2.1 * HOUR_MS;
    expect((await server.query({ session_id, page: 1 })).status).toBe(400);
    const again = await server.query({ session_id, page: 1, where: "true", page_size: 5 });
    expect(again.json).toMatchObject({ session_id, total: 20 });
  });

  it("survives a restart of the server", async () => {
    const session_id = await open({ output_properties: ["n"] });
    const one = (await server.query({ distinct_id: "p00001" })).json.session_id;
    const before = await server.query({ session_id, page: 2 });
    await server.sessions.close();
    const restarted = await startTestServer({
      clock: testClock(server.clock.nowMs + HOUR_MS),
      folder: server.folder,
      directory: server.directory,
      store: server.store,
    });
    const after = await restarted.query({ session_id, page: 2 });
    expect(after.json).toEqual(before.json);
    expect((await restarted.query({ session_id: one, page: 1 })).json.total).toBe(1);
    await restarted.stop();
  });
});

describe("pages read at random while others write", () => {
  it("give every profile that stays exactly once", async () => {
    server = await startTestServer();
    await fill(server, 2000);
    const { json } = await server.query({ page_size: 37 });
    const pageCount = Math.ceil(json.total / 37);
    const pages = Array.from({ length: pageCount }, (_, page) => page)
      .map((page) => ({ page, at: (page * 7919) % pageCount }))
      .toSorted((left, right) => left.at - right.at)
      .map(({ page }) => page);
    const state: { isReading: boolean } = { isReading: true };
    let writeCount = 0;
    const writer = (async () => {
      while (state.isReading) {
        const n = (writeCount * 31) % 2000;
        const old = userId(n);
        const record = n % 5 === 0 ? { $delete: "" } : { $set: { touched: writeCount } };
        await server.write([
          { $distinct_id: old, ...record },
          { $distinct_id: `${userId(n)}-new`, $set: {} },
        ]);
        writeCount += 1;
      }
    })();
    const found = new Map<string, number>();
    await Promise.all(
      Array.from({ length: 10 }, async () => {
        for (let page = pages.pop(); page !== undefined; page = pages.pop()) {
          const answer = await server.query({ session_id: json.session_id, page });
          for (const id of idsOf(answer)) found.set(id, (found.get(id) ?? 0) + 1);
        }
      }),
    );
    state.isReading = false;
    await writer;
    expect(writeCount).toBeGreaterThan(3);
    expect([...found.values()].filter((count) => count !== 1)).toEqual([]);
    const staying = Array.from({ length: 2000 }, (_, n) => n).filter((n) => n % 5 !== 0);
    for (const n of staying) expect(found.has(userId(n))).toBe(true);
    expect([...found.keys()].filter((id) => id.endsWith("-new"))).toEqual([]);
    await server.stop();
  });
});
