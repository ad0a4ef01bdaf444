/**
 * Random values and profiles for laws: nasty on purpose.
 *
 * @module
 */
import fc from "fast-check";
import { makeObject, type Value, type ValueObject } from "../../src/values/value.ts";

/** Names that break what treats them as anything but data. */
export const HOSTILE_NAMES: readonly string[] = [
  "",
  "__proto__",
  "constructor",
  "hasOwnProperty",
  'say "hello"',
  "it's",
  "C:\\Users",
  "a\0b",
  "line\nbreak",
  "Plan",
  "plan",
  "\u{10000}",
  "\uffff",
  "$email",
  "x; drop table profiles --",
];

/** Texts that are dates, in many shapes, and some that nearly are. */
export const DATE_TEXTS: readonly string[] = [
  "2024-01-31",
  "2024-01-31T10:00:00",
  "2024-01-31 10:00:00",
  "2024-01-31T10:00",
  "2024-01-31T10:00:00.999Z",
  "2024-01-31T12:00:00+02:00",
  "2024-01-31T04:30:00-0530",
  "1969-12-31T23:59:59.5Z",
  "0000-01-01",
  "9999-12-31T23:59:59",
  "2024-02-30",
  "2024-01-31T24:00:00",
  "2024-02-29",
  "2023-02-29",
  "0001-01-01T00:00:00",
  "9999-12-31T23:59:59.999Z",
  "2024-03-10T02:30:00",
  "2024-11-03T01:30:00",
  "2024-03-31T02:30:00",
  "2011-12-30T12:00:00",
  "2024-06-30T23:59:60",
];

const TEXTS: readonly string[] = [
  ...DATE_TEXTS,
  ...HOSTILE_NAMES,
  "a",
  "A",
  "b",
  "aB",
  "\u0130stanbul",
  "stra\u00dfe",
  "STRASSE",
  "\u03a3\u03c3\u03c2",
  "\u{10400}",
  "\u{1f600}",
  "true",
  "FALSE",
  "12",
  "-0.5e3",
  "1e999",
  ".5",
  "a@b.c",
  "https://www.google.co.uk/search?q=1",
  " ",
];

const NUMBERS: readonly number[] = [
  0,
  1,
  2,
  3,
  0.5,
  2.5,
  7,
  100,
  1e21,
  1e-7,
  1e308,
  5e-324,
  2 ** 53 - 1,
  2 ** 53,
  2 ** 53 + 2,
  4_294_967_295,
  4_294_967_296,
  1_700_000_000,
  1_700_000_000_123,
  8.64e12,
  8.64e15,
];

/** Texts, mostly ones with a meaning somewhere. */
export const arbitraryText: fc.Arbitrary<string> = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...TEXTS) },
  { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 4 }) },
);

/** Numbers that are not negative, as a selector writes them. */
export const arbitraryMagnitude: fc.Arbitrary<number> = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...NUMBERS) },
  { weight: 1, arbitrary: fc.nat(10) },
  { weight: 1, arbitrary: fc.double({ min: 0, noNaN: true, noDefaultInfinity: true }) },
);

const arbitraryNumber: fc.Arbitrary<number> = fc
  .tuple(arbitraryMagnitude, fc.boolean())
  .map(([magnitude, isNegative]) => (isNegative ? -magnitude : magnitude));

const arbitraryScalar: fc.Arbitrary<Value> = fc.oneof(
  { weight: 4, arbitrary: arbitraryText },
  { weight: 3, arbitrary: arbitraryNumber },
  { weight: 1, arbitrary: fc.boolean() },
  { weight: 1, arbitrary: fc.constant(null) },
);

function valueOfDepth(depth: number): fc.Arbitrary<Value> {
  if (depth === 0) return arbitraryScalar;
  const inner = valueOfDepth(depth - 1);
  return fc.oneof(
    { weight: 6, arbitrary: arbitraryScalar },
    { weight: 2, arbitrary: fc.array(inner, { maxLength: 4 }) },
    { weight: 1, arbitrary: objectOf(inner) },
  );
}

function objectOf(member: fc.Arbitrary<Value>): fc.Arbitrary<ValueObject> {
  const key = fc.constantFrom("a", "b", "A", "", "__proto__", "constructor", "0");
  return fc.array(fc.tuple(key, member), { maxLength: 3 }).map(makeObject);
}

/** Few, as they are slow: lists of many items, and values in values in values. */
const arbitraryGreatValue: fc.Arbitrary<Value> = fc.oneof(
  fc.array(arbitraryScalar, { minLength: 50, maxLength: 120 }),
  fc.nat(40).map((depth) => {
    let value: Value = "a";
    for (let level = 0; level < depth; level++) value = [value];
    return value;
  }),
);

/** What a property may hold. */
export const arbitraryValue: fc.Arbitrary<Value> = fc.oneof(
  { weight: 40, arbitrary: valueOfDepth(2) },
  { weight: 1, arbitrary: arbitraryGreatValue },
);

/** Properties of a profile, each of the names often missing. */
export function arbitraryProperties(
  names: readonly string[],
): fc.Arbitrary<ReadonlyMap<string, Value>> {
  return fc
    .tuple(...names.map(() => fc.option(arbitraryValue, { nil: undefined, freq: 4 })))
    .map((values) => {
      const properties = new Map<string, Value>();
      for (const [index, value] of values.entries()) {
        if (value !== undefined) properties.set(names[index] ?? "", value);
      }
      return properties;
    });
}
