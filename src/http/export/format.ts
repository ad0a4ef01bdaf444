/**
 * Which format and encoding a client wants of an export.
 *
 * @module
 */
import type { ApiRequest } from "../api.ts";
import { check, type Members, readText } from "../parameters.ts";

/** What an export is sent as. */
export type ExportFormat = "ndjson" | "csv" | "parquet";

/** How the bytes of an export are compressed. */
export type ExportEncoding = "zstd" | "gzip";

/** The content type of each format. */
export const CONTENT_TYPES: Readonly<Record<ExportFormat, string>> = {
  ndjson: "application/x-ndjson; charset=utf-8",
  csv: "text/csv; charset=utf-8; header=present",
  parquet: "application/vnd.apache.parquet",
};

/** The format that the parameter names, or else the best that `Accept` does; lines of JSON without either. */
export function readFormat(members: Members, { headers }: ApiRequest): ExportFormat {
  const named = readText(members, "format");
  if (named !== undefined) return check<ExportFormat>("format", named);
  const wanted = weighed(headers["accept"]);
  const best = FORMATS.map((format) => ({ format, weight: wanted.get(typeOf(format)) ?? 0 })).sort(
    (left, right) => right.weight - left.weight,
  )[0];
  return best === undefined || best.weight === 0 ? "ndjson" : best.format;
}

const FORMATS = Object.keys(CONTENT_TYPES) as readonly ExportFormat[];

function typeOf(format: ExportFormat): string {
  return CONTENT_TYPES[format].split(";")[0] ?? "";
}

/** The encoding that `Accept-Encoding` likes best; undefined for the bytes as they are. */
export function readEncoding({ headers }: ApiRequest): ExportEncoding | undefined {
  const wanted = weighed(headers["accept-encoding"]);
  const any = wanted.get("*") ?? 0;
  const gzip = wanted.get("gzip") ?? wanted.get("x-gzip") ?? any;
  // Some clients know it only in their own answer to `*`.
  const zstd = wanted.get("zstd") ?? 0;
  if (zstd > 0 && zstd >= gzip) return "zstd";
  return gzip > 0 ? "gzip" : undefined;
}

/** The items of a header and their weights; one without a weight has 1. */
function weighed(header: string | readonly string[] | undefined): ReadonlyMap<string, number> {
  const text = typeof header === "object" ? header.join(",") : (header ?? "");
  return new Map(
    text.split(",").map((item) => {
      const [name = "", ...parameters] = item.split(";").map((part) => part.trim().toLowerCase());
      const weight = parameters.find((parameter) => parameter.startsWith("q="))?.slice("q=".length);
      return [name, weight === undefined ? 1 : Number(weight) || 0];
    }),
  );
}
