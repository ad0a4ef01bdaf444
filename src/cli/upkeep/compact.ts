/**
 * `whom compact`: writes the data of a folder anew, without what was deleted.
 *
 * @module
 */
import { stat } from "node:fs/promises";
import { join } from "node:path";
import type { Store } from "../../store/store.ts";
import { EXIT, type ExitCode } from "../failure.ts";
import { printLine, type Terminal } from "../terminal.ts";

/** The files that hold profiles and events. */
const FILES = ["whom.duckdb", "whom.duckdb.wal"];

/** What the files took before and after. */
export interface Compacted {
  readonly beforeBytes: number;
  readonly afterBytes: number;
}

/** Compacts an opened data folder. */
export async function compactFolder(
  store: Pick<Store, "compact">,
  folder: string,
): Promise<Compacted> {
  const beforeBytes = await bytesOf(folder);
  await store.compact();
  return { beforeBytes, afterBytes: await bytesOf(folder) };
}

/** Says what compacting saved. */
export async function showCompacted(
  terminal: Terminal,
  { beforeBytes, afterBytes }: Compacted,
): Promise<ExitCode> {
  await printLine(
    terminal,
    `compacted: ${megabytes(afterBytes)} on disk, ${megabytes(beforeBytes)} before`,
  );
  return EXIT.ok;
}

async function bytesOf(folder: string): Promise<number> {
  const sizes = FILES.map((file) =>
    stat(join(folder, file)).then(
      ({ size }) => size,
      () => 0,
    ),
  );
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
