import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ClusterTable } from "../../src/event/clusters.ts";
import type { Event } from "../../src/event/event.ts";
import {
  CLUSTER_IDS_MAX,
  deviceDistinctId,
  idsOf,
  type Join,
  joinsOf,
  type Link,
  linkOf,
} from "../../src/event/identity.ts";
import { event } from "../support/events.ts";
import type { Named } from "../support/updates.ts";

const UUID = "11111111-aaaa-4bbb-8ccc-000000000001";

describe("linkOf", () => {
  it.each<readonly [string, Named, Link | undefined]>([
    ["any", { $device_id: "d", $user_id: "u" }, device("$device:d", "u")],
    ["any", { $device_id: 5, $user_id: 7.5 }, device("$device:5", "7.5")],
    ["any", { $device_id: "$device:d", $user_id: "u" }, device("$device:d", "u")],
    ["any", { $device_id: "d\ud800", $user_id: "u" }, device("$device:d\ufffd", "u")],
    ["any", { $device_id: "d" }, undefined],
    ["any", { $user_id: "u" }, undefined],
    ["any", { $device_id: "", $user_id: "u" }, undefined],
    ["any", { $device_id: "d", $user_id: "" }, undefined],
    ["any", { $device_id: true, $user_id: "u" }, undefined],
    ["any", { $device_id: "d", $user_id: "$device:e" }, undefined],
    ["$identify", { $identified_id: "u", $anon_id: UUID }, undefined],
    ["$create_alias", { alias: "u" }, undefined],
    ["$merge", { $distinct_ids: ["a", "b"] }, undefined],
  ])("reads %s with %j in a simplified project", (name, properties, expected) => {
    expect(linkOf(event(name, "own", properties), "simplified")).toEqual(expected);
  });

  it.each<readonly [string, Named, Link | undefined]>([
    ["any", { $device_id: "d", $user_id: "u" }, undefined],
    ["$identify", { $identified_id: "u", $anon_id: UUID }, identify(UUID, "u")],
    ["$identify", { $anon_id: UUID }, identify(UUID, "own")],
    ["$identify", { $anon_distinct_id: UUID }, identify(UUID, "own")],
    ["$identify", { $anon_distinct_id: `$device:${UUID}` }, identify(`$device:${UUID}`, "own")],
    ["$identify", { $identified_id: "u" }, undefined],
    ["$identify", { $identified_id: "u", $anon_id: "anon" }, undefined],
    ["$Identify", { $identified_id: "u", $anon_id: UUID }, undefined],
    ["$create_alias", { alias: "new" }, { kind: "alias", alias: "new", existingId: "own" }],
    ["$create_alias", { alias: 9 }, { kind: "alias", alias: "9", existingId: "own" }],
    ["$create_alias", { alias: "" }, undefined],
    ["$create_alias", {}, undefined],
    ["$merge", { $distinct_ids: ["a", 5, "a"] }, { kind: "merge", ids: ["a", "5"] }],
    ["$merge", { $distinct_ids: ["a", "a"] }, undefined],
    ["$merge", { $distinct_ids: ["a", ""] }, undefined],
    ["$merge", { $distinct_ids: ["a", null] }, undefined],
    ["$merge", { $distinct_ids: "a,b" }, undefined],
    ["$merge", {}, undefined],
  ])("reads %s with %j in an original project", (name, properties, expected) => {
    expect(linkOf(event(name, "own", properties), "original")).toEqual(expected);
  });

  it.each(["$identify", "$create_alias"])("finds nothing in %s of nobody", (name) => {
    const properties = { $anon_id: UUID, alias: "new" };
    expect(linkOf(event(name, "", properties), "original")).toBeUndefined();
  });
});

describe("deviceDistinctId", () => {
  it("marks a device once", () => {
    expect(deviceDistinctId("d")).toBe("$device:d");
    expect(deviceDistinctId(deviceDistinctId("d"))).toBe("$device:d");
  });
});

