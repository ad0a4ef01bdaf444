import { describe, expect, it } from "vitest";
import { Catalog, type CatalogAddition, type Needed } from "../../src/store/catalog.ts";
import { ASKED_COUNT_MIN } from "../../src/store/column-policy.ts";

/** Rows that have a number each in some properties. */
function needed(rowCount: number, counts: Readonly<Record<string, number>>): Needed {
  return {
    rowCount,
    properties: new Map(
      Object.entries(counts).map(([name, count]) => [
        name,
        { readings: new Set(["number"] as const), rowCount: count },
      ]),
    ),
  };
}

/** Writes rows. @returns the properties that got columns */
function write(catalog: Catalog, rows: Needed, rowCount: number): readonly string[] {
  const additions = catalog.additionsFor(rows, rowCount);
  catalog.accept(additions);
  return additions.filter(({ hasColumns }) => hasColumns).map(({ name }) => name);
}

function many(prefix: string, count: number, rowCount: number): Record<string, number> {
  return Object.fromEntries(Array.from({ length: count }, (_, n) => [`${prefix}${n}`, rowCount]));
}

describe("a property that is met for the first time", () => {
  it.each([
    ["every one of the first profile", 1, 1, { plan: 1, ltv: 1 }, ["plan", "ltv"]],
    ["one that a twentieth of a first batch has", 2_000, 2_000, { a: 100, b: 99 }, ["a"]],
    ["one that a whole batch has, but few of all", 1_000_000, 2_000, { a: 2_000 }, []],
    ["one that a batch has which is a twentieth of all", 40_000, 2_000, { a: 2_000 }, ["a"]],
    ["one that the twentieth profile brings, alone", 20, 1, { a: 1 }, ["a"]],
    ["one that the twenty-first profile brings, alone", 21, 1, { a: 1 }, []],
    ["rows that replace others and are more than were thought", 10, 2_000, { a: 99 }, []],
  ])("gets columns if it is frequent: %s", (_title, rowCount, batch, counts, columns) => {
    expect(write(new Catalog(), needed(batch, counts), rowCount)).toEqual(columns);
  });

  it("leaves room for others while few rows are known", () => {
    expect(write(new Catalog(), needed(1, many("a", 30, 1)), 1)).toHaveLength(24);
    expect(write(new Catalog(), needed(99, many("a", 30, 99)), 99)).toHaveLength(24);
    expect(write(new Catalog(), needed(100, many("a", 30, 100)), 100)).toHaveLength(30);
  });

  it("gets none once 48 have them for being frequent; the most frequent go first", () => {
    const counts = { ...many("some", 40, 300), ...many("most", 40, 900) };
    const catalog = new Catalog();
    const columns = write(catalog, needed(1_000, counts), 1_000);
    expect(columns).toHaveLength(48);
    expect(columns.filter((name) => name.startsWith("most"))).toHaveLength(40);
    expect(write(catalog, needed(1_000, { late: 1_000 }), 2_000)).toEqual([]);
    expect([catalog.room(2_000), catalog.room(undefined)]).toEqual([0, 16]);
  });

  it("gets none where the store was told to give none", () => {
    expect(write(new Catalog([], 0), needed(1, { a: 1 }), 1)).toEqual([]);
    expect(write(new Catalog([], 1), needed(1, { a: 1, b: 1 }), 1)).toEqual(["a"]);
  });
});

describe("a property that is known", () => {
  it("keeps its place, whatever comes", () => {
    const catalog = new Catalog();
    write(catalog, needed(1_000, { common: 1_000, rare: 1 }), 1_000);
    const again = needed(1_000, { common: 1, rare: 1_000 });
    expect(catalog.additionsFor(again, 2_000)).toEqual([]);
    const texts = new Map(
      Array.from(again.properties, ([name, { rowCount }]) => [
        name,
        { rowCount, readings: new Set(["text"] as const) },
      ]),
    );
    const added = catalog.additionsFor({ rowCount: 1_000, properties: texts }, 2_000);
    expect(added.map(({ name, hasColumns }) => [name, hasColumns])).toEqual([
      ["common", true],
      ["rare", false],
    ]);
    expect(added[0]).toMatchObject({ readings: ["number", "text"], added: ["text"] });
  });

  it("counts among those with columns from when they are made, and once", () => {
    const catalog = new Catalog([], 2);
    write(catalog, needed(1_000, { rare: 1 }), 1_000);
    const rare = catalog.property("rare");
    const change = (members: Partial<CatalogAddition>): void =>
      catalog.accept([
        {
          id: 0,
          name: "rare",
          hasColumns: false,
          isFilling: false,
          readings: [...(rare?.readings ?? [])],
          added: [],
          ...members,
        },
      ]);
    change({ isFilling: true });
    expect(catalog.room(undefined)).toBe(1);
    change({ hasColumns: true });
    expect(catalog.room(undefined)).toBe(1);
    change({});
    expect(catalog.room(undefined)).toBe(2);
  });
});

describe("what selectors ask for", () => {
  it("counts in every copy of a catalog, most often asked first", () => {
    const catalog = new Catalog();
    for (let n = 0; n < ASKED_COUNT_MIN - 1; n++) catalog.demand.ask(7);
    expect(catalog.demand.wanted()).toEqual([]);
    catalog.copy().demand.ask(7);
    for (let n = 0; n <= ASKED_COUNT_MIN; n++) catalog.copy().demand.ask(9);
    expect(catalog.demand.wanted()).toEqual([9, 7]);
  });
});
