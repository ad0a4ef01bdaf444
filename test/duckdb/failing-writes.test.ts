import { existsSync } from "node:fs";
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

/** Files here wait for no disk, where the system has it. */
const IN_MEMORY = "/dev/shm";

const METHODS = ["run", "runAndReadAll", "prepare", "createAppender"] as const;

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

/** All that a store tells, asked at once: it is asked hundreds of times. */
async function tell(store: Store): Promise<object> {
  return Object.fromEntries(
    await Promise.all(
      Object.entries({
        profiles: profilesOf(store),
        companies: idsOf(store, { scope: COMPANIES }),
        events: rowsOf(store),
        canonicalIds: store.canonicalIds(1, ["ada", "bob", "$device:d", "$device:e", "zoe"]),
        payers: store.members(USERS, 1),
        others: store.members(USERS, 2),
        records: store.records(1, "cohort"),
        counts: valuesById(store, 'behaviors["x"]', { behaviors }),
        properties: store.properties(query(), 100),
      }).map(async ([name, told]) => [name, await told] as const),
    ),
  );
}

async function profilesOf(store: Store): Promise<readonly (readonly string[])[]> {
  const keys = await store.select(query({ includesStrangers: true }));
  const rows = await store.read(USERS, keys, true);
  return rows.map(({ distinctId, propertiesJson }) => [distinctId, propertiesJson]);
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

async function prepare(store: Store): Promise<void> {
  await store.apply(BEFORE);
  await store.setMembers(USERS, 2, ["ada", "stranger", "gone"]);
  await store.putRecords(1, "cohort", [{ id: 2, json: '{"a":1}' }]);
}

/** The rest has to go on as if nothing had been. */
async function goOn(store: Store): Promise<object> {
  await store.apply(MORE);
  await store.setMembers(USERS, 2, []);
  return tell(store);
}

describe("a write that fails half-way", () => {
  it.each(WRITES)(
    "leaves nothing of %s, and can be done again",
    async (_title, write) => {
      const reference = new MemoryStore();
      await prepare(reference);
      const before = await tell(reference);
      await write(reference);
      const end = await goOn(reference);
      let nth = 0;
      for (let hasFailed = true; hasFailed; ) {
        nth++;
        const store = await DuckdbStore.open(":memory:");
        await prepare(store);
        const stop = failAt(nth);
        const outcome = await write(store).then(
          () => "done",
          (error: unknown) => error,
        );
        hasFailed = stop();
        if (hasFailed && outcome !== "done") {
          expect(outcome, `at ${nth}`).toHaveProperty("code", "data.engine_failed");
          expect(await tell(store), `after a failure at ${nth}`).toEqual(before);
          await write(store);
        }
        expect(await goOn(store), `in the end, having failed at ${nth}`).toEqual(end);
        await store.close();
      }
      expect(nth).toBeGreaterThan(4);
    },
    60_000,
  );
});

describe("a file that cannot be written anew", () => {
  it("is as it was, wherever it fails", async () => {
    const folder = await mkdtemp(
      join(existsSync(IN_MEMORY) ? IN_MEMORY : tmpdir(), "whom-failing-"),
    );
    const file = join(folder, "whom.duckdb");
    let store = await DuckdbStore.open(file);
    await store.apply(BEFORE);
    const before = await tell(store);
    let nth = 0;
    for (let hasFailed = true; hasFailed; ) {
      nth++;
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
    }
    expect(nth).toBeGreaterThan(4);
    await store.close();
    await rm(folder, { recursive: true, force: true });
  }, 60_000);
});
