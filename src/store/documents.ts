/**
 * Profiles as the text that is given out: a line of JSON or of CSV each.
 *
 * Engines that make this text themselves make the same.
 *
 * @module
 */
import type { Scope } from "../profile/profile.ts";
import { cellText, csvLine, spreadsheetSafe } from "../values/csv.ts";
import type { ValueObject } from "../values/value.ts";
import type { ProfileKeys, ProfileRow } from "./store.ts";

/** One JSON object a line. */
export interface LinesForm {
  readonly kind: "lines";
  /** The properties to give, each once; undefined gives all. */
  readonly names: readonly string[] | undefined;
}

/** One line of CSV for each: the distinct id, then the properties; without a header. */
export interface CsvForm {
  readonly kind: "csv";
  readonly names: readonly string[];
  /** Whether texts that a spreadsheet would run get an apostrophe in front. */
  readonly isSpreadsheetSafe: boolean;
}

/** A Parquet file, its rows in no order; without names the properties are one column of JSON. */
export interface ParquetForm {
  readonly kind: "parquet";
  readonly names: readonly string[] | undefined;
}

/** Text that is made row by row. */
export type TextForm = LinesForm | CsvForm;

/** What is made of profiles. */
export type DocumentForm = TextForm | ParquetForm;

/** What is read for an export. */
export interface DocumentsRequest {
  readonly scope: Scope;
  /** In the order they are given out. */
  readonly keys: ProfileKeys;
  /** Whether keys may be those of strangers, who have no properties. */
  readonly includesStrangers: boolean;
  readonly form: DocumentForm;
}

/** Some of the text or file, and how many profiles end in it. */
export interface DocumentPart {
  readonly rowCount: number;
  readonly bytes: Uint8Array;
}

/** Profiles as text. */
export function documentsText(
  rows: readonly Pick<ProfileRow, "distinctId" | "propertiesJson">[],
  form: TextForm,
): string {
  switch (form.kind) {
    case "lines":
      return rows.map((row) => `${documentJson(row, form.names)}\n`).join("");
    case "csv":
      return rows.map((row) => csvRow(row, form)).join("");
  }
}

/**
 * A profile as a member of `results`.
 *
 * @param names the properties to give, each once; undefined gives all
 */
export function documentJson(
  { distinctId, propertiesJson }: Pick<ProfileRow, "distinctId" | "propertiesJson">,
  names: readonly string[] | undefined,
): string {
  const properties = names === undefined ? propertiesJson : pick(propertiesJson, names);
  return `{"$distinct_id":${JSON.stringify(distinctId)},"$properties":${properties}}`;
}

/** The members of a JSON object with these names; the text is put together by hand, as a name may be `__proto__`. */
function pick(propertiesJson: string, names: readonly string[]): string {
  const properties = JSON.parse(propertiesJson) as ValueObject;
  const members: string[] = [];
  for (const name of names) {
    if (!Object.hasOwn(properties, name)) continue;
    members.push(`${JSON.stringify(name)}:${JSON.stringify(properties[name])}`);
  }
  return `{${members.join(",")}}`;
}

function csvRow(
  { distinctId, propertiesJson }: Pick<ProfileRow, "distinctId" | "propertiesJson">,
  { names, isSpreadsheetSafe }: CsvForm,
): string {
  const properties = JSON.parse(propertiesJson) as ValueObject;
  const cells = names.map((name) =>
    cellText(Object.hasOwn(properties, name) ? properties[name] : undefined),
  );
  const shown = [distinctId, ...cells];
  return csvLine(isSpreadsheetSafe ? shown.map(spreadsheetSafe) : shown);
}
