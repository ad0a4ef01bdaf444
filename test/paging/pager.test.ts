import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { SYSTEM_CLOCK } from "../../src/clock.ts";
import { type PageRequest, Pager } from "../../src/paging/pager.ts";
import { SessionStore } from "../../src/paging/session-store.ts";
import { MemoryStore } from "../../src/store/memory.ts";
import { event, events } from "../support/events.ts";
import { query, remove, set, USERS } from "../support/updates.ts";

let folder: string;
let sessions: SessionStore;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "whom-pager-"));
  sessions = await SessionStore.open({
    folder,
    clock: SYSTEM_CLOCK,
    idleMs: 60_000,
    perProjectMax: 10,
    bytesMax: 1_000_000,
    warn: () => undefined,
  });
});
afterEach(async () => {
  await sessions.close();
  await rm(folder, { recursive: true, force: true });
});

function request(members: Partial<PageRequest> = {}): PageRequest {
  return {
    owner: { projectId: 1, workspaceId: 1 },
    page: 0,
    pageSize: 10,
    outputProperties: undefined,
    sessionId: undefined,
    repeatsQuery: true,
    plan: async () => query(),
    ...members,
  };
}

const { signal } = new AbortController();

it("refuses a page of more bytes than fit, and gives one that just fits", async () => {
  const store = new MemoryStore();
  await store.apply([{ scope: USERS, updates: [set("ada", { a: 1 }), set("bob", { a: 2 })] }]);
  const rows = await store.read(USERS, await store.select(query()));
  const bytes = rows.reduce((sum, { propertiesJson }) => sum + propertiesJson.length, 0);
  const readAll = (pageBytesMax: number) =>
    new Pager({ store, sessions, clock: SYSTEM_CLOCK, pageBytesMax }).read(request(), signal);
  expect((await readAll(bytes)).rows).toEqual(rows);
  await expect(readAll(bytes - 1)).rejects.toMatchObject({ code: "query.page_too_large" });
});

it("shows strangers on every page of a session that may have them, and on no other", async () => {
  const store = new MemoryStore();
  await store.apply([{ scope: USERS, updates: [set("ada", {})] }]);
  await store.apply([events([event("X", "ada"), event("X", "bob"), event("X", "cyd")])]);
  const pager = new Pager({ store, sessions, clock: SYSTEM_CLOCK });
  const first = await pager.read(
    request({ pageSize: 1, plan: async () => query({ includesStrangers: true }) }),
    signal,
  );
  const sessionId = first.session.id;
  expect(first.session.total).toBe(3);
  const idsOf = async (page: number) => {
    const { rows } = await pager.read(request({ sessionId, page, repeatsQuery: false }), signal);
    return rows.map(({ distinctId, propertiesJson }) => `${distinctId} ${propertiesJson}`);
  };
  expect(await idsOf(1)).toEqual(["bob {}"]);
  expect(await idsOf(2)).toEqual(["cyd {}"]);
  // A profile that is deleted leaves a stranger, as it has done something.
  await store.apply([{ scope: USERS, updates: [remove("ada")] }]);
  expect(await idsOf(0)).toEqual(["ada {}"]);
  const profilesOnly = await pager.read(request(), signal);
  expect(profilesOnly.session.total).toBe(0);
});

it("opens no session when its query cannot be planned", async () => {
  const pager = new Pager({ store: new MemoryStore(), sessions, clock: SYSTEM_CLOCK });
  const plan = () => Promise.reject(new Error("not planned"));
  await expect(pager.read(request({ plan }), signal)).rejects.toThrow("not planned");
  expect(sessions.count).toBe(0);
});
