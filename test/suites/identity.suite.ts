/**
 * What every store must do about distinct ids that are one person, and about ids without a profile.
 *
 * @module
 */
import { expect, it } from "vitest";
import type { Event } from "../../src/event/event.ts";
import { CLUSTER_IDS_MAX, type IdentityMode } from "../../src/event/identity.ts";
import type { Store } from "../../src/store/store.ts";
import { countOf, event, events, namesOf, rowsOf, valuesById } from "../support/events.ts";
import {
  COMPANIES,
  idsOf,
  type Named,
  propertiesOf,
  query,
  remove,
  SEEN_AT_SECONDS,
  selector,
  set,
  USERS,
  update,
} from "../support/updates.ts";

const ANON_1 = "11111111-aaaa-4bbb-8ccc-000000000001";
const ANON_2 = "22222222-aaaa-4bbb-9ccc-000000000002";
const ANON_3 = "33333333-AAAA-4BBB-ACCC-000000000003";

/** An event of a device that a user is known of. */
function login(deviceId: string, userId: string): Event {
  return event("login", userId, { $device_id: deviceId, $user_id: userId });
}

function identify(identifiedId: string, anonymousId: string): Event {
  return event("$identify", identifiedId, { $identified_id: identifiedId, $anon_id: anonymousId });
}

function createAlias(existingId: string, alias: string): Event {
  return event("$create_alias", existingId, { alias });
}

function merge(...distinctIds: readonly string[]): Event {
  return event("$merge", "", { $distinct_ids: distinctIds });
}

