/**
 * What every store must do about strangers: distinct ids that are known but have no profile.
 *
 * @module
 */
import { expect, it } from "vitest";
import type { Store } from "../../src/store/store.ts";
import { behavior, countOf, event, events, valuesById } from "../support/events.ts";
import { COMPANIES, idsOf, query, remove, selector, set, USERS } from "../support/updates.ts";

const ANONYMOUS = "11111111-aaaa-4bbb-8ccc-000000000001";

/** Declares the tests of strangers. */
export function testStrangers(current: () => Store): void {
  async function apply(...updates: Parameters<typeof set>[]): Promise<void> {
    await current().apply([{ scope: USERS, updates: updates.map((args) => set(...args)) }]);
  }
  async function add(...list: Parameters<typeof events>[0]): Promise<void> {
    await current().apply([events(list)]);
  }

  it("selects strangers where a query asks for them", async () => {
    await apply(["cyd", { plan: "pro" }], ["ada", { plan: "free" }]);
    await add(
      event("e", "$device:d1"),
      event("e", "bob"),
      event("e", "cyd", { $device_id: "d9", $user_id: "cyd" }),
    );
    await current().setMembers(USERS, 5, ["eve", "cyd", "$device:d9"]);
    expect(await idsOf(current())).toEqual(["ada", "cyd"]);
    const asked = query({ includesStrangers: true });
    const keys = await current().select(asked);
    expect(await current().count(asked)).toBe(5);
    const rows = await current().read(USERS, keys, true);
    expect(rows.map(({ distinctId }) => distinctId)).toEqual([
      "$device:d1",
      "ada",
      "bob",
      "cyd",
      "eve",
    ]);
    expect(rows.map(({ propertiesJson }) => propertiesJson === "{}")).toEqual([
      true,
      false,
      true,
      false,
      true,
    ]);
    const withProfiles = await current().read(USERS, keys);
    expect(withProfiles.map(({ distinctId }) => distinctId)).toEqual(["ada", "cyd"]);
  });

  it("evaluates selectors and sort keys for strangers as for profiles without properties", async () => {
    await apply(["ada", { n: 1 }], ["cyd", { n: 2 }]);
    await add(event("e", "bob"), event("e", "dan"), event("e", "dan"));
    const behaviors = new Map([["e", countOf("e")]]);
    const found = async (members: Parameters<typeof idsOf>[1]) => {
      const asked = query({ includesStrangers: true, behaviors, ...members });
      const rows = await current().read(USERS, await current().select(asked), true);
      return rows.map(({ distinctId }) => distinctId);
    };
    expect(await found({ selectors: [selector('not defined(properties["n"])')] })).toEqual([
      "bob",
      "dan",
    ]);
    expect(await found({ selectors: [selector('not (properties["n"] == 1)')] })).toEqual([
      "bob",
      "cyd",
      "dan",
    ]);
    expect(await found({ selectors: [selector('properties["$distinct_id"] == "dan"')] })).toEqual([
      "dan",
    ]);
    const sort = { key: selector('properties["n"]'), descending: true };
    expect(await found({ sort })).toEqual(["cyd", "ada", "bob", "dan"]);
    expect(await found({ sort, limit: 3 })).toEqual(["cyd", "ada", "bob"]);
    expect(await found({ distinctIds: ["dan", "nobody", "ada"] })).toEqual(["ada", "dan"]);
    const options = { includesStrangers: true, behaviors };
    expect(await valuesById(current(), 'behaviors["e"]', options)).toEqual({
      ada: 0,
      bob: 1,
      cyd: 0,
      dan: 2,
    });
  });

  it("takes part in identity, and so is known, without events of its own", async () => {
    const list = [
      event("$identify", "", { $identified_id: "ada", $anon_id: ANONYMOUS }),
      event("$merge", "", { $distinct_ids: ["bob", "cyd"] }),
    ];
    await current().apply([events(list, "original")]);
    expect(await current().count(query({ includesStrangers: true }))).toBe(2);
    const asked = query({ includesStrangers: true, distinctIds: ["cyd", ANONYMOUS] });
    const rows = await current().read(USERS, await current().select(asked), true);
    expect(rows.map(({ distinctId }) => distinctId)).toEqual(["ada", "bob"]);
  });

  it("makes a profile of a stranger, and a stranger of a profile, in the same place", async () => {
    await add(event("e", "bob"));
    const asked = query({ includesStrangers: true });
    const keys = await current().select(asked);
    await apply(["bob", { a: 1 }]);
    const [profile] = await current().read(USERS, keys);
    expect(profile?.distinctId).toBe("bob");
    await current().apply([{ scope: USERS, updates: [remove("bob")] }]);
    expect(await current().read(USERS, keys)).toEqual([]);
    const [stranger] = await current().read(USERS, keys, true);
    expect([stranger?.distinctId, stranger?.propertiesJson]).toEqual(["bob", "{}"]);
    expect(await current().select(asked)).toEqual(keys);
  });

  it("knows groups by their cohorts, not by what events name", async () => {
    await current().apply([
      { scope: COMPANIES, updates: [set("acme", {})] },
      events([
        event("e", "ada", { company: "bolt" }),
        event("e", "ada", { company: ["acme", 7, true, null, ["in"], { a: 1 }] }),
        event("e", "ada", { company: null }),
      ]),
    ]);
    await current().setMembers(COMPANIES, 5, ["core"]);
    const asked = query({ scope: COMPANIES, includesStrangers: true });
    const rows = await current().read(COMPANIES, await current().select(asked), true);
    expect(rows.map(({ distinctId }) => distinctId)).toEqual(["acme", "core"]);
    expect(await idsOf(current(), { scope: COMPANIES })).toEqual(["acme"]);
    expect(current().groupKeys(1)).toEqual(["company"]);
  });

  it("counts what was done in the name of a group that is known by a cohort alone", async () => {
    await current().apply([
      { scope: COMPANIES, updates: [set("acme", {})] },
      events([
        event("e", "ada", { company: ["acme", "core"], page: "a" }),
        event("e", "bob", { company: "core", page: "b" }),
        event("e", "bob", { company: "bolt" }),
      ]),
    ]);
    await current().setMembers(COMPANIES, 5, ["core", "acme"]);
    const behaviors = new Map([
      ["count", countOf("e")],
      ["page", behavior({ kind: "last_value", property: "page" })],
    ]);
    const asked = { scope: COMPANIES, behaviors };
    const all = { ...asked, includesStrangers: true };
    expect(await valuesById(current(), 'behaviors["count"]', all)).toEqual({ acme: 1, core: 2 });
    expect(await valuesById(current(), 'behaviors["page"]', all)).toEqual({ acme: "a", core: "b" });
    expect(await valuesById(current(), 'behaviors["count"]', asked)).toEqual({ acme: 1 });
  });
}
