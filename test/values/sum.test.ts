import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sumOf } from "../../src/values/sum.ts";

describe("sumOf", () => {
  it("adds", () => {
    expect(sumOf([])).toBe(0);
    expect(sumOf([1, 2, 3.5])).toBe(6.5);
    expect(sumOf(Array.from({ length: 10 }, () => 0.1))).toBe(1);
    expect(sumOf([1, 1e100, 1, -1e100])).toBe(2);
  });

  it("has no sum that no number can hold", () => {
    expect(sumOf([1e308, 1e308])).toBeUndefined();
    expect(sumOf([-1e308, -1e308, 1])).toBeUndefined();
  });

  it("is exact for whole numbers in any order", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -1e9, max: 1e9 })), (numbers) => {
        const exact = Number(numbers.reduce((sum, number) => sum + BigInt(number), 0n));
        expect(sumOf(numbers)).toBe(exact);
        expect(sumOf(numbers.toReversed())).toBe(exact);
      }),
    );
  });
});
