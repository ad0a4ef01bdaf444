import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Decoded, decodeRecords, type RecordTarget } from "../../src/ingest/decode.ts";
import { DISTINCT_ID_BYTES_MAX, RECORD_BYTES_MAX } from "../../src/profile/limits.ts";
import type { ProfileUpdate } from "../../src/profile/update.ts";
import { SEEN_AT_SECONDS } from "../support/updates.ts";

const NOW_MS = SEEN_AT_SECONDS * 1000 + 999;
const USER = { $token: "tok", $distinct_id: "ada" };

function decode(records: readonly unknown[], target: RecordTarget = "engage"): Decoded {
  return decodeRecords(records, { target, nowMs: NOW_MS });
}

/** The update of one record that must be right. */
function updateOf(members: object): ProfileUpdate {
  const { batches, failures } = decode([{ ...USER, ...members }]);
  expect(failures).toEqual([]);
  const [update] = batches[0]?.updates ?? [];
  if (update === undefined) throw new Error("no update");
  return update;
}

/** What is wrong with one record. */
function problemOf(record: unknown, target: RecordTarget = "engage"): string {
  const { batches, failures } = decode([record], target);
  expect(batches).toEqual([]);
  expect(failures).toHaveLength(1);
  return failures[0]?.message ?? "";
}

