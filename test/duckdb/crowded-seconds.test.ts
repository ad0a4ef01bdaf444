import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DuckdbStore } from "../../src/duckdb/store.ts";
import type { EventQuery } from "../../src/event/event-query.ts";
import { MemoryStore } from "../../src/store/memory.ts";
import { AT, event, eventSelector, events, rowsOf } from "../support/events.ts";
import { set, USERS } from "../support/updates.ts";

const NAMES = ["buy", "Buy", "été", "𝒳", "\uFFFD", ""];

describe("more events of one second than are read at once", () => {
  const store = DuckdbStore.open(":memory:");
  const reference = new MemoryStore();

  beforeAll(async () => {
    const crowded = Array.from({ length: 45_000 }, (_, n) =>
      event(
        NAMES[n % NAMES.length] ?? "",
        n % 11 === 0 ? "" : `${NAMES[n % 5]}${n % 997}`,
        n % 3 === 0 ? { n } : {},
        { timeMs: AT * 1000 + (n % 2), insertId: `i${(n * 7919) % 45_000}` },
      ),
    );
    // The hour has too many, and most of its seconds have not.
    const spread = Array.from({ length: 6_000 }, (_, n) =>
      event("spread", `u${n}`, {}, { timeMs: (AT + 1 + (n % 3_000)) * 1000, insertId: `s${n}` }),
    );
    const linked = event("in", "u1", { $device_id: "d", $user_id: "u1" }, { insertId: "link" });
    for (const each of [await store, reference]) {
      await each.apply([
        events([...spread, ...crowded, linked]),
        { scope: USERS, updates: [set("buy1", { plan: "pro" })] },
      ]);
    }
  });

  afterAll(async () => (await store).close());

  it.each<[string, Partial<EventQuery>]>([
    ["all", {}],
    ["to a limit", { limit: 41_234 }],
    ["of a name", { names: ["Buy", "spread"] }],
    ["by what SQL can say", { selector: eventSelector('defined(event["n"])') }],
    ["by what it cannot", { selector: eventSelector('event["$insert_id"] < "i2"') }],
    ["by whose they are", { selector: eventSelector('user["plan"] == "pro"') }],
    ["of one person", { distinctIds: ["buy1", "Buy2"] }],
  ])("come each once and in order: %s", async (_title, members) => {
    const found = await rowsOf(await store, members);
    expect(found.length).toBeGreaterThan(0);
    expect(found).toEqual(await rowsOf(reference, members));
  });
});
