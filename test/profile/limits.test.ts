import fc from "fast-check";
import { expect, it } from "vitest";
import { boundBytes, exceedsBytes } from "../../src/profile/limits.ts";
import type { Value } from "../../src/values/value.ts";

const value = fc.jsonValue() as fc.Arbitrary<Value>;
const number = fc.double({ noNaN: true, noDefaultInfinity: true });

it("never bounds a value below its bytes", () => {
  fc.assert(
    fc.property(fc.oneof(value, number, fc.string({ unit: "binary" })), (any) => {
      expect(boundBytes(any)).toBeGreaterThan(Buffer.byteLength(JSON.stringify(any)));
    }),
  );
});

it("is exact about what exceeds", () => {
  fc.assert(
    fc.property(value, (any) => {
      const bytes = Buffer.byteLength(JSON.stringify(any));
      expect([exceedsBytes(any, bytes), exceedsBytes(any, bytes - 1)]).toEqual([false, true]);
    }),
  );
});
