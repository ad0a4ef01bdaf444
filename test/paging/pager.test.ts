import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { SYSTEM_CLOCK } from "../../src/clock.ts";
import { Pager } from "../../src/paging/pager.ts";
import { SessionStore } from "../../src/paging/session-store.ts";
import { MemoryStore } from "../../src/store/memory.ts";
import { query, set, USERS } from "../support/updates.ts";

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

it("refuses a page of more bytes than fit, and gives one that just fits", async () => {
  const store = new MemoryStore();
  await store.apply([{ scope: USERS, updates: [set("ada", { a: 1 }), set("bob", { a: 2 })] }]);
  const rows = await store.read(USERS, await store.select(query()));
  const bytes = rows.reduce((sum, { propertiesJson }) => sum + propertiesJson.length, 0);
  const readAll = (pageBytesMax: number) =>
    new Pager({ store, sessions, clock: SYSTEM_CLOCK, pageBytesMax }).read(
      {
        owner: { projectId: 1, workspaceId: 1 },
        page: 0,
        pageSize: 10,
        outputProperties: undefined,
        sessionId: undefined,
        repeatsQuery: true,
        plan: () => query(),
      },
      new AbortController().signal,
    );
  expect((await readAll(bytes)).rows).toEqual(rows);
  await expect(readAll(bytes - 1)).rejects.toMatchObject({ code: "query.page_too_large" });
});
