import { parse } from "csv-parse/sync";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  csvHeader,
  csvRows,
  layOut,
  ndjsonRow,
  tableRows,
} from "../../src/cli/query/row-format.ts";
import { printable } from "../../src/cli/terminal.ts";
import { spreadsheetSafe } from "../../src/values/csv.ts";

const row = (distinctId: string, properties: object) => ({
  distinctId,
  propertiesJson: JSON.stringify(properties),
});

describe("NDJSON", () => {
  it("is what the query API answers, a profile a line", () => {
    const profile = row('a"b', { plan: "pro", n: 1 });
    expect(ndjsonRow(profile, undefined)).toBe(
      '{"$distinct_id":"a\\"b","$properties":{"plan":"pro","n":1}}\n',
    );
    expect(ndjsonRow(profile, ["n", "missing"])).toBe(
      '{"$distinct_id":"a\\"b","$properties":{"n":1}}\n',
    );
  });
});

describe("CSV", () => {
  it.each([
    ["=1+1", "'=1+1"],
    ["+cmd", "'+cmd"],
    ["-x", "'-x"],
    ["@sum", "'@sum"],
    ["\tx", "'\tx"],
    ["\rx", "'\rx"],
    ["\nx", "'\nx"],
    ["\uff1d1+1", "'\uff1d1+1"],
    ["\uff0b1", "'\uff0b1"],
    ["\uff0dx", "'\uff0dx"],
    ["\uff20sum", "'\uff20sum"],
    ["-5", "-5"],
    ["+1.5e3", "+1.5e3"],
    ["-1-1", "'-1-1"],
    ["a=1", "a=1"],
    ["", ""],
  ])("writes %j as %j", (text, safe) => {
    expect(spreadsheetSafe(text)).toBe(safe);
  });

  it("has no cell that a spreadsheet would run, and loses no text", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (id, text) => {
        const csv = csvHeader(["p"]) + csvRows([row(id, { p: text })], ["p"]);
        const [, cells] = parse(csv, { relax_column_count: true }) as string[][];
        for (const [cell, original] of [
          [cells?.[0], id],
          [cells?.[1], text],
        ]) {
          expect(cell === original || cell === `'${original}`).toBe(true);
          expect(/^[=+\-@\t\r]/.test(cell ?? "") && Number.isNaN(Number(cell))).toBe(false);
        }
      }),
    );
  });

  it("leaves the cell of a missing property empty, and writes others as JSON", () => {
    const profiles = [row("a", { l: [1, "x"], b: false, z: null }), row("b", {})];
    expect(csvRows(profiles, ["l", "b", "z"])).toBe('a,"[1,""x""]",false,null\nb,,,\n');
  });
});

describe("a table", () => {
  it("shows what most profiles have, as far as the screen is wide", () => {
    const profiles = [
      row("a", { common: "x", rare: 1 }),
      row("b", { common: "y".repeat(100) }),
      row("c", { common: "z" }),
    ];
    const layout = layOut(profiles, undefined, 60);
    expect(layout.columns).toEqual(["common"]);
    expect(layout.hiddenCount).toBe(1);
    const lines = tableRows(profiles, layout, true).split("\n");
    expect(lines[0]).toBe("$distinct_id  common");
    expect(lines[1]).toBe("a             x");
    expect(lines[2]).toMatch(/^b {13}y+…$/);
    expect(lines[2]?.length).toBeLessThanOrEqual(60);
  });

  it("gives wide characters the columns they take", () => {
    const profiles = [row("日本語ユーザー", { name: "山田太郎" }), row("b", { name: "x" })];
    const lines = tableRows(profiles, layOut(profiles, undefined, 80), true).split("\n");
    expect(lines).toEqual([
      "$distinct_id    name",
      "日本語ユーザー  山田太郎",
      "b               x",
      "",
    ]);
  });

  it("has room for properties even beside long ids", () => {
    const profiles = [row("i".repeat(300), { long: "x".repeat(300), short: "y" })];
    const layout = layOut(profiles, undefined, 60);
    expect(layout.columns).toEqual(["long"]);
    const lines = tableRows(profiles, layout, true).split("\n");
    expect(lines[1]).toMatch(/^i+… {2}x+…$/);
    expect(lines[1]?.length).toBeLessThanOrEqual(60);
  });

  it("shows every property that was named", () => {
    const layout = layOut([row("a", {})], ["one", "two", "three"], 10);
    expect(layout.columns).toEqual(["one", "two", "three"]);
  });

  it("lets no value steer the terminal", () => {
    const hostile = row("\u001b[2Ja", { "p\u0007": "x\u001b]0;title\u0007\ny\u202e" });
    const text = tableRows([hostile], layOut([hostile], undefined, 200), true);
    for (const character of ["\u001b", "\u0007", "\u202e"]) expect(text).not.toContain(character);
    expect(text.split("\n")).toHaveLength(3);
    expect(printable("a\u0000\u009b")).toBe("a\\u0000\\u009b");
  });
});
