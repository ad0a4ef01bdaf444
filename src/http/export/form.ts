/**
 * What an export makes of profiles: lines, columns, or a file.
 *
 * @module
 */
import { fail } from "../../errors/error.ts";
import { DISTINCT_ID, GROUP_ID, GROUP_KEY, LAST_SEEN } from "../../profile/reserved.ts";
import type { ProfileQuery } from "../../query/query.ts";
import type { DocumentForm } from "../../store/documents.ts";
import type { Store } from "../../store/store.ts";
import { csvLine, spreadsheetSafe } from "../../values/csv.ts";
import type { ExportFormat } from "./format.ts";

/** The most columns that a file has without being asked for them by name. */
export const EXPORT_COLUMNS_MAX = 1_000;

/** How profiles are to be written. */
export interface FormParameters {
  readonly format: ExportFormat;
  /** The properties to give; undefined or empty gives all. */
  readonly outputProperties: readonly string[] | undefined;
  readonly isSpreadsheetSafe: boolean;
}

/**
 * The form of an export.
 *
 * @param query the profiles whose properties become columns where none are named
 * @throws `query.too_many_columns`
 */
export async function documentForm(
  store: Store,
  { format, outputProperties, isSpreadsheetSafe }: FormParameters,
  query: ProfileQuery,
  signal?: AbortSignal,
): Promise<DocumentForm> {
  const named =
    outputProperties === undefined || outputProperties.length === 0 ? undefined : outputProperties;
  if (format === "ndjson") return { kind: "lines", names: named && unique([...named, LAST_SEEN]) };
  // Columns are named as properties are stored.
  const columns = named && unique(named.map((name) => name.toWellFormed()));
  if (format === "parquet") return { kind: "parquet", names: columns };
  const names = columns ?? (await columnsOf(store, query, signal));
  return { kind: "csv", names, isSpreadsheetSafe };
}

/** What stands before the first profile. */
export function headerOf(form: DocumentForm): string {
  if (form.kind !== "csv") return "";
  const cells = [DISTINCT_ID, ...form.names];
  return csvLine(form.isSpreadsheetSafe ? cells.map(spreadsheetSafe) : cells);
}

async function columnsOf(
  store: Store,
  query: ProfileQuery,
  signal: AbortSignal | undefined,
): Promise<readonly string[]> {
  const found = await store.properties(query, EXPORT_COLUMNS_MAX + 1, signal);
  if (found.length > EXPORT_COLUMNS_MAX) {
    throw fail("query.too_many_columns", { countMax: EXPORT_COLUMNS_MAX });
  }
  const shown = query.scope.groupKey === undefined ? [] : [GROUP_KEY, GROUP_ID];
  return unique([...shown, ...found.map(({ name }) => name)]);
}

function unique(names: readonly string[]): readonly string[] {
  return [...new Set(names)];
}
