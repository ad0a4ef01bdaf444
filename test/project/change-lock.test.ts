import { mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import {
  isLeftBehind,
  LOCK_AGE_MS_MAX,
  LOCK_NAME,
  takeChangeLock,
} from "../../src/project/change-lock.ts";
import { temporaryFolder } from "./support.ts";

const HOST = hostname();
const STARTED_AT_MS = Math.round(Date.now() - process.uptime() * 1000);
/** Above the largest process id of any Linux. */
const NO_PID = 2 ** 22 + 1;

it.each([
  ["of this process", { pid: process.pid, host: HOST, startedAtMs: STARTED_AT_MS }, 0, false],
  ["of an earlier life of it", { pid: process.pid, host: HOST, startedAtMs: 1 }, 0, true],
  ["of a living process", { pid: process.ppid, host: HOST, startedAtMs: 1 }, 0, false],
  ["of a dead process", { pid: NO_PID, host: HOST, startedAtMs: 1 }, 0, true],
  ["of another machine", { pid: NO_PID, host: `not-${HOST}`, startedAtMs: 1 }, 0, false],
  [
    "of another machine, old",
    { pid: 1, host: `not-${HOST}`, startedAtMs: 1 },
    LOCK_AGE_MS_MAX + 1,
    true,
  ],
  [
    "at the limit",
    { pid: process.pid, host: HOST, startedAtMs: STARTED_AT_MS },
    LOCK_AGE_MS_MAX,
    false,
  ],
  ["without a holder", {}, 0, false],
  ["without a holder, old", {}, LOCK_AGE_MS_MAX + 1, true],
])("judges a lock %s", (_title, holder, ageMs, expected) => {
  expect(isLeftBehind(JSON.stringify(holder), ageMs)).toBe(expected);
  expect(isLeftBehind("", 0)).toBe(false);
});

it("gives the lock to one at a time", async () => {
  const folder = temporaryFolder();
  mkdirSync(folder);
  let insideCount = 0;
  let insideMax = 0;
  await Promise.all(
    Array.from({ length: 8 }, async () => {
      const lock = await takeChangeLock(folder);
      insideCount += 1;
      insideMax = Math.max(insideMax, insideCount);
      await new Promise((resolve) => setTimeout(resolve, 2));
      insideCount -= 1;
      await lock.release();
    }),
  );
  expect(insideMax).toBe(1);
  expect(readdirSync(folder)).toEqual([]);
});

it("takes over what a crash left behind", async () => {
  const folder = temporaryFolder();
  mkdirSync(folder);
  const file = join(folder, LOCK_NAME);
  writeFileSync(file, JSON.stringify({ pid: NO_PID, host: HOST, startedAtMs: 1 }));
  const lock = await takeChangeLock(folder);
  expect(JSON.parse(readFileSync(file, "utf8"))).toMatchObject({ pid: process.pid, host: HOST });
  await lock.release();
  expect(readdirSync(folder)).toEqual([]);
});

it("knows when it was taken over, and leaves the other's lock alone", async () => {
  const folder = temporaryFolder();
  mkdirSync(folder);
  const slow = await takeChangeLock(folder);
  const longAgo = new Date(Date.now() - LOCK_AGE_MS_MAX - 1000);
  utimesSync(join(folder, LOCK_NAME), longAgo, longAgo);
  const quick = await takeChangeLock(folder);
  expect(await slow.isHeld()).toBe(false);
  await slow.release();
  expect(await quick.isHeld()).toBe(true);
  await quick.release();
});
