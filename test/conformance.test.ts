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
import { WhomError } from "../src/errors/error.ts";
import { decodeRecords } from "../src/ingest/decode.ts";
import type { Scope } from "../src/profile/profile.ts";
import type { ProfileUpdate } from "../src/profile/update.ts";
import type { ProfileQuery } from "../src/query/query.ts";
import { compile, type EvaluationContext } from "../src/selector/selector.ts";
import { MemoryStore } from "../src/store/memory.ts";
import type { Store } from "../src/store/store.ts";
import type { Kind } from "../src/values/value.ts";
import {
  type Case,
  type Chapter,
  type FailsCase,
  type FixtureProfile,
  type OtherTables,
  parseChapter,
  type SelectsCase,
  type UpdateCase,
  type ValueCase,
} from "./support/spec-chapter.ts";

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

const KINDS: readonly Kind[] = [
  ...(["string", "number", "boolean", "datetime"] as const),
  ...(["list", "object", "null", "undefined"] as const),
];

/** Where update tables write; fixtures have the projects from 1 on. */
const UPDATE_SCOPE: Scope = { projectId: 1000, groupKey: undefined };

describe.each(CHAPTERS)("$file", ({ chapter }) => {
  it("has rows", () => {
    expect(chapter.cases.length).toBeGreaterThan(0);
  });

  const refusals = chapter.cases.filter((row) => row.kind === "fails");
  if (refusals.length > 0) {
    describe("compiling", () => {
      for (const row of refusals) test(row, undefined, () => checkFails(row));
    });
  }

  const rows = chapter.cases.filter((row): row is StoreCase => row.kind !== "fails");
  if (rows.length === 0) return;
  describe.each(STORES)("$name", ({ name, open }) => {
    let store: Store;

    beforeAll(async () => {
      store = await open();
      for (const [index, profiles] of chapter.fixtures.entries()) {
        await load(store, fixtureScope(index), profiles);
      }
    });

    afterAll(() => store.close());

    for (const row of rows) test(row, name, () => check(store, row));
  });
});

