/**
 * One change of a data folder's projects at a time, over all processes that share the folder.
 *
 * The lock is a file that only one process can create. A crash leaves it behind, so a lock whose
 * process is gone, or that is older than any change can take, is set aside.
 *
 * @module
 */
import { randomUUID } from "node:crypto";
import { readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fail } from "../errors/error.ts";

/** The lock's name in the data folder. */
export const LOCK_NAME = "projects.json.lock";

/** A change takes milliseconds; a lock older than this was left behind. */
export const LOCK_AGE_MS_MAX = 10_000;

/** How long a change waits for others; longer than a lock can be left behind. */
const LOCK_WAIT_MS_MAX = 15_000;
const RETRY_MS = 15;

/** How far two readings of one process's start may differ. */
const START_TOLERANCE_MS = 5000;

/** What the lock file says about who holds it. */
interface Holder {
  readonly pid: number;
  readonly host: string;
  readonly startedAtMs: number;
}

/** A lock that is held. */
export interface ChangeLock {
  /** Whether it is still ours: a process that slept too long has lost it to another. */
  isHeld(): Promise<boolean>;
  release(): Promise<void>;
}

/**
 * Takes the lock, waiting while another process holds it.
 *
 * @throws `data.folder_busy` when others hold it all the time
 */
export async function takeChangeLock(folder: string): Promise<ChangeLock> {
  const file = join(folder, LOCK_NAME);
  const text = JSON.stringify({ ...describeThisProcess(), id: randomUUID() });
  const deadlineMs = performance.now() + LOCK_WAIT_MS_MAX;
  while (!(await createLock(file, text))) {
    const found = await readLock(file);
    if (found !== undefined && isLeftBehind(found.text, found.ageMs)) {
      await setAside(file, found.text);
    } else if (performance.now() >= deadlineMs) {
      throw fail("data.folder_busy", { folder, holder: describeHolder(found?.text) });
    } else {
      await sleep(RETRY_MS);
    }
  }
  const isHeld = async () => (await readLock(file))?.text === text;
  return {
    isHeld,
    release: async () => {
      if (await isHeld()) await rm(file, { force: true });
    },
  };
}

/** Whether a lock has no living holder. */
export function isLeftBehind(text: string, ageMs: number): boolean {
  if (ageMs > LOCK_AGE_MS_MAX) return true;
  const holder = parseHolder(text);
  const self = describeThisProcess();
  if (holder === undefined || holder.host !== self.host) return false;
  if (holder.pid !== self.pid) return !isAlive(holder.pid);
  // In a container every life of the server has the same process id.
  return Math.abs(holder.startedAtMs - self.startedAtMs) > START_TOLERANCE_MS;
}

function describeThisProcess(): Holder {
  const startedAtMs = Math.round(Date.now() - process.uptime() * 1000);
  return { pid: process.pid, host: hostname(), startedAtMs };
}

async function createLock(file: string, text: string): Promise<boolean> {
  try {
    await writeFile(file, text, { flag: "wx", mode: 0o600 });
    return true;
  } catch (error) {
    if (codeOf(error) === "EEXIST") return false;
    throw error;
  }
}

async function readLock(file: string): Promise<{ text: string; ageMs: number } | undefined> {
  try {
    const [text, { mtimeMs }] = await Promise.all([readFile(file, "utf8"), stat(file)]);
    return { text, ageMs: Date.now() - mtimeMs };
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw error;
  }
}

/**
 * Takes a lock that was left behind out of the way.
 *
 * Two processes may find the same one. The slower of them would remove the lock that the faster has
 * taken since, so the file is moved first and put back when it is not the one that was found.
 */
async function setAside(file: string, text: string): Promise<void> {
  const aside = `${file}.${randomUUID()}`;
  try {
    await rename(file, aside);
  } catch (error) {
    if (codeOf(error) === "ENOENT") return;
    throw error;
  }
  const moved = await readFile(aside, "utf8");
  if (moved !== text) await createLock(file, moved);
  await rm(aside, { force: true });
}

function parseHolder(text: string): Holder | undefined {
  try {
    const { pid, host, startedAtMs } = JSON.parse(text) as Partial<Holder>;
    if (typeof pid !== "number" || typeof host !== "string") return undefined;
    return { pid, host, startedAtMs: Number(startedAtMs) };
  } catch {
    // A process that died between creating and writing the lock left it empty.
    return undefined;
  }
}

function describeHolder(text: string | undefined): string {
  const holder = text === undefined ? undefined : parseHolder(text);
  return holder === undefined ? "another process" : `process ${holder.pid} on ${holder.host}`;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) !== "ESRCH";
  }
}

/** The code of a system error. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string"
    ? error.code
    : undefined;
}
