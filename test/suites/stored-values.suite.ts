/**
 * What every store must keep: any name, any value, as it was written.
 *
 * @module
 */
import { expect, it } from "vitest";
import type { Store } from "../../src/store/store.ts";
import type { Value } from "../../src/values/value.ts";
import { idsOf, propertiesOf, query, selector, set, USERS } from "../support/updates.ts";

const HOSTILE_NAMES: readonly string[] = [
  "",
  " ",
  "__proto__",
  "constructor",
  "toString",
  "hasOwnProperty",
  '"',
  "'",
  "\\",
  "`",
  "a.b",
  "$.a",
  "a/b~1",
  "a[0]",
  "'; drop table profiles; --",
  '"); drop table profiles; --',
  "NUL\u0000NUL",
  "\n\r\t\u001f",
  "Plan",
  "plan",
  "PLAN",
  "ſ",
  "s",
  "İ",
  "é",
  "e\u0301",
  "\u{1F600}",
  "\uffff",
  "0",
  "-1",
  "$1",
  "?",
  "%s",
  "rowid",
  "distinct id",
  "x".repeat(255),
];

/** Declares the tests of names and values. */
export function testStoredValues(current: () => Store): void {
  async function write(
    values: readonly (readonly [string, readonly (readonly [string, Value])[]])[],
  ): Promise<void> {
    await current().apply([
      { scope: USERS, updates: values.map(([id, properties]) => set(id, properties)) },
    ]);
  }

  it("keeps every hostile name apart from the others", async () => {
    await write([["all", HOSTILE_NAMES.map((name, n) => [name, n] as const)]]);
    const properties = await propertiesOf(current(), "all");
    expect(properties?.size).toBe(HOSTILE_NAMES.length);
    for (const [n, name] of HOSTILE_NAMES.entries()) expect(properties?.get(name)).toBe(n);
  });

  it.each(HOSTILE_NAMES.map((name) => [name]))("selects by a property named %j", async (name) => {
    await write([
      ["has", [[name, "value"]]],
      ["other", [[name, "other"]]],
      ["lacks", [["unrelated", "value"]]],
    ]);
    const property = `properties[${JSON.stringify(name)}]`;
    expect(await idsOf(current(), { selectors: [selector(`${property} == "value"`)] })).toEqual([
      "has",
    ]);
    expect(await idsOf(current(), { selectors: [selector(`not defined(${property})`)] })).toEqual([
      "lacks",
    ]);
  });

  it("keeps mixed types of one property apart", async () => {
    const values: readonly (readonly [string, Value])[] = [
      ["text", "1"],
      ["number", 1],
      ["true", true],
      ["false", false],
      ["null", null],
      ["list", [1, "1", true, null]],
      ["empty list", []],
      ["object", { a: 1 }],
      ["empty object", {}],
      ["empty text", ""],
      ["date", "2024-05-01T10:00:00"],
    ];
    await write([...values.map(([id, value]) => [id, [["p", value]]] as const), ["missing", []]]);
    const store = current();
    for (const [id, value] of values)
      expect((await propertiesOf(store, id))?.get("p")).toEqual(value);
    const rows: readonly (readonly [string, readonly string[]])[] = [
      ['properties["p"] == "1"', ["text"]],
      ['properties["p"] == 1', ["number"]],
      ['properties["p"] == true', ["true"]],
      ['properties["p"] == false', ["false"]],
      ['properties["p"] == null', ["null"]],
      ['properties["p"] == undefined', ["missing"]],
      ['not defined(properties["p"])', ["missing", "null"]],
      ['1 in properties["p"]', ["list"]],
      ['properties["p"] == ""', ["empty text"]],
      ['properties["p"] == []', ["empty list"]],
      ['typeof(properties["p"]) == "object"', ["empty object", "object"]],
      ['typeof(properties["p"]) == "list"', ["empty list", "list"]],
      ['properties["p"] > 0', ["number"]],
      ['datetime(properties["p"]) < datetime("2024-06-01")', ["date", "number"]],
    ];
    for (const [source, ids] of rows) {
      expect([source, await idsOf(store, { selectors: [selector(source)] })]).toEqual([
        source,
        ids,
      ]);
    }
  });

  it("follows a property through every type", async () => {
    const store = current();
    const steps: readonly Value[] = ["a", 1, true, null, [1], { a: [1, { b: null }] }, "b", -1.5];
    for (const value of steps) {
      await write([["ada", [["p", value]]]]);
      expect((await propertiesOf(store, "ada"))?.get("p")).toEqual(value);
    }
    expect(await idsOf(store, { selectors: [selector('properties["p"] == -1.5')] })).toEqual([
      "ada",
    ]);
    expect(await idsOf(store, { selectors: [selector('properties["p"] == "b"')] })).toEqual([]);
  });

  it("keeps nested lists and objects", async () => {
    const nested = JSON.parse(
      '{"a":[{"b":{"__proto__":{"c":[[],[null,{}]]}},"":"é\\u0000"}],"Z":1,"z":2}',
    ) as Value;
    let deep: Value = "end";
    for (let level = 0; level < 32; level++) deep = level % 2 === 0 ? [deep] : { in: deep };
    await write([
      [
        "ada",
        [
          ["nested", nested],
          ["deep", deep],
        ],
      ],
    ]);
    const properties = await propertiesOf(current(), "ada");
    expect(JSON.stringify(properties?.get("nested"))).toBe(JSON.stringify(nested));
    expect(properties?.get("deep")).toEqual(deep);
  });

  it.each([
    0,
    1,
    -1,
    0.1,
    1e21,
    -1e-7,
    5e-324,
    1.7976931348623157e308,
    9_007_199_254_740_992,
    4_294_967_296,
    1 / 3,
  ])("keeps the number %d", async (number) => {
    await write([["ada", [["p", number]]]]);
    expect((await propertiesOf(current(), "ada"))?.get("p")).toBe(number);
    const source = `properties["p"] == number("${number}")`;
    expect(await idsOf(current(), { selectors: [selector(source)] })).toEqual(["ada"]);
  });

  it.each([
    ["an empty text", ""],
    ["blanks", "  a  "],
    ["quotes", `"'\`\\`],
    ["SQL", "'; drop table profiles; --"],
    ["NUL", "a\u0000b"],
    ["control characters", "\u0001\u001f\u007f\u2028\u2029"],
    ["other scripts", "naïve Ω 漢字 עברית"],
    ["code points past the first plane", "\u{1F600}\u{10FFFF}"],
    ["combining marks", "e\u0301"],
    ["64 kB", "x".repeat(65_536)],
    ["64 kB of other scripts", "漢".repeat(21_845)],
    ["what looks like JSON", '{"a":[1,2'],
    ["what looks like a number", "1e5"],
    ["the word null", "null"],
  ])("keeps %s", async (_, text) => {
    await write([
      ["ada", [["p", text]]],
      ["bob", [["p", `${text}?`]]],
    ]);
    expect((await propertiesOf(current(), "ada"))?.get("p")).toBe(text);
    const source = `properties["p"] == ${JSON.stringify(text)}`;
    expect(await idsOf(current(), { selectors: [selector(source)] })).toEqual(["ada"]);
  });

  it("keeps distinct ids as they are", async () => {
    const ids = [
      "'",
      '"',
      "\\",
      "; drop table profiles",
      "a\u0000b",
      "a",
      "A",
      "é",
      "e\u0301",
      "\u{1F600}",
      "$device:1",
      "x".repeat(1024),
    ];
    await write(ids.map((id, n) => [id, [["n", n]]] as const));
    for (const [n, id] of ids.entries()) {
      expect((await propertiesOf(current(), id))?.get("n")).toBe(n);
      const source = `properties["n"] == ${n}`;
      expect(await idsOf(current(), { selectors: [selector(source)] })).toEqual([id]);
    }
    expect(await current().count(query())).toBe(ids.length);
  });

  it("keeps 3,000 distinct properties over many profiles", { timeout: 120_000 }, async () => {
    const profiles = Array.from({ length: 300 }, (_, p) => {
      const own = Array.from({ length: 10 }, (_unused, n) => [`p${p * 10 + n}`, p] as const);
      return [`id${p}`, [["shared", p] as const, ...own]] as const;
    });
    await write(profiles);
    const store = current();
    expect(await store.count(query())).toBe(300);
    for (const p of [0, 39, 40, 41, 150, 299]) {
      const properties = await propertiesOf(store, `id${p}`);
      expect(properties?.size).toBe(11);
      const source = `properties["p${p * 10 + 9}"] == ${p} and properties["shared"] == ${p}`;
      expect(await idsOf(store, { selectors: [selector(source)] })).toEqual([`id${p}`]);
    }
    expect(await idsOf(store, { selectors: [selector('defined(properties["p2999"])')] })).toEqual([
      "id299",
    ]);
    expect(await store.properties(query(), 5_000)).toHaveLength(3_002);
    const sort = { key: selector('properties["p2995"]'), descending: true };
    expect((await idsOf(store, { sort, limit: 2 })).toSorted()).toEqual(["id0", "id299"]);
  });
}
