import fc from "fast-check";
import { expect, it } from "vitest";
import { parseForm, parseFormInTurns } from "../../src/http/form.ts";

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
  [
    "a=%ef%bb%bfx&b=%c0%80&c=%ed%a0%80",
    { a: "\ufeffx", b: "\ufffd\ufffd", c: "\ufffd\ufffd\ufffd" },
  ],
  ["a=%%41%&b=%c3é", { a: "%A%", b: "\ufffdé" }],
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

it("reads a long text as it reads a short one, wherever it is divided", async () => {
  const piece = fc.constantFrom(
    "%E6%BC%A2",
    "%f0%9f",
    "%",
    "%4",
    "%zz",
    "+",
    "é",
    "\u{1F600}",
    "a",
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(piece, { minLength: 1, maxLength: 9 }),
      fc.integer({ min: 262_120, max: 262_150 }),
      async (pieces, fill) => {
        const text = `n=1&long=${"x".repeat(fill)}${pieces.join("").repeat(20)}&last=%41`;
        expect(await parseFormInTurns(text)).toEqual(parseForm(text));
      },
    ),
  );
  const pairs = Array.from({ length: 50_000 }, (_, index) => `n${index}=%41+${index}`).join("&");
  expect(await parseFormInTurns(`${pairs}&&=x&n7`)).toEqual(parseForm(`${pairs}&&=x&n7`));
});
