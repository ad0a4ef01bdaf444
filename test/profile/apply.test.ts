import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { applyUpdate } from "../../src/profile/apply.ts";
import { PROFILE_BYTES_MAX, PROPERTIES_MAX, VALUE_BYTES_MAX } from "../../src/profile/limits.ts";
import type { Profile } from "../../src/profile/profile.ts";
import { propertiesToJson } from "../../src/profile/record.ts";
import type { Operation } from "../../src/profile/update.ts";
import type { Value } from "../../src/values/value.ts";
import { type Named, named, SEEN_AT, set, update } from "../support/updates.ts";

/** The properties that operations leave, without `$last_seen`; undefined for no profile. */
function leave(before: Named | undefined, ...operations: readonly Operation[]): unknown {
  const properties = apply(before, ...operations)?.properties;
  if (properties === undefined) return undefined;
  const left = new Map(properties);
  left.delete("$last_seen");
  return Object.fromEntries(left);
}

function apply(
  before: Named | undefined,
  ...operations: readonly Operation[]
): Profile | undefined {
  const applied = applyUpdate(profile(before), update("ada", ...operations));
  if (applied.kind === "rejected") throw new Error(applied.message);
  return applied.profile;
}

function profile(properties: Named | undefined): Profile | undefined {
  return properties && { distinctId: "ada", properties: named(properties) };
}

/** One operation with one named value. */
function operation(kind: Operation["kind"], name: string, value: Value): Operation {
  switch (kind) {
    case "set":
    case "set_once":
    case "append":
    case "remove":
      return { kind, values: new Map([[name, value]]) };
    case "add":
      return { kind, amounts: new Map([[name, value as number]]) };
    case "union":
      return { kind, values: new Map([[name, value as readonly Value[]]]) };
    case "unset":
      return { kind, names: [name] };
    case "delete":
      return { kind };
  }
}

describe("an operation on a property", () => {
  const missing = undefined;
  it.each<[Operation["kind"], Value | undefined, Value, Value | undefined]>([
    ["set", missing, 1, 1],
    ["set", "a", null, null],
    ["set", [1], { k: 1 }, { k: 1 }],
    ["set_once", missing, 1, 1],
    ["set_once", 0, 1, 0],
    ["set_once", null, 1, null],
    ["set_once", "", 1, ""],
    ["add", missing, 5, 5],
    ["add", 1, 2.5, 3.5],
    ["add", 1, -3, -2],
    ["add", "1", 1, "1"],
    ["add", null, 1, null],
    ["add", true, 1, true],
    ["add", [1], 1, [1]],
    ["add", 1.7976931348623157e308, 1.7976931348623157e308, 1.7976931348623157e308],
    ["append", missing, "a", ["a"]],
    ["append", ["a"], "a", ["a", "a"]],
    ["append", "a", "b", ["a", "b"]],
    ["append", null, "b", [null, "b"]],
    ["append", { k: 1 }, "b", [{ k: 1 }, "b"]],
    ["append", [], ["b"], [["b"]]],
    ["append", [1], { amount: 5 }, [1, { amount: 5 }]],
    ["union", missing, ["a", "b", "a"], ["a", "b"]],
    ["union", missing, [], []],
    ["union", ["a", "a"], ["a", "b"], ["a", "a", "b"]],
    ["union", "a", ["a"], ["a"]],
    ["union", "a", ["b"], ["a", "b"]],
    ["union", ["a"], ["A"], ["a", "A"]],
    [
      "union",
      [1, true, null],
      ["1", 1, "true", true, "null", null],
      [1, true, null, "1", "true", "null"],
    ],
    [
      "union",
      [{ k: 1, l: [1] }],
      [
        { l: [1], k: 1 },
        { k: 1, l: ["1"] },
      ],
      [
        { k: 1, l: [1] },
        { k: 1, l: ["1"] },
      ],
    ],
    [
      "union",
      [[1, 2]],
      [
        [1, 2],
        [2, 1],
      ],
      [
        [1, 2],
        [2, 1],
      ],
    ],
    ["union", ['{"k":1}'], [{ k: 1 }], ['{"k":1}', { k: 1 }]],
    ["remove", ["a", "b", "a"], "a", ["b"]],
    ["remove", ["a", "b", "c"], ["a", "c"], ["b"]],
    ["remove", ["a"], "A", ["a"]],
    ["remove", [1, "1"], "1", [1]],
    ["remove", [{ k: 1 }, 2], { k: 1 }, [2]],
    ["remove", [[1], 1], [[1]], [1]],
    ["remove", ["a"], "a", []],
    ["remove", ["a"], "b", ["a"]],
    ["remove", "a", "a", "a"],
    ["remove", missing, "a", missing],
    ["unset", 1, null, missing],
    ["unset", missing, null, missing],
  ])("%s on %j with %j leaves %j", (kind, before, value, after) => {
    const own: Named = before === undefined ? { other: 1 } : { p: before, other: 1 };
    const left = after === undefined ? { other: 1 } : { p: after, other: 1 };
    expect(leave(own, operation(kind, "p", value))).toEqual(left);
  });

  it.each<[Operation["kind"], Value, unknown]>([
    ["set", 1, { p: 1 }],
    ["set_once", 1, { p: 1 }],
    ["add", 1, { p: 1 }],
    ["append", 1, { p: [1] }],
    ["union", [1], { p: [1] }],
    ["remove", 1, undefined],
    ["unset", null, undefined],
    ["delete", null, undefined],
  ])("%s without a profile leaves %3$j", (kind, value, after) => {
    expect(leave(undefined, operation(kind, "p", value))).toEqual(after);
  });
});

