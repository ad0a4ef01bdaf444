/**
 * Numbers as a summary, and values as a breakdown: the reference meaning of both.
 *
 * @module
 */
import type {
  Breakdown,
  BreakdownOptions,
  Bucket,
  NumberSummary,
  ValueCount,
} from "../query/statistic.ts";
import { isMissing } from "../values/compare.ts";
import { type EqualityKey, equalityKey } from "../values/equality.ts";
import { sumOf } from "../values/sum.ts";
import { orderText } from "../values/text.ts";
import { formatInstant } from "../values/time.ts";
import { type Computed, Datetime, isList, type Value } from "../values/value.ts";

/**
 * Summarizes numbers.
 *
 * A percentile between two neighbours lies on the line between them: the rank is `p / 100 * (count - 1)`. A sum
 * that no number can hold is infinite.
 *
 * @param percentiles between 0 and 100
 */
export function summarizeNumbers(
  numbers: readonly number[],
  percentiles: readonly number[],
): NumberSummary {
  const sorted = numbers.toSorted((left, right) => left - right);
  return {
    count: numbers.length,
    sum: sumOf(numbers) ?? numbers.reduce((sum, number) => sum + number, 0),
    sumOfSquares: sumOf(numbers.map((number) => number * number)) ?? Number.POSITIVE_INFINITY,
    min: sorted[0],
    max: sorted.at(-1),
    percentiles: percentiles.map((percentile) => percentileOf(sorted, percentile)),
  };
}

/**
 * Breaks down the values of profiles, one each.
 *
 * A list counts as its elements, each once; elements that are null or missing do not count, and a list without
 * any that does is neither a value nor missing. A datetime counts as its text in UTC, which equals it. Of the
 * spellings of a value, the first in UTF-8 byte order stands for it; of objects and lists within lists, the one
 * whose JSON is.
 */
export function breakDownValues(
  values: readonly Computed[],
  { topMax, bucketMax }: BreakdownOptions,
): Breakdown {
  const counts = countValues(values);
  const ordered = [...counts].sort(
    ([leftKey, left], [rightKey, right]) =>
      right.count - left.count || orderText(leftKey, rightKey),
  );
  return {
    total: values.length,
    missingCount: values.filter(isMissing).length,
    distinctCount: counts.size,
    top: ordered.slice(0, topMax).map(([, counted]) => counted),
    histogram: histogramOf(
      values.filter((value) => typeof value === "number"),
      bucketMax,
    ),
  };
}

/**
 * Numbers in buckets of equal width, empty ones included. Numbers that are all alike make one bucket.
 *
 * Bucket `i` of `n` begins at `min + (max - min) * (i / n)`, and a number lies in the bucket whose bounds say so.
 */
export function histogramOf(numbers: readonly number[], bucketMax: number): readonly Bucket[] {
  if (numbers.length === 0 || bucketMax < 1) return [];
  const min = numbers.reduce((least, number) => Math.min(least, number));
  const max = numbers.reduce((most, number) => Math.max(most, number));
  if (min === max) return [{ from: min, to: max, count: numbers.length }];
  const bounds = boundsOf(min, max, bucketMax);
  const counts = new Array<number>(bucketMax).fill(0);
  for (const number of numbers) {
    const index = bucketOf(bounds, number);
    counts[index] = (counts[index] ?? 0) + 1;
  }
  return bucketsOf(bounds, max, counts);
}

/** Where the buckets of a histogram begin. */
export function boundsOf(min: number, max: number, bucketMax: number): readonly number[] {
  return Array.from({ length: bucketMax }, (_, index) => between(min, max, index / bucketMax));
}

/** Buckets by where they begin and how many numbers lie in each. */
export function bucketsOf(
  bounds: readonly number[],
  max: number,
  counts: readonly number[],
): readonly Bucket[] {
  return bounds.map((from, index) => ({
    from,
    to: bounds[index + 1] ?? max,
    count: counts[index] ?? 0,
  }));
}

/** The most frequent first; those as frequent by the order of their equality keys. */
export function orderCounts(counts: readonly ValueCount[]): readonly ValueCount[] {
  return counts.toSorted(
    (left, right) =>
      right.count - left.count ||
      orderText(equalityKey(left.value as Value), equalityKey(right.value as Value)),
  );
}

function percentileOf(sorted: readonly number[], percentile: number): number | undefined {
  const rank = (percentile / 100) * (sorted.length - 1);
  const lower = sorted[Math.floor(rank)];
  const upper = sorted[Math.ceil(rank)];
  if (lower === undefined || upper === undefined) return undefined;
  return between(lower, upper, rank - Math.floor(rank));
}

/** A part of the way from one number to another; their distance may be more than a number can hold. */
function between(from: number, to: number, part: number): number {
  if (part === 0) return from;
  const distance = to - from;
  const found = Number.isFinite(distance) ? from + distance * part : from * (1 - part) + to * part;
  // Rounding must not lead past the end.
  return Math.min(found, to);
}

/** The last bucket that begins at a number or below it. */
function bucketOf(bounds: readonly number[], number: number): number {
  let low = 0;
  let high = bounds.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((bounds[middle] ?? number) <= number) low = middle;
    else high = middle - 1;
  }
  return low;
}

function countValues(values: readonly Computed[]): ReadonlyMap<EqualityKey, ValueCount> {
  const counts = new Map<EqualityKey, ValueCount>();
  for (const value of values) {
    for (const [key, spelling] of spellingsOf(value)) {
      const known = counts.get(key);
      counts.set(key, {
        value: known === undefined ? spelling : firstSpelling(known.value as Value, spelling),
        count: (known?.count ?? 0) + 1,
      });
    }
  }
  return counts;
}

/** What a profile's value counts as, each once. */
function spellingsOf(value: Computed): ReadonlyMap<EqualityKey, Value> {
  const spellings = new Map<EqualityKey, Value>();
  for (const element of isList(value) ? value : [value]) {
    if (isMissing(element)) continue;
    const plain = toValue(element);
    const key = equalityKey(plain);
    const known = spellings.get(key);
    spellings.set(key, known === undefined ? plain : firstSpelling(known, plain));
  }
  return spellings;
}

function firstSpelling(left: Value, right: Value): Value {
  if (typeof left === "string" && typeof right === "string") {
    return orderText(left, right) <= 0 ? left : right;
  }
  return orderText(JSON.stringify(left), JSON.stringify(right)) <= 0 ? left : right;
}

/** Datetimes as text, in lists as well; what is missing in a list within a list is null. */
function toValue(value: Computed): Value {
  if (value === undefined) return null;
  if (value instanceof Datetime) return formatInstant(value.seconds, "UTC");
  return isList(value) ? value.map(toValue) : value;
}
