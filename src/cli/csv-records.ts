/**
 * Rows of CSV as records: a header names the properties, cells become values.
 *
 * @module
 */
import { pipeline, type Readable } from "node:stream";
import { type CsvError, type Info, parse } from "csv-parse";
import { fail } from "../errors/error.ts";
import { makeObject, type Value } from "../values/value.ts";
import { PIECE_BYTES_MAX } from "./json-values.ts";
import type { Item, Position } from "./records.ts";

/** How cells are read. */
export interface CsvOptions {
  readonly delimiter: string;
  /** Whether cells that look like numbers, truth values or JSON become such. */
  readonly infer: boolean;
  /** Columns that stay text; the column of the distinct id always does. */
  readonly textColumns: ReadonlySet<string>;
}

interface ParsedRow {
  readonly record: readonly string[];
  readonly info: Info;
}

/** The form of a number that loses nothing: no leading zeros or signs a code or phone number could have. */
const NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/;
/** Numbers with more digits than this are ids, and a double would change them. */
const DIGIT_COUNT_MAX = 15;
const TRUE = /^(true|True|TRUE)$/;
const FALSE = /^(false|False|FALSE)$/;

/** The records of a CSV text. */
export async function* csvItems(
  input: Readable,
  options: CsvOptions,
  from: Position,
): AsyncGenerator<Item> {
  const skipped: Item[] = [];
  const parser = parse({
    bom: true,
    delimiter: options.delimiter,
    info: true,
    max_record_size: PIECE_BYTES_MAX,
    relax_column_count: true,
    skip_empty_lines: true,
    skip_records_with_error: true,
    on_skip: (error) => {
      if (error !== undefined) skipped.push(unreadableRow(error));
    },
  });
  pipeline(input, parser, () => {
    // A failure reaches the reader through the parser, which the pipeline destroys with it.
  });
  let header: readonly string[] | undefined;
  for await (const row of parser as AsyncIterable<ParsedRow>) {
    if (header === undefined) {
      header = checkHeader(row.record);
      continue;
    }
    // The parser runs ahead of its reader: a row it skipped waits for its turn.
    while (skipped[0] !== undefined && skipped[0].position.line < row.info.lines) {
      yield* after(from, skipped.shift());
    }
    yield* after(from, itemOf(header, row, options));
  }
  for (const item of skipped) yield* after(from, item);
}

function* after(from: Position, item: Item | undefined): Generator<Item> {
  if (item !== undefined && item.position.line > from.line) yield item;
}

function unreadableRow(error: CsvError): Item {
  const line = typeof error["lines"] === "number" ? error["lines"] : 0;
  return {
    kind: "unreadable",
    position: { line, endByte: 0 },
    reason: `not CSV: ${error.message}`,
    text: "",
  };
}

function checkHeader(names: readonly string[]): readonly string[] {
  const seen = new Set<string>();
  for (const name of names) {
    if (name === "" || seen.has(name)) {
      throw fail("command.invalid", {
        reason:
          name === ""
            ? "a column of the CSV has no name"
            : `two columns of the CSV are named ${name}`,
        hint: "give every column of the first line a name of its own",
      });
    }
    seen.add(name);
  }
  return names;
}

function itemOf(header: readonly string[], row: ParsedRow, options: CsvOptions): Item {
  const position: Position = { line: row.info.lines, endByte: 0 };
  const cells = row.record;
  if (cells.length !== header.length) {
    const reason = `${cells.length} cells, but the header has ${header.length}`;
    return { kind: "unreadable", position, reason, text: cells.join(options.delimiter) };
  }
  const entries: [string, Value][] = [];
  header.forEach((name, index) => {
    const cell = cells[index] ?? "";
    if (cell === "") return;
    const isText = !options.infer || options.textColumns.has(name);
    entries.push([name, isText ? cell : inferred(cell)]);
  });
  return { kind: "record", position, value: makeObject(entries) };
}

/** The value a cell stands for. */
export function inferred(cell: string): Value {
  if (NUMBER.test(cell) && cell.replace(/\D/g, "").length <= DIGIT_COUNT_MAX) {
    const number = Number(cell);
    return Number.isFinite(number) ? number : cell;
  }
  if (TRUE.test(cell)) return true;
  if (FALSE.test(cell)) return false;
  return /^[[{]/.test(cell) ? parsed(cell) : cell;
}

function parsed(cell: string): Value {
  try {
    return JSON.parse(cell) as Value;
  } catch {
    return cell;
  }
}
