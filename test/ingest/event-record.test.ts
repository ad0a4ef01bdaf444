import { describe, expect, it } from "vitest";
import type { EventContext } from "../../src/ingest/decode-events.ts";
import { ANY, event, IMPORT, NOW_MS, problem, refused, STRICT } from "../support/event-records.ts";

const UUID = /^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/;
const ORIGINAL: Partial<EventContext> = { projectOf: () => ({ identity: "original" }) };

describe("the time", () => {
  it.each([
    [1_700_000_000, 1_700_000_000_000],
    [1_700_000_000_123, 1_700_000_000_123],
    [4_294_967_295, 4_294_967_295_000],
    [4_294_967_296, 4_294_967_296],
    [1_600_000_000.5, 1_600_000_000_500],
    [1_600_000_000.123, 1_600_000_000_123],
    // It stays in its second, by which events count.
    [1_600_000_000.9999, 1_600_000_000_999],
    [1_700_000_000_123.75, 1_700_000_000_123],
    ["1700000000", 1_700_000_000_000],
    [" 1700000000.25 ", 1_700_000_000_250],
    ["1700000000123", 1_700_000_000_123],
    ["2024-01-02T03:04:05", 1_704_164_645_000],
    ["2024-01-02T03:04:05.5Z", 1_704_164_645_000],
    ["2024-01-02", 1_704_153_600_000],
    [0, 0],
    [-0, 0],
  ])("%s is %s ms, imported", (time, timeMs) => {
    expect(event({ ...ANY, time }, IMPORT).timeMs).toBe(timeMs);
  });

  it("is the arrival where there is none, unless strict", () => {
    for (const time of [undefined, null, ""]) {
      expect(event({ ...ANY, time }).timeMs).toBe(NOW_MS);
      expect(event({ ...ANY, time }, IMPORT).timeMs).toBe(NOW_MS);
      expect(refused({ time })).toBe("'properties.time' is invalid: must not be missing");
    }
  });

  it("of an event that is tracked is never in the future", () => {
    expect(event({ ...ANY, time: 1_800_000_000 }).timeMs).toBe(NOW_MS);
    expect(event({ ...ANY, time: NOW_MS + 1 }).timeMs).toBe(NOW_MS);
    expect(event({ ...ANY, time: NOW_MS - 1 }).timeMs).toBe(NOW_MS - 1);
    expect(event({ ...ANY, time: 1_800_000_000 }, IMPORT).timeMs).toBe(1_800_000_000_000);
  });

  it.each([-1, -0.5, "soon", [], {}, true, "NaN", "1e999", 1e300, "2024-13-01"])(
    "cannot be %j",
    (time) => {
      const message = "'properties.time' is invalid: must be specified as seconds since epoch";
      for (const context of [{}, IMPORT, STRICT]) expect(refused({ time }, context)).toBe(message);
    },
  );

  it.each([
    [31_535_999, "must not be before 1971"],
    [0, "must not be before 1971"],
    [NOW_MS + 3_600_001, "must not be more than 1 hour in the future"],
    ["2024-01-02T03:04:05", "must be specified as seconds since epoch"],
  ])("%s is refused strictly", (time, reason) => {
    expect(refused({ time })).toBe(`'properties.time' is invalid: ${reason}`);
    expect(event({ ...ANY, time }, IMPORT).insertId).toBe("i-1");
  });

  it.each([31_536_000, NOW_MS + 3_600_000, "1700000000"])("%s is taken strictly", (time) => {
    expect(event({ ...ANY, time }, STRICT).insertId).toBe("i-1");
  });
});

