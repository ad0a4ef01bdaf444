/**
 * How much of the machine the engine may take, and what it says when that is not enough.
 *
 * @module
 */
import { statfsSync } from "node:fs";
import { totalmem } from "node:os";
import { constrainedMemory } from "node:process";
import { fail, type WhomError } from "../errors/error.ts";

/** The rest is for this process's own memory, and for what the engine takes beyond its limit. */
const MEMORY_SHARE = 0.5;
/** The rest is for the data itself: a full disk stops all writes. */
const FREE_DISK_SHARE = 0.5;

/** Half of the machine's memory, or of the container's, as the engine writes it. */
export function memoryShare(
  machine: number = totalmem(),
  container: number = constrainedMemory(),
): string {
  // Without a limit it is 0, or more than there is.
  const bytes = container > 0 ? Math.min(machine, container) : machine;
  return bytesText(bytes * MEMORY_SHARE);
}

/** Half of what is free on the disk of a folder, as the engine writes it. */
export function diskShare(folder: string): string {
  const { bavail, bsize } = statfsSync(folder);
  return bytesText(bavail * bsize * FREE_DISK_SHARE);
}

function bytesText(bytes: number): string {
  return `${Math.floor(bytes)}B`;
}

/** What the engine threw, as an error somebody can act on. */
export function engineError({ message }: Error): WhomError {
  if (!message.startsWith("Out of Memory Error")) {
    return fail("data.engine_failed", { reason: message });
  }
  // It goes on with settings of the engine, which nobody can reach.
  const used = /\(([^()]+) used\)/.exec(message)?.[1] ?? "all of it";
  return message.includes("max_temp_directory_size")
    ? fail("data.out_of_memory", { resource: "scratch space", used, setting: "--temp-limit" })
    : fail("data.out_of_memory", { resource: "memory", used, setting: "--memory-limit" });
}
