import {
  appendFile,
  mkdtemp,
  readdir,
  readFile,
  rm,
  truncate,
  utimes,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { newSessionId, type Session } from "../../src/paging/session.ts";
import { SessionStore, type SessionStoreOptions } from "../../src/paging/session-store.ts";
import { keysInOrder } from "../../src/store/frozen-keys.ts";
import { type TestClock, testClock } from "../support/clock.ts";

const IDLE_MS = 7_200_000;
const OWNER = { projectId: 1, workspaceId: 10 };

let folder: string;
let clock: TestClock;
let warnings: string[];
let store: SessionStore;

async function open(options: Partial<SessionStoreOptions> = {}): Promise<SessionStore> {
  return SessionStore.open({
    folder,
    clock,
    idleMs: IDLE_MS,
    perProjectMax: 100,
    bytesMax: 1024 ** 3,
    warn: (message, facts) => warnings.push(`${message} ${JSON.stringify(facts)}`),
    ...options,
  });
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "whom-sessions-"));
  clock = testClock();
  warnings = [];
  store = await open();
});

afterEach(() => store.close());

async function add(total: number, members: Partial<Session> = {}): Promise<Session> {
  const session: Session = {
    id: newSessionId(clock.now()),
    scope: { projectId: OWNER.projectId, groupKey: undefined },
    workspaceId: OWNER.workspaceId,
    pageSize: 10,
    total,
    outputProperties: undefined,
    includesStrangers: false,
    createdAtMs: clock.now(),
    ...members,
  };
  await store.add(session, keysInOrder(keysOf(total)));
  await store.settled();
  return session;
}

/** Keys that use all 32 bits and do not ascend. */
function keysOf(total: number): Uint32Array {
  return Uint32Array.from({ length: total }, (_, index) => (index * 2_654_435_761) % 2 ** 32);
}

async function pagesOf(session: Session): Promise<number[]> {
  const keys: number[] = [];
  for (let page = 0; page * session.pageSize < session.total; page += 1) {
    keys.push(...((await store.keys(session, page)) ?? []));
  }
  return keys;
}

/** The files of sessions. */
async function files(): Promise<readonly string[]> {
  return (await readdir(folder)).filter((file) => file !== "secret");
}

async function only(): Promise<string> {
  const [file] = await files();
  if (file === undefined) throw new Error("no file");
  return join(folder, file);
}

describe("a session's file", () => {
  it.each([0, 1, 9, 10, 11, 25, 1000])("gives %i keys back page by page", async (total) => {
    const session = await add(total);
    expect(await store.find(OWNER, session.id)).toEqual(session);
    expect(await pagesOf(session)).toEqual([...keysOf(total)]);
    expect(await store.keys(session, total)).toEqual(new Uint32Array(0));
  });

  it("is put together in chunks when it is long", async () => {
    const session = await add(700_001, { pageSize: 1 });
    expect(await store.keys(session, 700_000)).toEqual(keysOf(700_001).slice(700_000));
    expect(await store.keys(session, 349_525)).toEqual(keysOf(349_526).slice(349_525));
    expect(await files()).toHaveLength(1);
    const file = await readFile(await only());
    expect(store.bytes).toBe(file.length);
  });

  it("keeps hostile output properties and group keys", async () => {
    const session = await add(30, {
      outputProperties: ["__proto__", 'quote"', "\u0000", "x".repeat(5000)],
      scope: { projectId: OWNER.projectId, groupKey: "../../x" },
    });
    await store.close();
    store = await open();
    expect(await store.find(OWNER, session.id)).toEqual(session);
    expect(await pagesOf(session)).toEqual([...keysOf(30)]);
  });

  it("remembers whether it may have strangers", async () => {
    const { id } = await add(3, { includesStrangers: true });
    store = await open();
    expect(await store.find(OWNER, id)).toMatchObject({ includesStrangers: true });
  });

  it("of a version that knew no strangers has none", async () => {
    const session = await add(3);
    const file = await only();
    const bytes = await readFile(file);
    const headerEnd = 16 + bytes.readUInt32LE(8);
    const { includesStrangers: _unknown, ...old } = JSON.parse(
      bytes.toString("utf8", 16, headerEnd),
    );
    const header = Buffer.from(JSON.stringify(old));
    const head = Buffer.from(bytes.subarray(0, 16));
    head.writeUInt32LE(header.length, 8);
    head.writeUInt32LE(crc32(header), 12);
    await writeFile(file, Buffer.concat([head, header, bytes.subarray(headerEnd)]));
    store = await open();
    expect(await store.find(OWNER, session.id)).toEqual(session);
    expect(await pagesOf(session)).toEqual([...keysOf(3)]);
  });

  it("is named by project, workspace and a hash, never by what a client sent", async () => {
    await add(1, { id: "../../../evil" });
    const [file] = await files();
    expect(file).toMatch(/^1-10-[0-9a-f]{32}\.one$/);
    expect(await store.find(OWNER, "../../../evil")).toBeDefined();
  });
});

