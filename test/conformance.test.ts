/**
 * The specification, run: every row of every chapter of `spec/`, and the examples of the selector reference, on
 * every store.
 *
 * @module
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DuckdbStore } from "../src/duckdb/store.ts";
import { MemoryStore } from "../src/store/memory.ts";
import type { Store } from "../src/store/store.ts";
import { type Case, type Chapter, isPure, type StoreCase } from "./support/spec-case.ts";
import { type OtherTables, parseChapter } from "./support/spec-chapter.ts";
import { check, checkPure } from "./support/spec-checks.ts";
import { loadFixture } from "./support/spec-fixture.ts";

const STORES: readonly { readonly name: string; readonly open: () => Promise<Store> }[] = [
  { name: "memory", open: async () => new MemoryStore() },
  { name: "duckdb", open: () => DuckdbStore.open(":memory:") },
  {
    name: "duckdb with shared columns",
    open: () => DuckdbStore.open(":memory:", { columnPropertiesMax: 0 }),
  },
];

const ROOT = join(import.meta.dirname, "..");

const CHAPTERS: readonly { readonly file: string; readonly chapter: Chapter }[] = [
  ...readdirSync(join(ROOT, "spec"), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".md") && file !== "README.md")
    .sort()
    .map((file) => readChapter(`spec/${file}`, "refused")),
  readChapter("docs/selector.md", "unread"),
];

describe.each(CHAPTERS)("$file", ({ chapter }) => {
  const { fixtures, cases } = chapter;

  it("has rows", () => {
    expect(cases.length).toBeGreaterThan(0);
  });

  const pure = cases.filter(isPure);
  if (pure.length > 0) {
    describe("without a store", () => {
      for (const row of pure) test(row, undefined, () => checkPure(row, fixtures));
    });
  }

  const rows = cases.filter((row): row is StoreCase => !isPure(row));
  if (rows.length === 0) return;
  describe.each(STORES)("$name", ({ name, open }) => {
    let store: Store;

    beforeAll(async () => {
      store = await open();
      for (const [index, fixture] of fixtures.entries()) await loadFixture(store, index, fixture);
    });

    afterAll(() => store.close());

    for (const row of rows) test(row, name, () => check(store, row, fixtures));
  });
});

describe("a chapter", () => {
  const fixture = '```json fixture\n[{ "$distinct_id": "ada", "$properties": { "o": {} } }]\n```\n';
  const rows = (header: string, ...cells: string[]): readonly Case[] =>
    parseChapter(`${fixture}\n${[header, "| - |", ...cells].join("\n")}\n`).cases;

  it("reads pipes that are escaped, and the line a row is on", () => {
    const [row] = rows("| selector | answer |", '| `"a\\|b" == "c"` | none |');
    expect(row).toMatchObject({ asked: { where: '"a|b" == "c"' }, distinctIds: [], line: 7 });
  });

  it("reads a row that is known to fail, on every store or on one", () => {
    const [everywhere, once] = rows(
      "| selector | answer |",
      "| `true` | none | <!-- skip: a reason -->",
      "| `true` | none <!-- skip duckdb: another --> |",
    );
    expect(everywhere).toMatchObject({ skip: { store: undefined, reason: "a reason" } });
    expect(once).toMatchObject({ distinctIds: [], skip: { store: "duckdb", reason: "another" } });
  });

  it("reads a matrix as a case a cell", () => {
    const cells = rows("| `left + right` | `1` | `2` |", "| `3` | `4` | `5` |");
    expect(cells).toMatchObject([
      { expression: "3 + 1", value: "4", valueKind: "number" },
      { expression: "3 + 2", value: "5", valueKind: "number" },
    ]);
  });

  it("reads columns as the parameters of a request, those that say nothing left out", () => {
    const [row] = rows("| behaviors | selector | limit | answer |", "| `[]` | `true` | | ada |");
    expect(row).toMatchObject({ asked: { behaviors: [], where: "true" }, distinctIds: ["ada"] });
    expect(row).not.toHaveProperty("asked.limit");
  });

  it("reads what is refused, with its place if it has one", () => {
    const [unplaced, placed] = rows(
      "| selector | answer |",
      "| `a` | cohort.cycle |",
      "| `b` | `selector.unknown_name` 0–1 |",
    );
    expect(unplaced).toMatchObject({ code: "cohort.cycle", span: undefined });
    expect(placed).toMatchObject({ code: "selector.unknown_name", span: { start: 0, end: 1 } });
  });

  it.each([
    ["an unknown header", "| selector | answers |", "| `true` | none |"],
    ["a missing cell", "| selector | answer |", "| `true` |"],
    ["a profile the fixture lacks", "| selector | answer |", "| `true` | bob |"],
    ["a cell that is no JSON", "| behaviors | selector | answer |", "| `[` | `true` | none |"],
    ["an event the fixture lacks", "| event selector | answer |", "| `true` | e1 |"],
    ["a value that is none", "| expression | value |", "| `1` | `one` |"],
    ["a table without rows", "| selector | answer |", ""],
  ])("refuses %s", (_name, header, row) => {
    expect(() => rows(header, row)).toThrow(/^line \d+: /);
  });
});

/** A test for a row; one for a row that is known to fail fails once it does not. */
function test(row: Case, store: string | undefined, run: () => Promise<void> | void): void {
  const { skip } = row;
  const title = `${row.line}: ${row.title}`;
  if (skip !== undefined && (skip.store ?? store) === store) {
    it.fails(`${title}  (known to fail: ${skip.reason})`, run);
  } else {
    it(title, run);
  }
}

function readChapter(file: string, otherTables: OtherTables): { file: string; chapter: Chapter } {
  return { file, chapter: parseChapter(readFileSync(join(ROOT, file), "utf8"), otherTables) };
}
