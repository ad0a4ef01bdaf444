import fc from "fast-check";
import { expect, it } from "vitest";
import { parseForm } from "../../src/http/form.ts";

it.each<[string, Readonly<Record<string, string>>]>([
  ["", {}],
  ["a=1&b=2", { a: "1", b: "2" }],
  ["a=1&a=2", { a: "2" }],
  ["a", { a: "" }],
  ["a=&&=x&b=1=2", { a: "", b: "1=2" }],
  ["a=two+words&b+c=%2B", { a: "two words", "b c": "+" }],
  ["a=%E6%BC%A2%20%f0%9f%98%80", { a: "漢 \u{1F600}" }],
  ["a=100%&b=%zz&c=%4", { a: "100%", b: "%zz", c: "%4" }],
  ["a=%ff%41&b=%E6%BC", { a: "\ufffdA", b: "\ufffd" }],
  ['a={"id": 5}&b=x', { a: '{"id": 5}', b: "x" }],
  ["a=%00", { a: "\u0000" }],
])("reads %s", (text, members) => {
  expect(Object.fromEntries(parseForm(text))).toEqual(members);
});

it("takes __proto__ for a name", () => {
  expect([...parseForm("__proto__=1")]).toEqual([["__proto__", "1"]]);
});

it("reads what URLSearchParams writes, and never throws", () => {
  const text = fc.string({ unit: "grapheme" });
  fc.assert(
    fc.property(fc.uniqueArray(fc.tuple(text, text), { selector: ([name]) => name }), (pairs) => {
      const named = pairs.filter(([name]) => name !== "");
      expect([...parseForm(new URLSearchParams(named).toString())]).toEqual(named);
    }),
  );
  fc.assert(fc.property(fc.string({ unit: "binary" }), (any) => void parseForm(any)));
});
