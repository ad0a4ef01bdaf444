import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readName, readValue } from "../../src/ingest/values.ts";
import { TEXT_BYTES_MAX, VALUE_BYTES_MAX, VALUE_DEPTH_MAX } from "../../src/profile/limits.ts";
import type { Value } from "../../src/values/value.ts";

function nest(levels: number): Value {
  let value: Value = 1;
  for (let level = 0; level < levels; level++) value = level % 2 === 0 ? [value] : { in: value };
  return value;
}

describe("a value", () => {
  it.each<[string, Value]>([
    ['"a\\ud800b"', "a\ufffdb"],
    ['"\\ud83d\\ude00"', "\u{1F600}"],
    ["-0", 0],
    ["[-0,[-0]]", [0, [0]]],
    ['{"\\udc00":"\\udc00"}', { "\ufffd": "\ufffd" }],
    ["1e-999", 0],
    ["true", true],
    ["null", null],
  ])("%s is read as %j", (json, value) => {
    expect(readValue(JSON.parse(json), "p")).toEqual(value);
  });

  it("keeps a member named __proto__, changed or not", () => {
    for (const json of ['{"__proto__":{"a":1}}', '{"__proto__":{"a":[1]},"b":2}']) {
      expect(JSON.stringify(readValue(JSON.parse(json), "p"))).toBe(json);
    }
    const read = readValue(JSON.parse('{"__proto__":{"a":-0}}'), "p");
    expect(JSON.stringify(read)).toBe('{"__proto__":{"a":0}}');
    expect(({} as { a?: unknown }).a).toBeUndefined();
  });

  it("is the same object when nothing is to change", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (json) => {
        const value = JSON.parse(JSON.stringify(json)) as Value;
        expect(readValue(value, "p")).toBe(value);
      }),
    );
  });

  it("is well formed and finite whatever came in", () => {
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: "binary" }), (json) => {
        const text = JSON.stringify(readValue(JSON.parse(JSON.stringify(json)), "p"));
        expect(Buffer.from(text).toString()).toBe(text);
        expect(text).toBe(JSON.stringify(JSON.parse(text)));
      }),
    );
  });

  it.each(["1e999", "-1e999", "[1e999]", '{"a":{"b":[1e999]}}'])("%s is refused", (json) => {
    expect(() => readValue(JSON.parse(json), "$set.p")).toThrow(
      "'$set.p' is invalid: must be a number that fits 64-bit floating point",
    );
  });

  it("may nest to the limit and no deeper", () => {
    expect(readValue(nest(VALUE_DEPTH_MAX), "p")).toEqual(nest(VALUE_DEPTH_MAX));
    expect(() => readValue(nest(VALUE_DEPTH_MAX + 1), "p")).toThrow(
      "'p' is invalid: must not nest deeper than 32 levels",
    );
    const bottomless = JSON.parse(`${"[".repeat(200_000)}${"]".repeat(200_000)}`);
    expect(() => readValue(bottomless, "p")).toThrow("must not nest deeper");
  });

  it("may be a list or object as large as the limit and no larger", () => {
    const list = (bytes: number): Value => {
      const texts = Array.from({ length: 5 }, () => "x".repeat(50_000));
      return [...texts, "x".repeat(bytes - JSON.stringify(texts).length - ',""'.length)];
    };
    expect(readValue(list(VALUE_BYTES_MAX), "p")).toHaveLength(6);
    expect(() => readValue(list(VALUE_BYTES_MAX + 1), "p")).toThrow(
      "'p' is invalid: must be at most 262144 bytes",
    );
  });

  it.each<[string, string, number]>([
    ["as long as the limit", "x".repeat(TEXT_BYTES_MAX), TEXT_BYTES_MAX],
    ["one byte longer", "x".repeat(TEXT_BYTES_MAX + 1), TEXT_BYTES_MAX],
    ["of two-byte code points", "é".repeat(40_000), 32_768],
    ["of three-byte code points", "漢".repeat(40_000), 21_845],
    ["of four-byte code points", "\u{1F600}".repeat(20_000), 32_768],
    ["whose limit falls inside a code point", `x${"\u{1F600}".repeat(20_000)}`, 32_767],
  ])("that is a text %s is cut between code points", (_, text, length) => {
    const read = readValue(text, "p") as string;
    expect([read.length, text.startsWith(read)]).toEqual([length, true]);
    expect(readValue([text], "p")).toEqual([read]);
  });
});

describe("a name", () => {
  it.each([
    ["that is short", "plan", "plan"],
    ["that is empty", "", ""],
    ["as long as the limit", "x".repeat(255), "x".repeat(255)],
    ["one longer", "x".repeat(256), "x".repeat(255)],
    ["counted in code points", "\u{1F600}".repeat(255), "\u{1F600}".repeat(255)],
    ["cut between code points", `x${"\u{1F600}".repeat(300)}`, `x${"\u{1F600}".repeat(254)}`],
    ["with half a code point", "a\ud800", "a\ufffd"],
  ])("%s is kept", (_, sent, kept) => {
    expect(readName(sent)).toBe(kept);
  });
});