describe("an update", () => {
  it("applies its operations in order", () => {
    const operations = [
      operation("set", "n", 1),
      operation("add", "n", 2),
      operation("append", "n", 3),
    ];
    expect(leave(undefined, ...operations)).toEqual({ n: [3, 3] });
    expect(leave(undefined, ...operations, { kind: "delete" })).toBeUndefined();
    expect(leave({ old: 1 }, { kind: "delete" }, ...operations)).toEqual({ n: [3, 3] });
  });

  it("keeps the order of properties", () => {
    const left = apply({ b: 1, a: 1 }, { kind: "set", values: named({ c: 1, a: 2 }) });
    expect([...(left?.properties.keys() ?? [])]).toEqual(["b", "a", "c", "$last_seen"]);
  });

  it("leaves what it is given as it was", () => {
    const list = [1];
    const before = profile({ list, n: 1 });
    const operations = [
      operation("append", "list", 2),
      operation("set", "n", 2),
      operation("unset", "n", null),
    ];
    applyUpdate(before, update("ada", ...operations));
    expect(before?.properties).toEqual(named({ list: [1], n: 1 }));
    expect(list).toEqual([1]);
  });

  it("takes any name for data", () => {
    const names: Named = [
      ["__proto__", 1],
      ["constructor", 2],
      ["", 3],
      ["hasOwnProperty", 4],
    ];
    const properties = apply(undefined, { kind: "set_once", values: named(names) })?.properties;
    expect(properties).toEqual(named([...names, ["$last_seen", SEEN_AT]]));
  });
});

describe("$last_seen", () => {
  const values = named({ a: 1 });
  const old = { $last_seen: "2020-01-01T00:00:00" };
  it.each<[string, Named | undefined, boolean, Operation, string]>([
    ["becomes the time of the update", old, false, { kind: "set", values }, SEEN_AT],
    ["is there from the start", undefined, false, { kind: "set", values }, SEEN_AT],
    [
      "becomes the time of an update that removes",
      old,
      false,
      { kind: "unset", names: ["a"] },
      SEEN_AT,
    ],
    [
      "wins over what is set",
      old,
      false,
      { kind: "set", values: named({ $last_seen: "x" }) },
      SEEN_AT,
    ],
    ["stays when time is ignored", old, true, { kind: "set", values }, old.$last_seen],
    [
      "is there from the start when time is ignored",
      undefined,
      true,
      { kind: "set", values },
      SEEN_AT,
    ],
    [
      "can be set when time is ignored",
      old,
      true,
      { kind: "set", values: named({ $last_seen: "x" }) },
      "x",
    ],
    ["cannot be unset for good", old, true, { kind: "unset", names: ["$last_seen"] }, SEEN_AT],
  ])("%s", (_, before, ignoreTime, change, after) => {
    const applied = applyUpdate(profile(before), { ...update("ada", change), ignoreTime });
    expect(applied.kind === "applied" && applied.profile?.properties.get("$last_seen")).toBe(after);
  });

  it("may go back in time with $time", () => {
    const applied = applyUpdate(profile({ $last_seen: SEEN_AT }), {
      ...set("ada", {}),
      seenAtSeconds: 0,
    });
    expect(applied.kind === "applied" && applied.profile?.properties.get("$last_seen")).toBe(
      "1970-01-01T00:00:00",
    );
  });
});

