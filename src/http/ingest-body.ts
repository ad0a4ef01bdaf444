/**
 * A request that writes as its records and parameters, told by what is in it and not by its Content-Type.
 *
 * Text that begins with `{` or `[` is JSON. Other bodies are forms whose `data` is JSON or base64 of JSON; without
 * a body `data` stands in the query string. Clients send base64 without escaping it, so that every `+`
 * of it arrives as a space, and in both alphabets, with and without padding. Where records may stand on a line
 * each, that is told by what is in the text as well.
 *
 * @module
 */
import { fail, type WhomError } from "../errors/error.ts";
import { RECORDS_MAX } from "../profile/limits.ts";
import { DISTINCT_ID, GROUP_ID } from "../profile/reserved.ts";
import { quoteLongIntegers } from "../values/long-integers.ts";
import type { ApiRequest } from "./api.ts";
import { parseForm } from "./form.ts";

/** What a request that writes holds. */
export interface IngestBody {
  /** JSON values, not looked into yet. */
  readonly records: readonly unknown[];
  /** The members of query string and form but `data`; the form's win. */
  readonly parameters: ReadonlyMap<string, string>;
}

/** What the records of an endpoint look like. */
export interface RecordForm {
  /** Members that are texts even where a client writes them as numbers. */
  readonly idNames: ReadonlySet<string>;
  /** Whether those are members of a record, or of an object in it. */
  readonly idLevel: 1 | 2;
  /** Whether records may stand on a line each. */
  readonly allowsLines: boolean;
}

/** Records that change profiles. */
export const PROFILE_RECORDS: RecordForm = {
  idNames: new Set([DISTINCT_ID, GROUP_ID]),
  idLevel: 1,
  allowsLines: false,
};

/** Events, with their ids in `properties`. */
export const EVENT_RECORDS: RecordForm = {
  idNames: new Set([
    "distinct_id",
    "$insert_id",
    "$user_id",
    "$device_id",
    "$identified_id",
    "$anon_id",
    "alias",
  ]),
  idLevel: 2,
  allowsLines: false,
};

/** Events that may stand on a line each. */
export const EVENT_LINES: RecordForm = { ...EVENT_RECORDS, allowsLines: true };

const BASE64 = /^[A-Za-z0-9+/_-]*={0,2}$/;
const BYTE_ORDER_MARK = "\ufeff";

/**
 * Reads a request.
 *
 * @throws `ingest.data_missing`, `ingest.undecodable`, `ingest.too_many_records`
 */
export function readIngestBody(request: ApiRequest, form: RecordForm): IngestBody {
  const { data, parameters } = splitRequest(request);
  return { records: readRecords(data, form), parameters };
}

/** A request with its records still text. */
export interface SplitRequest {
  readonly data: string;
  /** The members of query string and form but `data`; the form's win. */
  readonly parameters: ReadonlyMap<string, string>;
}

/** Takes a request apart without looking into its records. */
export function splitRequest({ body, queryString }: ApiRequest): SplitRequest {
  const parameters = parseForm(queryString);
  const text = trim(body.toString("utf8"));
  if (isJson(text)) {
    parameters.delete("data");
    return { data: text, parameters };
  }
  for (const [name, value] of parseForm(text)) parameters.set(name, value);
  const data = parameters.get("data") ?? "";
  parameters.delete("data");
  return { data, parameters };
}

/**
 * Reads records.
 *
 * @throws `ingest.data_missing`, `ingest.undecodable`, `ingest.too_many_records`
 */
export function readRecords(data: string, form: RecordForm): readonly unknown[] {
  const text = trim(data);
  if (text === "") throw fail("ingest.data_missing", {});
  const records = parseRecords(isJson(text) ? text : decodeBase64(text), form);
  if (records.length > RECORDS_MAX) {
    throw fail("ingest.too_many_records", { count: records.length, countMax: RECORDS_MAX });
  }
  return records;
}

function parseRecords(text: string, form: RecordForm): readonly unknown[] {
  let value: unknown;
  try {
    value = parseJson(text, form);
  } catch (error) {
    const lines = form.allowsLines && text.startsWith("{") ? text.split("\n") : [];
    // One line is no list of lines, and neither is a record that is written over several.
    if (lines.length < 2 || !isRecord(lines[0])) throw undecodable(error);
    return parseLines(lines, form);
  }
  if (Array.isArray(value)) return value as readonly unknown[];
  if (typeof value === "object" && value !== null) return [value];
  throw fail("ingest.undecodable", { reason: "it is neither a record nor a list of records" });
}

function parseLines(lines: readonly string[], form: RecordForm): readonly unknown[] {
  const records: unknown[] = [];
  for (const [index, line] of lines.entries()) {
    if (line.trim() === "") continue;
    try {
      records.push(parseJson(line, form));
    } catch (error) {
      throw undecodable(error, `line ${index + 1}: `);
    }
  }
  return records;
}

function isRecord(line: string | undefined): boolean {
  return line?.trimEnd().endsWith("}") === true;
}

function trim(text: string): string {
  return (text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text).trim();
}

function isJson(text: string): boolean {
  return text.startsWith("{") || text.startsWith("[");
}

function decodeBase64(text: string): string {
  const base64 = text.replace(/[\r\n\t]+/g, "").replaceAll(" ", "+");
  if (!BASE64.test(base64)) {
    throw fail("ingest.undecodable", { reason: "it is neither JSON nor base64" });
  }
  return trim(Buffer.from(base64, "base64").toString("utf8"));
}

/** @throws SyntaxError */
function parseJson(text: string, { idNames, idLevel }: RecordForm): unknown {
  return JSON.parse(quoteLongIntegers(text, idNames, idLevel));
}

function undecodable(error: unknown, place = ""): WhomError {
  const reason = error instanceof Error ? error.message : String(error);
  return fail("ingest.undecodable", { reason: `${place}${reason}` });
}
