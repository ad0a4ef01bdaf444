import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { elementsOf, membersOf } from "../../src/http/app/json-pieces.ts";

describe("the pieces of JSON", () => {
  it.each([
    ["{}", []],
    ['{"a":1}', [["a", "1"]]],
    [
      ' { "a" : [1, {"b": 2}] , "c":"}," } ',
      [
        ["a", '[1, {"b": 2}]'],
        ["c", '"},"'],
      ],
    ],
    ['{"a\\"\\\\":{"}":"\\\\"}}', [['a"\\', '{"}":"\\\\"}']]],
    ['{"a":1,"a":2}', [["a", "2"]]],
    ['{"__proto__":-1405123841946871899}', [["__proto__", "-1405123841946871899"]]],
  ])("of the object %s", (json, members) => {
    expect([...membersOf(json)]).toEqual(members);
  });

  it.each([
    ["[]", []],
    ["[1]", ["1"]],
    [' [ {"a":[1,2]} , "],[" ,[] ] ', ['{"a":[1,2]}', '"],["', "[]"]],
  ])("of the list %s", (json, elements) => {
    expect(elementsOf(json)).toEqual(elements);
  });

  it("are all that is in any JSON", () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue()), fc.constantFrom(0, 1, "\t"), (values, indent) => {
        const pieces = elementsOf(JSON.stringify(values, null, indent));
        expect(pieces.map((piece) => JSON.parse(piece))).toEqual(
          JSON.parse(JSON.stringify(values)),
        );
      }),
    );
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (object) => {
        const json = JSON.stringify(object);
        const pieces = [...membersOf(json)].map(([name, piece]) => [name, JSON.parse(piece)]);
        expect(pieces).toEqual(Object.entries(JSON.parse(json)));
      }),
    );
  });
});