describe("a chapter", () => {
  const fixture = '```json fixture\n[{ "$distinct_id": "ada", "$properties": { "o": {} } }]\n```\n';
  const rows = (header: string, ...cells: string[]): readonly Case[] =>
    parseChapter(`${fixture}\n${[header, "| - |", ...cells].join("\n")}\n`).cases;

  it("reads pipes that are escaped, and the line a row is on", () => {
    const [row] = rows("| selector | answer |", '| `"a\\|b" == "c"` | none |');
    expect(row).toMatchObject({ selector: '"a|b" == "c"', distinctIds: [], line: 7 });
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

  it.each([
    ["an unknown header", "| selector | answers |", "| `true` | none |"],
    ["a missing cell", "| selector | answer |", "| `true` |"],
    ["a profile the fixture lacks", "| selector | answer |", "| `true` | bob |"],
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

type StoreCase = SelectsCase | ValueCase | UpdateCase;

function check(store: Store, row: StoreCase): Promise<void> {
  switch (row.kind) {
    case "selects":
      return checkSelects(store, row);
    case "value":
      return checkValue(store, row);
    case "update":
      return checkUpdate(store, row);
  }
}

function checkFails(row: FailsCase): void {
  let error: unknown;
  try {
    compile(row.selector);
  } catch (thrown) {
    error = thrown;
  }
  if (!(error instanceof WhomError)) throw error ?? new Error("the selector is accepted");
  const found = { code: error.code, span: error.span, source: error.source };
  const span = { start: row.start, end: row.end };
  expect(found).toEqual({ code: row.code, span, source: row.selector });
}

async function checkSelects(store: Store, row: SelectsCase): Promise<void> {
  const query = makeQuery(fixtureScope(row.fixture), row.context, row.selector);
  const keys = await store.select(query);
  const profiles = await store.read(query.scope, keys);
  expect(profiles.map(({ distinctId }) => distinctId)).toEqual(row.distinctIds);
  expect(await store.count(query)).toBe(row.distinctIds.length);
}

/**
 * An expression has a value when `typeof` gives the value's kind and `==` finds them equal. Equality ignores
 * case, so that a text is looked at once more by a pattern that does not.
 */
async function checkValue(store: Store, row: ValueCase): Promise<void> {
  const holds = (selector: string): Promise<boolean> => holdsFor(store, row, selector);
  const isOfKind = (kind: Kind): Promise<boolean> =>
    holds(`typeof(${row.expression}) == "${kind}"`);
  if (!(await isOfKind(row.valueKind))) {
    const found: Kind[] = [];
    for (const kind of KINDS) if (await isOfKind(kind)) found.push(kind);
    expect(`the kind ${found.join(" and ")}`).toBe(`the kind ${row.valueKind}`);
  }
  expect({ equal: await holds(`(${row.expression}) == (${row.value})`) }).toEqual({ equal: true });
  if (row.valueKind !== "string" || !row.value.startsWith('"')) return;
  const pattern = JSON.stringify(`^(?-i:${escapePattern(JSON.parse(row.value))})$`);
  const exact = await holds(`regex_match((${row.expression}), ${pattern})`);
  expect({ equal: true, exact }).toEqual({ equal: true, exact: true });
}

async function holdsFor(store: Store, row: ValueCase, selector: string): Promise<boolean> {
  const query = makeQuery(fixtureScope(row.fixture), row.context, selector);
  const keys = await store.select({ ...query, distinctIds: [row.distinctId] });
  return keys.length === 1;
}

async function checkUpdate(store: Store, row: UpdateCase): Promise<void> {
  const distinctId = `row ${row.line}`;
  if (row.before !== undefined) {
    await load(store, UPDATE_SCOPE, [{ distinctId, properties: row.before }]);
  }
  const records = row.records.map((record) => ({
    $token: "token",
    $distinct_id: distinctId,
    ...(record as object),
  }));
  const nowMs = row.context.nowSeconds * 1000;
  const decoded = decodeRecords(records, { target: "engage", nowMs });
  for (const { updates } of decoded.batches) await store.apply([{ scope: UPDATE_SCOPE, updates }]);
  expect(await readProperties(store, distinctId, row)).toEqual(row.after);
}

/** The properties of a profile; `$last_seen` only where the row shows it. */
async function readProperties(store: Store, distinctId: string, row: UpdateCase): Promise<unknown> {
  const query = makeQuery(UPDATE_SCOPE, row.context, "");
  const keys = await store.select({ ...query, distinctIds: [distinctId] });
  const [profile] = await store.read(UPDATE_SCOPE, keys);
  if (profile === undefined) return undefined;
  const properties = new Map(Object.entries(JSON.parse(profile.propertiesJson) as object));
  expect(properties.get("$last_seen")).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/);
  const isShown = row.after !== undefined && Object.hasOwn(row.after, "$last_seen");
  if (!isShown) properties.delete("$last_seen");
  return Object.fromEntries(properties);
}

function fixtureScope(index: number): Scope {
  return { projectId: 1 + index, groupKey: undefined };
}

/** Writes profiles as they stand; those without `$last_seen` get some. */
async function load(
  store: Store,
  scope: Scope,
  profiles: readonly FixtureProfile[],
): Promise<void> {
  const updates = profiles.map(({ distinctId, properties }): ProfileUpdate => {
    const operations = [{ kind: "set", values: properties }] as const;
    return {
      distinctId,
      seenAtSeconds: 1_600_000_000,
      ignoreTime: true,
      ignoreAlias: false,
      operations,
    };
  });
  expect(await store.apply([{ scope, updates }])).toEqual([]);
}

function makeQuery(scope: Scope, context: EvaluationContext, source: string): ProfileQuery {
  const selector = compile(source);
  return {
    scope,
    distinctIds: undefined,
    selectors: selector === undefined ? [] : [selector],
    sort: undefined,
    limit: undefined,
    asOfSeconds: context.nowSeconds,
    timeZone: context.timeZone,
    behaviors: new Map(),
    includesStrangers: false,
  };
}

function escapePattern(text: string): string {
  return text.replace(/[\\^$.|?*+()[\]{}]/g, "\\$&");
}
