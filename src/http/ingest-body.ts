/**
 * A request that writes as its records and parameters, told by what is in it and not by its Content-Type.
 *
 * Text that begins with `{` or `[` is JSON. Other bodies are forms whose `data` is JSON or base64 of JSON; without
 * a body `data` stands in the query string. Clients send base64 without escaping it, so that every `+`
 * of it arrives as a space, and in both alphabets, with and without padding.
 *
 * @module
 */
import { fail } from "../errors/error.ts";
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

const BASE64 = /^[A-Za-z0-9+/_-]*={0,2}$/;
const BYTE_ORDER_MARK = "\ufeff";
/** Members that are texts even where a client writes them as numbers. */
const ID_NAMES: ReadonlySet<string> = new Set([DISTINCT_ID, GROUP_ID]);

/**
 * Reads a request.
 *
 * @throws `ingest.data_missing`, `ingest.undecodable`, `ingest.too_many_records`
 */
export function readIngestBody(request: ApiRequest): IngestBody {
  const { data, parameters } = splitRequest(request);
  const records = readRecords(data);
  if (records.length > RECORDS_MAX) {
    throw fail("ingest.too_many_records", { count: records.length, countMax: RECORDS_MAX });
  }
  return { records, parameters };
}

interface SplitRequest {
  readonly data: string;
  readonly parameters: ReadonlyMap<string, string>;
}

function splitRequest({ body, queryString }: ApiRequest): SplitRequest {
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

function readRecords(data: string): readonly unknown[] {
  const text = trim(data);
  if (text === "") throw fail("ingest.data_missing", {});
  const value = parseJson(isJson(text) ? text : decodeBase64(text));
  if (Array.isArray(value)) return value as readonly unknown[];
  if (typeof value === "object" && value !== null) return [value];
  throw fail("ingest.undecodable", { reason: "it is neither a record nor a list of records" });
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
  return Buffer.from(base64, "base64").toString("utf8");
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(quoteLongIntegers(text, ID_NAMES));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw fail("ingest.undecodable", { reason });
  }
}
