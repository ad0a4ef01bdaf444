import { DuckDBConnection } from "@duckdb/node-api";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { applyBatches } from "../../src/duckdb/apply.ts";
import { Database } from "../../src/duckdb/connection.ts";
import { beginFilling, fillRange, finishFilling, rangesToFill } from "../../src/duckdb/promote.ts";
import { prepareSchema } from "../../src/duckdb/schema.ts";
import { sortStep } from "../../src/duckdb/sort-events.ts";
import { DuckdbStore } from "../../src/duckdb/store.ts";
import { TableSet } from "../../src/duckdb/table-set.ts";
import { ASKED_COUNT_MIN } from "../../src/store/column-policy.ts";
import type { Store } from "../../src/store/store.ts";
import { AT, behaviorSelector, countOf, event, events, eventTest } from "../support/events.ts";
import { query, selector, set, USERS } from "../support/updates.ts";

const PROFILES = 10_000;
const DAY_MS = 86_400_000;

let store: DuckdbStore;

beforeEach(async () => {
  store = await DuckdbStore.open(":memory:");
});
afterEach(async () => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  await store.close();
});

/** Every profile has a plan. */
async function fillWithPlans(count: number = PROFILES): Promise<void> {
  const updates = Array.from({ length: count }, (_, n) => set(`u${n}`, { plan: n % 3 }));
  await store.apply([{ scope: USERS, updates }]);
}

let secondsGiven = 0;

/** Gives a property to the first profiles, some at a time, so that it is never frequent among what is there. */
async function give(name: string, count: number): Promise<void> {
  for (let from = 0; from < count; from += 100) {
    const updates = Array.from({ length: Math.min(100, count - from) }, (_, n) =>
      // A profile that stays as it was would not be written.
      ({ ...set(`u${from + n}`, { [name]: from + n }), seenAtSeconds: secondsGiven++ }),
    );
    await store.apply([{ scope: USERS, updates }]);
  }
}

function above(name: string, number: number) {
  return query({ selectors: [selector(`properties["${name}"] > ${number}`)] });
}

/** Whether a property is read from a column of its own. It counts as asked for once. */
async function hasColumn(name: string): Promise<boolean> {
  const { statement } = await store.explain(above(name, 0));
  return statement.includes("_number") && !statement.includes("shared");
}

describe("a property of the shared column", () => {
  it("gets columns once a twentieth of all has it", async () => {
    await fillWithPlans();
    await give("frequent", 500);
    await give("rare", 400);
    expect([await hasColumn("frequent"), await hasColumn("rare")]).toEqual([false, false]);
    await store.settle();
    expect([await hasColumn("frequent"), await hasColumn("rare")]).toEqual([true, false]);
    expect(await store.count(above("frequent", 449))).toBe(50);
    await give("frequent", 100);
    expect(await store.count(above("frequent", 449))).toBe(50);
  });

  it("gets columns once selectors ask for it, however rare it is", async () => {
    await fillWithPlans();
    await give("rare", 10);
    for (let n = 0; n < ASKED_COUNT_MIN - 1; n++) {
      expect(await store.count(above("rare", 4))).toBe(5);
    }
    await store.settle();
    expect(await hasColumn("rare")).toBe(false);
    await store.settle();
    expect(await hasColumn("rare")).toBe(true);
    expect(await store.count(above("rare", 4))).toBe(5);
  });

  it("stays there while the table is small", async () => {
    await fillWithPlans(PROFILES - 1);
    await give("frequent", 600);
    for (let n = 0; n < ASKED_COUNT_MIN; n++) await store.count(above("frequent", 4));
    await store.settle();
    expect(await hasColumn("frequent")).toBe(false);
  });

  it("stays there where the store gives no columns", async () => {
    await store.close();
    store = await DuckdbStore.open(":memory:", { columnPropertiesMax: 0 });
    await fillWithPlans();
    for (let n = 0; n < ASKED_COUNT_MIN; n++) await store.count(above("plan", 1));
    await store.settle();
    expect(await hasColumn("plan")).toBe(false);
  });

  it("gets columns by itself, while others write and ask", async () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    await store.close();
    store = await DuckdbStore.open(":memory:");
    await fillWithPlans();
    await give("frequent", 1_000);
    vi.advanceTimersByTime(5_000);
    let isDone = false;
    for (let round = 0; !isDone && round < 1_000; round++) {
      const [count] = await Promise.all([
        store.count(above("frequent", 499)),
        store.apply([{ scope: USERS, updates: [set(`u${round}`, { other: round })] }]),
      ]);
      expect(count).toBe(500);
      isDone = await hasColumn("frequent");
    }
    expect(isDone).toBe(true);
    expect(await store.count(above("frequent", 499))).toBe(500);
  });

  it("is as it was when its columns cannot be made, wherever that fails, and gets them later", async () => {
    await fillWithPlans();
    let nth = 0;
    for (let hasFailed = true; hasFailed; ) {
      nth++;
      const name = `frequent${nth}`;
      await give(name, 600);
      const stop = failAt(nth);
      const outcome = await store.settle().catch((error: unknown) => error);
      hasFailed = stop();
      if (hasFailed) expect(outcome, `at ${nth}`).toHaveProperty("code", "data.engine_failed");
      expect(await store.count(above(name, 299)), `at ${nth}`).toBe(300);
      await give(name, 100);
      expect(await store.count(above(name, 299)), `after a write, at ${nth}`).toBe(300);
      await store.settle();
      expect(await hasColumn(name), `in the end, at ${nth}`).toBe(true);
      expect(await store.count(above(name, 299)), `in the end, at ${nth}`).toBe(300);
    }
    // Making, filling and reading take a transaction each.
    expect(nth).toBeGreaterThan(8);
  }, 30_000);
});

