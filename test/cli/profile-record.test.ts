import { describe, expect, it } from "vitest";
import { profileReader } from "../../src/cli/import/profile-record.ts";

const SHAPE = { groupKey: undefined, idColumn: undefined, nowMs: 1_700_000_000_000 };
const GROUP = { ...SHAPE, groupKey: "company_id" };

/** What JSON would carry of it. */
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

describe("the wire record of an imported one", () => {
  it.each([
    [
      "what the query API answers",
      SHAPE,
      { $distinct_id: "ada", $properties: { plan: "pro", $last_seen: "2024-05-01T10:00:00" } },
      { $distinct_id: "ada", $ip: "0", $time: 1_714_557_600_000, $set: { plan: "pro" } },
    ],
    [
      "a record of the wire",
      SHAPE,
      { $token: "other", $distinct_id: 7, $add: { n: 1 }, $unset: ["x"], $ignore_time: true },
      {
        $distinct_id: "7",
        $ip: "0",
        $time: SHAPE.nowMs,
        $add: { n: 1 },
        $unset: ["x"],
        $ignore_time: true,
      },
    ],
    [
      "a flat record",
      SHAPE,
      { id: "ada", plan: "pro", $last_seen: "some day" },
      {
        $distinct_id: "ada",
        $ip: "0",
        $time: SHAPE.nowMs,
        $set: { plan: "pro", $last_seen: "some day" },
      },
    ],
    [
      "a flat record with its id elsewhere",
      { ...SHAPE, idColumn: "mail" },
      { id: "ada", mail: "a@b" },
      { $distinct_id: "a@b", $ip: "0", $time: SHAPE.nowMs, $set: { id: "ada" } },
    ],
    [
      "a group as the query API answers it",
      GROUP,
      { $distinct_id: "acme", $properties: { $group_key: "x", $group_id: "acme", size: 4 } },
      {
        $group_key: "company_id",
        $group_id: "acme",
        $ip: "0",
        $time: SHAPE.nowMs,
        $set: { size: 4 },
      },
    ],
  ])("is made of %s", (_name, shape, value, record) => {
    expect(plain(profileReader(shape).read(value, 1))).toEqual({ kind: "record", record });
  });

  it.each([
    [null, "not an object"],
    [[1], "not an object"],
    ["text", "not an object"],
    [{ plan: "pro" }, "no id in $distinct_id, distinct_id, id; name it with --id-column"],
    [{ id: "" }, "no id in $distinct_id, distinct_id, id; name it with --id-column"],
    [{ id: null }, "no id in $distinct_id, distinct_id, id; name it with --id-column"],
  ])("is refused for %j", (value, reason) => {
    expect(profileReader(SHAPE).read(value, 1)).toEqual({ kind: "rejected", reason });
  });

  it("keeps properties that are named as objects name their own members", () => {
    const value: unknown = JSON.parse('{"id":"a","__proto__":{"x":1},"constructor":2}');
    expect(JSON.stringify(profileReader(SHAPE).read(value, 1))).toContain(
      '"$set":{"__proto__":{"x":1},"constructor":2}',
    );
  });
});
