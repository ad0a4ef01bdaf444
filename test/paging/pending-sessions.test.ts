import { expect, it } from "vitest";
import { PendingSessions } from "../../src/paging/pending-sessions.ts";
import type { Session } from "../../src/paging/session.ts";
import { type FrozenKeys, keysInOrder } from "../../src/store/frozen-keys.ts";
import type { ProfileKeys } from "../../src/store/store.ts";

function session(total: number): Session {
  return {
    id: "1-A",
    scope: { projectId: 1, groupKey: undefined },
    workspaceId: 1,
    pageSize: 2,
    total,
    outputProperties: undefined,
    includesStrangers: false,
    createdAtMs: 1_000,
  };
}

const FIVE = keysInOrder(Uint32Array.from([5, 4, 3, 2, 1]));

it("gives pages of a session while its file is being written, and then forgets it", async () => {
  const pending = new PendingSessions();
  let release: (() => void) | undefined;
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const written: ProfileKeys[] = [];
  await pending.add("a", session(5), FIVE, async (keys, usedAtMs) => {
    await held;
    written.push(keys);
    expect(usedAtMs).toBe(5_000);
  });
  expect(pending.count).toBe(1);
  expect(pending.use(["a"], 1_001, 5_000)).toBeUndefined();
  expect(pending.use(["x", "a"], 1_000, 5_000)).toEqual(session(5));
  expect(await pending.keys(["a"], 1)).toEqual(Uint32Array.from([3, 2]));
  expect(await pending.keys(["a"], 2)).toEqual(Uint32Array.from([1]));
  release?.();
  await pending.settled();
  expect(written.map((keys) => [...keys])).toEqual([[5, 4, 3, 2, 1]]);
  expect(pending.use(["a"], 0, 5_000)).toBeUndefined();
  expect(await pending.keys(["a"], 0)).toBeUndefined();
  expect(pending.count).toBe(0);
});

it("remembers for a while that a session could not be written", async () => {
  const pending = new PendingSessions();
  await pending.add("a", session(5), FIVE, () => Promise.reject(new Error("disk full")));
  await pending.settled();
  expect(pending.use(["a"], 0, 5_000)).toEqual(session(5));
  expect(await pending.keys(["a"], 1)).toBe("lost");
  expect(pending.count).toBe(0);
  pending.sweep(5_000);
  expect(await pending.keys(["a"], 1)).toBe("lost");
  pending.sweep(5_001);
  expect(pending.use(["a"], 0, 5_000)).toBeUndefined();
});

it("goes on after a failure, and writes one after the other", async () => {
  const pending = new PendingSessions();
  const log: string[] = [];
  const write = (name: string) => async (): Promise<void> => {
    log.push(`begin ${name}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
    log.push(`end ${name}`);
    if (name === "a") throw new Error("disk full");
  };
  await pending.add("a", session(5), FIVE, write("a"));
  await pending.add("b", session(5), FIVE, write("b"));
  await pending.settled();
  expect(log).toEqual(["begin a", "end a", "begin b", "end b"]);
  expect(pending.use(["b"], 0, 5_000)).toBeUndefined();
});

it("lets whoever comes wait while very many keys wait", async () => {
  const pending = new PendingSessions();
  const many: FrozenKeys = { ...FIVE, count: 20_000_000 };
  let isWritten = false;
  await pending.add("a", session(5), many, async () => {
    await new Promise((resolve) => setTimeout(resolve, 20));
    isWritten = true;
  });
  expect(isWritten).toBe(false);
  await pending.add("b", session(5), FIVE, async () => undefined);
  expect(isWritten).toBe(true);
  await pending.settled();
});
