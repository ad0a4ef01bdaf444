/**
 * Ranges of keys cut into parts of bounded size, before any of it is read: profiles may be small or large.
 *
 * @module
 */
import type { DuckDBConnection, DuckDBMaterializedResult } from "@duckdb/node-api";
import { raw, sql } from "../sql/fragment.ts";
import type { KeyRange } from "./export-range.ts";
import { itemsOf } from "./key-columns.ts";
import { run } from "./run.ts";
import type { ProfileTable } from "./tables.ts";

/** Keys that are measured together, as a power of two: the profiles of so many are read at once at least. */
const GROUP_SHIFT = 6;

/** Some of the rows of a range. */
export interface PlannedPart {
  readonly from: number;
  readonly to: number;
  readonly rowCount: number;
  /** What is stored of them. */
  readonly bytes: number;
}

/** Rows of a range, measured. */
export class RangePlan {
  readonly #range: KeyRange;
  readonly #groups: Uint32Array;
  readonly #rowCounts: Uint32Array;
  readonly #bytes: Uint32Array;
  #next = 0;

  private constructor(range: KeyRange, columns: readonly [Uint32Array, Uint32Array, Uint32Array]) {
    this.#range = range;
    [this.#groups, this.#rowCounts, this.#bytes] = columns;
  }

  static async of(
    connection: DuckDBConnection,
    range: KeyRange,
    table: ProfileTable,
    includesStrangers: boolean,
  ): Promise<RangePlan> {
    const rows = range.rows(table, includesStrangers);
    const group = raw(`(key - ${range.first}) >> ${GROUP_SHIFT}`);
    const result = await run(
      connection,
      sql`select cast(${group} as uinteger) as part, cast(count(*) as uinteger), cast(sum(strlen(properties)) as uinteger) from ${rows} group by part order by part`,
    );
    return new RangePlan(range, columnsOf(result));
  }

  /** What is stored of all rows. */
  get bytes(): number {
    return this.#bytes.reduce((sum, bytes) => sum + bytes, 0);
  }

  /** The next rows, at most so many bytes unless those of one group are more; undefined at the end. */
  next(bytesMax: number, rowCountMax: number): PlannedPart | undefined {
    const start = this.#next;
    let rowCount = 0;
    let bytes = 0;
    while (this.#next < this.#groups.length) {
      const nextBytes = bytes + (this.#bytes[this.#next] as number);
      const nextRowCount = rowCount + (this.#rowCounts[this.#next] as number);
      if (rowCount > 0 && (nextBytes > bytesMax || nextRowCount > rowCountMax)) break;
      bytes = nextBytes;
      rowCount = nextRowCount;
      this.#next++;
    }
    if (rowCount === 0) return undefined;
    const groupKeys = 2 ** GROUP_SHIFT;
    const { first, last } = this.#range;
    const from = first + (this.#groups[start] as number) * groupKeys;
    const end = first + ((this.#groups[this.#next - 1] as number) + 1) * groupKeys;
    return { from, to: Math.min(end - 1, last), rowCount, bytes };
  }
}

/** The columns of a result that is there as a whole: one that is streamed would end early when it fails. */
function columnsOf(
  result: DuckDBMaterializedResult,
): readonly [Uint32Array, Uint32Array, Uint32Array] {
  const { rowCount } = result;
  const columns = [rowCount, rowCount, rowCount].map((count) => new Uint32Array(count));
  let at = 0;
  for (let index = 0; index < result.chunkCount; index++) {
    const chunk = result.getChunk(index);
    columns.forEach((column, place) => {
      column.set(itemsOf(chunk.getColumnVector(place)), at);
    });
    at += chunk.rowCount;
  }
  const [groups, rowCounts, bytes] = columns as [Uint32Array, Uint32Array, Uint32Array];
  return [groups, rowCounts, bytes];
}
