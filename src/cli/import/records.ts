/**
 * A file, or standard input, as records: NDJSON, JSON or CSV, gzipped or not, a piece at a time.
 *
 * @module
 */
import { isUtf8 } from "node:buffer";
import { createReadStream } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { fail, WhomError } from "../../errors/error.ts";
import { quoteLongIntegers } from "../../values/long-integers.ts";
import { systemReason } from "../system-reason.ts";
import { type CsvOptions, csvItems } from "./csv-records.ts";
import { lines, PIECE_BYTES_MAX, type Piece, values } from "./json-values.ts";
import type { RecordReader } from "./record-reader.ts";

/** How records are written down. */
export type RecordFormat = "ndjson" | "json" | "csv";

/** One record, or what stands in its place. */
export type Item =
  | { readonly kind: "record"; readonly position: Position; readonly value: unknown }
  | {
      readonly kind: "unreadable";
      readonly position: Position;
      readonly reason: string;
      readonly text: string;
    };

/** Where in its file a record ends. */
export interface Position {
  /** The line, or in a JSON array the number of the element; counted from 1. */
  readonly line: number;
  /** Bytes up to the end of the record; 0 where they say nothing. */
  readonly endByte: number;
}

/** The start of a file. */
export const START: Position = { line: 0, endByte: 0 };

/** How to read. */
export interface ReadOptions {
  /** Undefined goes by the file's name, then by its first bytes. */
  readonly format: RecordFormat | undefined;
  readonly csv: CsvOptions;
  readonly idNames: RecordReader["idNames"];
  readonly idLevels: RecordReader["idLevels"];
  readonly header: RecordReader["header"];
  /** Records up to here are passed over. */
  readonly from: Position;
}

/** An opened source of records. */
export interface RecordSource {
  readonly format: RecordFormat;
  /** What positions count: the elements of JSON, else lines. */
  readonly unit: "line" | "record";
  /** Size of the file in bytes; undefined for standard input. */
  readonly size: number | undefined;
  /** Bytes of the file read so far. */
  bytesRead(): number;
  /** In order, some at a time. */
  readonly items: AsyncIterable<readonly Item[]>;
}

const HEAD_BYTES = 64 * 1024;
const GZIP_MAGIC: Buffer = Buffer.from([0x1f, 0x8b]);
const BYTE_ORDER_MARK: Buffer = Buffer.from([0xef, 0xbb, 0xbf]);
/** As much of an unreadable record as the reject file keeps. */
const TEXT_LENGTH_MAX = 64 * 1024;
const CHUNK_BYTES = 256 * 1024;
const CARRIAGE_RETURN = 0x0d;

/**
 * Opens a file, or standard input for `-`.
 *
 * @throws `import.file_unreadable`
 */
export async function openRecords(
  file: string,
  input: Readable,
  options: ReadOptions,
): Promise<RecordSource> {
  if (file === "-") return streamSource(file, undefined, countBytes(input), options);
  const { size, head } = await peekFile(file);
  if (!isGzip(head) && formatOf(file, head, options.format) === "ndjson") {
    return lineSource(file, size, options);
  }
  return streamSource(file, size, countBytes(readFrom(file, 0)), options);
}

function readFrom(file: string, start: number): Readable {
  return createReadStream(file, { highWaterMark: CHUNK_BYTES, start });
}

/** The lines of a plain file, which can be entered anywhere. */
function lineSource(file: string, size: number, options: ReadOptions): RecordSource {
  const { from } = options;
  const { chunks, bytesRead } = countBytes(readFrom(file, from.endByte), from.endByte);
  const pieces = lines(rest([], chunks), { position: from.line, endByte: from.endByte });
  return {
    format: "ndjson",
    unit: "line",
    size,
    bytesRead,
    items: readable(file, pieceItems(pieces, options)),
  };
}

interface Counted {
  readonly chunks: AsyncIterator<Buffer>;
  bytesRead(): number;
}

