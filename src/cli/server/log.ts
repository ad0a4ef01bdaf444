/**
 * The log of a server: lines that its requests do not wait for.
 *
 * @module
 */
import { write, writeSync } from "node:fs";
import { type Logger, pino } from "pino";
import { printableLines, type Screen } from "../terminal.ts";

/** Lines are gathered to this length, but for no longer than this: one write for each would cost as much as a look-up. */
const GATHERED_LENGTH = 4096;
const GATHERED_MS = 100;
/** Lines that nobody reads are kept up to this length; then the newest are dropped. */
const WAITING_LENGTH_MAX = 16_777_216;

/** A log on standard error, or on another stream where the terminal has one. A person who watches sees each line at once. */
export function openLog(level: string, notes: Screen): Logger {
  if (notes !== process.stderr || notes.isTTY === true) {
    return pino({ level }, { write: (line: string) => notes.write(printableLines(line)) });
  }
  return openGatheringLog(level, process.stderr.fd);
}

/**
 * A log that writes beside the event loop, which a reader that has stopped would otherwise stop as well.
 *
 * What has gathered is written when the process exits; a kill loses the last tenth of a second.
 *
 * @param descriptor of an open file
 */
export function openGatheringLog(level: string, descriptor: number): Logger {
  const lines = new Lines(descriptor);
  process.once("exit", () => lines.end());
  return pino({ level }, lines);
}

/** Lines on their way to a file. A server does not end because nobody reads them: those that cannot be written are lost. */
class Lines {
  readonly #descriptor: number;
  #gathered = "";
  #timer: NodeJS.Timeout | undefined;
  #isWriting: boolean = false;
  /** What waits until a full pipe has room again. */
  #delayed: Buffer = Buffer.alloc(0);

  constructor(descriptor: number) {
    this.#descriptor = descriptor;
  }

  write(line: string): void {
    if (this.#gathered.length + line.length > WAITING_LENGTH_MAX) return;
    // JSON leaves some control characters as they are, and a log is read on terminals; their escapes mean the same.
    this.#gathered += printableLines(line);
    if (this.#gathered.length >= GATHERED_LENGTH) this.#flush();
    else this.#flushLater();
  }

  /** Writes at once what there is, as far as there is room for it. */
  end(): void {
    try {
      for (
        let rest = Buffer.concat([this.#delayed, Buffer.from(this.#gathered)]);
        rest.length > 0;
      ) {
        rest = rest.subarray(writeSync(this.#descriptor, rest));
      }
    } catch {
      // Whoever should read has gone or has stopped, and the process must end.
    }
  }

  #flushLater(): void {
    this.#timer ??= setTimeout(() => this.#flush(), GATHERED_MS).unref();
  }

  #flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#isWriting || this.#gathered === "") return;
    const bytes = Buffer.from(this.#gathered);
    this.#gathered = "";
    this.#isWriting = true;
    this.#writeAll(bytes);
  }

  #writeAll(bytes: Buffer): void {
    this.#delayed = Buffer.alloc(0);
    write(this.#descriptor, bytes, (error, count) => {
      if (error?.code === "EAGAIN") {
        this.#delayed = bytes;
        setTimeout(() => this.#writeAll(bytes), GATHERED_MS).unref();
      } else if (error === null && count < bytes.length) {
        this.#writeAll(bytes.subarray(count));
      } else {
        this.#isWriting = false;
        if (this.#gathered.length >= GATHERED_LENGTH) this.#flush();
        else if (this.#gathered !== "") this.#flushLater();
      }
    });
  }
}
