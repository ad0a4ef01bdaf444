/**
 * Records an import could not write, as notes for a person and lines of a reject file.
 *
 * @module
 */
import { type FileHandle, open } from "node:fs/promises";
import { fail } from "../../errors/error.ts";
import { systemReason } from "../system-reason.ts";
import { note, printable, type Terminal } from "../terminal.ts";

/** A record that was not written. */
export interface Reject {
  readonly line: number;
  readonly reason: string;
  /** The record, or its text where it could not be read. */
  readonly record: unknown;
}

/** A number too large for a double is Infinity, which JSON would turn into null: importing that would be no correction. */
function numbersAsRead(_name: string, value: unknown): unknown {
  return typeof value === "number" && !Number.isFinite(value) ? String(value) : value;
}

/** So many are named on the screen; the file has them all. */
const NAMED_COUNT_MAX = 20;

/** The reject file of one imported file; it exists once there is a reject. */
export class RejectFile {
  readonly path: string;
  /** What the lines of rejects count. */
  unit: "line" | "record" = "line";
  readonly #source: string;
  readonly #terminal: Terminal;
  readonly #append: boolean;
  #handle: FileHandle | undefined;
  #namedCount = 0;

  constructor(path: string, source: string, terminal: Terminal, append: boolean) {
    this.path = path;
    this.#source = source;
    this.#terminal = terminal;
    this.#append = append;
  }

  /** Keeps rejects, durably, and names the first of them. */
  async keep(rejects: readonly Reject[]): Promise<void> {
    if (rejects.length === 0) return;
    for (const { line, reason } of rejects) this.#name(line, reason);
    this.#handle ??= await open(this.path, this.#append ? "a" : "w").catch((error: Error) => {
      throw fail("command.invalid", {
        reason: `cannot write the reject file ${this.path}: ${systemReason(error)}`,
        hint: "name another place with --reject-file",
      });
    });
    const rows = rejects.map((reject) =>
      JSON.stringify(
        {
          file: this.#source,
          line: reject.line,
          reason: reject.reason,
          record: reject.record,
        },
        numbersAsRead,
      ),
    );
    await this.#handle.writeFile(`${rows.join("\n")}\n`);
    await this.#handle.datasync();
  }

  /** Closes the file. */
  async close(): Promise<void> {
    await this.#handle?.close();
  }

  #name(line: number, reason: string): void {
    this.#namedCount += 1;
    if (this.#namedCount <= NAMED_COUNT_MAX) {
      const place =
        this.unit === "line" ? `${this.#source}:${line}` : `${this.#source} record ${line}`;
      note(this.#terminal, printable(`${place}: ${reason}`));
    } else if (this.#namedCount === NAMED_COUNT_MAX + 1) {
      note(this.#terminal, `more rejects follow, all of them in ${printable(this.path)}`);
    }
  }
}