function countBytes(stream: Readable, start = 0): Counted {
  let count = start;
  async function* counted(): AsyncGenerator<Buffer> {
    for await (const chunk of stream) {
      const bytes = typeof chunk === "string" ? Buffer.from(chunk) : (chunk as Buffer);
      count += bytes.length;
      yield bytes;
    }
  }
  return { chunks: counted(), bytesRead: () => count };
}

/** What has to be read from its start, and is told by it. */
async function streamSource(
  file: string,
  size: number | undefined,
  { chunks, bytesRead }: Counted,
  options: ReadOptions,
): Promise<RecordSource> {
  const { head, stream } = await peekStream(file, await inflated(file, chunks));
  const format = formatOf(file, head, options.format);
  const items = readable(file, itemsOf(format, stream, options));
  return { format, unit: format === "json" ? "record" : "line", size, bytesRead, items };
}

function itemsOf(
  format: RecordFormat,
  stream: AsyncIterable<Buffer>,
  options: ReadOptions,
): AsyncIterable<readonly Item[]> {
  switch (format) {
    case "csv":
      return oneByOne(csvItems(Readable.from(stream, { objectMode: false }), options));
    case "json":
      return pieceItems(values(stream), options);
    case "ndjson":
      return pieceItems(lines(stream, { position: START.line, endByte: START.endByte }), options);
  }
}

async function* pieceItems(
  parts: AsyncIterable<readonly Piece[]>,
  { from, ...ids }: ReadOptions,
): AsyncGenerator<readonly Item[]> {
  for await (const pieces of parts) {
    const items: Item[] = [];
    for (const piece of pieces) {
      if (piece.position > from.line) items.push(...read(piece, ids));
    }
    yield items;
  }
}

async function* oneByOne(items: AsyncIterable<Item>): AsyncGenerator<readonly Item[]> {
  for await (const item of items) yield [item];
}

/** The records of a piece: one, unless it is blank or a saved answer. */
function read(piece: Piece, ids: IdMembers): readonly Item[] {
  const position: Position = { line: piece.position, endByte: piece.endByte };
  const bytes = piece.bytes && withoutReturn(withoutMark(piece.bytes));
  if (bytes === undefined) {
    const reason = `longer than ${PIECE_BYTES_MAX} bytes`;
    return [{ kind: "unreadable", position, reason, text: "" }];
  }
  const text = bytes.toString("utf8");
  if (text.trim() === "") return [];
  if (!isUtf8(bytes)) {
    return [{ kind: "unreadable", position, reason: "not UTF-8 text", text: cut(text) }];
  }
  try {
    const value: unknown = JSON.parse(withIdsAsText(text, ids));
    const records = answerRows(value) ?? [value];
    return records.map((record) => ({ kind: "record", position, value: record }));
  } catch (error) {
    const reason = `not JSON: ${error instanceof Error ? error.message : String(error)}`;
    return [{ kind: "unreadable", position, reason, text: cut(text) }];
  }
}

type IdMembers = Pick<RecordReader, "idNames" | "idLevels">;

function withIdsAsText(json: string, { idNames, idLevels }: IdMembers): string {
  return idLevels.reduce<string>((text, level) => quoteLongIntegers(text, idNames, level), json);
}

/** The rows of a saved answer of the query API, or undefined for anything else. */
function answerRows(value: unknown): readonly unknown[] | undefined {
  if (typeof value !== "object" || value === null || Object.hasOwn(value, "$distinct_id")) return;
  if (!Object.hasOwn(value, "session_id") || !Object.hasOwn(value, "results")) return;
  const { results } = value as { readonly results: unknown };
  return Array.isArray(results) ? results : undefined;
}

function cut(text: string): string {
  return text.length > TEXT_LENGTH_MAX ? text.slice(0, TEXT_LENGTH_MAX) : text;
}

function formatOf(file: string, head: Buffer, format: RecordFormat | undefined): RecordFormat {
  if (format !== undefined) return format;
  const name = file.toLowerCase().replace(/\.(gz|gzip)$/, "");
  if (/\.(ndjson|jsonl)$/.test(name)) return "ndjson";
  if (/\.(csv|tsv)$/.test(name)) return "csv";
  return sniff(head, name.endsWith(".json"));
}

