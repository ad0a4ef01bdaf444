/**
 * What every store must export: the same profiles that it reads.
 *
 * @module
 */
import { expect, it } from "vitest";
import { documentJson, documentsText, type TextForm } from "../../src/store/documents.ts";
import type { Store } from "../../src/store/store.ts";
import type { Value } from "../../src/values/value.ts";
import { cellsOf, exported, linesOf, normal } from "../support/documents.ts";
import { COMPANIES, query, remove, set, USERS } from "../support/updates.ts";
import { HOSTILE_NAMES } from "../support/value-arbitraries.ts";

const NUMBERS = [
  0,
  -0,
  1e21,
  -1.5e300,
  5e-324,
  1e-7,
  1.7976931348623157e308,
  123_456_789_012_345_680_000,
  2 ** 53,
  2 ** 63,
  -(2 ** 63),
  0.1,
];

const TEXTS = [
  "",
  " ",
  "null",
  "=1+1",
  "-1",
  "-a",
  "@x",
  "\tx",
  "\r",
  'say "hi", you',
  "two\r\nlines",
  "\u0000",
  "\u001f\u000b\u007f\u2028",
  "\u{1f600}",
  "a\\b",
  '["x"]',
  "1e5",
];

/** Deep, but within the limit of depth. */
const DEEP = JSON.parse(
  `${"[".repeat(20)}1e21,"\\u001f",{"__proto__":-0}${"]".repeat(20)}`,
) as Value;

const NESTED = JSON.parse('{"":null,"__proto__":{"a":[]},"b":[1e21,null,{}]}') as Value;

/** Profiles whose ids, names and values break what takes them for anything but data. */
const NASTY: readonly Parameters<typeof set>[] = [
  ["numbers", NUMBERS.map((value, index) => [`n${index}`, value] as const)],
  ["texts", TEXTS.map((value, index) => [`t${index}`, value] as const)],
  ["names", HOSTILE_NAMES.map((name, index) => [name, `v${index}`] as const)],
  [
    "paths",
    ["a/b", "~", "~1", "0", "$", "$.a", "*", "a.b", "[0]"].map((name) => [name, name] as const),
  ],
  [
    "kinds",
    [
      ["k", true],
      ["z", null],
      ["deep", DEEP],
      ["nested", NESTED],
    ],
  ],
  [
    "mixed",
    [
      ["n1", "text"],
      ["k", [1, "a"]],
      ["z", 5],
    ],
  ],
  ['=cmd|"id"', { k: 1 }],
  ["a,b\r\n\\", { k: 2 }],
  ["\u000b\u001f", { k: 3 }],
  ["\u{10000}\uffff", { k: 4 }],
  ["@id", {}],
];

const NAMES = [
  ...NASTY.flatMap(([, values]) => (Array.isArray(values) ? values.map(([name]) => name) : ["k"])),
  "$last_seen",
  "missing",
  "$distinct_id",
];
const UNIQUE_NAMES = [...new Set(NAMES)];

async function fill(store: Store): Promise<void> {
  await store.apply([{ scope: USERS, updates: NASTY.map((args) => set(...args)) }]);
}

/** Declares the tests of `documents`. */
export function testDocuments(current: () => Store): void {
  it.each([
    ["all properties", undefined],
    ["some properties", UNIQUE_NAMES],
    ["a property that is missing", ["nothing"]],
    ["no property", []],
  ])("exports lines of %s that are as they are read", async (_name, names) => {
    const store = current();
    await fill(store);
    const keys = await store.select(query());
    for (const wanted of [keys, keys.toSorted(), keys.toReversed(), keys.subarray(2, 5)]) {
      const rows = await store.read(USERS, wanted);
      const gathered = await exported(store, wanted, { kind: "lines", names });
      expect(gathered.rowCount).toBe(wanted.length);
      expect(linesOf(gathered)).toEqual(rows.map((row) => normal(documentJson(row, names))));
    }
  });

  it.each([
    [true, UNIQUE_NAMES],
    [false, UNIQUE_NAMES],
    [true, ["k"]],
    [true, []],
  ])("exports CSV, safe for spreadsheets: %s", async (isSpreadsheetSafe, names) => {
    const store = current();
    await fill(store);
    const form: TextForm = { kind: "csv", names, isSpreadsheetSafe };
    const keys = (await store.select(query())).toSorted();
    const gathered = await exported(store, keys, form);
    const rows = await store.read(USERS, keys);
    expect(gathered.bytes.toString().endsWith("\r\n")).toBe(true);
    expect(cellsOf(gathered)).toEqual(cellsOf({ bytes: Buffer.from(documentsText(rows, form)) }));
    expect(cellsOf(gathered).map((cells) => cells.length)).toEqual(
      rows.map(() => names.length + 1),
    );
  });

  it("leaves out deleted profiles, and gives strangers where they are asked for", async () => {
    const store = current();
    await store.apply([
      { scope: USERS, updates: ["a", "b", "c", "d"].map((id) => set(id, { n: 1 })) },
    ]);
    await store.setMembers(USERS, 1, ["b", "stranger", "other"]);
    const keys = await store.select(query({ includesStrangers: true }));
    await store.apply([{ scope: USERS, updates: [remove("b"), remove("c")] }]);
    for (const wanted of [keys, keys.toSorted()]) {
      for (const includesStrangers of [true, false]) {
        const rows = await store.read(USERS, wanted, includesStrangers);
        const form = { kind: "lines", names: undefined } as const;
        const gathered = await exported(store, wanted, form, { includesStrangers });
        expect(linesOf(gathered)).toEqual(rows.map((row) => normal(documentJson(row, undefined))));
        expect(gathered.rowCount).toBe(includesStrangers ? 5 : 2);
      }
    }
  });

  it("shows the key and id of groups", async () => {
    const store = current();
    const updates = [set("acme", { n: 1 }), set('"b"', { $group_id: "other", $group_key: 5 })];
    await store.apply([{ scope: COMPANIES, updates }]);
    const keys = await store.select(query({ scope: COMPANIES }));
    const lines = { kind: "lines", names: undefined } as const;
    const rows = await store.read(COMPANIES, keys);
    expect(linesOf(await exported(store, keys, lines, { scope: COMPANIES }))).toEqual(
      rows.map((row) => normal(documentJson(row, undefined))),
    );
    const csv = { kind: "csv", names: ["$group_id", "n"], isSpreadsheetSafe: true } as const;
    expect(cellsOf(await exported(store, keys, csv, { scope: COMPANIES }))).toEqual([
      ['"b"', '"b"', ""],
      ["acme", "acme", "1"],
    ]);
  });

  it("exports nothing of nothing, and nothing of another scope", async () => {
    const store = current();
    const lines = { kind: "lines", names: undefined } as const;
    expect((await exported(store, new Uint32Array(0), lines)).bytes.length).toBe(0);
    await fill(store);
    const keys = (await store.select(query())).toSorted();
    expect((await exported(store, new Uint32Array(0), lines)).bytes.length).toBe(0);
    const scope = { projectId: 2, groupKey: undefined };
    expect((await exported(store, keys, lines, { scope })).rowCount).toBe(0);
  });

  it("exports nothing once it is aborted", async () => {
    const store = current();
    await fill(store);
    const controller = new AbortController();
    controller.abort(new Error("gone"));
    const lines = { kind: "lines", names: undefined } as const;
    const keys = await store.select(query());
    await expect(exported(store, keys, lines, {}, controller.signal)).rejects.toThrow("gone");
  });
}
