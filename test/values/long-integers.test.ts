import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { quoteLongIntegers } from "../../src/values/long-integers.ts";

const NAMES = new Set(["id", "$distinct_id"]);

describe("quoteLongIntegers", () => {
  it.each([
    ['{"id":1234567890123456789}', '{"id":"1234567890123456789"}'],
    ['{"id":-1405123841946871899,"a":1}', '{"id":"-1405123841946871899","a":1}'],
    [
      '[{ "$distinct_id" : 12345678901234567890 }]',
      '[{ "$distinct_id" : "12345678901234567890" }]',
    ],
    [
      ' [{"a":[1],"id":1234567890123456789},{"b":{},"id":9876543210987654321}]',
      ' [{"a":[1],"id":"1234567890123456789"},{"b":{},"id":"9876543210987654321"}]',
    ],
  ])("turns %s into %s", (json, quoted) => {
    expect(quoteLongIntegers(json, NAMES)).toBe(quoted);
  });

  it.each([
    '{"id":123456789012345}',
    '{"n":1234567890123456789}',
    '{"id":1234567890123456789.5}',
    '{"id":1234567890123456789e2}',
    '{"id":[1234567890123456789]}',
    '{"$set":{"id":1234567890123456789}}',
    '[{"$set":{"id":1234567890123456789}}]',
    '[[{"id":1234567890123456789}]]',
    '{"text":"{\\"id\\":1234567890123456789}"}',
    '{"text":"\\\\","a":"\\"id\\":1234567890123456789,"}',
    '["id",1234567890123456789]',
    '{"n":1234567890123456789,"text":"never closed',
    '{"n":1234567890123456789,"text":"\\',
  ])("leaves %s", (json) => {
    expect(quoteLongIntegers(json, NAMES)).toBe(json);
  });

  it("changes no other value of any JSON", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const json = `{"id":1234567890123456789,"value":${JSON.stringify(value)}}`;
        const expected = { id: "1234567890123456789", value };
        expect(JSON.stringify(JSON.parse(quoteLongIntegers(json, NAMES)))).toBe(
          JSON.stringify(expected),
        );
      }),
    );
  });

  it("takes a time that grows with the length only", () => {
    const json = `{"n":1234567890123456789,"text":"${'\\"id'.repeat(1_000_000)}`;
    const startMs = performance.now();
    expect(quoteLongIntegers(json, NAMES)).toBe(json);
    expect(performance.now() - startMs).toBeLessThan(2_000);
  });

  it.each([
    [
      '[{"id":1234567890123456789,"p":{"id":1234567890123456789,"q":{"id":1234567890123456789}}}]',
      '[{"id":1234567890123456789,"p":{"id":"1234567890123456789","q":{"id":1234567890123456789}}}]',
    ],
    ['{"p":{"id":-1234567890123456789}}', '{"p":{"id":"-1234567890123456789"}}'],
  ])("turns %s, one level further in, into %s", (json, quoted) => {
    expect(quoteLongIntegers(json, NAMES, 2)).toBe(quoted);
  });
});