describe("limits", () => {
  const full: Named = Array.from({ length: PROPERTIES_MAX }, (_, n) => [`p${n}`, n] as const);

  it.each<[Operation["kind"], Value]>([
    ["set", 1],
    ["set_once", 1],
    ["add", 1],
    ["append", 1],
    ["union", [1]],
  ])("%s cannot add to a full profile", (kind, value) => {
    const applied = applyUpdate(profile(full), update("ada", operation(kind, "one more", value)));
    expect(applied).toEqual({
      kind: "rejected",
      message: "a profile holds at most 2000 properties, this would make 2001",
    });
  });

  it("lets a full profile change, and $last_seen stand beside it", () => {
    expect(apply(undefined, { kind: "set", values: named(full) })?.properties.size).toBe(
      PROPERTIES_MAX + 1,
    );
    const swap = [
      operation("unset", "p0", null),
      operation("set", "other", 1),
      operation("set", "p1", "new"),
    ];
    expect(apply(full, ...swap)?.properties.get("other")).toBe(1);
  });

  it("refuses what would make a profile of too many bytes, and nothing below", () => {
    const text = "x".repeat(65_536);
    const fifteen: Named = Array.from({ length: 15 }, (_, n) => [`p${n}`, text] as const);
    const before = apply(undefined, ...set("ada", fifteen).operations);
    const room =
      PROFILE_BYTES_MAX - Buffer.byteLength(propertiesToJson(before?.properties ?? new Map()));
    // `,"last":""` takes ten bytes.
    const fits = set("ada", { last: "y".repeat(room - 10) });
    expect(applyUpdate(before, fits)).toMatchObject({ kind: "applied" });
    const over = set("ada", { last: "y".repeat(room - 9) });
    expect(applyUpdate(before, over)).toEqual({
      kind: "rejected",
      message: "a profile holds at most 1048576 bytes, this would make more",
    });
  });

  it("lets a profile that is too large already change and shrink", () => {
    const over = [...full, ["over", 1]] as const;
    expect(apply(over, operation("set", "p0", 9))?.properties.get("p0")).toBe(9);
  });

  it.each<[Operation["kind"], (text: string) => Value]>([
    ["append", (text) => text],
    ["union", (text) => [text]],
  ])("%s cannot make a list too large", (kind, value) => {
    const list = Array.from({ length: 4 }, (_, n) => String(n).repeat(65_000));
    const rest = VALUE_BYTES_MAX - JSON.stringify(list).length - ',""'.length;
    expect(
      apply({ list }, operation(kind, "list", value("x".repeat(rest))))?.properties.get("list"),
    ).toHaveLength(5);
    const applied = applyUpdate(
      profile({ list }),
      update("ada", operation(kind, "list", value("x".repeat(rest + 1)))),
    );
    expect(applied).toEqual({
      kind: "rejected",
      message: 'the list "list" would exceed 262144 bytes',
    });
  });
});

describe("laws", () => {
  const value = fc.jsonValue({ maxDepth: 2 }) as fc.Arbitrary<Value>;
  const before = fc.option(fc.dictionary(fc.string(), value), { nil: undefined });

  it("gives the same for an update that is applied twice, where the wire says so", () => {
    const kinds = fc.constantFrom<Operation["kind"]>(
      "set",
      "set_once",
      "remove",
      "unset",
      "delete",
    );
    fc.assert(
      fc.property(before, kinds, fc.string(), value, (properties, kind, name, sent) => {
        const change = operation(kind, name, sent);
        const once = apply(properties as Named | undefined, change);
        const twice = applyUpdate(once, update("ada", change));
        expect(twice).toEqual({ kind: "applied", profile: once });
      }),
    );
  });

  it("unites without doubles, and again without change", () => {
    fc.assert(
      fc.property(fc.array(value), fc.array(value), (first, second) => {
        const unite = (list: readonly Value[]): Operation => operation("union", "p", list);
        const once = apply(undefined, unite(first), unite(second))?.properties.get(
          "p",
        ) as readonly Value[];
        expect(apply({ p: once }, unite(first), unite(second))?.properties.get("p")).toEqual(once);
        const removed = apply({ p: once }, operation("remove", "p", [...first, ...second]));
        expect(removed?.properties.get("p")).toEqual([]);
      }),
    );
  });
});
