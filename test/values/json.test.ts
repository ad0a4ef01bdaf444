import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatNumber, parseNumber } from "../../src/values/json.ts";

describe("parseNumber", () => {
  it.each([
    ["12", 12],
    ["+12", 12],
    ["-12.50", -12.5],
    [".5", 0.5],
    ["-.5e1", -5],
    ["1e3", 1000],
    ["1E+3", 1000],
    ["1e-400", 0],
    ["007", 7],
    ["9007199254740993", 9_007_199_254_740_992],
    ["1.7976931348623157e308", Number.MAX_VALUE],
  ])("reads %s as %d", (text, number) => {
    expect(parseNumber(text)).toBe(number);
  });

  it.each([
    "",
    " ",
    " 1",
    "1 ",
    "1.",
    ".",
    "e3",
    "1e",
    "1e+",
    "--1",
    "+-1",
    "1,000",
    "1_000",
    "0x10",
    "1e999",
    "-1e999",
    "Infinity",
    "NaN",
    "true",
    "\u0661",
    "1\n",
  ])("refuses %j", (text) => {
    expect(parseNumber(text)).toBeUndefined();
  });
});

describe("formatNumber", () => {
  it.each([
    [12, "12"],
    [-0.25, "-0.25"],
    [-0, "0"],
    [0.1 + 0.2, "0.30000000000000004"],
    [1e21, "1e+21"],
    [1e-7, "1e-7"],
  ])("writes %d as %s", (number, text) => {
    expect(formatNumber(number)).toBe(text);
  });

  it("writes what reads back as the same number, as JSON does", () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (number) => {
        expect(parseNumber(formatNumber(number))).toBe(number === 0 ? 0 : number);
        expect(formatNumber(number)).toBe(JSON.stringify(number));
      }),
    );
  });
});
