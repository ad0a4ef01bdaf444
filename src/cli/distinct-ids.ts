/**
 * Distinct ids that a command line names, or a file of them.
 *
 * @module
 */
import { readFile } from "node:fs/promises";
import { text } from "node:stream/consumers";
import { parse } from "csv-parse/sync";
import { fail } from "../errors/error.ts";
import { NOBODY } from "../event/event.ts";
import { systemReason } from "./system-reason.ts";
import type { Terminal } from "./terminal.ts";

/** A file whose first line has this among its cells is a table. */
const ID_COLUMN = /^\$?distinct_id$/;

/**
 * The ids that a command line names and those in a file, each once; `-` is standard input.
 *
 * A file has one id a line, or is CSV with a column `$distinct_id`, as `whom query --format csv` prints.
 *
 * @throws `command.invalid` without any, `import.file_unreadable`
 */
export async function readDistinctIds(
  terminal: Terminal,
  named: readonly string[],
  file: string | undefined,
): Promise<readonly string[]> {
  const listed = file === undefined ? [] : idsIn(file, await contentOf(terminal, file));
  const distinctIds = [...new Set([...named, ...listed])].filter((id) => id !== NOBODY);
  if (distinctIds.length > 0) return distinctIds;
  throw fail("command.invalid", {
    reason: file === undefined ? "nobody is named" : `${file} names nobody`,
    hint: "give distinct ids, in a file one a line or as CSV with a column $distinct_id",
  });
}

async function contentOf(terminal: Terminal, file: string): Promise<string> {
  try {
    return file === "-" ? await text(terminal.input) : await readFile(file, "utf8");
  } catch (error) {
    throw fail("import.file_unreadable", { file, reason: systemReason(error) });
  }
}

function idsIn(file: string, content: string): readonly string[] {
  const lines = content.replace(/^\ufeff/, "").split(/\r?\n/);
  const column = cellsOf(lines[0] ?? "").findIndex((cell) => ID_COLUMN.test(cell));
  if (column === -1) return lines;
  try {
    const rows: string[][] = parse(content, { bom: true, skipEmptyLines: true });
    return rows.slice(1).map((row) => row[column] ?? NOBODY);
  } catch (error) {
    throw fail("import.file_unreadable", { file, reason: systemReason(error) });
  }
}

function cellsOf(line: string): readonly string[] {
  return line.split(",").map((cell) => cell.replace(/^"(.*)"$/, "$1"));
}
