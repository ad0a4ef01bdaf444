import { copyFileSync, existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { DuckDBConnection } from "@duckdb/node-api";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { applyBatches } from "../../src/duckdb/apply.ts";
import { Database } from "../../src/duckdb/connection.ts";
import { selectKeys } from "../../src/duckdb/freeze.ts";
import { tablesAsSeen, watchLayout } from "../../src/duckdb/layout.ts";
import { beginFilling, fillRange, finishFilling } from "../../src/duckdb/promote.ts";
import { readRows } from "../../src/duckdb/read-profiles.ts";
import { loadTables, prepareSchema } from "../../src/duckdb/schema.ts";
import { prepareSelection } from "../../src/duckdb/selection.ts";
import { DuckdbStore } from "../../src/duckdb/store.ts";
import { TableSet, type Tables } from "../../src/duckdb/table-set.ts";
import type { ProfileTable } from "../../src/duckdb/tables.ts";
import type { ProfileUpdate } from "../../src/profile/update.ts";
import { compile, print, type Selector } from "../../src/selector/selector.ts";
import { raw } from "../../src/sql/fragment.ts";
import type { CatalogProperty } from "../../src/store/catalog.ts";
import { MemoryStore } from "../../src/store/memory.ts";
import { arbitraryProperties, arbitrarySelector } from "../support/selector-arbitraries.ts";
import { idsOf, query, remove, selector, set, USERS, update } from "../support/updates.ts";

let folder: string;
let file: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "whom-promotion-"));
  file = join(folder, "whom.duckdb");
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** A file whose properties all share one column, and the reference beside it. */
class Subject {
  readonly reference = new MemoryStore();
  readonly database: Database;
  readonly tables: TableSet;

  constructor(database: Database, tables: TableSet) {
    this.database = database;
    this.tables = tables;
  }

  static async open(path: string): Promise<Subject> {
    const database = await Database.open(path);
    await prepareSchema(database.writer, path);
    return new Subject(database, new TableSet(await loadTables(database.writer, 0), 0));
  }

  get connection(): DuckDBConnection {
    return this.database.writer;
  }

  get known(): Tables {
    const table = this.tables.users(1);
    if (table === undefined) throw new Error("no table");
    return { table, users: table };
  }

  get table(): ProfileTable {
    return this.known.table;
  }

  async write(...updates: readonly ProfileUpdate[]): Promise<void> {
    await this.reference.apply([{ scope: USERS, updates }]);
    await applyBatches(this.connection, this.tables, [{ scope: USERS, updates }]);
  }

  /** Every property, as the catalog has it now. */
  each(work: (property: CatalogProperty) => Promise<void>): Promise<void> {
    return [...this.table.catalog.properties()].reduce(
      (before, { name }) =>
        before.then(() => work(this.table.catalog.property(name) as CatalogProperty)),
      Promise.resolve(),
    );
  }

  begin(): Promise<void> {
    return this.each((property) => beginFilling(this.connection, this.table, property));
  }

  fill(fromKey: number, toKey: number): Promise<void> {
    const range = raw(`key between ${fromKey} and ${toKey}`);
    return this.each((property) => fillRange(this.connection, this.table, property, range));
  }

  finish(): Promise<void> {
    return this.each((property) => finishFilling(this.connection, this.table, property));
  }

  async ids(asked: Selector): Promise<readonly string[]> {
    const { database, known } = this;
    return database.read(async (connection) => {
      await connection.run("begin transaction read only");
      const seen = await tablesAsSeen(connection, known);
      const selection = await prepareSelection(connection, query({ selectors: [asked] }), seen, []);
      const keys = await selectKeys(connection, selection, undefined);
      const rows = await readRows(connection, seen.table, keys, false);
      await connection.run("rollback");
      return rows.map(({ distinctId }) => distinctId);
    });
  }

  /** Whether a selector gives what the reference gives. */
  async agree(selectors: readonly Selector[], stage: string): Promise<void> {
    for (const asked of selectors) {
      const expected = await idsOf(this.reference, { selectors: [asked] });
      expect(await this.ids(asked), `${stage}: ${print(asked.expression)}`).toEqual(expected);
    }
  }
}