describe("the insert id", () => {
  it("is made up where there is none, unless strict", () => {
    for (const $insert_id of [undefined, null, ""]) {
      const made = [{}, IMPORT].map((context) => event({ ...ANY, $insert_id }, context).insertId);
      for (const insertId of made) expect(insertId).toMatch(UUID);
      expect(made[0]).not.toBe(made[1]);
      expect(refused({ $insert_id })).toBe(
        "'properties.$insert_id' is invalid: must not be missing",
      );
    }
  });

  it.each(["a", "A-9", "x".repeat(36), 7])("%s is taken strictly", ($insert_id) => {
    expect(event({ ...ANY, $insert_id }, STRICT).insertId).toBe(String($insert_id));
  });

  it.each(["x".repeat(37), "a_b", "a b", "é", 1.5])("%s is refused strictly", ($insert_id) => {
    const message =
      "'properties.$insert_id' is invalid: must be at most 36 letters, digits and dashes";
    expect(refused({ $insert_id })).toBe(message);
    expect(event({ ...ANY, $insert_id }, IMPORT).insertId).toBe(String($insert_id));
  });

  it("that is no text is refused", () => {
    for (const $insert_id of [[], {}, ["a"]]) {
      expect(refused({ $insert_id }, {})).toBe(
        "'properties.$insert_id' is invalid: must be a string",
      );
    }
    expect(refused({ $insert_id: "x".repeat(1025) }, {})).toBe(
      "'properties.$insert_id' is invalid: must be at most 1024 bytes",
    );
  });

  it("of a record that is refused is told, so far as it has one", () => {
    const told = ($insert_id: unknown): string | undefined =>
      problem({ event: "", properties: { ...ANY, $insert_id } })?.insertId;
    expect(["i", 5, "", null, [], "x".repeat(2000)].map(told)).toEqual([
      "i",
      "5",
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
    expect(problem({ event: "a" })?.insertId).toBeUndefined();
  });
});

describe("the distinct id, identity simplified,", () => {
  it.each([
    [{ distinct_id: "x" }, "x"],
    [{ distinct_id: 42 }, "42"],
    [{ distinct_id: true }, "true"],
    [{ distinct_id: "x", $user_id: "u" }, "u"],
    [{ distinct_id: "x", $user_id: "u", $device_id: "d" }, "u"],
    [{ distinct_id: "x", $device_id: "d" }, "$device:d"],
    [{ $device_id: "$device:d" }, "$device:d"],
    [{ distinct_id: "x", $user_id: "", $device_id: "d" }, "$device:d"],
    [{ distinct_id: "x", $user_id: null, $device_id: null }, "x"],
    [{ distinct_id: "x", $user_id: "", $device_id: "" }, "x"],
    [{ $user_id: 7 }, "7"],
    [{ $user_id: ["u"], distinct_id: "x" }, "x"],
    [{ distinct_id: "" }, ""],
    [{}, ""],
    [{ distinct_id: null }, ""],
  ])("of %j is %j", (properties, distinctId) => {
    const decoded = event({ token: "tok", ...properties });
    expect(decoded.distinctId).toBe(distinctId);
    expect(decoded.properties.has("distinct_id")).toBe(false);
    const { $user_id } = properties as { $user_id?: unknown };
    expect(decoded.properties.get("$user_id")).toEqual($user_id);
  });

  it("is the fallback only where nobody is named", () => {
    const context: Partial<EventContext> = {
      projectOf: () => ({ identity: "simplified", fallbackId: "address" }),
    };
    expect(event({ token: "tok" }, context).distinctId).toBe("address");
    expect(event({ token: "tok", distinct_id: null }, context).distinctId).toBe("address");
    expect(event({ token: "tok", distinct_id: "" }, context).distinctId).toBe("");
    expect(event({ token: "tok", $device_id: "d" }, context).distinctId).toBe("$device:d");
  });
});

describe("the distinct id", () => {
  it("is what was sent where identity is original", () => {
    const ids = { $user_id: "u", $device_id: "d" };
    expect(event({ ...ANY, ...ids }, ORIGINAL).distinctId).toBe("ada");
    expect(event({ token: "tok", ...ids }, ORIGINAL).distinctId).toBe("");
  });

  it.each([[[]], [{}], [["a"]]])("cannot be %j", (distinct_id) => {
    expect(refused({ distinct_id }, {})).toBe(
      "'properties.distinct_id' is invalid: must be a string",
    );
  });

  it("is at most 1024 bytes", () => {
    expect(event({ ...ANY, distinct_id: "é".repeat(512) }).distinctId).toHaveLength(512);
    const message = (field: string): string =>
      `'properties.${field}' is invalid: must be at most 1024 bytes`;
    for (const field of ["distinct_id", "$user_id", "$device_id"]) {
      expect(refused({ [field]: "é".repeat(513) }, {})).toBe(message(field));
    }
    expect(refused({ $device_id: "d".repeat(1020) }, {})).toBe(message("$device_id"));
  });

  it("must be there, strictly, unless the event names ids elsewhere", () => {
    const message = "'properties.distinct_id' is invalid: must not be missing";
    expect(refused({ distinct_id: undefined })).toBe(message);
    expect(refused({ distinct_id: null })).toBe(message);
    expect(event({ ...ANY, distinct_id: "" }, STRICT).distinctId).toBe("");
    expect(event({ ...ANY, distinct_id: null, $device_id: "d" }, STRICT).distinctId).toBe(
      "$device:d",
    );
    for (const name of ["$identify", "$merge"]) {
      expect(event({ ...ANY, distinct_id: undefined }, STRICT, name).distinctId).toBe("");
    }
  });

  it.each([
    "00000000-0000-0000-0000-000000000000",
    "anon",
    "anonymous",
    "nil",
    "none",
    "null",
    "n/a",
    "na",
    "undefined",
    "unknown",
    "<nil>",
    "0",
    "-1",
    "true",
    "false",
    "[]",
    "{}",
    0,
    -1,
    false,
  ])("%s stands for nobody, strictly", (distinct_id) => {
    const reason = `is invalid: ${JSON.stringify(String(distinct_id))} stands for nobody`;
    expect(refused({ distinct_id })).toBe(`'properties.distinct_id' ${reason}`);
    expect(refused({ distinct_id: "x", $user_id: String(distinct_id) })).toBe(
      `'properties.$user_id' ${reason}`,
    );
    expect(refused({ distinct_id: "x", $device_id: String(distinct_id) })).toBe(
      `'properties.$device_id' ${reason}`,
    );
    expect(event({ ...ANY, distinct_id }, IMPORT).distinctId).toBe(String(distinct_id));
  });
});

describe("an event that is validated strictly", () => {
  it("has at most 255 properties", () => {
    const properties = (count: number): object =>
      Object.fromEntries(Array.from({ length: count }, (_, n) => [`p${n}`, n]));
    expect(event({ ...ANY, ...properties(255) }, STRICT).properties.size).toBe(255);
    expect(refused(properties(256))).toBe("'properties' is invalid: must be at most 255");
    expect(event({ ...ANY, ...properties(256) }, IMPORT).properties.size).toBe(256);
  });

  it.each([[{ a: [{ b: 1 }] }], [[[[1]]]], [{ a: { b: {} } }]])("may hold %j", (value) => {
    expect(event({ ...ANY, value }, STRICT).properties.get("value")).toEqual(value);
  });

  it.each([[{ a: [{ b: [] }] }], [[[[[]]]]], [{ a: { b: { c: {} } } }]])(
    "may not hold %j",
    (value) => {
      expect(refused({ value })).toBe(
        "'properties.value' is invalid: must not nest deeper than 3 levels",
      );
      expect(event({ ...ANY, value }, IMPORT).properties.get("value")).toEqual(value);
    },
  );
});
