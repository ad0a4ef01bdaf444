import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { breakDownValues, histogramOf, summarizeNumbers } from "../../src/store/statistic.ts";
import { type Computed, Datetime } from "../../src/values/value.ts";

const finite = fc.double({ noNaN: true, noDefaultInfinity: true });

describe("summarizeNumbers", () => {
  it("interpolates between neighbours", () => {
    const percentiles = [0, 10, 50, 99, 100];
    expect(summarizeNumbers([3, 1, 2], percentiles).percentiles).toEqual([
      1,
      1.2,
      2,
      expect.closeTo(2.98, 9),
      3,
    ]);
  });

  it("keeps every percentile within the numbers, in order", () => {
    fc.assert(
      fc.property(fc.array(finite, { minLength: 1, maxLength: 20 }), (numbers) => {
        const { min, max, percentiles, count } = summarizeNumbers(numbers, [0, 30, 50, 70, 100]);
        expect(count).toBe(numbers.length);
        expect(percentiles[0]).toBe(min);
        expect(percentiles[4]).toBe(max);
        for (const [index, percentile] of percentiles.entries()) {
          expect(percentile).toBeGreaterThanOrEqual(percentiles[index - 1] ?? min ?? 0);
        }
      }),
    );
  });

  it("loses nothing while it adds, and is infinite past the largest number", () => {
    expect(summarizeNumbers([1e16, 1, -1e16], []).sum).toBe(1);
    const { sum, sumOfSquares } = summarizeNumbers([1.7e308, 1.7e308], []);
    expect([sum, sumOfSquares]).toEqual([Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]);
  });
});

describe("histogramOf", () => {
  it("puts each number into the bucket whose bounds say so", () => {
    fc.assert(
      fc.property(
        fc.array(finite, { minLength: 1, maxLength: 30 }),
        fc.integer({ min: 1, max: 12 }),
        (numbers, bucketMax) => {
          const buckets = histogramOf(numbers, bucketMax);
          const last = buckets.length - 1;
          expect(buckets[0]?.from).toBe(Math.min(...numbers));
          expect(buckets[last]?.to).toBe(Math.max(...numbers));
          for (const [index, { from, to, count }] of buckets.entries()) {
            const inside = numbers.filter(
              (number) => number >= from && (number < to || index === last),
            );
            expect(count).toBe(inside.length);
            if (index > 0) expect(from).toBe(buckets[index - 1]?.to);
          }
          expect(buckets.reduce((sum, { count }) => sum + count, 0)).toBe(numbers.length);
        },
      ),
    );
  });

  it("has no bucket where none is asked for or there is no number", () => {
    expect(histogramOf([1], 0)).toEqual([]);
    expect(histogramOf([], 5)).toEqual([]);
  });
});

describe("breakDownValues", () => {
  const options = { topMax: 10, bucketMax: 2 };

  it("counts a datetime with the text that equals it, in lists as well", () => {
    const values: readonly Computed[] = [
      new Datetime(0),
      "1970-01-01t00:00:00",
      [new Datetime(0)],
      [[new Datetime(0), undefined]],
    ];
    expect(breakDownValues(values, options).top).toEqual([
      { value: "1970-01-01T00:00:00", count: 3 },
      { value: ["1970-01-01T00:00:00", null], count: 1 },
    ]);
  });

  it("shows the same spelling whatever the order of the profiles", () => {
    const value: fc.Arbitrary<Computed> = fc.constantFrom<Computed>(
      "a",
      "A",
      "é",
      "É",
      ["a", "A"],
      { k: "x", l: 1 },
      { l: 1, k: "X" },
      1,
      null,
      undefined,
    );
    fc.assert(
      fc.property(fc.array(value), (values) => {
        const shown = breakDownValues(values, options);
        expect(breakDownValues(values.toReversed(), options)).toEqual(shown);
        const counts = shown.top.map(({ count }) => count);
        expect(counts).toEqual(counts.toSorted((left, right) => right - left));
      }),
    );
  });
});