describe("an owner", () => {
  it("finds no session of another project or workspace", async () => {
    const { id } = await add(25);
    expect(await store.find({ projectId: 2, workspaceId: 10 }, id)).toBeUndefined();
    expect(await store.find({ projectId: 1, workspaceId: 11 }, id)).toBeUndefined();
    expect(await store.find(OWNER, `${id}x`)).toBeUndefined();
    expect(await store.find(OWNER, "")).toBeUndefined();
    expect(await store.find(OWNER, "\ud800")).toBeUndefined();
  });
});

describe("a restart", () => {
  it("finds sessions that were never closed, as after a kill", async () => {
    const long = await add(1000);
    const short = await add(3);
    const killed = store;
    store = await open();
    expect(store.count).toBe(2);
    expect(store.bytes).toBe(killed.bytes);
    expect(await store.find(OWNER, long.id)).toEqual(long);
    expect(await pagesOf(long)).toEqual([...keysOf(1000)]);
    expect(await pagesOf(short)).toEqual([...keysOf(3)]);
    await killed.close();
  });

  it("removes what was half written and leaves alone what is not its own", async () => {
    await writeFile(join(folder, "1-10-00000000000000000000000000000000.many.part"), "half");
    await writeFile(join(folder, "README"), "not a session");
    store = await open();
    expect(await files()).toEqual(["README"]);
    expect(store.count).toBe(0);
  });

  it("forgets sessions whose time passed meanwhile", async () => {
    const old = await add(25);
    await utimes(await only(), Date.now() / 1000, (clock.now() - IDLE_MS - 1000) / 1000);
    store = await open();
    expect(await store.find(OWNER, old.id)).toBeUndefined();
    await store.close();
    expect(await files()).toEqual([]);
  });

  it("takes a touched session for as young as its last use", async () => {
    const session = await add(25);
    clock.nowMs += IDLE_MS - 1000;
    await store.find(OWNER, session.id);
    await store.close();
    clock.nowMs += IDLE_MS - 1000;
    store = await open();
    expect(await store.find(OWNER, session.id)).toBeDefined();
  });
});

