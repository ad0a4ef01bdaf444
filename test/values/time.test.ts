import fc from "fast-check";
import { DateTime } from "luxon";
import { describe, expect, it } from "vitest";
import {
  type DateUnit,
  dateDifference,
  formatInstant,
  INSTANT_SECONDS_MAX,
  instantOf,
  isInstant,
  isTimeZone,
  parseInstant,
  startOfDay,
} from "../../src/values/time.ts";

/** The instant of a text that JavaScript reads, too. */
function seconds(text: string): number {
  return Math.floor(Date.parse(text) / 1000);
}

describe("parseInstant", () => {
  it.each([
    ["2024-01-31", "2024-01-31T00:00:00Z"],
    ["2024-01-31T10:20:30", "2024-01-31T10:20:30Z"],
    ["2024-01-31 10:20:30", "2024-01-31T10:20:30Z"],
    ["2024-01-31T10:20", "2024-01-31T10:20:00Z"],
    ["2024-01-31T10:20Z", "2024-01-31T10:20:00Z"],
    ["2024-01-31T10:20:30Z", "2024-01-31T10:20:30Z"],
    ["2024-01-31T10:20:30.999", "2024-01-31T10:20:30Z"],
    ["2024-01-31T10:20:30.123456789Z", "2024-01-31T10:20:30Z"],
    ["2024-01-31T10:20:30+05:30", "2024-01-31T04:50:30Z"],
    ["2024-01-31T10:20:30-0800", "2024-01-31T18:20:30Z"],
    ["2024-01-31T10:20:30.5+00:00", "2024-01-31T10:20:30Z"],
    ["1969-12-31T23:59:59.5Z", "1969-12-31T23:59:59Z"],
    ["2024-02-29", "2024-02-29T00:00:00Z"],
    ["2000-02-29", "2000-02-29T00:00:00Z"],
    ["0000-01-01", "0000-01-01T00:00:00Z"],
    ["9999-12-31T23:59:59", "9999-12-31T23:59:59Z"],
  ])("reads %s as %s", (text, instant) => {
    expect(parseInstant(text, "UTC")).toBe(seconds(instant));
  });

  it.each([
    "",
    "x",
    "2024",
    "2024-01",
    "2024-1-1",
    "2024-01-3",
    "2024/01/31",
    "20240131",
    "2024-00-10",
    "2024-13-01",
    "2024-01-00",
    "2024-01-32",
    "2024-04-31",
    "2023-02-29",
    "1900-02-29",
    "2024-01-31T",
    "2024-01-31t10:20:30",
    "2024-01-31T10",
    "2024-01-31T1:20",
    "2024-01-31T10:2",
    "2024-01-31T24:00:00",
    "2024-01-31T10:60:00",
    "2024-01-31T10:20:60",
    "2024-01-31T10:20:3",
    "2024-01-31T10:20:30.",
    "2024-01-31T10:20:30.Z",
    "2024-01-31T10:20.5",
    "2024-01-31T10:20:30z",
    "2024-01-31T10:20:30ZZ",
    "2024-01-31T10:20:30 Z",
    "2024-01-31T10:20:30+",
    "2024-01-31T10:20:30+5",
    "2024-01-31T10:20:30+05",
    "2024-01-31T10:20:30+05:3",
    "2024-01-31T10:20:30+05:60",
    "2024-01-31T10:20:30+24:00",
    "2024-01-31T10:20:30+053",
    "2024-01-31T10:20:30+05300",
    "2024-01-31Z",
    "2024-01-31+02:00",
    " 2024-01-31",
    "2024-01-31 ",
    "-2024-01-31",
    "+002024-01-31",
    "2024-01-31T10:20:30\0",
    "\u0662\u0660\u0662\u0664-\u0660\u0661-\u0663\u0661",
    "2024-W05-3",
    "Wed, 31 Jan 2024",
  ])("refuses %j", (text) => {
    expect(parseInstant(text, "UTC")).toBeUndefined();
    expect(parseInstant(text, "Europe/Berlin")).toBeUndefined();
  });

  it.each([
    ["2024-01-31T10:00:00", "Europe/Berlin", "2024-01-31T09:00:00Z"],
    ["2024-07-31T10:00:00", "Europe/Berlin", "2024-07-31T08:00:00Z"],
    ["2024-01-31", "Asia/Kathmandu", "2024-01-30T18:15:00Z"],
    ["2024-01-31T10:00:00Z", "Europe/Berlin", "2024-01-31T10:00:00Z"],
    ["2024-01-31T10:00:00+09:00", "Europe/Berlin", "2024-01-31T01:00:00Z"],
    ["1850-01-01", "Europe/Berlin", "1849-12-31T23:06:32Z"],
    // Clocks go from 02:00 to 03:00: a skipped time is moved forward by an hour.
    ["2024-03-31T01:59:59", "Europe/Berlin", "2024-03-31T00:59:59Z"],
    ["2024-03-31T02:30:00", "Europe/Berlin", "2024-03-31T01:30:00Z"],
    ["2024-03-31T03:00:00", "Europe/Berlin", "2024-03-31T01:00:00Z"],
    // Clocks go from 03:00 to 02:00: a doubled time is its first occurrence.
    ["2024-10-27T02:30:00", "Europe/Berlin", "2024-10-27T00:30:00Z"],
    ["2024-10-27T03:00:00", "Europe/Berlin", "2024-10-27T02:00:00Z"],
    ["2024-11-03T01:30:00", "America/New_York", "2024-11-03T05:30:00Z"],
    // Samoa had no 30 December 2011.
    ["2011-12-30T12:00:00", "Pacific/Apia", "2011-12-30T22:00:00Z"],
    ["2011-12-31T00:00:00", "Pacific/Apia", "2011-12-30T10:00:00Z"],
  ])("reads %s in %s as %s", (text, zone, instant) => {
    expect(formatInstant(parseInstant(text, zone) ?? Number.NaN, "UTC")).toBe(instant.slice(0, -1));
  });

  it("agrees with JavaScript on every instant it writes", () => {
    const edge = seconds("9999-12-31T23:59:59Z");
    fc.assert(
      fc.property(fc.integer({ min: seconds("0000-01-01T00:00:00Z"), max: edge }), (instant) => {
        const text = new Date(instant * 1000).toISOString();
        expect(parseInstant(text, "UTC")).toBe(instant);
        expect(formatInstant(instant, "UTC")).toBe(text.slice(0, 19));
      }),
    );
  });

  it("agrees with luxon on local times, wherever the zone shows them once", () => {
    const zones = ["Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe", "Africa/Casablanca"];
    fc.assert(
      fc.property(
        fc.integer({ min: seconds("1972-01-01T00:00:00Z"), max: seconds("2037-01-01T00:00:00Z") }),
        fc.constantFrom(...zones),
        (instant, zone) => {
          const local = DateTime.fromSeconds(instant, { zone });
          const text = local.toFormat("yyyy-MM-dd'T'HH:mm:ss");
          expect(formatInstant(instant, zone)).toBe(text);
          if (local.getPossibleOffsets().length === 1) {
            expect(parseInstant(text, zone)).toBe(instant);
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  it("says which zone it does not know", () => {
    expect(() => parseInstant("2024-01-31", "Mars/Olympus")).toThrow(/Mars\/Olympus/);
  });
});

describe("formatInstant", () => {
  it.each([
    [0, "UTC", "1970-01-01T00:00:00"],
    [-1, "UTC", "1969-12-31T23:59:59"],
    [0, "America/New_York", "1969-12-31T19:00:00"],
    [INSTANT_SECONDS_MAX, "UTC", "+275760-09-13T00:00:00"],
    [-INSTANT_SECONDS_MAX, "UTC", "-271821-04-20T00:00:00"],
    [INSTANT_SECONDS_MAX, "Asia/Tokyo", "+275760-09-13T09:00:00"],
  ])("writes %d in %s as %s", (instant, zone, text) => {
    expect(formatInstant(instant, zone)).toBe(text);
  });
});

describe("isInstant", () => {
  it.each([
    [INSTANT_SECONDS_MAX, true],
    [INSTANT_SECONDS_MAX + 1, false],
    [-INSTANT_SECONDS_MAX, true],
    [-INSTANT_SECONDS_MAX - 1, false],
    [Number.NaN, false],
  ])("says of %d %s", (value, answer) => {
    expect(isInstant(value)).toBe(answer);
  });
});

describe("isTimeZone", () => {
  it.each([
    ["UTC", true],
    ["Europe/Berlin", true],
    ["America/Argentina/Buenos_Aires", true],
    ["Mars/Olympus", false],
    ["+01:00", false],
    ["", false],
    ["local", false],
  ])("says of %j %s", (name, answer) => {
    expect(isTimeZone(name)).toBe(answer);
  });
});

describe("instantOf", () => {
  it.each([
    [[2024, 1, 31], [10, 20, 30], "UTC", "2024-01-31T10:20:30"],
    [[2024, 1, 31], [10, 0, 0], "Europe/Berlin", "2024-01-31T09:00:00"],
    [[2024, 2, 30], [0, 0, 0], "UTC", undefined],
    [[2024.5, 1, 1], [0, 0, 0], "UTC", undefined],
    [[2024, 1, 1], [0, 0, 0.5], "UTC", undefined],
    [[2024, 1, 1], [24, 0, 0], "UTC", undefined],
    [[10_000, 1, 1], [0, 0, 0], "UTC", undefined],
    [[-1, 1, 1], [0, 0, 0], "UTC", undefined],
  ] as const)("makes of %j %j in %s %s", ([year, month, day], time, zone, text) => {
    const instant = instantOf({ year, month, day }, time, zone);
    expect(instant === undefined ? undefined : formatInstant(instant, "UTC")).toBe(text);
  });
});

describe("startOfDay", () => {
  it.each([
    ["2024-01-31T23:30:00", "UTC", "2024-01-31T00:00:00"],
    ["2024-01-31T23:30:00", "Europe/Berlin", "2024-01-31T23:00:00"],
    ["2024-01-31T22:30:00", "Europe/Berlin", "2024-01-30T23:00:00"],
    // Beirut's clocks went forward at midnight, so that day began at one.
    ["2022-03-27T12:00:00", "Asia/Beirut", "2022-03-26T22:00:00"],
  ])("of %s in %s is %s", (text, zone, start) => {
    const instant = parseInstant(text, "UTC") ?? Number.NaN;
    expect(formatInstant(startOfDay(instant, zone), "UTC")).toBe(start);
  });
});

describe("dateDifference", () => {
  it.each<[string, string, DateUnit, number | undefined]>([
    ["2024-01-31", "2024-03-01", "D", 30],
    ["2024-01-31", "2024-03-01", "M", 1],
    ["2024-01-31", "2024-02-29", "M", 0],
    ["2024-01-31", "2024-03-31", "M", 2],
    ["2020-02-29", "2024-02-28", "Y", 3],
    ["2020-02-29", "2024-02-29", "Y", 4],
    ["2020-05-15", "2024-07-20", "YM", 2],
    ["2020-05-15", "2024-07-20", "MD", 5],
    ["2020-05-15", "2024-07-10", "MD", 25],
    ["2024-01-31", "2024-03-01", "MD", 1],
    ["2020-05-15", "2024-07-20", "YD", 66],
    ["2020-07-20", "2024-05-15", "YD", 300],
    ["2024-01-31", "2024-01-31", "D", 0],
    ["2024-01-31T23:59:59", "2024-02-01T00:00:00", "D", 1],
    ["2024-02-01T00:00:00", "2024-01-31T23:59:59", "D", undefined],
    ["2024-01-31T23:00:00", "2024-01-31T01:00:00", "D", 0],
  ])("from %s to %s in %s is %s", (from, to, unit, difference) => {
    const [start, end] = [from, to].map((text) => parseInstant(text, "UTC") ?? Number.NaN);
    expect(dateDifference(start ?? 0, end ?? 0, unit, "UTC")).toBe(difference);
  });

  it("counts the dates that a zone's calendars show", () => {
    const [start, end] = [seconds("2024-01-31T22:30:00Z"), seconds("2024-01-31T23:30:00Z")];
    expect(dateDifference(start, end, "D", "UTC")).toBe(0);
    expect(dateDifference(start, end, "D", "Europe/Berlin")).toBe(1);
  });

  it("never leaves a month or more after whole months", () => {
    const day = fc.integer({ min: 0, max: 40_000 });
    fc.assert(
      fc.property(day, day, (a, b) => {
        const [from, to] = [Math.min(a, b) * 86_400, Math.max(a, b) * 86_400];
        const left = dateDifference(from, to, "MD", "UTC") ?? -1;
        expect(left).toBeGreaterThanOrEqual(0);
        expect(left).toBeLessThan(31);
        expect(dateDifference(from, to, "YD", "UTC")).toBeLessThan(366);
        expect(dateDifference(from, to, "YM", "UTC")).toBeLessThan(12);
      }),
    );
  });
});