function sniff(head: Buffer, isNamedJson: boolean): RecordFormat {
  const text = head.toString("utf8").trimStart();
  if (text.startsWith("{")) {
    const newline = text.indexOf("\n");
    const first = newline < 0 ? text : text.slice(0, newline);
    return isJson(first) || newline < 0 ? "ndjson" : "json";
  }
  return text.startsWith("[") || isNamedJson ? "json" : "csv";
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function isGzip(head: Buffer): boolean {
  return head.subarray(0, GZIP_MAGIC.length).equals(GZIP_MAGIC);
}

/**
 * Looks whether a file can be read; `-` always can.
 *
 * @throws `import.file_unreadable`
 */
export async function checkFile(file: string): Promise<void> {
  if (file !== "-") await peekFile(file);
}

async function peekFile(file: string): Promise<{ readonly size: number; readonly head: Buffer }> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(file);
    const status = await handle.stat();
    if (status.isDirectory()) throw fail("import.file_unreadable", { file, reason: "is a folder" });
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
    const head = buffer.subarray(0, bytesRead);
    return { size: status.size, head: withoutMark(head) };
  } catch (error) {
    throw unreadable(file, error);
  } finally {
    await handle?.close();
  }
}

/** Reads ahead as far as telling formats apart needs, and gives back a stream that still has it all. */
async function peekStream(
  file: string,
  stream: AsyncIterable<Buffer>,
): Promise<{ readonly head: Buffer; readonly stream: AsyncIterable<Buffer> }> {
  const iterator = stream[Symbol.asyncIterator]();
  const parts: Buffer[] = [];
  let length = 0;
  try {
    while (length < HEAD_BYTES) {
      const next = await iterator.next();
      if (next.done === true) break;
      parts.push(next.value);
      length += next.value.length;
    }
  } catch (error) {
    throw unreadable(file, error);
  }
  const head = Buffer.concat(parts);
  const plain = withoutMark(head);
  return { head: plain, stream: rest([plain], iterator) };
}

function withoutMark(head: Buffer): Buffer {
  const length = BYTE_ORDER_MARK.length;
  return head.subarray(0, length).equals(BYTE_ORDER_MARK) ? head.subarray(length) : head;
}

/** A line without the carriage return of its end. */
function withoutReturn(line: Buffer): Buffer {
  return line.at(-1) === CARRIAGE_RETURN ? line.subarray(0, -1) : line;
}

async function inflated(
  file: string,
  chunks: AsyncIterator<Buffer>,
): Promise<AsyncIterable<Buffer>> {
  const { head, stream } = await peekStream(file, rest([], chunks));
  if (!isGzip(head)) return stream;
  const source = Readable.from(stream, { objectMode: false });
  const gunzip = createGunzip({ chunkSize: CHUNK_BYTES });
  source.on("error", (error) => gunzip.destroy(error));
  return source.pipe(gunzip);
}

async function* rest(
  first: readonly Buffer[],
  iterator: AsyncIterator<Buffer>,
): AsyncGenerator<Buffer> {
  try {
    yield* first;
    for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) {
      yield next.value;
    }
  } finally {
    await iterator.return?.();
  }
}

/** The items, with failures of the file named as such. */
function readable(
  file: string,
  items: AsyncIterable<readonly Item[]>,
): AsyncIterable<readonly Item[]> {
  return {
    [Symbol.asyncIterator]: () => {
      const iterator = items[Symbol.asyncIterator]();
      return {
        next: () =>
          iterator.next().catch((error: unknown) => {
            throw unreadable(file, error);
          }),
        return: async () => (await iterator.return?.()) ?? { done: true, value: undefined },
      };
    },
  };
}

function unreadable(file: string, error: unknown): WhomError {
  if (error instanceof WhomError) {
    if (error.code !== "command.invalid") return error;
    return fail("command.invalid", { reason: `${file}: ${error.message}`, hint: error.hint });
  }
  const reason = systemReason(error);
  return fail("import.file_unreadable", { file: file === "-" ? "standard input" : file, reason });
}
