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

/** Compacts an opened data folder, and says what that saved. */
export async function runCompact(
  terminal: Terminal,
  store: Store,
  folder: string,
): Promise<ExitCode> {
  const before = await bytesOf(folder);
  await store.compact();
  const after = await bytesOf(folder);
  await printLine(terminal, `compacted: ${megabytes(after)} on disk, ${megabytes(before)} before`);
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
