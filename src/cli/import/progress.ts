/**
 * How far the import of a file has got, kept in a small file so that it can go on after an interruption.
 *
 * Progress is written after the store or the server has acknowledged a batch. An interruption between the two
 * sends one batch again, which changes nothing for `$set` and its like; `$add` and `$append` would count twice.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { mkdir, open, readFile, rename, stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { fail } from "../../errors/error.ts";
import { systemReason } from "../system-reason.ts";
import { type Position, START } from "./records.ts";

/** What is remembered of one file. */
export interface Progress {
  readonly file: string;
  readonly size: number;
  readonly modifiedAtMs: number;
  readonly position: Position;
  readonly writtenCount: number;
  readonly rejectedCount: number;
  readonly isFinished: boolean;
}

/** Where the progress of one file into one target is kept. */
export interface ProgressFile {
  readonly path: string;
  /** The file as it is now, nothing imported yet. */
  readonly fresh: Progress;
}

/** The file that keeps the progress of `file` into `target`, in `folder`. */
export async function progressFile(
  folder: string,
  file: string,
  target: string,
): Promise<ProgressFile> {
  const absolute = resolve(file);
  const status = await stat(absolute).catch((error: Error) => {
    throw fail("import.file_unreadable", { file, reason: systemReason(error) });
  });
  const name = createHash("sha256").update(`${target}\n${absolute}`).digest("hex").slice(0, 24);
  return {
    path: join(folder, `${name}.json`),
    fresh: {
      file: absolute,
      size: status.size,
      modifiedAtMs: Math.trunc(status.mtimeMs),
      position: START,
      writtenCount: 0,
      rejectedCount: 0,
      isFinished: false,
    },
  };
}

/** What was remembered, or undefined when nothing was. */
async function readProgress(path: string): Promise<Progress | undefined> {
  try {
    return JSON.parse(await readFile(path, "utf8")) as Progress;
  } catch {
    return undefined;
  }
}

/**
 * Where to go on.
 *
 * @throws `command.invalid` when the file is not the one the progress is about any more
 */
export async function resumed({ path, fresh }: ProgressFile): Promise<Progress> {
  const found = await readProgress(path);
  if (found === undefined) return fresh;
  if (found.size !== fresh.size || found.modifiedAtMs !== fresh.modifiedAtMs) {
    throw fail("command.invalid", {
      reason: `${fresh.file} has changed since its import began`,
      hint: "import it from its start, without --resume",
    });
  }
  return found;
}

/** Remembers how far an import got, whole or not at all. */
export async function writeProgress(path: string, progress: Progress): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const draft = `${path}.tmp`;
  const handle = await open(draft, "w");
  try {
    await handle.writeFile(`${JSON.stringify(progress)}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(draft, path);
}
