/**
 * What every store must keep beside profiles and events: records and static cohorts; and what it must forget.
 *
 * @module
 */
import { expect, it } from "vitest";
import { NOBODY } from "../../src/event/event.ts";
import type { Store } from "../../src/store/store.ts";
import { event, events, namesOf, valuesById } from "../support/events.ts";
import { COMPANIES, idsOf, query, remove, selector, set, USERS } from "../support/updates.ts";

/** Declares the tests of records, static cohorts and erasure. */
export function testRecords(current: () => Store): void {
  it("keeps records by project, kind and id", async () => {
    const store = current();
    expect(await store.records(1, "cohort")).toEqual([]);
    await store.putRecords(1, "cohort", [
      { id: 10, json: '{"name":"ten"}' },
      { id: 2, json: '{"name":"\'; drop table records; --","nul":"\\u0000"}' },
    ]);
    await store.putRecords(1, "data_group", [{ id: 2, json: "{}" }]);
    await store.putRecords(2, "cohort", [{ id: 2, json: '{"other":1}' }]);
    await store.putRecords(1, "cohort", []);
    expect(await store.records(1, "cohort")).toEqual([
      { id: 2, json: '{"name":"\'; drop table records; --","nul":"\\u0000"}' },
      { id: 10, json: '{"name":"ten"}' },
    ]);
    await store.putRecords(1, "cohort", [
      { id: 10, json: '{"name":"new"}' },
      { id: 2, json: undefined },
      { id: 5, json: undefined },
      { id: 3, json: '{"a":"é"}' },
    ]);
    expect(await store.records(1, "cohort")).toEqual([
      { id: 3, json: '{"a":"é"}' },
      { id: 10, json: '{"name":"new"}' },
    ]);
    expect(await store.records(1, "data_group")).toEqual([{ id: 2, json: "{}" }]);
    expect(await store.records(2, "cohort")).toEqual([{ id: 2, json: '{"other":1}' }]);
    expect(await store.records(1, "erasure")).toEqual([]);
  });

  it("keeps a record of any length, and applies writes in order", async () => {
    const json = JSON.stringify({ text: "x".repeat(300_000) });
    await current().putRecords(1, "erasure", [
      { id: 1, json: "{}" },
      { id: 1, json },
      { id: 2, json: "{}" },
      { id: 2, json: undefined },
    ]);
    expect(await current().records(1, "erasure")).toEqual([{ id: 1, json }]);
  });

  it("keeps the members of static cohorts, in byte order", async () => {
    const store = current();
    expect(await store.members(USERS, 1)).toEqual([]);
    await store.setMembers(USERS, 1, ["b", "\u{1F600}", "a", "\uffff", "B", "a", "'", NOBODY]);
    await store.setMembers(USERS, 2, ["c"]);
    await store.setMembers(COMPANIES, 1, ["acme"]);
    await store.setMembers({ projectId: 2, groupKey: undefined }, 1, ["z"]);
    expect(await store.members(USERS, 1)).toEqual(["'", "B", "a", "b", "\uffff", "\u{1F600}"]);
    await store.setMembers(USERS, 1, ["a", "n"]);
    expect(await store.members(USERS, 1)).toEqual(["a", "n"]);
    expect(await store.members(USERS, 2)).toEqual(["c"]);
    expect(await store.members(COMPANIES, 1)).toEqual(["acme"]);
    await store.setMembers(USERS, 1, []);
    expect(await store.members(USERS, 1)).toEqual([]);
  });

  it("keeps thousands of members", async () => {
    const ids = Array.from({ length: 12_000 }, (_, n) => `u${String(n).padStart(6, "0")}`);
    await current().setMembers(USERS, 1, ids.toReversed());
    expect(await current().members(USERS, 1)).toEqual(ids);
    expect(await current().count(query({ includesStrangers: true }))).toBe(ids.length);
  });

  it("selects by membership", async () => {
    const store = current();
    await store.apply([
      { scope: USERS, updates: [set("ada", { n: 1 }), set("bob", { n: 2 }), set("cyd", {})] },
      { scope: COMPANIES, updates: [set("ada", {}), set("acme", {})] },
    ]);
    await store.setMembers(USERS, 12, ["ada", "cyd", "eve"]);
    await store.setMembers(USERS, 13, ["bob", "cyd"]);
    await store.setMembers(COMPANIES, 12, ["acme"]);
    const ids = async (source: string, members: Parameters<typeof idsOf>[1] = {}) =>
      idsOf(store, { selectors: [selector(source)], ...members });
    expect(await ids("cohort(12)")).toEqual(["ada", "cyd"]);
    expect(await ids("not cohort(12)")).toEqual(["bob"]);
    expect(await ids("cohort(12) and cohort(13)")).toEqual(["cyd"]);
    expect(await ids('cohort(12) or properties["n"] == 2')).toEqual(["ada", "bob", "cyd"]);
    expect(await ids('cohort(12) and properties["n"] > 0')).toEqual(["ada"]);
    expect(await ids("cohort(99)")).toEqual([]);
    expect(await ids("cohort(12)", { scope: COMPANIES })).toEqual(["acme"]);
    expect(await ids('if(cohort(12), "in", "out") == "out"')).toEqual(["bob"]);
    expect(await valuesById(store, "cohort(13)")).toEqual({ ada: false, bob: true, cyd: true });
    const strangers = query({ selectors: [selector("cohort(12)")], includesStrangers: true });
    expect(await store.count(strangers)).toBe(3);
    const sort = { key: selector("cohort(13)"), descending: true };
    expect(await idsOf(store, { sort })).toEqual(["bob", "cyd", "ada"]);
  });

  it("takes a member for its whole cluster, whichever came first", async () => {
    const store = current();
    const login = (device: string, user: string) =>
      event("login", user, { $device_id: device, $user_id: user });
    await store.apply([{ scope: USERS, updates: [set("ada", {}), set("bob", {})] }]);
    await store.setMembers(USERS, 1, ["$device:d1", "$device:d2"]);
    expect(await idsOf(store, { selectors: [selector("cohort(1)")] })).toEqual([]);
    await store.apply([events([login("d1", "ada"), login("d3", "bob")])]);
    expect(await store.members(USERS, 1)).toEqual(["$device:d2", "ada"]);
    expect(await idsOf(store, { selectors: [selector("cohort(1)")] })).toEqual(["ada"]);
    await store.setMembers(USERS, 2, ["$device:d3", "bob"]);
    expect(await store.members(USERS, 2)).toEqual(["bob"]);
    expect(await idsOf(store, { selectors: [selector("cohort(2)")] })).toEqual(["bob"]);
    const groups = await store.members(COMPANIES, 1);
    expect(groups).toEqual([]);
  });

  it("keeps a member that is deleted and made anew", async () => {
    const store = current();
    await store.apply([{ scope: USERS, updates: [set("ada", {})] }]);
    await store.setMembers(USERS, 1, ["ada"]);
    await store.apply([{ scope: USERS, updates: [remove("ada")] }]);
    expect(await store.members(USERS, 1)).toEqual(["ada"]);
    await store.apply([{ scope: USERS, updates: [set("ada", {})] }]);
    expect(await idsOf(store, { selectors: [selector("cohort(1)")] })).toEqual(["ada"]);
  });

  it("erases users by any of their ids, and nobody else", async () => {
    const store = current();
    const login = event("login", "ada", { $device_id: "d1", $user_id: "ada" });
    await store.apply([
      { scope: USERS, updates: [set("ada", { a: 1 }), set("bob", { b: 1 }), set("cyd", {})] },
      { scope: COMPANIES, updates: [set("ada", {})] },
      { scope: { projectId: 2, groupKey: undefined }, updates: [set("ada", {})] },
      events([login, event("early", "$device:d1"), event("e", "bob"), event("n", NOBODY)]),
      events([event("x", "ada")], "simplified", 2),
    ]);
    await store.setMembers(USERS, 1, ["ada", "bob", "$device:d1"]);
    await store.setMembers(COMPANIES, 1, ["ada"]);
    const keys = await store.select(query());

    expect(await store.erase(1, [])).toEqual({ profileCount: 0, eventCount: 0 });
    expect(await store.erase(1, ["$device:d1", "nobody", "cyd", "cyd"])).toEqual({
      profileCount: 2,
      eventCount: 2,
    });
    expect(await idsOf(store)).toEqual(["bob"]);
    expect(await namesOf(store)).toEqual(["e", "n"]);
    expect(await store.members(USERS, 1)).toEqual(["bob"]);
    expect(await store.canonicalIds(1, ["$device:d1", "ada"])).toEqual(["$device:d1", "ada"]);
    expect(await store.count(query({ includesStrangers: true }))).toBe(1);
    const rows = await store.read(USERS, keys, true);
    expect(rows.map(({ distinctId }) => distinctId)).toEqual(["bob"]);
    expect(await store.members(COMPANIES, 1)).toEqual(["ada"]);
    expect(await idsOf(store, { scope: COMPANIES })).toEqual(["ada"]);
    expect(await namesOf(store, { projectId: 2 })).toEqual(["x"]);
    expect(await idsOf(store, { scope: { projectId: 2, groupKey: undefined } })).toEqual(["ada"]);
    expect(await store.erase(1, ["ada"])).toEqual({ profileCount: 0, eventCount: 0 });
  });

  it("leaves nobody's events where nobody is to be erased", async () => {
    await current().apply([events([event("n", NOBODY)])]);
    expect(await current().erase(1, [NOBODY])).toEqual({ profileCount: 0, eventCount: 0 });
    expect(await namesOf(current())).toEqual(["n"]);
  });

  it("knows an erased user as a new one", async () => {
    const store = current();
    const login = event("login", "ada", { $device_id: "d1", $user_id: "ada" });
    await store.apply([{ scope: USERS, updates: [set("ada", { a: 1 })] }, events([login])]);
    const keys = await store.select(query());
    await store.erase(1, ["ada"]);
    await store.apply([
      { scope: USERS, updates: [set("bob", {}), set("ada", { b: 2 })] },
      events([event("e", "$device:d1")]),
    ]);
    expect(await store.canonicalIds(1, ["$device:d1"])).toEqual(["$device:d1"]);
    expect(await idsOf(store, { selectors: [selector('defined(properties["a"])')] })).toEqual([]);
    const [old] = await store.read(USERS, keys, true);
    expect(old?.distinctId ?? "ada").toBe("ada");
  });

  it("is the same after it is compacted", async () => {
    const store = current();
    await store.apply([
      { scope: USERS, updates: [set("ada", { a: 1 }), set("bob", { a: 2 })] },
      events([event("e", "ada"), event("f", "bob")]),
    ]);
    await store.setMembers(USERS, 1, ["bob"]);
    await store.putRecords(1, "cohort", [{ id: 1, json: "{}" }]);
    await store.erase(1, ["ada"]);
    await store.compact();
    expect(await idsOf(store)).toEqual(["bob"]);
    expect(await namesOf(store)).toEqual(["f"]);
    expect(await store.members(USERS, 1)).toEqual(["bob"]);
    expect(await store.records(1, "cohort")).toEqual([{ id: 1, json: "{}" }]);
    await store.apply([
      { scope: USERS, updates: [set("cyd", { a: 3 })] },
      events([event("g", "x")]),
    ]);
    expect(await idsOf(store)).toEqual(["bob", "cyd"]);
    expect(await namesOf(store)).toEqual(["f", "g"]);
  });
}
