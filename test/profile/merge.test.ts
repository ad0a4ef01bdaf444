import { describe, expect, it } from "vitest";
import { PROFILE_BYTES_MAX, PROPERTIES_MAX } from "../../src/profile/limits.ts";
import { mergeProfiles } from "../../src/profile/merge.ts";
import type { Profile } from "../../src/profile/profile.ts";
import { propertiesToJson } from "../../src/profile/record.ts";
import type { Value } from "../../src/values/value.ts";
import { type Named, named } from "../support/updates.ts";

function profile(distinctId: string, properties: Named): Profile {
  return { distinctId, properties: named(properties) };
}

/** The names and values of two merged profiles, in their order. */
function merged(canonical: Named, other: Named): readonly (readonly [string, Value])[] {
  const result = mergeProfiles(profile("ada", canonical), profile("$device:d", other));
  expect(result.distinctId).toBe("ada");
  return [...result.properties];
}

describe("mergeProfiles", () => {
  it("keeps the values of the canonical profile, and adds what it lacks in order", () => {
    expect(merged({ b: 1, a: null }, { z: 1, a: 2, b: 3, y: null })).toEqual([
      ["b", 1],
      ["a", null],
      ["z", 1],
      ["y", null],
    ]);
  });

  it("leaves both profiles as they were", () => {
    const canonical = profile("ada", { a: 1 });
    const other = profile("$device:d", { b: 1 });
    mergeProfiles(canonical, other);
    expect([canonical, other]).toEqual([profile("ada", { a: 1 }), profile("$device:d", { b: 1 })]);
  });

  it("keeps names apart that a prototype has", () => {
    const hostile = [
      ["__proto__", 1],
      ["constructor", 2],
    ] as const;
    expect(merged([["__proto__", "own"]], hostile)).toEqual([
      ["__proto__", "own"],
      ["constructor", 2],
    ]);
  });

  const early = "2024-05-01T10:00:00";
  const late = "2024-05-01T10:00:01";
  it.each<readonly [Value | undefined, Value | undefined, Value | undefined]>([
    [early, late, late],
    [late, early, late],
    [early, early, early],
    [undefined, early, early],
    [early, undefined, early],
    [undefined, undefined, undefined],
    ["soon", early, early],
    [early, "soon", early],
    ["soon", 5, "soon"],
    [undefined, 5, 5],
    ["2024-05-01T12:00:00+02:00", late, late],
  ])("takes of $last_seen %j and %j %j", (left, right, expected) => {
    const seen = (value: Value | undefined): Named =>
      value === undefined ? {} : { $last_seen: value };
    expect(merged(seen(left), seen(right))).toEqual(Object.entries(seen(expected)));
  });

  it("leaves out properties past the most a profile holds, $last_seen not counted", () => {
    const names = (prefix: string, count: number) =>
      Array.from({ length: count }, (_, n) => [`${prefix}${n}`, n] as const);
    const own = [...names("a", PROPERTIES_MAX - 2), ["$last_seen", early] as const];
    const all = merged(own, [...names("a", 5), ...names("b", 5), ["$last_seen", late] as const]);
    expect(all.slice(-4).map(([name]) => name)).toEqual([
      `a${PROPERTIES_MAX - 3}`,
      "$last_seen",
      "b0",
      "b1",
    ]);
    expect(all).toHaveLength(PROPERTIES_MAX + 1);
  });

  it("leaves out what would make too many bytes, and takes what still fits", () => {
    const text = (bytes: number) => "x".repeat(bytes);
    const own = { a: text(PROFILE_BYTES_MAX - 1_000) };
    const other = { b: text(600), c: text(600), d: text(300), e: text(600) };
    const result = mergeProfiles(profile("ada", own), profile("d", other));
    expect([...result.properties.keys()]).toEqual(["a", "b", "d"]);
    const bytes = Buffer.byteLength(propertiesToJson(result.properties));
    expect(bytes).toBeLessThanOrEqual(PROFILE_BYTES_MAX);
  });

  it("fills a profile to the last byte", () => {
    const own = { a: "é".repeat(100_000) };
    const taken = Buffer.byteLength(propertiesToJson(named(own)));
    const fitting = "x".repeat(PROFILE_BYTES_MAX - taken - ',"b":""'.length);
    expect(merged(own, { b: fitting }).map(([name]) => name)).toEqual(["a", "b"]);
    expect(merged(own, { b: `${fitting}x` }).map(([name]) => name)).toEqual(["a"]);
  });
});
