/**
 * A backup of an opened data folder, while it is used.
 *
 * @module
 */
import { copyFile, mkdir, open, rename, rm, stat, statfs } from "node:fs/promises";
import { dirname, join } from "node:path";
import { readCopy, type TableContents } from "../../duckdb/backup.ts";
import { fail, WhomError } from "../../errors/error.ts";
import type { DataFolder } from "../data-folder.ts";
import { systemReason } from "../system-reason.ts";
import { packageVersion } from "../version.ts";
import {
  checkFiles,
  damaged,
  describeFile,
  ENGINE_FILE,
  type Manifest,
  makeManifest,
  manifestPath,
  PROJECTS_FILE,
  readManifest,
} from "./manifest.ts";

/** What is backed up. */
export interface Source {
  /** The path of the data folder. */
  readonly path: string;
  readonly folder: Pick<DataFolder, "copyTo">;
}

/**
 * Makes a backup in a new folder, and reads it back.
 *
 * Writes wait while the engine's file is copied. The folder has its name once it is complete.
 *
 * @throws `data.backup_exists`, `data.no_room`, `data.folder_unusable`, `data.backup_damaged`
 */
export async function backUp({ path, folder }: Source, target: string): Promise<Manifest> {
  const partial = `${target}.partial`;
  try {
    await refuseExisting(target);
    await mkdir(dirname(target), { recursive: true });
    // What a backup that was interrupted has left.
    await rm(partial, { recursive: true, force: true });
    await checkRoom(path, dirname(target));
    await mkdir(partial, { mode: 0o700 });
    const contents = await folder.copyTo(join(partial, ENGINE_FILE));
    // After the engine's file: every project that has profiles in it is in this one.
    await copyFile(join(path, PROJECTS_FILE), join(partial, PROJECTS_FILE));
    const manifest = await describe(partial, contents);
    await writeSynced(manifestPath(partial), `${JSON.stringify(manifest, null, 2)}\n`);
    await verify(partial);
    await sync(partial);
    await rename(partial, target);
    await sync(dirname(target));
    return manifest;
  } catch (error) {
    await rm(partial, { recursive: true, force: true }).catch(() => undefined);
    if (error instanceof WhomError) throw error;
    throw fail("data.folder_unusable", { folder: target, reason: systemReason(error) });
  }
}

/**
 * Reads a backup whole.
 *
 * @throws `data.backup_damaged` when it is not as it was written
 */
export async function verify(backup: string): Promise<Manifest> {
  const manifest = await readManifest(backup);
  await checkFiles(backup, manifest);
  let contents: readonly TableContents[];
  try {
    contents = await readCopy(join(backup, ENGINE_FILE));
  } catch (error) {
    throw damaged(backup, `${ENGINE_FILE} cannot be read: ${systemReason(error)}`);
  }
  const rows = JSON.stringify(rowsByTable(contents));
  if (rows !== JSON.stringify(manifest.rows)) {
    throw damaged(backup, `${ENGINE_FILE} does not hold what the manifest says`);
  }
  return manifest;
}

async function describe(folder: string, contents: readonly TableContents[]): Promise<Manifest> {
  const files = [
    await describeFile(folder, ENGINE_FILE),
    await describeFile(folder, PROJECTS_FILE),
  ];
  return makeManifest(packageVersion(), Date.now(), files, rowsByTable(contents));
}

function rowsByTable(contents: readonly TableContents[]): Readonly<Record<string, number>> {
  return Object.fromEntries(contents.map(({ table, rows }) => [table, rows]));
}

async function refuseExisting(target: string): Promise<void> {
  const found = await stat(target).catch(() => undefined);
  if (found !== undefined) throw fail("data.backup_exists", { folder: target });
}

async function checkRoom(path: string, place: string): Promise<void> {
  const sizes = await Promise.all(
    // The log is folded into the file first.
    [ENGINE_FILE, `${ENGINE_FILE}.wal`, PROJECTS_FILE].map((name) =>
      stat(join(path, name)).then(
        ({ size }) => size,
        () => 0,
      ),
    ),
  );
  const neededBytes = sizes.reduce((sum, size) => sum + size, 0);
  const { bavail, bsize } = await statfs(place);
  const freeBytes = bavail * bsize;
  if (freeBytes < neededBytes) {
    const [needed, free] = [megabytes(neededBytes), megabytes(freeBytes)];
    throw fail("data.no_room", { folder: place, needed, free });
  }
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

async function writeSynced(path: string, text: string): Promise<void> {
  const file = await open(path, "wx", 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Puts the names of a folder's files on disk. */
export async function sync(path: string): Promise<void> {
  const file = await open(path, "r");
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}
