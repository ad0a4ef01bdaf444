/**
 * What can be wrong with a record or a request that writes.
 *
 * @module
 */
import type { ErrorTable } from "./entry.ts";

/** The facts each write error carries. */
export interface IngestErrorFacts {
  "ingest.data_missing": Record<never, never>;
  "ingest.undecodable": { readonly reason: string };
  "ingest.too_many_records": { readonly count: number; readonly countMax: number };
  "ingest.invalid_field": { readonly field: string; readonly reason: string };
  "ingest.writer_full": Record<never, never>;
}

/** The rows of the catalogue for writes. */
export const INGEST_ERRORS: ErrorTable<IngestErrorFacts> = {
  "ingest.data_missing": {
    kind: "invalid",
    message: () => "data, missing or empty",
    hint: () => "send records as a JSON array, or as data= with JSON or base64 text",
  },
  "ingest.undecodable": {
    kind: "invalid",
    message: ({ reason }) => `data cannot be decoded: ${reason}`,
    hint: () => "send records as a JSON array, or as data= with JSON or base64 text",
  },
  "ingest.too_many_records": {
    kind: "large",
    message: ({ count, countMax }) => `${count} records in one request, more than ${countMax}`,
    hint: ({ countMax }) => `send at most ${countMax} records a request`,
  },
  "ingest.invalid_field": {
    kind: "invalid",
    message: ({ field, reason }) => `'${field}' is invalid: ${reason}`,
    hint: ({ field }) => `correct ${field}`,
  },
  "ingest.writer_full": {
    kind: "busy",
    message: () => "too many writes are waiting",
    hint: () => "retry with exponential backoff",
  },
};
