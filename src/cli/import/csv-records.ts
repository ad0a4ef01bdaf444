/**
 * Rows of CSV as records: a header names the properties, cells become values.
 *
 * @module
 */
import { pipeline, type Readable } from "node:stream";
import { type CsvError, type Info, parse } from "csv-parse";
import { stringify } from "csv-stringify/sync";
import { fail } from "../../errors/error.ts";
import { makeObject, type Value } from "../../values/value.ts";
import { PIECE_BYTES_MAX } from "./json-values.ts";
import type { HeaderRule } from "./record-reader.ts";
import type { Item, Position } from "./records.ts";

/** How cells are read. */
export interface CsvOptions {
  readonly delimiter: string;
  /** Whether cells that look like numbers, truth values or JSON become such. */
  readonly infer: boolean;
  /** Columns that stay text; those of ids always do. */
  readonly textColumns: ReadonlySet<string>;
}

/** What to read, and from where. */
interface CsvRead {
  readonly csv: CsvOptions;
  readonly idNames: ReadonlySet<string>;
  readonly header: HeaderRule;
  /** Rows up to here are passed over. */
  readonly from: Position;
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
  { csv, idNames, header: rule, from }: CsvRead,
): AsyncGenerator<Item> {
  const options = { ...csv, textColumns: new Set([...csv.textColumns, ...idNames]) };
  const skipped: Skipped[] = [];
  const parser = parse({
    bom: true,
    delimiter: options.delimiter,
    info: true,
    max_record_size: PIECE_BYTES_MAX,
    relax_column_count: true,
    // A stray quote is text, as most readers have it: as an error it would swallow the rows below.
    relax_quotes: true,
    skip_empty_lines: true,
    skip_records_with_error: true,
    on_skip: (error) => {
      // One broken row makes several errors, of which the first says why.
      const line = Number(error?.["lines"] ?? 0);
      if (error !== undefined && skipped.at(-1)?.line !== line) skipped.push({ line, error });
    },
  });
  pipeline(input, parser, () => {
    // A failure reaches the reader through the parser, which the pipeline destroys with it.
  });
  let header: readonly string[] | undefined;
  /** The parser counts a line end of two characters within quotes twice. */
  let surplusCount = 0;
  let lastLine = 0;
  for await (const row of parser as AsyncIterable<ParsedRow>) {
    if (header === undefined) {
      header = checkHeader(row.record, rule);
      surplusCount += countReturns(row.record);
      lastLine = row.info.lines - surplusCount;
      continue;
    }
    // The parser runs ahead of its reader: a row it skipped waits for its turn.
    while (skipped[0] !== undefined && skipped[0].line < row.info.lines) {
      const item = unreadableRow(skipped.shift(), lastLine, surplusCount);
      lastLine = item.position.line;
      yield* after(from, item);
    }
    surplusCount += countReturns(row.record);
    lastLine = row.info.lines - surplusCount;
    yield* after(from, itemOf(header, row.record, lastLine, options));
  }
  for (const row of skipped) {
    const item = unreadableRow(row, lastLine, surplusCount);
    lastLine = item.position.line;
    yield* after(from, item);
  }
}

/** A row that is not CSV. */
interface Skipped {
  /** As the parser counts, where it noticed. */
  readonly line: number;
  readonly error: CsvError;
}

function countReturns(cells: readonly string[]): number {
  let count = 0;
  for (const cell of cells) if (cell.includes("\r\n")) count += cell.split("\r\n").length - 1;
  return count;
}

function* after(from: Position, item: Item): Generator<Item> {
  if (item.position.line > from.line) yield item;
}

const REASONS: ReadonlyMap<string, string> = new Map([
  ["CSV_QUOTE_NOT_CLOSED", "a quote that opens here is never closed, so the rest was not read"],
  ["CSV_MAX_RECORD_SIZE", `longer than ${PIECE_BYTES_MAX} bytes: a quote may not be closed`],
]);

/** @param lastLine the line that the row before ends in */
function unreadableRow(row: Skipped | undefined, lastLine: number, surplusCount: number): Item {
  const { code = "", message = "" } = row?.error ?? {};
  // An open quote is noticed far below the row that has it.
  const isOpen = code === "CSV_QUOTE_NOT_CLOSED" || code === "CSV_MAX_RECORD_SIZE";
  const line = isOpen ? lastLine + 1 : Math.max(lastLine + 1, (row?.line ?? 0) - surplusCount);
  return {
    kind: "unreadable",
    position: { line, endByte: 0 },
    reason: `not CSV: ${REASONS.get(code) ?? message}`,
    text: "",
  };
}

function checkHeader(names: readonly string[], { anyOf, hint }: HeaderRule): readonly string[] {
  if (!names.some((name) => anyOf.has(name))) {
    throw fail("command.invalid", {
      reason: `no column is named ${[...anyOf].join(" or ")}, the first line has: ${shortened(names.join(", "))}`,
      hint,
    });
  }
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

const SHOWN_LENGTH_MAX = 200;

function shortened(text: string): string {
  return text.length > SHOWN_LENGTH_MAX ? `${text.slice(0, SHOWN_LENGTH_MAX)}…` : text;
}

function itemOf(
  header: readonly string[],
  cells: readonly string[],
  line: number,
  options: CsvOptions,
): Item {
  const position: Position = { line, endByte: 0 };
  if (cells.length !== header.length) {
    const reason = `${cells.length} cells, but the header has ${header.length}`;
    return {
      kind: "unreadable",
      position,
      reason,
      text: stringify([[...cells]], { delimiter: options.delimiter }).trimEnd(),
    };
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
