import { readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { applyBatches } from "../../src/duckdb/apply.ts";
import { Database } from "../../src/duckdb/connection.ts";
import { loadTables, prepareSchema } from "../../src/duckdb/schema.ts";
import { sortStep } from "../../src/duckdb/sort-events.ts";
import { DuckdbStore } from "../../src/duckdb/store.ts";
import { TableSet } from "../../src/duckdb/table-set.ts";
import { AT, countOf, event, events, namesOf, rowsOf, valuesById } from "../support/events.ts";
import { idsOf, query, remove, set, USERS } from "../support/updates.ts";

const DAY_MS = 86_400_000;

let folder: string;
let file: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "whom-upkeep-"));
  file = join(folder, "whom.duckdb");
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** Whether any file of the folder has a text in it. */
function isOnDisk(text: string): boolean {
  return readdirSync(folder).some((name) => readFileSync(join(folder, name)).includes(text));
}

describe("events out of order", () => {
  it("are put in order by day, name and person, none lost", async () => {
    const database = await Database.open(file);
    const connection = database.writer;
    await prepareSchema(connection, file);
    const tables = new TableSet(await loadTables(connection, 48), 48);
    const sent = Array.from({ length: 500 }, (_, index) =>
      event(
        ["buy", "view"][index % 2] ?? "",
        `u${(index * 37) % 50}`,
        { n: index },
        {
          timeMs: AT * 1_000 + ((index * 7) % 11) * DAY_MS,
        },
      ),
    );
    for (const part of [sent.slice(0, 200), sent.slice(200)]) {
      await applyBatches(connection, tables, [events(part)]);
      const table = tables.users(1)?.events;
      if (table === undefined) throw new Error("no table of events");
      while (table.unsortedCount > 0) await sortStep(connection, table);
    }
    const rows = await connection.runAndReadAll(
      "select day, name, key, p0_number from events_1 order by rowid",
    );
    const found = rows
      .getRows()
      .map(([day, name, key]) => [Number(day), String(name), Number(key)]);
    const ordered = found.toSorted(
      ([day = 0, name = "", key = 0], [otherDay = 0, otherName = "", otherKey = 0]) =>
        Number(day) - Number(otherDay) ||
        (name === otherName ? Number(key) - Number(otherKey) : name < otherName ? -1 : 1),
    );
    expect(found).toEqual(ordered);
    const numbers = rows.getRows().map(([, , , number]) => Number(number));
    expect(numbers.sort((left, right) => left - right)).toEqual(sent.map((_, index) => index));
    await database.close();
  });
});

describe("compacting", () => {
  it("takes what was erased out of the folder, and leaves the rest as it was", async () => {
    const store = await DuckdbStore.open(file);
    await store.apply([
      {
        scope: USERS,
        updates: [set("marker-erased", { mail: "erased@marker" }), set("bob", { n: 1 })],
      },
      events([event("buy", "marker-erased", { note: "note-of-erased" }), event("buy", "bob")]),
    ]);
    await store.setMembers(USERS, 7, ["marker-erased", "bob"]);
    const keys = await store.select(query());
    const texts = ["marker-erased", "erased@marker", "note-of-erased"];
    expect(texts.filter(isOnDisk)).toEqual(texts);
    expect(await store.erase(1, ["marker-erased"])).toEqual({ profileCount: 1, eventCount: 1 });
    await store.compact();
    expect(texts.filter(isOnDisk)).toEqual([]);
    expect(isOnDisk("bob")).toBe(true);
    expect((await store.read(USERS, keys)).map(({ distinctId }) => distinctId)).toEqual(["bob"]);
    expect(await store.members(USERS, 7)).toEqual(["bob"]);
    expect(await namesOf(store)).toEqual(["buy"]);
    await store.close();
  });

  it("lets writes and reads go on afterwards, over a restart too", async () => {
    const first = await DuckdbStore.open(file);
    await first.apply([{ scope: USERS, updates: [set("ada", { a: 1 }), set("bob", { a: 2 })] }]);
    const reading = Promise.all(Array.from({ length: 20 }, () => idsOf(first, query())));
    const compacting = first.compact();
    await first.apply([events([event("buy", "ada")]), { scope: USERS, updates: [remove("bob")] }]);
    // Profiles are shown as they are when they are read, which may be after the compaction.
    for (const ids of await reading) expect(["ada,bob", "ada"]).toContain(String(ids));
    await compacting;
    await first.compact();
    await first.apply([{ scope: USERS, updates: [set("cyd", { late: true })] }]);
    await first.close();
    const second = await DuckdbStore.open(file);
    expect(await idsOf(second, query())).toEqual(["ada", "cyd"]);
    const behaviors = new Map([["x", countOf("buy")]]);
    expect(await valuesById(second, 'behaviors["x"]', { behaviors })).toEqual({ ada: 1, cyd: 0 });
    await second.close();
  });
});

describe("a file of format 1", () => {
  it("is brought up to date, with its profiles", async () => {
    const old = await DuckdbStore.open(file);
    await old.apply([{ scope: USERS, updates: [set("ada", { plan: "pro" })] }]);
    await old.close();
    const database = await Database.open(file);
    for (const table of ["event_properties", "cohort_members", "records", "people_1"]) {
      await database.writer.run(`drop table ${table}`);
    }
    await database.writer.run("update format set version = '1'");
    await database.close();

    const store = await DuckdbStore.open(file);
    await store.apply([events([event("buy", "ada"), event("buy", "bob")])]);
    const behaviors = new Map([["x", countOf("buy")]]);
    expect(await valuesById(store, 'behaviors["x"]', { behaviors })).toEqual({ ada: 1 });
    expect((await rowsOf(store)).map(({ distinctId }) => distinctId)).toEqual(["ada", "bob"]);
    await store.close();
  });
});
