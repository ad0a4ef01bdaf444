/**
 * Values as cells of CSV (RFC 4180) that a spreadsheet shows and does not run.
 *
 * @module
 */
import type { Value } from "./value.ts";

/** What ends a line. */
const CSV_LINE_END = "\r\n";

/** A spreadsheet takes text that begins with one of these for a formula; some take the wide forms for it as well. */
export const FORMULA_SIGNS = "=+-@\t\r\n\uff1d\uff0b\uff0d\uff20";
/** Text that is a number by itself is none; the syntax is that of JavaScript and of RE2. */
export const PLAIN_NUMBER = "^[+-]?(\\d+(\\.\\d*)?|\\.\\d+)([eE][+-]?\\d+)?$";

const NUMBER = new RegExp(PLAIN_NUMBER);
const QUOTED = /[",\r\n]/;

/** A value as a cell: text as it is, the rest as JSON, nothing for nothing. */
export function cellText(value: Value | undefined): string {
  if (value === undefined) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** The text behind an apostrophe where a spreadsheet would otherwise run it as a formula. */
export function spreadsheetSafe(text: string): string {
  const isFormula = text !== "" && FORMULA_SIGNS.includes(text.charAt(0));
  return isFormula && !NUMBER.test(text) ? `'${text}` : text;
}

/** Cells as a line, with what ends it. */
export function csvLine(cells: readonly string[]): string {
  return `${cells.map(quoted).join(",")}${CSV_LINE_END}`;
}

function quoted(cell: string): string {
  return QUOTED.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}
