import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DuckDBConnection } from "@duckdb/node-api";
import { afterEach, describe, expect, it, vi } from "vitest";
import { DuckdbStore } from "../../src/duckdb/store.ts";
import { MemoryStore } from "../../src/store/memory.ts";
import type { Batch, Store } from "../../src/store/store.ts";
import { countOf, event, events, rowsOf, valuesById } from "../support/events.ts";
import { COMPANIES, idsOf, query, remove, set, USERS } from "../support/updates.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

const METHODS = ["run", "runAndReadAll", "createAppender"] as const;

/** Lets the engine fail at the nth thing it is asked to do from now on. @returns whether it came to that */
function failAt(nth: number): () => boolean {
  let left = nth;
  for (const method of METHODS) {
    const original = DuckDBConnection.prototype[method] as (...given: unknown[]) => unknown;
    vi.spyOn(DuckDBConnection.prototype, method).mockImplementation(function (
      this: DuckDBConnection,
      ...given: unknown[]
    ) {
      // What cleans up must be able to.
      if (given[0] !== "rollback" && --left === 0) throw new Error("the disk is full");
      return original.apply(this, given) as never;
    } as never);
  }
  return () => {
    vi.restoreAllMocks();
    return left <= 0;
  };
}

const behaviors = new Map([["x", countOf("buy")]]);

async function tell(store: Store): Promise<object> {
  const strangers = query({ includesStrangers: true });
  return {
    profiles: (await store.read(USERS, await store.select(strangers), true)).map(
      ({ distinctId, propertiesJson }) => [distinctId, propertiesJson],
    ),
    companies: await idsOf(store, { scope: COMPANIES }),
    events: await rowsOf(store),
    canonicalIds: await store.canonicalIds(1, ["ada", "bob", "$device:d", "$device:e", "zoe"]),
    members: [await store.members(USERS, 1), await store.members(USERS, 2)],
    records: await store.records(1, "cohort"),
    counts: await valuesById(store, 'behaviors["x"]', { behaviors }),
    properties: await store.properties(USERS, 100),
  };
}

const BEFORE: readonly Batch[] = [
  { scope: USERS, updates: [set("ada", { n: 1 }), set("$device:d", { m: 1 }), set("zoe", {})] },
  events([
    event("buy", "ada", { k: 1 }, { insertId: "1" }),
    event("buy", "$device:d", { k: 1 }, { insertId: "2" }),
    event("buy", "zoe", {}, { insertId: "3" }),
  ]),
];

const MORE: readonly Batch[] = [
  {
    scope: USERS,
    updates: [set("ada", { n: "text", fresh: true }), remove("zoe"), set("bob", { n: 2 })],
  },
  { scope: COMPANIES, updates: [set("acme", { size: 1 })] },
  events([
    event("buy", "ada", { k: "text", other: [1] }, { insertId: "1" }),
    event("in", "bob", { $device_id: "d", $user_id: "bob" }, { insertId: "4" }),
    event("in", "ada", { $device_id: "e", $user_id: "ada" }, { insertId: "5" }),
    event("buy", "new", {}, { insertId: "6" }),
    event("buy", "", {}, { insertId: "7" }),
  ]),
];

const WRITES: readonly (readonly [string, (store: Store) => Promise<unknown>])[] = [
  ["updates and events", (store) => store.apply(MORE)],
  ["members", (store) => store.setMembers(USERS, 1, ["ada", "$device:d", "stranger"])],
  ["other members", (store) => store.setMembers(USERS, 2, ["bob"])],
  [
    "records",
    (store) =>
      store.putRecords(1, "cohort", [
        { id: 1, json: "{}" },
        { id: 2, json: undefined },
      ]),
  ],
  ["an erasure", (store) => store.erase(1, ["ada", "nobody"])],
];

describe("a write that fails half-way", () => {
  it.each(WRITES)(
    "leaves nothing of %s, and can be done again",
    async (_title, write) => {
      let nth = 0;
      for (let hasFailed = true; hasFailed; ) {
        nth++;
        const store = await DuckdbStore.open(":memory:");
        const reference = new MemoryStore();
        for (const each of [store, reference]) {
          await each.apply(BEFORE);
          await each.setMembers(USERS, 2, ["ada", "stranger", "gone"]);
          await each.putRecords(1, "cohort", [{ id: 2, json: '{"a":1}' }]);
        }
        const before = await tell(store);
        const stop = failAt(nth);
        const outcome = await write(store).then(
          () => "done",
          (error: unknown) => error,
        );
        hasFailed = stop();
        if (hasFailed && outcome !== "done") {
          expect(outcome, `at ${nth}`).toHaveProperty("code", "data.engine_failed");
          expect(await tell(store), `after a failure at ${nth}`).toMatchObject(before);
          await write(store);
        }
        await write(reference);
        // The rest has to go on as if nothing had been.
        for (const each of [store, reference]) {
          await each.apply(MORE);
          await each.setMembers(USERS, 2, []);
        }
        expect(await tell(store), `in the end, having failed at ${nth}`).toEqual(
          await tell(reference),
        );
        await store.close();
      }
      expect(nth).toBeGreaterThan(4);
    },
    60_000,
  );
});

describe("a file that cannot be written anew", () => {
  it("is as it was, wherever it fails", async () => {
    const folder = await mkdtemp(join(tmpdir(), "whom-failing-"));
    const file = join(folder, "whom.duckdb");
    const first = await DuckdbStore.open(file);
    await first.apply(BEFORE);
    const before = await tell(first);
    await first.close();
    let nth = 0;
    for (let hasFailed = true; hasFailed; ) {
      nth++;
      let store = await DuckdbStore.open(file);
      const stop = failAt(nth);
      const outcome = await store.compact().catch((error: unknown) => error);
      hasFailed = stop();
      expect(outcome === undefined, `at ${nth}`).toBe(!hasFailed);
      const told = await tell(store).catch((error: unknown) => error);
      if (told instanceof Error) {
        // A file that could not be opened again is closed, and there for whoever opens it.
        expect(told, `at ${nth}`).toHaveProperty("code", "data.closed");
        await store.close();
        store = await DuckdbStore.open(file);
      }
      expect(await tell(store), `after a failure at ${nth}`).toEqual(before);
      await store.compact();
      expect(await tell(store), `compacted after a failure at ${nth}`).toEqual(before);
      await store.close();
    }
    expect(nth).toBeGreaterThan(4);
    await rm(folder, { recursive: true, force: true });
  }, 60_000);
});