describe("damage", () => {
  const DAMAGES: Readonly<Record<string, (file: string) => Promise<void>>> = {
    "a torn end": (file) => truncate(file, 200),
    "a torn head": (file) => truncate(file, 5),
    "an empty file": (file) => truncate(file, 0),
    "something behind the end": (file) => appendFile(file, "x"),
    "another format": (file) => writeFile(file, "x".repeat(1000)),
    "a header that is no JSON": (file) => flip(file, 20),
    zeros: (file) => writeFile(file, Buffer.alloc(600)),
  };

  async function flip(file: string, at: number): Promise<void> {
    const bytes = await readFile(file);
    bytes[at] = (bytes[at] ?? 0) ^ 0xff;
    await writeFile(file, bytes);
  }

  it.each(Object.entries(DAMAGES))(
    "%s makes the session unknown and removes it",
    async (_name, damage) => {
      const session = await add(100);
      await damage(await only());
      await store.close();
      store = await open();
      expect(await store.find(OWNER, session.id)).toBeUndefined();
      expect(store.count).toBe(0);
      await store.close();
      expect(await files()).toEqual([]);
      expect(warnings).toHaveLength(1);
      expect(warnings[0]).toContain("session file removed");
    },
  );

  it("of one page shows by its checksum, while the session is open", async () => {
    const session = await add(3_000);
    const file = await only();
    await flip(file, (await readFile(file)).length - 2);
    expect(await store.keys(session, 0)).toEqual(keysOf(10));
    expect(await store.keys(session, 299)).toBeUndefined();
    await expect(store.find(OWNER, session.id)).resolves.toBeUndefined();
    expect(warnings[0]).toContain("damaged page");
  });
});

describe("bounds", () => {
  it("expire a session after its last use, not after its making", async () => {
    const used = await add(25);
    const unused = await add(25);
    clock.nowMs += IDLE_MS - 1;
    expect(await store.find(OWNER, used.id)).toBeDefined();
    clock.nowMs += 2;
    store.sweep();
    expect(store.count).toBe(1);
    expect(await store.find(OWNER, unused.id)).toBeUndefined();
    expect(await store.find(OWNER, used.id)).toBeDefined();
    await store.close();
    expect(await files()).toHaveLength(1);
  });

  it("let sessions of one page go first, then the least recently used", async () => {
    store = await open({ perProjectMax: 3 });
    const first = await add(25);
    const second = await add(25);
    const short = await add(5);
    const third = await add(25);
    expect(await store.find(OWNER, short.id)).toBeUndefined();
    await store.find(OWNER, first.id);
    const fourth = await add(25);
    expect(await store.find(OWNER, second.id)).toBeUndefined();
    for (const { id } of [first, third, fourth]) expect(await store.find(OWNER, id)).toBeDefined();
    await store.close();
    expect(await files()).toHaveLength(3);
  });

  it("do not let one project push another's sessions out", async () => {
    store = await open({ perProjectMax: 3, bytesMax: 20_000 });
    const quiet = await add(100);
    for (let count = 0; count < 10; count += 1) {
      await add(1000, { scope: { projectId: 2, groupKey: undefined } });
    }
    expect(store.bytes).toBeLessThanOrEqual(20_000);
    expect(await store.find(OWNER, quiet.id)).toBeDefined();
  });

  it("never take the session that was just made", async () => {
    store = await open({ bytesMax: 10 });
    const session = await add(100);
    expect(await store.find(OWNER, session.id)).toBeDefined();
    const next = await add(100);
    expect(await store.find(OWNER, session.id)).toBeUndefined();
    expect(await store.find(OWNER, next.id)).toBeDefined();
  });

  it("count a session made again under its id once", async () => {
    const { id } = await add(25);
    await add(35, { id });
    expect(store.count).toBe(1);
    expect((await store.find(OWNER, id))?.total).toBe(35);
  });
});

describe("a folder that cannot be written to", () => {
  it("lets a session be opened, and says why it has no later pages", async () => {
    store = await open({ folder: join(folder, "inner") });
    await rm(join(folder, "inner"), { recursive: true });
    await expect(add(5)).resolves.toBeDefined();
    expect(warnings[0]).toContain("session not written");
    const session = await add(25);
    expect(await store.find(OWNER, session.id)).toEqual(session);
    await expect(store.keys(session, 1)).rejects.toMatchObject({ code: "data.folder_unusable" });
  });
});

describe("a new id", () => {
  it("starts with the time and is never the same twice", () => {
    const ids = Array.from({ length: 1000 }, () => newSessionId(1_714_557_600_123));
    for (const id of ids) expect(id).toMatch(/^1714557600-[A-Z0-9]{24}$/);
    expect(new Set(ids).size).toBe(1000);
  });
});
