/**
 * What a backup is made of: a folder with the files of a data folder that cannot be made again, and a manifest.
 *
 * The manifest is written last, so that a folder with one is complete.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { fail } from "../../errors/error.ts";
import { systemReason } from "../system-reason.ts";

/** Profiles, events and what projects have saved. */
export const ENGINE_FILE = "whom.duckdb";
/** Projects with their secrets, and service accounts. */
export const PROJECTS_FILE = "projects.json";
const MANIFEST_FILE = "manifest.json";

const KIND = "whom-backup";
const VERSION = 1;

/** A file of a backup. */
export interface BackedUpFile {
  readonly name: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** What a backup says of itself. */
export interface Manifest {
  readonly kind: typeof KIND;
  readonly version: typeof VERSION;
  readonly whomVersion: string;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
  readonly files: readonly BackedUpFile[];
  /** Rows by table of the engine. */
  readonly rows: Readonly<Record<string, number>>;
}

/** The manifest of some files and what the engine's holds. */
export function makeManifest(
  whomVersion: string,
  nowMs: number,
  files: readonly BackedUpFile[],
  rows: Readonly<Record<string, number>>,
): Manifest {
  const createdAt = new Date(nowMs).toISOString();
  return { kind: KIND, version: VERSION, whomVersion, createdAt, files, rows };
}

/** The path of a backup's manifest. */
export function manifestPath(folder: string): string {
  return join(folder, MANIFEST_FILE);
}

/** A file as a manifest has it. */
export async function describeFile(folder: string, name: string): Promise<BackedUpFile> {
  const path = join(folder, name);
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return { name, bytes: (await stat(path)).size, sha256: hash.digest("hex") };
}

/**
 * The manifest of a backup.
 *
 * @throws `data.backup_damaged` for a folder that is none
 */
export async function readManifest(folder: string): Promise<Manifest> {
  let text: string;
  try {
    text = await readFile(manifestPath(folder), "utf8");
  } catch (error) {
    throw damaged(folder, `${MANIFEST_FILE}: ${systemReason(error)}`);
  }
  const manifest = parse(text);
  if (manifest === undefined) throw damaged(folder, `${MANIFEST_FILE} is not one of a backup`);
  return manifest;
}

/** Compares the files of a folder with a manifest. @throws `data.backup_damaged` */
export async function checkFiles(folder: string, { files }: Manifest): Promise<void> {
  for (const file of files) {
    const found = await describeFile(folder, file.name).catch((error: unknown) => {
      throw damaged(folder, `${file.name}: ${systemReason(error)}`);
    });
    if (found.bytes !== file.bytes) {
      throw damaged(folder, `${file.name} has ${found.bytes} bytes and not ${file.bytes}`);
    }
    if (found.sha256 !== file.sha256) {
      throw damaged(folder, `${file.name} has other bytes than were written`);
    }
  }
}

/** Rows of the tables whose names begin alike: all profiles, or all events. */
export function rowsOf({ rows }: Manifest, prefix: "profiles_" | "events_"): number {
  return Object.entries(rows).reduce(
    (sum, [table, count]) => sum + (table.startsWith(prefix) ? count : 0),
    0,
  );
}

/** The error of a backup that cannot be used. */
export function damaged(folder: string, reason: string): Error {
  return fail("data.backup_damaged", { folder, reason });
}

function parse(text: string): Manifest | undefined {
  try {
    const manifest = JSON.parse(text) as Manifest;
    const names = manifest.files.map(({ name }) => name).toSorted();
    const isOurs = manifest.kind === KIND && manifest.version === VERSION;
    // Names are compared whole: one with a path in it would be read from elsewhere.
    const isWhole = names.join("/") === [PROJECTS_FILE, ENGINE_FILE].toSorted().join("/");
    return isOurs && isWhole && typeof manifest.rows === "object" ? manifest : undefined;
  } catch {
    return undefined;
  }
}