describe("a record", () => {
  it("becomes an update", () => {
    const { batches, failures } = decode([{ ...USER, $set: { plan: "pro", seats: 3 } }]);
    expect(failures).toEqual([]);
    expect(batches).toEqual([
      {
        token: "tok",
        groupKey: undefined,
        indexes: [0],
        updates: [
          {
            distinctId: "ada",
            seenAtSeconds: SEEN_AT_SECONDS,
            ignoreTime: false,
            ignoreAlias: false,
            operations: [
              {
                kind: "set",
                values: new Map<string, unknown>([
                  ["plan", "pro"],
                  ["seats", 3],
                ]),
              },
            ],
          },
        ],
      },
    ]);
  });

  it("has its operations applied in one order, however they are written", () => {
    const record = {
      $delete: "",
      $unset: ["a"],
      $remove: { a: 1 },
      $union: { a: [1] },
      $append: { a: 1 },
      $add: { a: 1 },
      $set_once: { a: 1 },
      $set: { a: 1 },
    };
    const kinds = updateOf(record).operations.map(({ kind }) => kind);
    expect(kinds).toEqual([
      "set",
      "set_once",
      "add",
      "append",
      "union",
      "remove",
      "unset",
      "delete",
    ]);
  });

  it.each([
    [{ $set: {} }, { kind: "set", values: new Map() }],
    [{ $set_once: { a: null } }, { kind: "set_once", values: new Map([["a", null]]) }],
    [
      { $add: { a: 1, b: "-2.5", c: " 3 " } },
      {
        kind: "add",
        amounts: new Map([
          ["a", 1],
          ["b", -2.5],
          ["c", 3],
        ]),
      },
    ],
    [{ $append: { a: [1] } }, { kind: "append", values: new Map([["a", [1]]]) }],
    [
      { $union: { a: [1], b: "x" } },
      {
        kind: "union",
        values: new Map<string, unknown>([
          ["a", [1]],
          ["b", ["x"]],
        ]),
      },
    ],
    [{ $remove: { a: "x" } }, { kind: "remove", values: new Map([["a", "x"]]) }],
    [{ $unset: ["a", "b"] }, { kind: "unset", names: ["a", "b"] }],
    [{ $unset: "a" }, { kind: "unset", names: ["a"] }],
    [{ $delete: "" }, { kind: "delete" }],
    [{ $delete: "null" }, { kind: "delete" }],
    [{ $delete: "ada" }, { kind: "delete" }],
    [{ $delete: null }, { kind: "delete" }],
    [{ $delete: false }, { kind: "delete" }],
  ])("%j is read", (members, operation) => {
    expect(updateOf(members).operations).toEqual([operation]);
  });

  it("may have members that mean nothing here", () => {
    const extra = {
      $ip: "0",
      $latitude: 1.5,
      $longitude: 2.5,
      $ignore_alias: "true",
      $device_id: "d",
      $user_id: "u",
      $had_persisted_distinct_id: false,
      other: { $set: 1 },
    };
    expect(updateOf({ ...extra, $set: { a: 1 } }).operations).toEqual([
      { kind: "set", values: new Map([["a", 1]]) },
    ]);
  });

  it.each([
    [13793, "13793"],
    [0, "0"],
    [true, "true"],
    ["  ", "  "],
    ["a\ud800", "a\ufffd"],
    ["é".repeat(DISTINCT_ID_BYTES_MAX / 2), "é".repeat(DISTINCT_ID_BYTES_MAX / 2)],
  ])("with the distinct id %j is about %j", (sent, distinctId) => {
    expect(updateOf({ $distinct_id: sent, $set: {} }).distinctId).toBe(distinctId);
  });

  it.each<[unknown, number]>([
    [undefined, SEEN_AT_SECONDS],
    [null, SEEN_AT_SECONDS],
    ["", SEEN_AT_SECONDS],
    [0, 0],
    [1_600_000_000, 1_600_000_000],
    [1_600_000_000.75, 1_600_000_000],
    [1_600_000_000_999, 1_600_000_000],
    [4_294_967_295, 4_294_967_295],
    [4_294_967_296, 4_294_967],
    ["1600000000", 1_600_000_000],
    ["2020-09-13T12:26:40.000Z", 1_600_000_000],
  ])("with the time %j is seen at %d", (time, seenAtSeconds) => {
    expect(updateOf({ $time: time, $set: {} }).seenAtSeconds).toBe(seenAtSeconds);
  });

  it.each<[unknown, boolean]>([
    [true, true],
    ["true", true],
    [1, true],
    [false, false],
    ["false", false],
    [undefined, false],
    [null, false],
  ])("with $ignore_time %j ignores time: %s", (ignoreTime, expected) => {
    expect(updateOf({ $ignore_time: ignoreTime, $set: {} }).ignoreTime).toBe(expected);
  });

  const set = { $set: { a: 1 } };
  it.each<[unknown, string]>([
    [{ $distinct_id: "a", ...set }, "'$token' is invalid: must not be missing"],
    [{ $token: "", $distinct_id: "a", ...set }, "'$token' is invalid: must not be missing"],
    [{ $token: {}, $distinct_id: "a", ...set }, "'$token' is invalid: must be a string"],
    [{ $token: "tok", ...set }, "'$distinct_id' is invalid: must not be missing"],
    [{ ...USER, $distinct_id: "", ...set }, "'$distinct_id' is invalid: must not be missing"],
    [{ ...USER, $distinct_id: null, ...set }, "'$distinct_id' is invalid: must not be missing"],
    [{ ...USER, $distinct_id: ["a"], ...set }, "'$distinct_id' is invalid: must be a string"],
    [
      { ...USER, $distinct_id: "é".repeat(513), ...set },
      "'$distinct_id' is invalid: must be at most 1024 bytes",
    ],
    [{ ...USER, $set: [] }, "'$set' is invalid: must be an object"],
    [{ ...USER, $set: null }, "'$set' is invalid: must be an object"],
    [{ ...USER, $set_once: "a" }, "'$set_once' is invalid: must be an object"],
    [{ ...USER, $union: ["a"] }, "'$union' is invalid: must be an object"],
    [{ ...USER, $add: { n: "one" } }, "'$add.n' is invalid: must be a number"],
    [{ ...USER, $add: { n: null } }, "'$add.n' is invalid: must be a number"],
    [{ ...USER, $unset: { a: 1 } }, "'$unset' is invalid: must be a list of property names"],
    [{ ...USER, $unset: [1] }, "'$unset' is invalid: must be a list of property names"],
    [USER, "'record' is invalid: must have an operation, such as $set"],
    [
      { ...USER, ...set, $time: -1 },
      "'$time' is invalid: must be specified as seconds or milliseconds since epoch",
    ],
    [
      { ...USER, ...set, $time: "soon" },
      "'$time' is invalid: must be specified as seconds or milliseconds since epoch",
    ],
    [
      { ...USER, ...set, $time: 1e300 },
      "'$time' is invalid: must be specified as seconds or milliseconds since epoch",
    ],
    ["text", "'record' is invalid: must be an object"],
    [null, "'record' is invalid: must be an object"],
    [[USER], "'record' is invalid: must be an object"],
  ])("%j is refused", (record, message) => {
    expect(problemOf(record)).toBe(message);
  });

  it.each([RECORD_BYTES_MAX, RECORD_BYTES_MAX + 1])("of %d bytes is held to the limit", (bytes) => {
    const texts = Array.from({ length: 15 }, (_, n) => [`p${n}`, "x".repeat(65_536)] as const);
    const properties = { ...Object.fromEntries(texts), rest: "" };
    properties.rest = "x".repeat(bytes - JSON.stringify(properties).length);
    const { failures } = decode([{ ...USER, $set: properties }]);
    const problems = failures.map(({ message }) => message);
    expect(problems).toEqual(
      bytes > RECORD_BYTES_MAX ? ["'record' is invalid: must be at most 1048576 bytes"] : [],
    );
  });
});