/** Declares the tests of identity. */
export function testIdentity(current: () => Store): void {
  async function write(mode: IdentityMode, ...list: readonly Event[]): Promise<void> {
    await current().apply([events(list, mode)]);
  }
  async function setAll(...updates: readonly (readonly [string, Named])[]): Promise<void> {
    await current().apply([{ scope: USERS, updates: updates.map((args) => set(...args)) }]);
  }

  it("takes an id that nobody joined as its own", async () => {
    expect(await current().canonicalIds(1, ["ada", "", "ada"])).toEqual(["ada", "", "ada"]);
    expect(await current().canonicalIds(1, [])).toEqual([]);
  });

  it.each<readonly [string, IdentityMode, readonly Event[], Readonly<Record<string, string>>]>([
    [
      "a device with its user",
      "simplified",
      [event("view", "$device:d1", { $device_id: "d1" }), login("d1", "ada")],
      { "$device:d1": "ada", ada: "ada", d1: "d1" },
    ],
    [
      "many devices with a user, numbers as their digits",
      "simplified",
      [login("d1", "7"), event("e", "7", { $device_id: 2, $user_id: 7 })],
      { "$device:d1": "7", "$device:2": "7" },
    ],
    [
      "a device with the first user only",
      "simplified",
      [login("d1", "ada"), login("d1", "bob"), login("d2", "bob")],
      { "$device:d1": "ada", "$device:d2": "bob", ada: "ada", bob: "bob" },
    ],
    [
      "nothing without both ids",
      "simplified",
      [
        event("e", "ada", { $device_id: "", $user_id: "ada" }),
        event("e", "ada", { $device_id: "d1", $user_id: "" }),
        event("e", "ada", { $device_id: "d1", $user_id: null }),
        event("e", "ada", { $device_id: ["d1"], $user_id: "ada" }),
        event("e", "$device:d2", { $device_id: "d1", $user_id: "$device:d2" }),
      ],
      { "$device:d1": "$device:d1", "$device:d2": "$device:d2", "$device:": "$device:" },
    ],
    [
      "nothing by the original events in a simplified project",
      "simplified",
      [identify("ada", ANON_1), createAlias("ada", "a2"), merge("ada", "bob")],
      { [ANON_1]: ANON_1, a2: "a2", bob: "bob" },
    ],
    [
      "nothing by devices in an original project",
      "original",
      [login("d1", "ada")],
      { "$device:d1": "$device:d1" },
    ],
    [
      "who was anonymous with who is identified",
      "original",
      [identify("ada", ANON_1), identify("ada", ANON_2), identify("bob", ANON_2)],
      { [ANON_1]: "ada", [ANON_2]: "ada", bob: "bob" },
    ],
    [
      "nothing anonymous that is no UUID of version 4",
      "original",
      [
        identify("ada", "anon"),
        identify("ada", "11111111-aaaa-1bbb-8ccc-000000000001"),
        identify("ada", "11111111-aaaa-4bbb-7ccc-000000000001"),
        identify("ada", `${ANON_1}0`),
        identify("ada", ""),
      ],
      { anon: "anon", [`${ANON_1}0`]: `${ANON_1}0`, "": "" },
    ],
    [
      "who was anonymous with all that goes by that id, whatever the case of the UUID",
      "original",
      [createAlias(ANON_3, "early"), identify("ada", ANON_3)],
      { [ANON_3]: "ada", early: "ada" },
    ],
    [
      "an alias with an id, in a chain",
      "original",
      [createAlias("ada", "a2"), createAlias("a2", "a3"), createAlias("zoe", "ada")],
      { ada: "zoe", a2: "zoe", a3: "zoe", zoe: "zoe" },
    ],
    [
      "an alias with one id only",
      "original",
      [createAlias("ada", "a2"), createAlias("bob", "a2"), createAlias("ada", "ada")],
      { a2: "ada", bob: "bob", ada: "ada" },
    ],
    [
      "merged ids with the first that is no UUID",
      "original",
      [merge(ANON_1, "ada"), merge("bob", "cyd"), merge(ANON_2, ANON_3)],
      { [ANON_1]: "ada", cyd: "bob", [ANON_3]: ANON_2, [ANON_2]: ANON_2 },
    ],
    [
      "whole clusters",
      "original",
      [identify("ada", ANON_1), identify("bob", ANON_2), merge(ANON_2, ANON_1)],
      { ada: "bob", [ANON_1]: "bob", [ANON_2]: "bob", bob: "bob" },
    ],
    [
      "nothing by a merge of one id, or of what is none",
      "original",
      [
        merge("ada"),
        merge("ada", "ada"),
        merge(),
        event("$merge", "", { $distinct_ids: ["ada", ""] }),
        event("$merge", "", { $distinct_ids: ["ada", { bob: 1 }] }),
        event("$merge", "", { $distinct_ids: "bob" }),
      ],
      { ada: "ada", bob: "bob", "": "" },
    ],
  ])("joins %s", async (_, mode, list, expected) => {
    await write(mode, ...list);
    const ids = Object.keys(expected);
    expect(await current().canonicalIds(1, ids)).toEqual(Object.values(expected));
    expect(await current().canonicalIds(2, ids)).toEqual(ids);
    expect(await rowsOf(current())).toHaveLength(list.length);
  });

  it("joins the same over several calls as in one", async () => {
    for (const one of [createAlias("ada", "a2"), createAlias("a2", "a3"), merge("zoe", "a3")]) {
      await write("original", one);
    }
    expect(await current().canonicalIds(1, ["ada", "a2", "a3"])).toEqual(["zoe", "zoe", "zoe"]);
  });

  it("lets a cluster grow to its limit, and no further", async () => {
    const aliases = Array.from({ length: CLUSTER_IDS_MAX }, (_, n) => `alias ${n}`);
    await write("original", ...aliases.map((alias) => createAlias("ada", alias)));
    const canonicalIds = await current().canonicalIds(1, aliases);
    expect(canonicalIds.filter((id) => id === "ada")).toHaveLength(CLUSTER_IDS_MAX - 1);
    expect(canonicalIds.at(-1)).toBe(aliases.at(-1));
    await write("original", createAlias("bob", "b2"), merge("ada", "b2"));
    expect(await current().canonicalIds(1, ["b2", "bob"])).toEqual(["bob", "bob"]);
  });

  it("has no limit for the devices of a user", async () => {
    const devices = Array.from({ length: CLUSTER_IDS_MAX + 10 }, (_, n) => `d${n}`);
    await write("simplified", ...devices.map((device) => login(device, "ada")));
    const [last] = await current().canonicalIds(1, [`$device:${devices.at(-1)}`]);
    expect(last).toBe("ada");
  });

  it("finds a profile by any id of its cluster, once", async () => {
    await write("simplified", login("d1", "ada"));
    await setAll(["ada", { plan: "pro" }], ["bob", {}]);
    expect(await idsOf(current(), { distinctIds: ["$device:d1"] })).toEqual(["ada"]);
    expect(await idsOf(current(), { distinctIds: ["ada", "$device:d1", "x"] })).toEqual(["ada"]);
    const distinctIds = ["$device:d1"];
    const selectors = [selector('properties["plan"] == "free"')];
    expect(await idsOf(current(), { distinctIds, selectors })).toEqual([]);
    expect(await current().count(query({ distinctIds }))).toBe(1);
  });

  it("finds the events of a cluster by any of its ids, each as it was stored", async () => {
    await write(
      "simplified",
      event("early", "$device:d1", { $device_id: "d1" }),
      login("d1", "ada"),
      event("other", "bob"),
    );
    const rows = await rowsOf(current(), { distinctIds: ["$device:d1"] });
    expect(rows.map((row) => [row.name, row.distinctId, row.canonicalId])).toEqual([
      ["early", "$device:d1", "ada"],
      ["login", "ada", "ada"],
    ]);
    expect(await namesOf(current(), { distinctIds: ["ada"] })).toEqual(["early", "login"]);
  });

  it("counts the events of all ids, those from before the join, too", async () => {
    await setAll(["ada", {}], ["bob", {}]);
    await write("simplified", event("view", "$device:d1"), event("view", "$device:d1"));
    const members = { behaviors: new Map([["views", countOf("view")]]) };
    const values = async () => valuesById(current(), 'behaviors["views"]', members);
    expect(await values()).toEqual({ ada: 0, bob: 0 });
    await write("simplified", login("d1", "ada"), event("view", "ada"), event("view", "bob"));
    expect(await values()).toEqual({ ada: 3, bob: 1 });
    await write("simplified", event("view", "$device:d1"));
    expect(await values()).toEqual({ ada: 4, bob: 1 });
  });

  it("writes to the profile of the cluster, whatever id an update names", async () => {
    await write("simplified", login("d1", "ada"));
    await setAll(["$device:d1", { a: 1 }], ["ada", { b: 2 }]);
    expect(await idsOf(current())).toEqual(["ada"]);
    expect(Object.fromEntries((await propertiesOf(current(), "ada")) ?? [])).toEqual({
      a: 1,
      b: 2,
    });
    await current().apply([{ scope: USERS, updates: [remove("$device:d1")] }]);
    expect(await idsOf(current())).toEqual([]);
  });

  it("writes to the very id when an update ignores aliases", async () => {
    await write("simplified", login("d1", "ada"));
    await current().apply([
      {
        scope: USERS,
        updates: [set("ada", { a: 1 }), { ...set("$device:d1", { b: 2 }), ignoreAlias: true }],
      },
    ]);
    expect(await idsOf(current())).toEqual(["$device:d1", "ada"]);
    expect(await propertiesOf(current(), "ada")).toEqual(new Map([["a", 1]]));
    expect(await propertiesOf(current(), "$device:d1")).toEqual(new Map([["a", 1]]));
  });

  it("gives every profile that is kept of a user, by any of the user's ids", async () => {
    const kept = async (...ids: readonly string[]): Promise<readonly string[]> => {
      const rows = await current().read(USERS, await current().keysOfUsers(1, ids));
      return rows.map(({ distinctId }) => distinctId);
    };
    expect(await kept("ada")).toEqual([]);
    await write("simplified", login("d1", "ada"), login("d2", "ada"), login("d3", "bob"));
    const own = { ...set("$device:d1", { own: 1 }), ignoreAlias: true };
    const companies = { scope: COMPANIES, updates: [set("ada", {})] };
    await current().apply([{ scope: USERS, updates: [own, set("bob", {})] }, companies]);
    for (const id of ["ada", "$device:d1", "$device:d2"]) {
      expect(await kept(id)).toEqual(["$device:d1"]);
    }
    await setAll(["ada", { a: 1 }]);
    expect(await kept("$device:d2")).toEqual(["$device:d1", "ada"]);
    expect(await kept("bob", "ada", "$device:d3", "nobody", "")).toEqual([
      "$device:d1",
      "ada",
      "bob",
    ]);
    expect(await kept("nobody", "")).toEqual([]);
    expect(await current().keysOfUsers(2, ["ada"])).toHaveLength(0);
  });

  it("writes groups by their ids alone", async () => {
    await write("simplified", login("d1", "ada"));
    await current().apply([{ scope: COMPANIES, updates: [set("$device:d1", {})] }]);
    expect(await idsOf(current(), { scope: COMPANIES })).toEqual(["$device:d1"]);
    const asked = { scope: COMPANIES, distinctIds: ["$device:d1"] };
    expect(await idsOf(current(), asked)).toEqual(["$device:d1"]);
  });

  it("merges profiles that become one: the canonical one's values stay", async () => {
    const later = {
      ...set("$device:d1", { a: "device", d: 1 }),
      seenAtSeconds: SEEN_AT_SECONDS + 5,
    };
    await current().apply([
      { scope: USERS, updates: [set("ada", { a: "user", u: null }), later] },
      events([login("d1", "ada")]),
    ]);
    expect(await idsOf(current())).toEqual(["ada"]);
    expect(Object.fromEntries((await propertiesOf(current(), "ada")) ?? [])).toEqual({
      a: "user",
      u: null,
      d: 1,
    });
    const isLater = selector('properties["$last_seen"] == "2024-05-01T10:00:05"');
    expect(await idsOf(current(), { selectors: [isLater] })).toEqual(["ada"]);
    const merged = selector('properties["d"] == 1 and properties["a"] == "user"');
    expect(await idsOf(current(), { selectors: [merged] })).toEqual(["ada"]);
  });

  it("moves a profile to the canonical id when that has none", async () => {
    await setAll([ANON_1, { a: 1 }]);
    const keys = await current().select(query());
    await write("original", identify("ada", ANON_1));
    expect(await idsOf(current())).toEqual(["ada"]);
    expect(await propertiesOf(current(), ANON_1)).toEqual(new Map([["a", 1]]));
    const isAda = selector('properties["$distinct_id"] == "ada" and properties["a"] == 1');
    expect(await idsOf(current(), { selectors: [isAda] })).toEqual(["ada"]);
    expect(await current().read(USERS, keys)).toEqual([]);
  });

  it("merges within one call, in the order of its batches", async () => {
    await current().apply([
      { scope: USERS, updates: [set("$device:d1", { n: 1 })] },
      events([login("d1", "ada")]),
      {
        scope: USERS,
        updates: [update("$device:d1", { kind: "add", amounts: new Map([["n", 10]]) })],
      },
      events([login("d2", "ada"), login("d1", "bob")]),
      { scope: USERS, updates: [set("$device:d2", { m: 1 }), set("bob", { m: 2 })] },
    ]);
    expect(await idsOf(current())).toEqual(["ada", "bob"]);
    expect(Object.fromEntries((await propertiesOf(current(), "ada")) ?? [])).toEqual({
      n: 11,
      m: 1,
    });
  });
}
