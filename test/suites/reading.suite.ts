/**
 * What every store must give back for the keys of profiles.
 *
 * @module
 */
import { expect, it } from "vitest";
import type { Store } from "../../src/store/store.ts";
import {
  COMPANIES,
  propertiesOf,
  query,
  remove,
  SEEN_AT,
  selector,
  set,
  USERS,
} from "../support/updates.ts";

async function apply(store: Store, ...updates: Parameters<typeof set>[]): Promise<void> {
  await store.apply([{ scope: USERS, updates: updates.map((args) => set(...args)) }]);
}

/** How many are found when nobody is there, when somebody is, then two strangers, and then two more profiles. */
const LATER: ReadonlyMap<string, readonly number[]> = new Map([
  ['not defined(properties["n"])', [0, 0, 2, 3]],
  ['properties["n"] > 100', [0, 0, 0, 1]],
  ['properties["t"]', [0, 0, 0, 1]],
  ["NOW > 0", [0, 1, 3, 5]],
]);

/** Declares the tests of `read`. */
export function testReading(current: () => Store): void {
  it("reads the profiles of keys in the order of the keys", async () => {
    const store = current();
    await apply(store, ["a", { n: 1 }], ["b", { n: 2 }], ["c", { n: 3 }]);
    const keys = await store.select(query());
    const rows = await store.read(USERS, keys.toReversed());
    expect(rows.map(({ distinctId }) => distinctId)).toEqual(["c", "b", "a"]);
    expect(rows.map(({ key }) => key)).toEqual([...keys.toReversed()]);
    expect(JSON.parse(rows[0]?.propertiesJson ?? "")).toEqual({ n: 3, $last_seen: SEEN_AT });
    expect(await store.read(USERS, new Uint32Array())).toEqual([]);
  });

  it.each([...LATER])("finds by %s what came after the same was asked", async (source, counts) => {
    const store = current();
    const asked = query({ selectors: [selector(source)], includesStrangers: true });
    const ids = async () => (await store.read(USERS, await store.select(asked), true)).length;
    const members = async (count: number) => {
      const names = Array.from({ length: count }, (_, index) => `m${index}`);
      await store.setMembers(USERS, 1, names);
    };
    const found: number[] = [];
    await members(0);
    found.push(await ids());
    await apply(store, ["a", { n: 1, t: false }]);
    found.push(await ids());
    await members(2);
    found.push(await ids());
    await apply(store, ["b", { n: 200, t: true }], ["c", {}]);
    found.push(await ids());
    expect(found).toEqual(counts);
  });

  it("keeps keys through changes, and leaves deleted profiles out", async () => {
    const store = current();
    await apply(store, ["a", { n: 1 }], ["b", { n: 2 }], ["c", { n: 3 }]);
    const keys = await store.select(query());
    await apply(store, ["a", { n: 10 }], ["aa", { n: 11 }]);
    await store.apply([{ scope: USERS, updates: [remove("b")] }]);
    const rows = await store.read(USERS, keys);
    expect(
      rows.map(({ distinctId, propertiesJson }) => [distinctId, JSON.parse(propertiesJson).n]),
    ).toEqual([
      ["a", 10],
      ["c", 3],
    ]);
    expect(rows.map(({ key }) => key)).toEqual([keys[0], keys[2]]);
  });

  it("never gives a key again", async () => {
    const store = current();
    await apply(store, ["a", {}], ["b", {}]);
    const before = await store.select(query());
    await store.apply([{ scope: USERS, updates: [remove("b"), remove("a")] }]);
    await apply(store, ["b", {}], ["c", {}]);
    await store.apply([{ scope: USERS, updates: [remove("c"), set("c", {}), set("d", {})] }]);
    const after = await store.select(query());
    expect(new Set([...before, ...after]).size).toBe(before.length + after.length);
    expect(await store.read(USERS, before)).toEqual([]);
  });

  it("reads nothing by the keys of another scope", async () => {
    const store = current();
    await store.apply([{ scope: COMPANIES, updates: [set("acme", {}), set("bolt", {})] }]);
    const keys = await store.select(query({ scope: COMPANIES }));
    expect(await store.read(USERS, keys)).toEqual([]);
    expect(await store.read({ projectId: 2, groupKey: "company" }, keys)).toEqual([]);
  });

  it("shows the key and id of a group, whatever is stored", async () => {
    const store = current();
    await store.apply([
      {
        scope: COMPANIES,
        updates: [set("acme", { n: 1 }), set('"bolt"', { $group_id: "other", $group_key: 5 })],
      },
    ]);
    expect(await propertiesOf(store, "acme", COMPANIES)).toEqual(
      new Map<string, unknown>([
        ["n", 1],
        ["$group_key", "company"],
        ["$group_id", "acme"],
      ]),
    );
    expect(await propertiesOf(store, '"bolt"', COMPANIES)).toEqual(
      new Map<string, unknown>([
        ["$group_id", '"bolt"'],
        ["$group_key", "company"],
      ]),
    );
  });
}
