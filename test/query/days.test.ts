import { describe, expect, it } from "vitest";
import { PERIOD_COUNT_MAX, periodsOf, readDays } from "../../src/query/days.ts";

const NOON = Date.parse("2024-05-10T12:00:00Z") / 1000;

function days(from: string, to: string, timeZone: string = "UTC") {
  return readDays(from, to, { timeZone, nowSeconds: NOON });
}

function utc(seconds: number): string {
  return new Date(seconds * 1000).toISOString();
}

describe("days", () => {
  it("span whole days of the zone, to their last second", () => {
    const { span } = days("2024-03-31", "2024-03-31", "Europe/Berlin");
    expect(utc(span.fromSeconds)).toBe("2024-03-30T23:00:00.000Z");
    expect(utc(span.toSeconds)).toBe("2024-03-31T21:59:59.000Z");
  });

  it("end today, which begins with the zone", () => {
    expect(days("2024-05-10", "2024-05-10").to).toBe("2024-05-10");
    expect(() => days("2024-05-10", "2024-05-11")).toThrow("to_date cannot be later than today");
    expect(days("2024-05-11", "2024-05-11", "Pacific/Kiritimati").from).toBe("2024-05-11");
  });

  it("go forward", () => {
    expect(() => days("2024-05-02", "2024-05-01")).toThrow(
      "from_date cannot be later than to_date",
    );
  });

  it.each(["2024-02-30", "2024-5-1", "20240501", "2024-05-01T00:00:00", "yesterday", ""])(
    "%j is none",
    (day) => {
      expect(() => days(day, "2024-05-01")).toThrow(/Invalid parameter from_date/);
      expect(() => days("2024-01-01", day)).toThrow(/Invalid parameter to_date/);
    },
  );
});

describe("periods", () => {
  it.each([
    ["day", "2024-02-28", "2024-03-01", "2024-02-28 2024-02-29 2024-03-01"],
    ["week", "2024-05-05", "2024-05-07", "2024-04-29 2024-05-06"],
    ["week", "2024-05-06", "2024-05-12", undefined],
    ["week", "2024-04-29", "2024-05-05", "2024-04-29"],
    ["month", "2023-12-31", "2024-02-01", "2023-12-01 2024-01-01 2024-02-01"],
  ] as const)("by %s from %s to %s are %s", (unit, from, to, expected) => {
    const range = { from, to, span: { fromSeconds: 0, toSeconds: 0 } };
    expect(periodsOf(range, unit).join(" ")).toBe(expected ?? "2024-05-06");
  });

  it("are bounded in number", () => {
    expect(periodsOf(days("1996-12-24", "2024-05-10"), "day")).toHaveLength(PERIOD_COUNT_MAX);
    expect(() => periodsOf(days("1996-12-23", "2024-05-10"), "day")).toThrow(
      "from_date and to_date are more than 10000 days apart",
    );
    expect(periodsOf(days("1996-12-23", "2024-05-10"), "month")).toHaveLength(330);
  });
});
