import fc from "fast-check";
import { expect, it } from "vitest";
import { propertiesFromJson, propertiesToJson, shownProperties } from "../../src/profile/record.ts";
import type { Value } from "../../src/values/value.ts";

it("keeps names, values and their order", () => {
  const properties = new Map<string, Value>([
    ["b", 1],
    ["__proto__", { a: [null, true, "é"] }],
    ['"\u0000', ""],
    ["", -1.5],
    ["a", null],
  ]);
  const text = propertiesToJson(properties);
  expect(text).toBe('{"b":1,"__proto__":{"a":[null,true,"é"]},"\\"\\u0000":"","":-1.5,"a":null}');
  expect([...propertiesFromJson(text)]).toEqual([...properties]);
});

it("reads what it wrote, whatever the properties", () => {
  const entries = fc.array(
    fc.tuple(fc.string({ unit: "binary" }), fc.jsonValue() as fc.Arbitrary<Value>),
  );
  fc.assert(
    fc.property(entries, (pairs) => {
      const text = propertiesToJson(new Map(pairs));
      expect(propertiesFromJson(text)).toEqual(new Map(Object.entries(JSON.parse(text))));
      expect(propertiesFromJson(text).size).toBe(new Map(pairs).size);
    }),
  );
});

it.each([
  ["{}", '{"$group_key":"co\\"","$group_id":"a"}'],
  ['{"n":1}', '{"n":1,"$group_key":"co\\"","$group_id":"a"}'],
  ['{"$group_id":5,"n":1}', '{"$group_id":"a","n":1,"$group_key":"co\\""}'],
])("shows %s of a group as %s", (stored, shown) => {
  expect(shownProperties({ projectId: 1, groupKey: 'co"' }, "a", stored)).toBe(shown);
});

it("shows a user as stored", () => {
  expect(shownProperties({ projectId: 1, groupKey: undefined }, "a", '{"$group_id":5}')).toBe(
    '{"$group_id":5}',
  );
});
