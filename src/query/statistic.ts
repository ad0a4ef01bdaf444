/**
 * Numbers about the profiles a query selects: what an expression's values come to.
 *
 * @module
 */
import type { Computed } from "../values/value.ts";

/** What the numbers among an expression's values come to; other kinds do not count. */
export interface NumberSummary {
  /** How many profiles have a number. */
  readonly count: number;
  readonly sum: number;
  readonly sumOfSquares: number;
  /** Undefined without any. */
  readonly min: number | undefined;
  readonly max: number | undefined;
  /** One for each percentile that was asked for: between two values it is interpolated; undefined without any. */
  readonly percentiles: readonly (number | undefined)[];
}

/** A value and how many profiles have it. */
export interface ValueCount {
  /** Texts that differ in case only are one value, as `==` has it; the spelling is that of one of them. */
  readonly value: Computed;
  readonly count: number;
}

/** Profiles whose number lies in a range. */
export interface Bucket {
  readonly from: number;
  /** Not included, but in the last bucket. */
  readonly to: number;
  readonly count: number;
}

/** How the values of an expression are spread over the profiles. */
export interface Breakdown {
  /** Profiles that the query selects. */
  readonly total: number;
  /** Those without a value: missing, or JSON null. */
  readonly missingCount: number;
  /** How many different values there are; each element of a list counts on its own. */
  readonly distinctCount: number;
  /** The most frequent first; those as frequent by the order of their equality keys. */
  readonly top: readonly ValueCount[];
  /** Of the numbers; empty without any. All alike give one bucket. */
  readonly histogram: readonly Bucket[];
}

/** What a breakdown is to show. */
export interface BreakdownOptions {
  /** Values in `top`. */
  readonly topMax: number;
  /** Buckets of equal width in `histogram`. */
  readonly bucketMax: number;
}
