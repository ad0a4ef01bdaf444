/**
 * Every error code of Whom: the union of the tables of each subject.
 *
 * A code is `subject.what`; `docs/errors.md` has a row for each, checked by a test.
 *
 * @module
 */
import { ACCESS_ERRORS, type AccessErrorFacts } from "./access.ts";
import { COHORT_ERRORS, type CohortErrorFacts } from "./cohort.ts";
import { DATA_ERRORS, type DataErrorFacts } from "./data.ts";
import type { ErrorTable } from "./entry.ts";
import { INGEST_ERRORS, type IngestErrorFacts } from "./ingest.ts";
import { QUERY_ERRORS, type QueryErrorFacts } from "./query.ts";
import { REGISTRY_ERRORS, type RegistryErrorFacts } from "./registry.ts";
import { SELECTOR_ERRORS, type SelectorErrorFacts } from "./selector.ts";

export type { ErrorKind } from "./entry.ts";

/** The facts each code carries. */
export type ErrorFacts = SelectorErrorFacts &
  QueryErrorFacts &
  IngestErrorFacts &
  AccessErrorFacts &
  DataErrorFacts &
  CohortErrorFacts &
  RegistryErrorFacts;

/** The name of an error. */
export type ErrorCode = keyof ErrorFacts;

/** The catalogue. */
export const ERRORS: ErrorTable<ErrorFacts> = {
  ...SELECTOR_ERRORS,
  ...QUERY_ERRORS,
  ...INGEST_ERRORS,
  ...ACCESS_ERRORS,
  ...DATA_ERRORS,
  ...REGISTRY_ERRORS,
  ...COHORT_ERRORS,
};
