/**
 * `whom query`: the profiles a selector selects, streamed as a table, NDJSON or CSV.
 *
 * @module
 */
import { EXIT, type ExitCode } from "../failure.ts";
import { note, print, printData, printLine, type Terminal } from "../terminal.ts";
import type { ProfileSource, ReadRequest, Row } from "./profile-source.ts";
import { csvHeader, csvRows, layOut, ndjsonRow, type RowFormat, tableRows } from "./row-format.ts";

/** How the answer is printed. */
export interface QueryOutput {
  readonly format: RowFormat;
  readonly countOnly: boolean;
}

/** Rows that are formatted and written at once. */
const CHUNK_ROW_COUNT = 500;
const SCREEN_WIDTH = 160;

/** Prints what a request finds. */
export async function runQuery(
  terminal: Terminal,
  source: ProfileSource,
  request: ReadRequest,
  { format, countOnly }: QueryOutput,
): Promise<ExitCode> {
  if (countOnly) {
    await printLine(terminal, String(await source.count(request)));
    return EXIT.ok;
  }
  switch (format) {
    case "table":
      await printTable(terminal, source, request);
      return EXIT.ok;
    case "ndjson":
      for await (const rows of chunks(source.rows(request))) {
        await printData(terminal, rows.map((row) => ndjsonRow(row, request.properties)).join(""));
      }
      return EXIT.ok;
    case "csv":
      await printCsv(terminal, source, request);
      return EXIT.ok;
  }
}

async function printCsv(
  terminal: Terminal,
  source: ProfileSource,
  request: ReadRequest,
): Promise<void> {
  const columns = request.properties ?? (await source.propertyNames(request.groupKey));
  await printData(terminal, csvHeader(columns));
  for await (const rows of chunks(source.rows(request))) {
    await printData(terminal, csvRows(rows, columns));
  }
}

/** Later rows use the layout of the first ones, so that the whole is never in memory. */
async function printTable(
  terminal: Terminal,
  source: ProfileSource,
  request: ReadRequest,
): Promise<void> {
  const width = terminal.output.isTTY === true ? terminal.output.columns : undefined;
  let layout: ReturnType<typeof layOut> | undefined;
  let count = 0;
  for await (const rows of chunks(source.rows(request))) {
    const isFirst = layout === undefined;
    layout ??= layOut(rows, request.properties, width ?? SCREEN_WIDTH);
    await print(terminal, tableRows(rows, layout, isFirst));
    count += rows.length;
  }
  note(terminal, `${count} ${count === 1 ? "profile" : "profiles"}`);
  if (layout !== undefined && layout.hiddenCount > 0) {
    const { hiddenCount } = layout;
    const hidden =
      hiddenCount === 1
        ? "1 more property does not fit"
        : `${hiddenCount} more properties do not fit`;
    note(terminal, `${hidden}: choose some with --properties, or all with --format ndjson`);
  }
}

async function* chunks(rows: AsyncIterable<Row>): AsyncGenerator<readonly Row[]> {
  let chunk: Row[] = [];
  for await (const row of rows) {
    chunk.push(row);
    if (chunk.length < CHUNK_ROW_COUNT) continue;
    yield chunk;
    chunk = [];
  }
  if (chunk.length > 0) yield chunk;
}
