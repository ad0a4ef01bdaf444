/**
 * The profiles of an export as text that the engine makes, part by part.
 *
 * Keys are taken slice by slice. Where those of a slice lie close together their range is read, and the lines of some
 * megabytes come out as one value whose bytes are copied once. What the engine cannot make is made of rows, as pages are.
 *
 * @module
 */
import { setImmediate } from "node:timers/promises";
import type { DuckDBConnection } from "@duckdb/node-api";
import {
  type DocumentPart,
  type DocumentsRequest,
  documentsText,
  type TextForm,
} from "../store/documents.ts";
import { ascendingKeys, isAscending } from "../store/key-order.ts";
import type { ProfileKeys } from "../store/store.ts";
import { type LineSource, readLines } from "./export-lines.ts";
import { type PlannedPart, RangePlan } from "./export-plan.ts";
import { isClose, KeyRange } from "./export-range.ts";
import { Reordered } from "./export-reordered.ts";
import { type LineColumns, lineColumns } from "./export-sql.ts";
import { readRows } from "./read-profiles.ts";
import type { ProfileTable } from "./tables.ts";

/** An export of text. */
export type TextRequest = DocumentsRequest & { readonly form: TextForm };

/** Keys of one slice: its plan and its marks are held in memory. */
const KEYS_PER_SLICE = 131_072;
/** The same where lines are put into another order in memory. */
const KEYS_PER_REORDERED_SLICE = 131_072;
/** Text that is made at once: larger results take longer to be let go of. */
const PART_BYTES = 2_097_152;
/** What is stored of the profiles of a part, of which perhaps little is given out. */
const STORED_PART_BYTES_MAX = 33_554_432;
const ROWS_PER_PART = 65_536;
/** Of a statement that gives out little of what it reads, so that the engine's threads can share it. */
const SMALL_PART_BYTES = 1_048_576;
const SMALL_PARTS_PER_STATEMENT = 8;
/** Stored bytes of such a slice; one that has more is halved. */
const REORDERED_BYTES_MAX = 67_108_864;
/** Below so many keys looking them up is as fast. */
const REORDERED_KEYS_MIN = 4_096;
/** Keys that are looked up at once, and the first time, when it is not known how large profiles are. */
const ROWS_PER_READ = 500;
const ROWS_OF_FIRST_READ = 64;
/** Names beyond this make a statement that takes longer to plan than it saves. */
const NAMES_IN_SQL_MAX = 500;

/** What the reading of an export goes by. */
interface Reading {
  readonly connection: DuckDBConnection;
  readonly table: ProfileTable;
  readonly request: TextRequest;
  readonly signal: AbortSignal | undefined;
  /** What is given out of a stored byte, as the last part had it. */
  share: number;
}

/** The text of an export. */
export async function* readDocuments(
  connection: DuckDBConnection,
  table: ProfileTable,
  request: TextRequest,
  signal: AbortSignal | undefined,
): AsyncGenerator<DocumentPart> {
  const reading = { connection, table, request, signal, share: 1 };
  const columns = isForSql(request) ? lineColumns(request.form) : undefined;
  const { keys } = request;
  if (columns === undefined) yield* readByKey(reading, keys);
  else for (const slice of slicesOf(keys)) yield* readSlice(reading, slice, columns);
}

function* slicesOf(keys: ProfileKeys): Generator<ProfileKeys> {
  for (let start = 0; start < keys.length; ) {
    const long = keys.subarray(start, start + KEYS_PER_SLICE);
    const slice = isAscending(long) ? long : long.subarray(0, KEYS_PER_REORDERED_SLICE);
    yield slice;
    start += slice.length;
  }
}

/** What is shown of a group is put together by the reference. */
function isForSql({ scope, form }: TextRequest): boolean {
  return scope.groupKey === undefined && (form.names?.length ?? 0) <= NAMES_IN_SQL_MAX;
}

async function* readSlice(
  reading: Reading,
  keys: ProfileKeys,
  columns: LineColumns,
): AsyncGenerator<DocumentPart> {
  const { connection, table, request } = reading;
  const { includesStrangers } = request;
  const ascending = await ascendingKeys(keys);
  const isInOrder = ascending === keys;
  if (!isClose(ascending) || (!isInOrder && keys.length < REORDERED_KEYS_MIN)) {
    yield* readByKey(reading, keys);
    return;
  }
  const range = new KeyRange(ascending);
  const plan = await RangePlan.of(connection, range, table, includesStrangers);
  const rows: LineSource["rows"] = (from, to) => range.rows(table, includesStrangers, from, to);
  const source = { connection, columns, rows, withLengths: !isInOrder };
  if (isInOrder) {
    yield* readParts(reading, plan, source);
  } else if (plan.bytes <= REORDERED_BYTES_MAX) {
    const reordered = new Reordered(keys);
    for await (const { lines } of readPlanned(reading, plan, source)) reordered.add(lines);
    for (const part of reordered.parts(PART_BYTES)) {
      yield part;
      // To copy the next one takes some milliseconds.
      await setImmediate();
    }
  } else {
    const middle = keys.length >> 1;
    yield* readSlice(reading, keys.subarray(0, middle), columns);
    yield* readSlice(reading, keys.subarray(middle), columns);
  }
}

async function* readParts(
  reading: Reading,
  plan: RangePlan,
  source: LineSource,
): AsyncGenerator<DocumentPart> {
  for await (const { lines } of readPlanned(reading, plan, source)) {
    yield { rowCount: lines.keys.length, bytes: lines.bytes };
  }
}

async function* readPlanned(reading: Reading, plan: RangePlan, source: LineSource) {
  const isPartial = source.columns.values !== undefined;
  for (;;) {
    reading.signal?.throwIfAborted();
    const parts = isPartial
      ? takeParts(plan, SMALL_PART_BYTES / reading.share, SMALL_PARTS_PER_STATEMENT)
      : takeParts(plan, PART_BYTES / reading.share, 1);
    if (parts.length === 0) return;
    for (const [index, lines] of (await readLines(source, parts)).entries()) {
      const stored = parts[index]?.bytes ?? 0;
      // A stranger has no stored bytes, but a line.
      reading.share = lines.bytes.length / Math.max(stored, lines.bytes.length / 2, 1);
      yield { lines };
    }
  }
}

function takeParts(plan: RangePlan, bytes: number, count: number): readonly PlannedPart[] {
  const bytesMax = Math.min(bytes, STORED_PART_BYTES_MAX);
  const parts: PlannedPart[] = [];
  while (parts.length < count) {
    const part = plan.next(bytesMax, ROWS_PER_PART);
    if (part === undefined) break;
    parts.push(part);
  }
  return parts;
}

/** Lines made of rows, in the order of the keys. */
async function* readByKey(
  { connection, table, request, signal }: Reading,
  keys: ProfileKeys,
): AsyncGenerator<DocumentPart> {
  const { form, includesStrangers } = request;
  let count = ROWS_OF_FIRST_READ;
  for (let start = 0; start < keys.length; ) {
    signal?.throwIfAborted();
    const wanted = keys.subarray(start, start + count);
    start += count;
    const rows = await readRows(connection, table, wanted, includesStrangers);
    const length = rows.reduce((sum, { propertiesJson }) => sum + propertiesJson.length, 0);
    // The next ones are likely as large.
    count = Math.ceil(Math.min(ROWS_PER_READ, (PART_BYTES * wanted.length) / Math.max(length, 1)));
    yield { rowCount: rows.length, bytes: Buffer.from(documentsText(rows, form)) };
  }
}