const SELECTORS: readonly Selector[] = [
  'properties["x"] == "five"',
  'properties["x"] == 5',
  'properties["x"] == "2024-05-01"',
  'properties["x"] == true',
  'not defined(properties["x"]) and properties["x"] != properties["missing"]',
  'not defined(properties["x"])',
  'properties["x"] != properties["y"]',
  'properties["x"] > 4',
  'properties["x"] < "g"',
  '"iv" in properties["x"]',
  '"red" in properties["x"]',
  '7 in properties["x"]',
  'properties["x"] in ["five", 5, 1e21]',
  'datetime(properties["x"]) > datetime("2024-01-01")',
  'properties["x"]["a"] == 1',
  'any(X, properties["y"], X == "red")',
].map(selector);

/** A value of every kind, in turn. */
const VALUES = [
  "Five",
  5,
  "2024-05-01",
  true,
  null,
  ["Red", 7, null, ["x"]],
  { a: 1, b: "Ünit" },
  1e21,
  -0,
  0.1,
  "5",
  "",
  "a:b",
  false,
  [],
  "2024-05-01T10:00:00+02:00",
] as const;

const PEOPLE = 48;

function person(n: number, offset: number): ProfileUpdate {
  const [x, y] = [VALUES[(n + offset) % VALUES.length], VALUES[(n * 3 + offset) % VALUES.length]];
  return set(`u${n}`, { ...(n % 5 > 0 && { x: x ?? null }), ...(n % 7 > 0 && { y: y ?? null }) });
}

/** What a process that ends now leaves on disk. @returns the file */
function copyOfFile(): string {
  const copy = `${file}.copy`;
  for (const name of ["", ".wal"]) {
    if (existsSync(file + name)) copyFileSync(file + name, copy + name);
  }
  return copy;
}

/** Goes so far, and then writes. */
async function stopAt(subject: Subject, last: string): Promise<void> {
  await subject.begin();
  if (last !== "made") await subject.fill(0, PEOPLE / 2);
  if (last === "filled" || last === "full") await subject.fill(PEOPLE / 2, PEOPLE);
  if (last === "full") await subject.finish();
  await subject.write(person(1, 5), person(PEOPLE, 5));
}

