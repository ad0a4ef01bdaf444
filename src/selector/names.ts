/**
 * The words of the language that are neither operators nor functions.
 *
 * @module
 */
import type { Literal } from "./syntax.ts";

/** Accessors, written exactly so. */
export const ACCESSOR_NAMES: ReadonlySet<string> = new Set([
  "properties",
  "user",
  "event",
  "behaviors",
]);

/** What tests membership in a cohort; it reads like a function, but takes a constant only. */
export const COHORT_NAME = "cohort";

/** Constants by their names in lower case; case does not count. */
export const LITERALS: ReadonlyMap<string, Literal["value"]> = new Map<string, Literal["value"]>([
  ["true", true],
  ["false", false],
  ["null", null],
  ["undefined", undefined],
]);

/** Words that name nothing else, in lower case; case does not count. */
export const RESERVED_NAMES: ReadonlySet<string> = new Set([
  ...LITERALS.keys(),
  "and",
  "or",
  "not",
  "in",
  "contains",
  "now",
]);
