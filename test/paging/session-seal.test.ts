import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { Pager } from "../../src/paging/pager.ts";
import { isSessionId, type Session } from "../../src/paging/session.ts";
import { SessionStore } from "../../src/paging/session-store.ts";
import { keysInOrder } from "../../src/store/frozen-keys.ts";
import { MemoryStore } from "../../src/store/memory.ts";
import { type TestClock, testClock } from "../support/clock.ts";
import { query, set, USERS } from "../support/updates.ts";

const OWNER = { projectId: 1, workspaceId: 10 };
const IDLE_MS = 60_000;

let folder: string;
let clock: TestClock;
let store: SessionStore;

function open(): Promise<SessionStore> {
  const limits = { idleMs: IDLE_MS, perProjectMax: 10, bytesMax: 1_000_000 };
  return SessionStore.open({ folder, clock, ...limits, warn: () => undefined });
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "whom-sealed-"));
  clock = testClock();
  store = await open();
});
afterEach(async () => {
  await store.close();
  await rm(folder, { recursive: true, force: true });
});

function seal(keys: readonly number[], members: Partial<Session> = {}): Session | undefined {
  const draft = {
    scope: { projectId: OWNER.projectId, groupKey: undefined },
    workspaceId: OWNER.workspaceId,
    pageSize: 1_000,
    total: keys.length,
    outputProperties: undefined,
    includesStrangers: false,
    createdAtMs: clock.now(),
    ...members,
  };
  return store.seal(draft, keysInOrder(Uint32Array.from(keys)));
}

function sealed(keys: readonly number[], members: Partial<Session> = {}): Session {
  const session = seal(keys, members);
  if (session === undefined) throw new Error("not sealed");
  return session;
}

it.each([
  ["one key", [7], {}],
  ["none", [], {}],
  ["keys of all 32 bits", [4_294_967_295, 0, 12], {}],
  [
    "a group, strangers and output properties",
    [1, 2],
    {
      scope: { projectId: 1, groupKey: "../ü" },
      includesStrangers: true,
      outputProperties: ["__proto__", 'a"b'],
      pageSize: 2,
    },
  ],
] as const)("holds a session with %s", async (_name, keys, members) => {
  const session = sealed(keys, members);
  expect(isSessionId(session.id)).toBe(true);
  expect(session.id).toMatch(/^\d+-[0-9A-F]+$/);
  await store.close();
  store = await open();
  expect(await store.find(OWNER, session.id)).toEqual(session);
  const read: number[] = [];
  for (let page = 0; page * session.pageSize < keys.length; page++) {
    read.push(...((await store.keys(session, page)) ?? []));
  }
  expect(read).toEqual([...keys]);
  expect(store.count).toBe(0);
});

it("leaves long ones to files", () => {
  expect(seal([1, 2], { pageSize: 1 })).toBeUndefined();
  expect(seal(Array.from({ length: 65 }, (_, n) => n))).toBeUndefined();
  expect(seal([1], { outputProperties: ["x".repeat(400)] })).toBeUndefined();
  expect(seal(Array.from({ length: 60 }, (_, n) => 4_000_000_000 + n))).toBeUndefined();
});

it("is of no other project or workspace", async () => {
  const { id } = sealed([7]);
  expect(await store.find({ projectId: 2, workspaceId: 10 }, id)).toBeUndefined();
  expect(await store.find({ projectId: 1, workspaceId: 11 }, id)).toBeUndefined();
});

it("cannot be made up, and shows nothing of what it holds", async () => {
  const session = sealed([123_456]);
  const [seconds = "", text = ""] = session.id.split("-");
  expect(Buffer.from(text, "hex").toString("latin1")).not.toContain("123456");
  expect(sealed([123_456]).id).not.toBe(session.id);
  const bytes = Buffer.from(text, "hex");
  for (let at = 0; at < bytes.length; at++) {
    const changed = Buffer.from(bytes);
    changed.writeUInt8(changed.readUInt8(at) ^ 1, at);
    expect(
      await store.find(OWNER, `${seconds}-${changed.toString("hex").toUpperCase()}`),
    ).toBeUndefined();
  }
  for (const id of [
    `${seconds}-`,
    `${seconds}-${text.slice(0, 80)}`,
    `${seconds}-${text}AA`,
    "-",
  ]) {
    expect(await store.find(OWNER, id)).toBeUndefined();
  }
});

it("is unknown to a folder with another secret", async () => {
  const { id } = sealed([7]);
  await writeFile(join(folder, "secret"), "too short");
  await store.close();
  store = await open();
  expect(await store.find(OWNER, id)).toBeUndefined();
});

it("expires when it is as old as others may be unused", async () => {
  const { id } = sealed([7]);
  clock.nowMs += IDLE_MS;
  expect(await store.find(OWNER, id)).toBeDefined();
  clock.nowMs += 1;
  expect(await store.find(OWNER, id)).toBeUndefined();
});

it("is what a look-up opens, and what its page 0 is read from again", async () => {
  const profiles = new MemoryStore();
  await profiles.apply([{ scope: USERS, updates: [set("ada", { a: 1 }), set("bob", {})] }]);
  const pager = new Pager({ store: profiles, sessions: store, clock });
  const request = {
    owner: OWNER,
    page: 0,
    pageSize: 10,
    outputProperties: undefined,
    sessionId: undefined,
    repeatsQuery: true,
    plan: async () => query({ distinctIds: ["bob", "ada", "nobody"] }),
  };
  const { signal } = new AbortController();
  const first = await pager.read(request, signal);
  expect(first.rows.map(({ distinctId }) => distinctId)).toEqual(["ada", "bob"]);
  expect(first.session).toMatchObject({ total: 2, pageSize: 10 });
  expect(store.count).toBe(0);
  const later = { ...request, sessionId: first.session.id, repeatsQuery: false };
  expect(await pager.read(later, signal)).toEqual(first);
  expect((await pager.read({ ...later, page: 1 }, signal)).rows).toEqual([]);
});