describe("joinsOf", () => {
  it("leaves a cluster that would be too large apart, but takes a smaller one", () => {
    const clusters = new ClusterTable(
      [],
      [
        ["a", CLUSTER_IDS_MAX - 1],
        ["b", 2],
      ],
    );
    const joins = joinsOf({ kind: "merge", ids: ["a", "b", "c", "d"] }, clusters);
    expect(joins).toEqual([{ from: "c", into: "a" }]);
  });

  it("names canonical ids only", () => {
    const clusters = new ClusterTable([
      ["a2", "a"],
      ["b2", "b"],
    ]);
    expect(joinsOf({ kind: "merge", ids: ["a2", "b2"] }, clusters)).toEqual([
      { from: "b", into: "a" },
    ]);
    expect(joinsOf({ kind: "merge", ids: ["a2", "a"] }, clusters)).toEqual([]);
    expect(joinsOf(device("a2", "b"), clusters)).toEqual([]);
    expect(joinsOf(device("a", "b2"), clusters)).toEqual([{ from: "a", into: "b" }]);
  });
});

describe("clusters", () => {
  const ids = ["a", "b", "c", "d", "e", UUID, UUID.replace("1", "2"), UUID.replace("1", "3")];
  const id = fc.constantFrom(...ids);
  const linking: fc.Arbitrary<Event> = fc.oneof(
    fc.tuple(id, id).map(([a, b]) => event("$identify", a, { $anon_id: b })),
    fc.tuple(id, id).map(([a, b]) => event("$create_alias", a, { alias: b })),
    fc
      .array(id, { minLength: 2, maxLength: 3 })
      .map((list) => event("$merge", "", { $distinct_ids: list })),
  );

  it("stay a partition of the ids, whatever is joined", () => {
    fc.assert(
      fc.property(fc.array(linking, { maxLength: 12 }), (list) => {
        const clusters = new ClusterTable();
        for (const one of list) joinAll(clusters, one);
        const canonicalIds = ids.map((one) => clusters.canonicalId(one));
        for (const canonicalId of new Set(canonicalIds)) {
          const own = ids.filter((one) => clusters.canonicalId(one) === canonicalId);
          expect(clusters.canonicalId(canonicalId)).toBe(canonicalId);
          expect(clusters.size(canonicalId)).toBe(own.length);
          const found = clusters.idsOf(new Set([canonicalId]));
          expect(found).toEqual(new Set(own));
        }
        const several = canonicalIds.filter((one) => clusters.size(one) > 1);
        expect(new Set(clusters.canonicalIds())).toEqual(new Set(several));
      }),
    );
  });

  it("are the same when only those that an event names are loaded", () => {
    fc.assert(
      fc.property(fc.array(linking, { maxLength: 12 }), (list) => {
        const all = new ClusterTable();
        for (const one of list) {
          const link = linkOf(one, "original");
          const named = link === undefined ? [] : idsOf(link);
          const canonicalIds = named.map((name) => [name, all.canonicalId(name)] as const);
          const sizes = canonicalIds.map(([, into]) => [into, all.size(into)] as const);
          const loaded = new ClusterTable(canonicalIds, sizes);
          expect(joinAll(loaded, one)).toEqual(joinAll(all, one));
        }
      }),
    );
  });

  it("are forgotten with all their ids", () => {
    const clusters = new ClusterTable();
    clusters.join({ from: "a", into: "b" });
    clusters.join({ from: "b", into: "c" });
    clusters.join({ from: "d", into: "e" });
    clusters.forget(new Set(["c", "x"]));
    expect(["a", "b", "c", "d"].map((one) => clusters.canonicalId(one))).toEqual([
      "a",
      "b",
      "c",
      "e",
    ]);
    expect([clusters.size("c"), clusters.size("e")]).toEqual([1, 2]);
  });
});

function device(deviceId: string, userId: string): Link {
  return { kind: "device", deviceId, userId };
}

function identify(anonymousId: string, identifiedId: string): Link {
  return { kind: "identify", anonymousId, identifiedId };
}

/** Gives the table what an event joins. */
function joinAll(clusters: ClusterTable, one: Event): readonly Join[] {
  const link = linkOf(one, "original");
  const joins = link === undefined ? [] : joinsOf(link, clusters);
  for (const join of joins) clusters.join(join);
  return joins;
}
