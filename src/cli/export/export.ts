/**
 * `whom export`: all profiles of a query, into a file or to standard output.
 *
 * @module
 */
import { EXIT, type ExitCode } from "../failure.ts";
import { note, printable, type Terminal } from "../terminal.ts";
import { exportDisplay } from "./display.ts";
import type { ExportPart } from "./rows.ts";
import { openTarget } from "./target.ts";

/** Where an export goes. */
export interface ExportOutput {
  /** Undefined for standard output. */
  readonly file: string | undefined;
  readonly isGzipped: boolean;
}

/** Writes an export as it comes. */
export async function runExport(
  terminal: Terminal,
  parts: AsyncIterable<ExportPart>,
  { file, isGzipped }: ExportOutput,
): Promise<ExitCode> {
  const target = openTarget(terminal, file, isGzipped);
  const display = exportDisplay(terminal, file === undefined);
  let rowCount: number | undefined = 0;
  try {
    for await (const part of parts) {
      await target.write(part.bytes);
      rowCount = addRows(rowCount, part.rowCount);
      if (rowCount !== undefined) display.update(rowCount, part.total);
    }
    await target.finish();
  } catch (error) {
    await target.abandon();
    throw error;
  } finally {
    display.end();
  }
  if (file !== undefined) note(terminal, `${countOf(rowCount)} written to ${printable(file)}`);
  return EXIT.ok;
}

function addRows(before: number | undefined, more: number | undefined): number | undefined {
  return before === undefined || more === undefined ? undefined : before + more;
}

function countOf(rowCount: number | undefined): string {
  if (rowCount === undefined) return "profiles";
  return rowCount === 1 ? "1 profile" : `${rowCount} profiles`;
}
