import { describe, expect, it } from "vitest";
import type { Window } from "../../src/event/behavior.ts";
import { behaviorAt, dayAfter, isDay, parseLength, spanOf } from "../../src/event/window.ts";

/** 2023-11-14T22:13:20Z, which is 23:13:20 in Berlin. */
const AS_OF = 1_700_000_000;

function instants(window: Window, timeZone = "UTC", asOfSeconds = AS_OF): readonly string[] {
  const { fromSeconds, toSeconds } = spanOf(window, asOfSeconds, timeZone);
  return [fromSeconds, toSeconds].map((seconds) => new Date(seconds * 1000).toISOString());
}

describe("a length of time", () => {
  it.each([
    ["90d", 90 * 86_400],
    ["30", 30 * 86_400],
    ["12h", 12 * 3600],
    ["6w", 42 * 86_400],
    ["2m", 60 * 86_400],
    ["2mo", 60 * 86_400],
    ["1y", 365 * 86_400],
    [" 7 Days ", 7 * 86_400],
    ["5 min", 300],
    ["1 quarter", 90 * 86_400],
    ["0d", 0],
  ])("is read from %s", (text, seconds) => {
    expect(parseLength(text)).toBe(seconds);
  });

  it.each(["", "d", "-3d", "1.5d", "3 fortnights", "1d2h", "99999999999d"])(
    "is not read from %j",
    (text) => {
      expect(parseLength(text)).toBeUndefined();
    },
  );
});

describe("a span", () => {
  it("of a length ends at the as-of time, both ends included", () => {
    expect(spanOf({ kind: "last", seconds: 86_400 }, AS_OF, "Asia/Tokyo")).toEqual({
      fromSeconds: AS_OF - 86_400,
      toSeconds: AS_OF,
    });
  });

  it("of days goes from midnight to the last second, in the project's zone", () => {
    const window: Window = { kind: "days", from: "2023-11-01", to: "2023-11-30" };
    expect(instants(window)).toEqual(["2023-11-01T00:00:00.000Z", "2023-11-30T23:59:59.000Z"]);
    expect(instants(window, "Europe/Berlin")).toEqual([
      "2023-10-31T23:00:00.000Z",
      "2023-11-30T22:59:59.000Z",
    ]);
  });

  it("of a day on which the clocks change has 23 or 25 hours", () => {
    const hours = (day: string) => {
      const window: Window = { kind: "days", from: day, to: day };
      const { fromSeconds, toSeconds } = spanOf(window, AS_OF, "Europe/Berlin");
      return (toSeconds - fromSeconds + 1) / 3600;
    };
    expect([hours("2023-03-26"), hours("2023-10-29"), hours("2023-10-30")]).toEqual([23, 25, 24]);
  });

  it("without a last day ends at the as-of time, without a first one it never begins", () => {
    expect(instants({ kind: "days", from: "2023-11-14", to: undefined })).toEqual([
      "2023-11-14T00:00:00.000Z",
      "2023-11-14T22:13:20.000Z",
    ]);
    const { fromSeconds } = spanOf({ kind: "days", from: undefined, to: undefined }, AS_OF, "UTC");
    expect(fromSeconds).toBeLessThan(-8e12);
  });

  it("of given days is the same whenever one asks", () => {
    const window: Window = { kind: "days", from: "2023-11-01", to: "2023-11-30" };
    expect(instants(window, "UTC", 0)).toEqual(instants(window));
  });

  it("stays within what an instant can be", () => {
    const { fromSeconds } = spanOf({ kind: "last", seconds: 1e15 }, AS_OF, "UTC");
    expect(fromSeconds).toBe(-8.64e12);
    const last: Window = { kind: "days", from: "9999-12-31", to: "9999-12-31" };
    expect(spanOf(last, AS_OF, "UTC").toSeconds).toBe(8.64e12);
  });

  it("is all that changes of a behavior", () => {
    const definition = {
      tests: [{ event: "a", selector: undefined }],
      window: { kind: "last", seconds: 60 },
      measure: { kind: "count" },
    } as const;
    expect(behaviorAt(definition, 100, "UTC")).toEqual({
      tests: definition.tests,
      measure: definition.measure,
      span: { fromSeconds: 40, toSeconds: 100 },
    });
  });
});

describe("a day", () => {
  it("is one of the calendar, and nothing besides", () => {
    expect(["2024-02-29", "2023-02-29", "2024-2-9", "2024-02-29T00:00"].map(isDay)).toEqual([
      true,
      false,
      false,
      false,
    ]);
  });

  it("has one after it, but for the last that can be written", () => {
    expect(dayAfter("2024-02-28")).toBe("2024-02-29");
    expect(dayAfter("2023-12-31")).toBe("2024-01-01");
    expect(dayAfter("9999-12-31")).toBeUndefined();
    expect(dayAfter("soon")).toBeUndefined();
  });
});
