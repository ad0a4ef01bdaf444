/**
 * Columns of new rows into a table, without SQL.
 *
 * @module
 */
import { type DuckDBConnection, DuckDBDataChunk, type DuckDBType } from "@duckdb/node-api";
import type { Column } from "./columns.ts";

/** Rows the engine takes at once. */
const CHUNK_ROWS = 2_048;

/** Appends rows; the columns are all of the table's, in its order. */
export async function appendColumns(
  connection: DuckDBConnection,
  table: string,
  types: readonly DuckDBType[],
  columns: readonly Column[],
): Promise<void> {
  const rowCount = columns[0]?.length ?? 0;
  if (rowCount === 0) return;
  const appender = await connection.createAppender(table, "main", "whom");
  try {
    for (let start = 0; start < rowCount; start += CHUNK_ROWS) {
      const part = columns.map((column) => column.slice(start, start + CHUNK_ROWS));
      const chunk = DuckDBDataChunk.create([...types], Math.min(CHUNK_ROWS, rowCount - start));
      chunk.setColumns(part);
      appender.appendDataChunk(chunk);
    }
    appender.flushSync();
  } catch (error) {
    appender.clear();
    throw error;
  } finally {
    appender.closeSync();
  }
}

/** Parts of a list, each of at most `size` items. */
export function* slices<Item>(items: readonly Item[], size: number): Generator<readonly Item[]> {
  for (let start = 0; start < items.length; start += size) yield items.slice(start, start + size);
}