/** Lets the engine fail at the nth thing it is asked to do from now on. @returns whether it came to that */
function failAt(nth: number): () => boolean {
  let left = nth;
  const original = DuckDBConnection.prototype.run;
  const spy = vi.spyOn(DuckDBConnection.prototype, "run").mockImplementation(function (
    this: DuckDBConnection,
    ...given: Parameters<typeof original>
  ) {
    if (given[0] !== "rollback" && --left === 0) throw new Error("the disk is full");
    return original.apply(this, given);
  });
  return () => {
    spy.mockRestore();
    return left <= 0;
  };
}

describe("a property of events", () => {
  it("gets columns once it is frequent, and behaviors count as before", async () => {
    const sent = (from: number, count: number, name: string) =>
      store.apply([
        events(
          Array.from({ length: count }, (_, n) =>
            event("buy", `u${n % 20}`, { [name]: from + n }, { timeMs: (AT - from - n) * 1_000 }),
          ),
        ),
      ]);
    await sent(0, PROFILES, "plan");
    for (let from = 0; from < 600; from += 100) await sent(PROFILES + from, 100, "late");
    const behaviors = new Map([
      ["x", countOf("buy", { tests: [eventTest("buy", 'properties["late"] > 10100')] })],
    ]);
    const asked = query({
      selectors: [behaviorSelector('behaviors["x"] >= 5', "x")],
      behaviors,
      includesStrangers: true,
    });
    const before = await idsAsked(store, asked);
    expect((await store.explain(asked)).statement).toMatch(/shared/);
    await store.settle();
    expect((await store.explain(asked)).statement).not.toMatch(/shared/);
    expect(await idsAsked(store, asked)).toEqual(before);
  });

  it("is filled day by day, though events are put in order meanwhile", async () => {
    const database = await Database.open(":memory:");
    const connection = database.writer;
    await prepareSchema(connection, ":memory:");
    const tables = new TableSet([], 0);
    const write = (from: number) =>
      applyBatches(connection, tables, [
        events(
          Array.from({ length: 200 }, (_, n) =>
            event(
              "buy",
              `u${(n * 7) % 20}`,
              { n: from + n },
              { timeMs: AT * 1_000 - (n % 5) * DAY_MS },
            ),
          ),
        ),
      ]);
    await write(0);
    const table = tables.users(1)?.events;
    const property = table?.catalog.property("n");
    if (table === undefined || property === undefined) throw new Error("no events");
    await beginFilling(connection, table, property);
    const ranges = await rangesToFill(connection, table);
    await write(1_000);
    await sortStep(connection, table);
    for (const range of ranges) await fillRange(connection, table, property, range);
    await write(2_000);
    await finishFilling(connection, table, property);
    await write(3_000);
    const rows = await connection.runAndReadAll(
      "select count(*), count(p0_number), count(*) filter (p0_number is distinct from cast(json_extract(properties, '/n') as double)) from events_1",
    );
    expect(rows.getRows()[0]?.map(Number)).toEqual([800, 800, 0]);
    await database.close();
  });
});

async function idsAsked(asked: Store, by: ReturnType<typeof query>): Promise<readonly string[]> {
  const rows = await asked.read(USERS, await asked.select(by), true);
  return rows.map(({ distinctId }) => distinctId);
}
