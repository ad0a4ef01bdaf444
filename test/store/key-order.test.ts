import fc from "fast-check";
import { expect, it } from "vitest";
import { ascendingKeys, isAscending } from "../../src/store/key-order.ts";

it("puts keys in ascending order, few and many of them", async () => {
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(fc.nat({ max: 4_294_967_295 })), async (numbers) => {
      const keys = Uint32Array.from(numbers);
      const sorted = await ascendingKeys(keys);
      expect(sorted).toEqual(keys.toSorted());
      expect(isAscending(sorted)).toBe(true);
    }),
  );
  const many = Uint32Array.from({ length: 600_000 }, (_, n) => ((n * 7919) % 600_000) * 3 + 31);
  expect(isAscending(many)).toBe(false);
  expect(await ascendingKeys(many)).toEqual(many.toSorted());
});

it("leaves keys as they are that are in order", async () => {
  const keys = Uint32Array.from([1, 5, 9]);
  expect(await ascendingKeys(keys)).toBe(keys);
  expect(isAscending(Uint32Array.from([1, 1]))).toBe(false);
});
