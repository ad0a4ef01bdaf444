import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { DuckdbStore } from "../../src/duckdb/store.ts";
import { MemoryStore } from "../../src/store/memory.ts";
import type { Store } from "../../src/store/store.ts";
import type { Value } from "../../src/values/value.ts";
import { AT, event, events, rowsOf } from "../support/events.ts";
import { idsOf, query, selector, set, USERS } from "../support/updates.ts";

const PROFILES = 10_000;
/** How many of the first profiles have the rare property: fewer than a thousandth of all. */
const RARE = 9;

let folder: string;
let file: string;
let store: DuckdbStore;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "whom-compaction-"));
  file = join(folder, "whom.duckdb");
  store = await DuckdbStore.open(file);
});
afterEach(async () => {
  await store.close();
  await rm(folder, { recursive: true, force: true });
});

const VALUES: readonly Value[] = [
  "Five",
  1e21,
  "2024-05-01",
  true,
  null,
  ["Red", 7],
  { a: 1 },
  0.1,
  -0,
];

const SELECTORS: readonly string[] = [
  'properties["rare"] == "five"',
  'properties["rare"] == 1000000000000000000000',
  'properties["rare"] == 0',
  'properties["rare"] > 0',
  'datetime(properties["rare"]) > datetime("2024-01-01")',
  'defined(properties["rare"])',
  '"red" in properties["rare"]',
  'properties["rare"] == properties["other"]',
  'properties["plan"] == 1 and not defined(properties["rare"])',
];

async function agree(reference: Store, stage: string): Promise<void> {
  for (const source of SELECTORS) {
    const asked = { selectors: [selector(source)] };
    expect(await idsOf(store, asked), `${stage}: ${source}`).toEqual(await idsOf(reference, asked));
  }
}

/** The columns of a table in the file, which is closed for that. */
async function columnsIn(table: string): Promise<readonly string[]> {
  await store.close();
  const instance = await DuckDBInstance.create(file, { access_mode: "READ_ONLY" });
  const connection = await instance.connect();
  const result = await connection.runAndReadAll(`select name from pragma_table_info('${table}')`);
  connection.closeSync();
  instance.closeSync();
  store = await DuckdbStore.open(file);
  return result.getRows().map(([name]) => String(name));
}

describe("a file that is written anew", () => {
  it("has no columns for what hardly any profile has, and finds it all the same", async () => {
    const reference = new MemoryStore();
    const write = async (
      from: number,
      to: number,
      values: (n: number) => Record<string, Value>,
    ) => {
      const updates = Array.from({ length: to - from }, (_, n) =>
        set(`u${from + n}`, values(from + n)),
      );
      for (const each of [store, reference]) await each.apply([{ scope: USERS, updates }]);
    };
    // Among the first few profiles everything is frequent.
    await write(0, RARE, (n) => ({
      plan: n % 3,
      rare: VALUES[n] ?? null,
      other: VALUES[n - 1] ?? 7,
    }));
    await write(RARE, PROFILES, (n) => ({ plan: n % 3 }));
    await agree(reference, "before");
    // What was asked for is forgotten when the file is closed.
    const columns = await columnsIn("profiles_1");
    expect(columns.filter((name) => name.startsWith("p1_")).length).toBeGreaterThan(5);
    await store.compact();
    await agree(reference, "compacted");
    await write(3, 6, (n) => ({ rare: VALUES[n + 1] ?? null, late: n }));
    await agree(reference, "compacted and written");
    const { statement } = await store.explain(
      query({ selectors: [selector('properties["rare"] > 0 and properties["plan"] > 0')] }),
    );
    expect(statement).toMatch(/p\.shared/);
    expect(statement).toMatch(/p\.p\d_number/);
    const left = await columnsIn("profiles_1");
    expect(left.filter((name) => /^p[12]_/.test(name))).toEqual([]);
    await agree(reference, "opened again");
    await store.compact();
    await agree(reference, "compacted again");
  });

  it("keeps the columns of what selectors ask for, and of small tables", async () => {
    const updates = (from: number, to: number) =>
      Array.from({ length: to - from }, (_, n) =>
        set(`u${from + n}`, from + n < RARE ? { plan: 1, asked: 1, rare: 1 } : { plan: 1 }),
      );
    await store.apply([{ scope: USERS, updates: updates(0, RARE) }]);
    await store.apply([{ scope: USERS, updates: updates(RARE, PROFILES - 1) }]);
    await store.compact();
    expect(await columnsIn("profiles_1")).toContain("p2_number");
    await store.apply([{ scope: USERS, updates: updates(PROFILES - 1, PROFILES) }]);
    const asked = query({ selectors: [selector('properties["asked"] > 0')] });
    for (let n = 0; n < 5; n++) await store.count(asked);
    await store.compact();
    const columns = await columnsIn("profiles_1");
    expect([columns.includes("p1_number"), columns.includes("p2_number")]).toEqual([true, false]);
  });

  it("has no entries of what has columns in the shared column", async () => {
    await store.apply([
      {
        scope: USERS,
        updates: Array.from({ length: PROFILES }, (_, n) => set(`u${n}`, { plan: 1 })),
      },
    ]);
    for (let from = 0; from < 700; from += 100) {
      const updates = Array.from({ length: 100 }, (_, n) =>
        set(`u${from + n}`, { late: n, ...(n === 0 && from === 0 && { rare: "kept" }) }),
      );
      await store.apply([{ scope: USERS, updates }]);
    }
    await store.settle();
    await store.compact();
    await store.close();
    const instance = await DuckDBInstance.create(file);
    const connection = await instance.connect();
    const result = await connection.runAndReadAll(
      "select distinct unnest(shared) from profiles_1 where shared is not null",
    );
    expect(result.getRows()).toEqual([["3:skept"]]);
    connection.closeSync();
    instance.closeSync();
    store = await DuckdbStore.open(file);
  });

  it("treats events alike", async () => {
    const sent = (from: number, count: number, rare: boolean) =>
      events(
        Array.from({ length: count }, (_, n) =>
          event(
            "buy",
            `u${n % 20}`,
            { n: from + n, ...(rare && { rare: ["a", n] }) },
            {
              timeMs: (AT - ((from + n) % 7) * 86_400) * 1_000,
            },
          ),
        ),
      );
    const batches = [sent(0, RARE, true), sent(RARE, PROFILES, false)];
    const reference = new MemoryStore();
    for (const each of [store, reference]) {
      for (const batch of batches) await each.apply([batch]);
    }
    const asked = { selector: selector('"a" in properties["rare"]') };
    await store.compact();
    expect(await rowsOf(store, asked)).toEqual(await rowsOf(reference, asked));
    expect(await rowsOf(store, asked)).toHaveLength(RARE);
    expect((await columnsIn("events_1")).at(-1)).toBe("p0_number");
  });
});
