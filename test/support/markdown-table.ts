/**
 * A page of documentation as the tables in it.
 *
 * @module
 */

/** A row: its cells by the name of their column, unescaped. */
export type TableRow = ReadonlyMap<string, string>;

/** A table. */
export interface MarkdownTable {
  readonly header: readonly string[];
  readonly rows: readonly TableRow[];
}

/** The tables of a page, in order. */
export function readTables(markdown: string): readonly MarkdownTable[] {
  const blocks = markdown.match(/(?:^\|.*\n?)+/gm) ?? [];
  return blocks.map((block) => {
    const [header = [], , ...rows] = block.trimEnd().split("\n").map(readCells);
    return {
      header,
      rows: rows.map((cells) => new Map(header.map((name, index) => [name, cells[index] ?? ""]))),
    };
  });
}

/** The rows of every table that has these columns. */
export function rowsWith(markdown: string, ...columns: readonly string[]): readonly TableRow[] {
  return readTables(markdown)
    .filter(({ header }) => columns.every((column) => header.includes(column)))
    .flatMap(({ rows }) => rows);
}

/** A cell without the backticks around all of it. */
export function plain(row: TableRow, column: string): string {
  return (row.get(column) ?? "").replace(/^`([^`]*)`$/, "$1");
}

function readCells(line: string): readonly string[] {
  return line
    .trim()
    .replace(/^\||\|$/g, "")
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim().replace(/\\([\\|])/g, "$1"));
}
