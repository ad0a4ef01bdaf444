/**
 * Where an export is written: standard output, or a file that has its name only when it is whole.
 *
 * @module
 */
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { type Duplex, PassThrough } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { fail } from "../../errors/error.ts";
import { systemReason } from "../system-reason.ts";
import { linesForScreen, type Terminal } from "../terminal.ts";

/** Takes an export. */
export interface ExportTarget {
  write(bytes: Uint8Array): Promise<void>;
  /** Everything has been written. */
  finish(): Promise<void>;
  /** Something failed: what there is of a file goes. */
  abandon(): Promise<void>;
}

const GZIP_LEVEL = 4;

/** Opens a target; without a file it is standard output. */
export function openTarget(
  terminal: Terminal,
  file: string | undefined,
  isGzipped: boolean,
): ExportTarget {
  const entry: Duplex = isGzipped ? createGzip({ level: GZIP_LEVEL }) : new PassThrough();
  const part = `${file}.part`;
  const exit = file === undefined ? terminal.output : createWriteStream(part);
  const isScreen = file === undefined && !isGzipped && terminal.output.isTTY === true;
  const options = { end: file !== undefined };
  const flow = isScreen
    ? pipeline(entry, linesForScreen, exit, options)
    : pipeline(entry, exit, options);
  const written = flow.catch((error: unknown) => {
    throw fail("data.folder_unusable", {
      folder: file === undefined ? "standard output" : dirname(file),
      reason: systemReason(error),
    });
  });
  // It is thrown where it is awaited.
  written.catch(() => undefined);
  return {
    write: async (bytes) => {
      if (!entry.write(bytes)) await Promise.race([once(entry, "drain"), written]);
    },
    finish: async () => {
      entry.end();
      await written;
      if (file !== undefined) await rename(part, file);
    },
    abandon: async () => {
      entry.destroy();
      await written.catch(() => undefined);
      if (file !== undefined) await rm(part, { force: true }).catch(() => undefined);
    },
  };
}
