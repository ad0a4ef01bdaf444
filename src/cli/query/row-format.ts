/**
 * Rows as a table, NDJSON or CSV.
 *
 * @module
 */
import { stringify } from "csv-stringify/sync";
import { cellText, spreadsheetSafe } from "../../values/csv.ts";
import { makeObject, type Value, type ValueObject } from "../../values/value.ts";
import { displayWidth } from "../../values/width.ts";
import { CELL_PADDING, renderTable } from "../table.ts";
import { printable } from "../terminal.ts";
import type { Row } from "./profile-source.ts";

/** How rows are printed. */
export type RowFormat = "table" | "ndjson" | "csv";

const ID_COLUMN = "$distinct_id";
const CELL_WIDTH_MAX = 40;
const CELL_WIDTH_MIN = 3;
/** A column may be cut to this, but not further, to fit the screen. */
const CUT_WIDTH_MIN = 16;

/** A row as one line of NDJSON, as the query API has it. */
export function ndjsonRow(row: Row, properties: readonly string[] | undefined): string {
  const json =
    properties === undefined
      ? row.propertiesJson
      : JSON.stringify(picked(parsed(row), new Set(properties)));
  return `{"$distinct_id":${JSON.stringify(row.distinctId)},"$properties":${json}}\n`;
}

function picked(properties: ValueObject, names: ReadonlySet<string>): ValueObject {
  return makeObject(Object.entries(properties).filter(([name]) => names.has(name)));
}

/** The header line of CSV. */
export function csvHeader(columns: readonly string[]): string {
  return stringify([[ID_COLUMN, ...columns].map(spreadsheetSafe)]);
}

/** Rows as lines of CSV; a property a profile lacks is an empty cell. */
export function csvRows(rows: readonly Row[], columns: readonly string[]): string {
  return stringify(
    rows.map((row) => {
      const properties = parsed(row);
      const cells = columns.map((name) => csvCell(own(properties, name)));
      return [spreadsheetSafe(row.distinctId), ...cells];
    }),
  );
}

function csvCell(value: Value | undefined): string {
  return spreadsheetSafe(cellText(value));
}

/** The columns of a table and how wide each is. */
export interface TableLayout {
  readonly columns: readonly string[];
  readonly widths: readonly number[];
  /** Columns that found no room. */
  readonly hiddenCount: number;
}

/**
 * A layout that suits some rows: the properties that most of them have, as far as the screen is wide.
 *
 * @param named the columns somebody asked for, all of which are shown
 */
export function layOut(
  rows: readonly Row[],
  named: readonly string[] | undefined,
  screenWidth: number,
): TableLayout {
  const cells = rows.map((row) => ({ id: printable(row.distinctId), properties: parsed(row) }));
  const candidates = named ?? byPresence(cells.map(({ properties }) => properties));
  const idTexts = cells.map(({ id }) => id);
  const idWidthMax = Math.max(ID_COLUMN.length, Math.floor(screenWidth / 3));
  const idWidth = Math.min(
    widthOf(ID_COLUMN, idTexts),
    named === undefined ? idWidthMax : CELL_WIDTH_MAX,
  );
  const columns: string[] = [];
  const widths = [idWidth];
  let left = screenWidth - idWidth - CELL_PADDING;
  for (const name of candidates) {
    const texts = cells.map(({ properties }) => printable(cellText(own(properties, name))));
    const room = left - CELL_PADDING;
    const wanted = widthOf(name, texts);
    const width = named === undefined && wanted > room && room >= CUT_WIDTH_MIN ? room : wanted;
    // One that finds no room may leave some for a narrower one.
    if (named === undefined && width > room) continue;
    left -= width + CELL_PADDING;
    columns.push(name);
    widths.push(width);
  }
  return { columns, widths, hiddenCount: candidates.length - columns.length };
}

function byPresence(all: readonly ValueObject[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const properties of all) {
    for (const name of Object.keys(properties)) counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return [...counts].sort(([, left], [, right]) => right - left).map(([name]) => name);
}

function widthOf(name: string, texts: readonly string[]): number {
  const longest = texts.reduce(
    (width, text) => Math.max(width, displayWidth(text)),
    displayWidth(printable(name)),
  );
  return Math.max(CELL_WIDTH_MIN, Math.min(longest, CELL_WIDTH_MAX));
}

/** Rows as lines of a table, with its header where `withHeader` says so. */
export function tableRows(rows: readonly Row[], layout: TableLayout, withHeader: boolean): string {
  const cells = rows.map((row) => {
    const properties = parsed(row);
    return [row.distinctId, ...layout.columns.map((name) => cellText(own(properties, name)))];
  });
  const head = withHeader ? [ID_COLUMN, ...layout.columns] : [];
  return renderTable(head, cells, layout.widths);
}

function parsed(row: Row): ValueObject {
  return JSON.parse(row.propertiesJson) as ValueObject;
}

function own(properties: ValueObject, name: string): Value | undefined {
  return Object.hasOwn(properties, name) ? properties[name] : undefined;
}
