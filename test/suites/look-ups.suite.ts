/**
 * What every store does with distinct ids that are asked for one by one.
 *
 * @module
 */
import { expect, it } from "vitest";
import type { ProfileRow, Store } from "../../src/store/store.ts";
import { event, events } from "../support/events.ts";
import { COMPANIES, query, remove, set, USERS } from "../support/updates.ts";

/** Declares the tests; `current` gives the store of the test. */
export function testLookUps(current: () => Store): void {
  const idsOf = (rows: readonly ProfileRow[]): readonly string[] =>
    rows.map(({ distinctId }) => distinctId);

  it("finds profiles by ascending id, each once, and leaves out ids that have none", async () => {
    const store = current();
    expect(await store.find(USERS, ["ada"])).toEqual([]);
    const ids = ["ada", "Ada", "ÿ", "\u{10000}", "", "a\u0000b", "' or 1=1 --", "__proto__"];
    await store.apply([{ scope: USERS, updates: ids.map((id) => set(id, { id })) }]);
    const rows = await store.find(USERS, [...ids, ...ids, "nobody"]);
    const wanted = await store.read(USERS, await store.select(query()));
    expect(rows).toEqual(wanted);
    expect(rows).toHaveLength(ids.length);
    expect(idsOf(await store.find(USERS, ["nobody", "ada"]))).toEqual(["ada"]);
    expect(await store.find(USERS, [])).toEqual([]);
    expect(await store.find(COMPANIES, ["ada"])).toEqual([]);
  });

  it("finds what is there after every write", async () => {
    const store = current();
    for (let round = 0; round < 5; round++) {
      await store.apply([{ scope: USERS, updates: [set("ada", { round })] }]);
      const [row] = await store.find(USERS, ["ada"]);
      expect(JSON.parse(row?.propertiesJson ?? "")).toMatchObject({ round });
    }
    await store.apply([{ scope: USERS, updates: [remove("ada")] }]);
    expect(await store.find(USERS, ["ada"])).toEqual([]);
  });

  it("gives each of many who ask at once what they asked for", async () => {
    const store = current();
    const updates = Array.from({ length: 300 }, (_, n) => set(`u${n}`, { n }));
    await store.apply([
      { scope: USERS, updates },
      { scope: COMPANIES, updates: [set("u7", { isCompany: true })] },
    ]);
    const wanted = Array.from({ length: 200 }, (_, n) =>
      Array.from({ length: n % 20 }, (_unused, k) => `u${(n * 7 + k * 31) % 320}`),
    );
    const [found, company] = await Promise.all([
      Promise.all(wanted.map((ids) => store.find(USERS, ids))),
      store.find(COMPANIES, ["u7", "u8"]),
    ]);
    found.forEach((rows, n) => {
      const known = new Set((wanted[n] ?? []).filter((id) => Number(id.slice(1)) < 300));
      expect(idsOf(rows)).toEqual([...known].toSorted());
    });
    expect(company).toHaveLength(1);
    expect(JSON.parse(company[0]?.propertiesJson ?? "")).toMatchObject({ isCompany: true });
  });

  it("finds thousands at once", async () => {
    const store = current();
    const ids = Array.from({ length: 1_201 }, (_, n) => `u${String(n).padStart(4, "0")}`);
    await store.apply([{ scope: USERS, updates: ids.map((id) => set(id, {})) }]);
    expect(idsOf(await store.find(USERS, ids.toReversed()))).toEqual(ids);
  });

  it("finds the profile of a cluster by each of its ids", async () => {
    const store = current();
    const joined = event("login", "user", { $device_id: "phone", $user_id: "user" });
    await store.apply([events([joined])]);
    await store.apply([{ scope: USERS, updates: [set("user", { a: 1 }), set("bob", {})] }]);
    expect(idsOf(await store.find(USERS, ["$device:phone"]))).toEqual(["user"]);
    expect(idsOf(await store.find(USERS, ["user", "$device:phone", "bob"]))).toEqual([
      "bob",
      "user",
    ]);
    expect(idsOf(await store.find(USERS, ["$device:phone", ...manyIds()]))).toEqual(["user"]);
  });
}

/** So many that they are not gathered with those of others. */
function manyIds(): readonly string[] {
  return Array.from({ length: 40 }, (_, n) => `nobody${n}`);
}
