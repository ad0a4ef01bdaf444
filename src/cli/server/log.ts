/**
 * The log of a server: lines that its requests do not wait for.
 *
 * @module
 */
import { type Logger, pino } from "pino";
import type { Screen } from "../terminal.ts";

/** Lines are gathered to so many bytes, but for no longer than this: one write for each would cost as much as a look-up. */
const GATHERED_BYTES = 4096;
const GATHERED_MS = 100;
/** Lines that nobody reads are kept up to so many bytes; then the newest are dropped. */
const WAITING_BYTES_MAX = 16_777_216;

/** A log on standard error, or on another stream where the terminal has one. A person who watches sees each line at once. */
export function openLog(level: string, notes: Screen): Logger {
  if (notes !== process.stderr || notes.isTTY === true) return pino({ level }, notes);
  return openGatheringLog(level, process.stderr.fd);
}

/**
 * A log that writes beside the event loop, which a reader that has stopped would otherwise stop as well.
 *
 * What has gathered is written when the process exits; a kill loses the last tenth of a second.
 *
 * @param destination a file descriptor, or the path of a file
 */
export function openGatheringLog(level: string, destination: number | string): Logger {
  const lines = pino.destination({
    dest: destination,
    sync: false,
    minLength: GATHERED_BYTES,
    maxLength: WAITING_BYTES_MAX,
    periodicFlush: GATHERED_MS,
  });
  lines.on("error", () => {
    // A server does not end because nobody can read its log.
  });
  return pino({ level }, lines);
}