describe("a group's record", () => {
  it.each([
    ["acme", "acme"],
    [5, "5"],
    [true, "true"],
  ])("with the id %j is about %s", (id, distinctId) => {
    const record = { $token: "tok", $group_key: "company", $group_id: id, $set: { n: 1 } };
    const { batches } = decode([record], "groups");
    expect(batches[0]?.groupKey).toBe("company");
    expect(batches[0]?.updates[0]?.distinctId).toBe(distinctId);
  });

  it.each<[object, string]>([
    [{ $group_id: "a" }, "'$group_key' is invalid: must not be missing"],
    [{ $group_key: "company" }, "'$group_id' is invalid: must not be missing"],
    [{ $distinct_id: "a" }, "'$group_key' is invalid: must not be missing"],
  ])("%j is refused", (members, message) => {
    expect(problemOf({ $token: "tok", $delete: "", ...members }, "groups")).toBe(message);
  });
});

describe("a request", () => {
  it("is taken apart by token and group key, in order", () => {
    const record = (token: string, key: string, id: string): object => ({
      $token: token,
      $group_key: key,
      $group_id: id,
      $set: {},
    });
    const records = [
      record("t1", "a", "1"),
      record("t2", "a", "2"),
      record("t1", "b", "3"),
      record("t1", "a", "4"),
    ];
    const { batches } = decode(records, "groups");
    const shape = batches.map(({ token, groupKey, updates, indexes }) => [
      token,
      groupKey,
      updates.map(({ distinctId }) => distinctId),
      indexes,
    ]);
    expect(shape).toEqual([
      ["t1", "a", ["1", "4"], [0, 3]],
      ["t2", "a", ["2"], [1]],
      ["t1", "b", ["3"], [2]],
    ]);
  });

  it("reports bad records and keeps the good ones", () => {
    const records = [{ ...USER, $set: 1 }, { ...USER, $set: {} }, 5, { ...USER, $distinct_id: 7 }];
    const { batches, failures } = decode(records);
    expect(batches[0]?.indexes).toEqual([1]);
    expect(failures).toEqual([
      {
        index: 0,
        distinctId: "ada",
        field: "$set",
        message: "'$set' is invalid: must be an object",
      },
      {
        index: 2,
        distinctId: undefined,
        field: "record",
        message: "'record' is invalid: must be an object",
      },
      {
        index: 3,
        distinctId: "7",
        field: "record",
        message: "'record' is invalid: must have an operation, such as $set",
      },
    ]);
  });

  it("can name the project of records that name none", () => {
    const records = [
      { $distinct_id: "a", $set: {} },
      { ...USER, $set: {} },
    ];
    const { batches } = decodeRecords(records, { target: "engage", nowMs: NOW_MS, token: "own" });
    expect(batches.map(({ token }) => token)).toEqual(["own", "tok"]);
  });

  it("is read or reported whatever JSON it holds", () => {
    const names = fc.constantFrom(
      "$token",
      "$distinct_id",
      "$set",
      "$add",
      "$union",
      "$unset",
      "$time",
      "$delete",
    );
    const record = fc.oneof(fc.jsonValue(), fc.dictionary(names, fc.jsonValue()));
    fc.assert(
      fc.property(
        fc.array(record),
        fc.constantFrom<RecordTarget>("engage", "groups"),
        (records, target) => {
          const { batches, failures } = decode(records, target);
          const taken = batches.flatMap(({ indexes }) => indexes);
          const all = [...taken, ...failures.map(({ index }) => index)].toSorted((a, b) => a - b);
          expect(all).toEqual([...records.keys()]);
        },
      ),
    );
  });
});
