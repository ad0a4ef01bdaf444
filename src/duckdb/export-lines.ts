/**
 * The lines of some parts of a range, each part as one text, made by one statement.
 *
 * A part names the keys of its lines, so that none can be lost or doubled without being noticed.
 *
 * @module
 */
import { setImmediate } from "node:timers/promises";
import {
  DuckDBBlobVector,
  type DuckDBConnection,
  type DuckDBDataChunk,
  DuckDBListVector,
} from "@duckdb/node-api";
import { type Fragment, join, raw, sql } from "../sql/fragment.ts";
import { isAscending } from "../store/key-order.ts";
import type { ProfileKeys } from "../store/store.ts";
import type { PlannedPart } from "./export-plan.ts";
import type { LineColumns } from "./export-sql.ts";
import { itemsOf } from "./key-columns.ts";
import { runInChunks } from "./run.ts";

/** Lines by ascending key. */
export interface Lines {
  readonly keys: ProfileKeys;
  /** Of each line, in bytes; only if they were asked for. */
  readonly lengths: Uint32Array | undefined;
  readonly bytes: Uint8Array;
}

/** How the lines of rows are made. */
export interface LineSource {
  readonly connection: DuckDBConnection;
  readonly columns: LineColumns;
  /** Whether the length of each line is needed. */
  readonly withLengths: boolean;
  /** The rows with keys from one to another, both included. */
  rows(from: number, to: number): Fragment;
}

/** The lines of planned parts, which follow each other. */
export async function readLines(
  source: LineSource,
  parts: readonly PlannedPart[],
): Promise<readonly Lines[]> {
  const read = await runForLines(source, parts, "");
  const lines: Lines[] = [];
  for (const [index, part] of parts.entries()) {
    let found = read[index];
    // Sorting costs a third of the time, and rows that nobody has written to since they came lie in order.
    if (found !== undefined && !isAscending(found.keys)) {
      [found] = await runForLines(source, [part], " order by key");
    }
    if (found?.keys.length !== part.rowCount || !isAscending(found.keys)) {
      throw new Error("a part of an export does not have the lines it should have");
    }
    lines.push(found);
  }
  return lines;
}

async function runForLines(
  { connection, columns: { line, values }, withLengths, rows }: LineSource,
  parts: readonly PlannedPart[],
  order: string,
): Promise<readonly Lines[]> {
  const range = rows(parts[0]?.from ?? 0, parts.at(-1)?.to ?? 0);
  const found =
    values === undefined ? range : sql`(select key, distinct_id, ${values} as found from ${range})`;
  const isOne = parts.length === 1;
  const part = isOne ? raw("") : sql`${partNumber(parts)} as part, `;
  const made = sql`(select key, ${part}${line} as line from ${found})`;
  const lengths = withLengths ? raw(`list(cast(strlen(line) as uinteger)${order})`) : raw("null");
  const result = await runInChunks(
    connection,
    sql`select list(key${raw(order)}), ${lengths}, encode(string_agg(line, ''${raw(order)})) from ${made}${raw(isOne ? "" : " group by part order by part")}`,
  );
  const chunk = await result.fetchChunk();
  // A stream that failed ends as if it were complete.
  if (chunk?.rowCount !== parts.length) throw new Error("a part of an export is missing");
  const lines: Lines[] = [];
  for (let row = 0; row < parts.length; row++) {
    // To copy some megabytes takes some milliseconds.
    if (row > 0) await setImmediate();
    lines.push(takeLines(chunk, row, withLengths));
  }
  // The engine's copy would stay until it is collected as garbage, which sees only how small the object is.
  chunk.reset();
  await result.fetchChunk();
  return lines;
}

function partNumber(parts: readonly PlannedPart[]): Fragment {
  const numbers = parts.map(({ to }, index) => raw(`when key <= ${to} then ${index}`));
  return sql`case ${join(numbers, " ")} end`;
}

function takeLines(chunk: DuckDBDataChunk, row: number, withLengths: boolean): Lines {
  const texts = chunk.getColumnVector(2);
  const bytes = texts instanceof DuckDBBlobVector ? texts.getItemBytes(row) : null;
  if (bytes === null) throw new TypeError("a part of an export has no text");
  return {
    keys: listAt(chunk, 0, row),
    lengths: withLengths ? listAt(chunk, 1, row) : undefined,
    // Short values lie within the engine's memory.
    bytes: bytes.buffer.byteLength === bytes.length ? bytes : bytes.slice(),
  };
}

function listAt(chunk: DuckDBDataChunk, column: number, row: number): Uint32Array {
  const lists = chunk.getColumnVector(column);
  if (!(lists instanceof DuckDBListVector)) throw new TypeError("a part of an export has no list");
  return itemsOf(lists.getItemVector(row)).slice();
}
