/**
 * The memory of a process, as the kernel counts it. Elsewhere than on Linux there are no figures.
 *
 * @module
 */
import { readFileSync, writeFileSync } from "node:fs";

const SAMPLE_MS = 20;
/** What the kernel calls a kB. */
const KILOBYTE = 1_024;
/** Written to `clear_refs`, it sets the peak back to what is resident now. */
const RESET_PEAK = "5";

/** Resident memory in megabytes. */
export function residentMb(pid: number): number {
  return megabytes(pid, "VmRSS");
}

/** Watches how much memory a process has at most. */
export class MemoryWatch {
  readonly #pid: number;
  readonly #timer: NodeJS.Timeout;
  readonly #hasPeak: boolean;
  #mostMb: number;

  constructor(pid: number) {
    this.#pid = pid;
    this.#hasPeak = resetPeak(pid);
    this.#mostMb = residentMb(pid);
    this.#timer = setInterval(() => {
      this.#mostMb = Math.max(this.#mostMb, residentMb(pid));
    }, SAMPLE_MS);
  }

  /** Ends the watch. */
  end(): void {
    clearInterval(this.#timer);
    this.#mostMb = Math.max(this.#mostMb, this.#hasPeak ? megabytes(this.#pid, "VmHWM") : 0);
  }

  /** The most since it was made, in megabytes; whole once the watch has ended. */
  get mostMb(): number {
    return this.#mostMb;
  }
}

function resetPeak(pid: number): boolean {
  try {
    writeFileSync(`/proc/${pid}/clear_refs`, RESET_PEAK);
    return true;
  } catch {
    return false;
  }
}

function megabytes(pid: number, field: string): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    return (Number(new RegExp(`${field}:\\s+(\\d+) kB`).exec(status)?.[1]) * KILOBYTE) / 1e6;
  } catch {
    return Number.NaN;
  }
}
