import { describe, expect, it } from "vitest";
import { describeKinds, kinds, listKinds } from "../../src/selector/kinds.ts";
import { suggest } from "../../src/selector/suggestion.ts";

describe("suggest", () => {
  const names = ["defined", "datetime", "datedif", "len", "let", "properties"];

  it.each([
    ["defnied", "defined"],
    ["DEFINE", "defined"],
    ["date_time", "datetime"],
    ["dateif", "datedif"],
    ["length", undefined],
    ["property", "properties"],
    ["le", "len"],
    ["x", undefined],
    ["", undefined],
    ["a".repeat(100_000), undefined],
  ])("for %s is %s", (name, suggestion) => {
    expect(suggest(name, names)).toBe(suggestion);
  });
});

describe("describeKinds", () => {
  it.each([
    [kinds("string"), "string"],
    [kinds("undefined", "number"), "number or undefined"],
    [kinds("list", "string", "number"), "string, number or list"],
    [kinds(), "nothing"],
  ])("of %d is %s", (set, text) => {
    expect(describeKinds(set)).toBe(text);
  });

  it("lists what was put in", () => {
    expect(listKinds(kinds("null", "string"))).toEqual(["string", "null"]);
  });
});
