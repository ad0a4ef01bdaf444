/**
 * Rows of texts as a table for a screen.
 *
 * @module
 */
import Table from "cli-table3";
import { printable } from "./terminal.ts";

/** Between cells, and at both ends of a line. */
export const CELL_PADDING = 2;

/** A table without rules; texts longer than their column are cut. */
export function renderTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  widths?: readonly number[],
): string {
  if (rows.length === 0 && head.length === 0) return "";
  const table = new Table({
    head: head.map(printable),
    ...(widths === undefined ? {} : { colWidths: widths.map((width) => width + CELL_PADDING) }),
    chars: WITHOUT_RULES,
    style: { head: [], border: [], "padding-left": 0, "padding-right": CELL_PADDING },
  });
  for (const row of rows) table.push(row.map(printable));
  const lines = table.toString().split("\n");
  return `${lines.map((line) => line.trimEnd()).join("\n")}\n`;
}

const WITHOUT_RULES: Readonly<Record<string, string>> = Object.fromEntries(
  [
    "top",
    "top-mid",
    "top-left",
    "top-right",
    "bottom",
    "bottom-mid",
    "bottom-left",
    "bottom-right",
    "left",
    "left-mid",
    "mid",
    "mid-mid",
    "right",
    "right-mid",
    "middle",
  ].map((name) => [name, ""]),
);
