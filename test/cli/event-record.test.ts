import { describe, expect, it } from "vitest";
import { EVENT_READER } from "../../src/cli/import/event-record.ts";
import type { Shaped } from "../../src/cli/import/record-reader.ts";

const read = (value: unknown, line = 1): unknown =>
  JSON.parse(JSON.stringify(EVENT_READER.read(value, line)));

const insertId = (value: unknown, line = 1): unknown => {
  const shaped = EVENT_READER.read(value, line) as Extract<Shaped, { kind: "record" }>;
  return (shaped.record["properties"] as Record<string, unknown>)["$insert_id"];
};

const PROPERTIES = { time: 1, distinct_id: "ada", $insert_id: "i1", page: "/" };

describe("an event of an import", () => {
  it.each([
    ["of the wire", { event: "View", properties: PROPERTIES }, PROPERTIES],
    [
      "with its id and time beside the properties",
      { event: "View", time: 1, distinct_id: "ada", $insert_id: "i1", properties: { page: "/" } },
      PROPERTIES,
    ],
    [
      "that says the same in both places, where what is inside counts",
      { event: "View", time: 2, distinct_id: "bo", properties: PROPERTIES },
      PROPERTIES,
    ],
    ["that is flat", { event: "View", ...PROPERTIES }, PROPERTIES],
    [
      "that names a project of its own",
      { event: "View", properties: { ...PROPERTIES, token: "other" } },
      PROPERTIES,
    ],
    ["that is flat and names a project", { event: "View", token: "x", ...PROPERTIES }, PROPERTIES],
    [
      "whose time is a date",
      { event: "View", ...PROPERTIES, time: "2024-01-31 10:00:00+02:00" },
      { ...PROPERTIES, time: 1_706_688_000 },
    ],
    [
      "whose time is a date without a zone, which is UTC",
      { event: "View", properties: { ...PROPERTIES, time: "2024-01-31" } },
      { ...PROPERTIES, time: 1_706_659_200 },
    ],
    [
      "whose time is no date, which is not ours to judge",
      { event: "View", properties: { ...PROPERTIES, time: "soon" } },
      { ...PROPERTIES, time: "soon" },
    ],
  ])("%s becomes one of the wire", (_name, value, properties) => {
    expect(read(value)).toEqual({ kind: "record", record: { event: "View", properties } });
  });

  it.each([
    [7, "not an object"],
    [null, "not an object"],
    [["View"], "not an object"],
    [{ properties: {} }, "no event"],
    [{ event: "View", properties: "{}" }, "'properties' is invalid: must be an object"],
  ])("is rejected: %j", (value, reason) => {
    expect(read(value)).toEqual({ kind: "rejected", reason });
  });

  it("gets an insert id that follows from its content and line", () => {
    const event = { event: "View", time: 1, distinct_id: "ada" };
    const id = insertId(event);
    expect(id).toMatch(/^[0-9a-f]{32}$/);
    expect(insertId({ ...event, $insert_id: "" })).toMatch(/^[0-9a-f]{32}$/);
    expect([insertId(event), insertId(event, 2) === id]).toEqual([id, false]);
    expect(insertId({ ...event, page: "/" })).not.toBe(id);
  });

  it("keeps its insert id, or one that follows from it where the API would not take it", () => {
    const kept = { event: "View", $insert_id: "A-1", time: 1 };
    expect(insertId(kept)).toBe("A-1");
    const odd = insertId({ ...kept, $insert_id: "a_b" });
    expect(odd).toMatch(/^[0-9a-f]{32}$/);
    expect(insertId({ event: "Other", $insert_id: "a_b", time: 2 }, 9)).toBe(odd);
    expect(insertId({ ...kept, $insert_id: "x".repeat(37) })).not.toBe(odd);
  });

  it("may have members named as objects name their own", () => {
    const event = JSON.parse(
      '{"event":"View","__proto__":1,"constructor":2,"distinct_id":"a","$insert_id":"i","time":1}',
    );
    const shaped = EVENT_READER.read(event, 1) as Extract<Shaped, { kind: "record" }>;
    const names = Object.keys(shaped.record["properties"] as object);
    expect(names).toEqual(expect.arrayContaining(["__proto__", "constructor"]));
    expect(names).toHaveLength(5);
  });
});
