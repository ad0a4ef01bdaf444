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
import { Turn } from "../clock.ts";
import { fail, type WhomError } from "../errors/error.ts";
import { RECORDS_MAX } from "../profile/limits.ts";
import { DISTINCT_ID, GROUP_ID } from "../profile/reserved.ts";
import { quoteLongIntegers } from "../values/long-integers.ts";
import type { ApiRequest } from "./api.ts";
import { parseForm, parseFormInTurns } from "./form.ts";
import { parseInTurns } from "./json-in-turns.ts";

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

const BASE64_DIGITS = /^[A-Za-z0-9+/_-]*$/;
/** Longer base64 is decoded part by part, of this length. */
const BASE64_PART_LENGTH = 262_144;
const BYTE_ORDER_MARK = "\ufeff";

/**
 * Reads a request.
 *
 * @throws `ingest.data_missing`, `ingest.undecodable`, `ingest.too_many_records`
 */
export async function readIngestBody(request: ApiRequest, form: RecordForm): Promise<IngestBody> {
  const { data, parameters } = await splitRequest(request);
  return { records: await readRecords(data, form), parameters };
}

/** A request with its records still text. */
export interface SplitRequest {
  readonly data: string;
  /** The members of query string and form but `data`; the form's win. */
  readonly parameters: ReadonlyMap<string, string>;
}

/** Takes a request apart without looking into its records. */
export async function splitRequest({ body, queryString }: ApiRequest): Promise<SplitRequest> {
  const parameters = parseForm(queryString);
  const text = trim(body.toString("utf8"));
  if (isJson(text)) {
    parameters.delete("data");
    return { data: text, parameters };
  }
  for (const [name, value] of await parseFormInTurns(text)) parameters.set(name, value);
  const data = parameters.get("data") ?? "";
  parameters.delete("data");
  return { data, parameters };
}

/**
 * Reads records.
 *
 * @throws `ingest.data_missing`, `ingest.undecodable`, `ingest.too_many_records`
 */
export async function readRecords(data: string, form: RecordForm): Promise<readonly unknown[]> {
  const text = trim(data);
  if (text === "") throw fail("ingest.data_missing", {});
  const records = await parseRecords(isJson(text) ? text : await decodeBase64(text), form);
  if (records.length > RECORDS_MAX) {
    throw fail("ingest.too_many_records", { count: records.length, countMax: RECORDS_MAX });
  }
  return records;
}

async function parseRecords(text: string, form: RecordForm): Promise<readonly unknown[]> {
  let value: unknown;
  try {
    value = await parseInTurns(text, (json) => parseJson(json, form));
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

async function parseLines(lines: readonly string[], form: RecordForm): Promise<readonly unknown[]> {
  const records: unknown[] = [];
  const turn = new Turn();
  for (const [index, line] of lines.entries()) {
    if (line.trim() === "") continue;
    try {
      records.push(parseJson(line, form));
    } catch (error) {
      throw undecodable(error, `line ${index + 1}: `);
    }
    if (turn.isOver) await turn.next();
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

async function decodeBase64(text: string): Promise<string> {
  const end = paddingStart(text);
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  const turn = new Turn();
  let decoded = "";
  let left = "";
  for (let start = 0; start < end; start += BASE64_PART_LENGTH) {
    const part = text.slice(start, Math.min(start + BASE64_PART_LENGTH, end));
    const digits = left + part.replace(/[\r\n\t]+/g, "").replaceAll(" ", "+");
    if (!BASE64_DIGITS.test(digits)) throw neither();
    // Four digits are three bytes.
    const whole = digits.length - (digits.length % 4);
    left = digits.slice(whole);
    decoded += decoder.decode(Buffer.from(digits.slice(0, whole), "base64"), { stream: true });
    if (turn.isOver) await turn.next();
  }
  return trim(decoded + decoder.decode(Buffer.from(left, "base64")));
}

/** Where the padding at the end of base64 begins, which may be broken over lines. */
function paddingStart(text: string): number {
  let start = text.length;
  let count = 0;
  for (; /[=\r\n\t]/.test(text.charAt(start - 1)); start--) {
    if (text[start - 1] === "=") count++;
  }
  if (count > 2) throw neither();
  return start;
}

function neither(): WhomError {
  return fail("ingest.undecodable", { reason: "it is neither JSON nor base64" });
}

/** @throws SyntaxError */
function parseJson(text: string, { idNames, idLevel }: RecordForm): unknown {
  return JSON.parse(quoteLongIntegers(text, idNames, idLevel));
}

function undecodable(error: unknown, place = ""): WhomError {
  const reason = error instanceof Error ? error.message : String(error);
  return fail("ingest.undecodable", { reason: `${place}${reason}` });
}
