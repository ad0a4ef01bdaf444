/**
 * The bytes of an export cut after whole rows, so that one that breaks off can go on behind the last of them.
 *
 * @module
 */
import type { ExportFormat } from "../../http/export/format.ts";

/** Some of an export. */
export interface ExportPart {
  readonly bytes: Uint8Array;
  /** The profiles that end in it; undefined for a file, in which they cannot be told. */
  readonly rowCount: number | undefined;
  /** The profiles of the whole export, deleted ones included. */
  readonly total: number;
}

/** Whole rows. */
export interface Rows {
  readonly bytes: Buffer;
  readonly rowCount: number;
}

/** Cuts bytes into whole rows. */
export interface RowCutter {
  push(bytes: Uint8Array): Rows;
  /** What is left at the end; undefined if that was not the end. */
  finish(): Rows | undefined;
}

const LINE_FEED = 0x0a;
const QUOTE = 0x22;
const FOOTER_START = Buffer.from('{"$export":');
const NOTHING: Rows = { bytes: Buffer.alloc(0), rowCount: 0 };

/** A cutter for one answer. @param hasHeader whether the first row of CSV is one */
export function cutterOf(format: ExportFormat, hasHeader: boolean): RowCutter {
  switch (format) {
    case "ndjson":
      return new LineCutter();
    case "csv":
      return new CsvCutter(hasHeader);
    case "parquet":
      return {
        push: (bytes) => ({ bytes: Buffer.from(bytes), rowCount: 0 }),
        finish: () => NOTHING,
      };
  }
}

/** Whole rows, one by one. */
export function* eachRow(format: ExportFormat, bytes: Buffer): Generator<Buffer> {
  let start = 0;
  let isQuoted = false;
  for (let at = 0; at < bytes.length; at++) {
    if (format === "csv" && bytes[at] === QUOTE) isQuoted = !isQuoted;
    if (bytes[at] !== LINE_FEED || isQuoted) continue;
    yield bytes.subarray(start, at + 1);
    start = at + 1;
  }
}

/** Lines of JSON, of which the last says that there are no more and is no row. */
class LineCutter implements RowCutter {
  #rest: Buffer = Buffer.alloc(0);
  #hasEnded: boolean = false;

  push(bytes: Uint8Array): Rows {
    const all = Buffer.concat([this.#rest, bytes]);
    let rowCount = 0;
    let end = 0;
    for (let at = all.indexOf(LINE_FEED); at >= 0; at = all.indexOf(LINE_FEED, end)) {
      if (all.subarray(end, end + FOOTER_START.length).equals(FOOTER_START)) {
        this.#hasEnded = true;
        break;
      }
      end = at + 1;
      rowCount++;
    }
    this.#rest = Buffer.from(all.subarray(end));
    return { bytes: all.subarray(0, end), rowCount };
  }

  finish(): Rows | undefined {
    return this.#hasEnded ? NOTHING : undefined;
  }
}

/**
 * Rows of CSV, in which line ends may stand within quotes. A header is no row, and comes with the first one: an answer
 * that broke off before is asked for again from its start.
 */
class CsvCutter implements RowCutter {
  #rest: Buffer = Buffer.alloc(0);
  #isQuoted: boolean = false;
  /** Whether what is left ends where a row does. */
  #isWhole: boolean = true;
  #awaitsHeader: boolean;

  constructor(hasHeader: boolean) {
    this.#awaitsHeader = hasHeader;
  }

  push(bytes: Uint8Array): Rows {
    let rowCount = 0;
    let end = 0;
    for (let at = 0; at < bytes.length; at++) {
      const byte = bytes[at];
      // An escaped quote is two of them.
      if (byte === QUOTE) this.#isQuoted = !this.#isQuoted;
      this.#isWhole = byte === LINE_FEED && !this.#isQuoted;
      if (!this.#isWhole) continue;
      if (this.#awaitsHeader) {
        this.#awaitsHeader = false;
        continue;
      }
      end = at + 1;
      rowCount++;
    }
    const whole = end === 0 ? [] : [this.#rest, bytes.subarray(0, end)];
    this.#rest = Buffer.concat(end === 0 ? [this.#rest, bytes] : [bytes.subarray(end)]);
    return { bytes: Buffer.concat(whole), rowCount };
  }

  finish(): Rows | undefined {
    return this.#isWhole && !this.#awaitsHeader ? { bytes: this.#rest, rowCount: 0 } : undefined;
  }
}
