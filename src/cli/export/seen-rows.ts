/**
 * Rows that came already, left out when an export goes on.
 *
 * A server counts profiles that were deleted meanwhile, which have no rows. Whoever goes on from the number of rows they
 * have may therefore get some of the last ones again, and never misses one.
 *
 * @module
 */
import type { ExportFormat } from "../../http/export/format.ts";
import { eachRow, type Rows } from "./rows.ts";

/** So much of what came last is kept. */
const KEPT_BYTES = 4_194_304;

/** Remembers what came last. */
export class SeenRows {
  readonly #format: ExportFormat;
  #last: Buffer[] = [];
  #lastBytes = 0;
  /** The ids of the rows that came before this answer; undefined once one came that is new. */
  #ids: ReadonlySet<string> | undefined;

  constructor(format: ExportFormat) {
    this.#format = format;
  }

  /** Told when an answer begins. */
  begin(): void {
    const rows = this.#last.flatMap((bytes) => [...eachRow(this.#format, bytes)]);
    this.#ids = rows.length === 0 ? undefined : new Set(rows.map((row) => this.#idOf(row)));
  }

  /** The rows without those that came before. */
  without(rows: Rows): Rows {
    const fresh = this.#ids === undefined ? rows : this.#fresh(rows, this.#ids);
    if (fresh.rowCount > 0) this.#keep(fresh.bytes);
    return fresh;
  }

  #fresh(rows: Rows, ids: ReadonlySet<string>): Rows {
    let { bytes, rowCount } = rows;
    for (const row of eachRow(this.#format, rows.bytes)) {
      if (!ids.has(this.#idOf(row))) {
        this.#ids = undefined;
        break;
      }
      bytes = bytes.subarray(row.length);
      rowCount--;
    }
    return { bytes, rowCount };
  }

  #keep(bytes: Buffer): void {
    this.#last.push(bytes);
    this.#lastBytes += bytes.length;
    while (this.#last.length > 1 && this.#lastBytes > KEPT_BYTES) {
      this.#lastBytes -= this.#last.shift()?.length ?? 0;
    }
  }

  /** The id of a row as it is written. */
  #idOf(row: Buffer): string {
    const text = row.toString();
    if (this.#format === "ndjson") return String(JSON.parse(text).$distinct_id);
    return /^(?:"(?:[^"]|"")*"|[^",\r\n]*)/.exec(text)?.[0] ?? "";
  }
}