describe("a property that is given columns", () => {
  it("is found as ever, at every stage and with writes between them", async () => {
    const subject = await Subject.open(file);
    const people = Array.from({ length: PEOPLE }, (_, n) => n);
    // The first have no lists and no objects, so that columns are added on the way.
    await subject.write(...people.map((n) => set(`u${n}`, { x: VALUES[n % 4] ?? null, y: n })));
    const stages: readonly (readonly [string, () => Promise<void>])[] = [
      ["shared", () => Promise.resolve()],
      ["made", () => subject.begin()],
      ["half filled", () => subject.fill(0, PEOPLE / 2)],
      ["filled", () => subject.fill(PEOPLE / 2, PEOPLE)],
      ["filled again", () => subject.fill(0, PEOPLE)],
      ["full", () => subject.finish()],
    ];
    for (const [index, [stage, work]] of stages.entries()) {
      await work();
      await subject.agree(SELECTORS, stage);
      const written = people.filter((n) => n % 4 === index % 4);
      await subject.write(
        ...written.map((n) => person(n, index)),
        ...written.slice(0, 3).map((n) => update(`u${n}`, { kind: "unset", names: ["x"] })),
        remove(`u${40 + index}`),
        person(100 + index, index),
      );
      await subject.agree(SELECTORS, `${stage}, then written`);
    }
    expect([...subject.table.catalog.properties()].every(({ hasColumns }) => hasColumns)).toBe(
      true,
    );
    await subject.database.close();
  });

  it("is found as ever by random selectors over random profiles", async () => {
    const names = ["a", "b", "c"];
    for (let seed = 1; seed <= 12; seed++) {
      const subject = await Subject.open(":memory:");
      const [first, second] = [seed, seed + 1_000].map((from) =>
        fc.sample(arbitraryProperties(names), { seed: from, numRuns: 24 }),
      );
      const selectors = fc
        .sample(arbitrarySelector(names), { seed, numRuns: 25 })
        .flatMap((expression) => compile(print(expression)) ?? []);
      const updates = (from: typeof first) =>
        (from ?? []).map((values, n) => update(`u${n}`, { kind: "set", values }));
      await subject.write(...updates(first));
      await subject.begin();
      await subject.write(...updates(second?.slice(0, 8)));
      await subject.fill(0, 100);
      await subject.write(...updates(second?.slice(0, 12)));
      await subject.agree(selectors, `seed ${seed}, filled`);
      await subject.finish();
      await subject.agree(selectors, `seed ${seed}, full`);
      await subject.database.close();
    }
  }, 60_000);

  const ends = ["was closed", "lost its process"];
  const stages = ["made", "half filled", "filled", "full"];
  it.each(ends.flatMap((end) => stages.map((last) => [end, last] as const)))(
    "goes on when the file %s once it was %s",
    async (end, last) => {
      const subject = await Subject.open(file);
      await subject.write(...Array.from({ length: PEOPLE }, (_, n) => person(n, 0)));
      await stopAt(subject, last);
      const lost = copyOfFile();
      await subject.database.close();
      const store = await DuckdbStore.open(end === "was closed" ? file : lost);
      const agree = async (stage: string) => {
        for (const asked of SELECTORS) {
          expect(
            await idsOf(store, { selectors: [asked] }),
            `${stage}: ${print(asked.expression)}`,
          ).toEqual(await idsOf(subject.reference, { selectors: [asked] }));
        }
      };
      await agree("opened");
      const updates = [person(2, 6), person(30, 7), person(PEOPLE + 1, 6)];
      for (const each of [store, subject.reference]) await each.apply([{ scope: USERS, updates }]);
      await agree("opened and written");
      await store.settle();
      await agree("settled");
      for (const each of [store, subject.reference]) {
        await each.apply([{ scope: USERS, updates: [person(3, 9), person(4, 5)] }]);
      }
      await agree("settled and written");
      const { statement } = await store.explain(query({ selectors: SELECTORS.slice(7, 8) }));
      expect(statement).toMatch(/p\.p\d_number/);
      await store.close();
    },
  );
});

describe("a reader beside a property that changes its place", () => {
  it("reads what its state of the file has", async () => {
    const subject = await Subject.open(file);
    const asked = selector('properties["x"] > 4');
    await subject.write(set("ada", { x: 5 }), set("bob", { x: 4 }));
    await subject.begin();
    await subject.fill(0, 10);
    const reading = subject.database.stream(async function* (connection) {
      const seen = await tablesAsSeen(connection, subject.known);
      for (;;) {
        const selection = await prepareSelection(
          connection,
          query({ selectors: [asked] }),
          seen,
          [],
        );
        yield (await selectKeys(connection, selection, undefined)).length;
      }
    });
    expect((await reading.next()).value).toBe(1);
    await subject.finish();
    await subject.write(set("ada", { x: 1 }), set("bob", { x: 2 }), set("cyd", { x: 9 }));
    expect((await reading.next()).value).toBe(1);
    await reading.return(undefined);
    expect(await subject.ids(asked)).toEqual(["cyd"]);
    await subject.database.close();
  });

  it("waits for a change that is under way, and is told of one that came between", async () => {
    const subject = await Subject.open(file);
    await subject.write(set("ada", { x: 5 }));
    const { layout } = subject.table;
    const isSame = watchLayout(subject.known);
    expect(isSame()).toBe(true);
    let end: (() => void) | undefined;
    const change = layout.change(
      () =>
        new Promise<void>((resolve) => {
          end = resolve;
        }),
    );
    expect([isSame(), watchLayout(subject.known)()]).toEqual([false, false]);
    const seen = subject.database.read(async (connection) => {
      await connection.run("begin transaction read only");
      await tablesAsSeen(connection, subject.known);
      await connection.run("rollback");
      return "seen";
    });
    expect(await Promise.race([seen, sleep(500)])).toBeUndefined();
    end?.();
    await change;
    expect(await seen).toBe("seen");
    expect([isSame(), watchLayout(subject.known)()]).toEqual([false, true]);
    await subject.database.close();
  });
});
