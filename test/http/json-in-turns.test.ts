import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseInTurns } from "../../src/http/json-in-turns.ts";
import { turnsDuring } from "../support/turns.ts";

/** What parsing comes to: a value, or a message. */
async function outcomeOf(parse: () => unknown): Promise<unknown> {
  try {
    return { value: await parse() };
  } catch (error) {
    return { message: (error as Error).message };
  }
}

const TRICKY = fc.constantFrom('"', "\\", '\\"', "[", "]", "{", "}", ",", ":", " ", "\n", "é", "1");
const text = fc.array(fc.oneof(TRICKY, fc.string())).map((parts) => parts.join(""));
const value = fc.oneof(
  fc.jsonValue(),
  text,
  fc.array(text),
  fc.dictionary(text, text),
) as fc.Arbitrary<unknown>;

describe("a list parsed in turns", () => {
  it("is what it is when parsed at once, however it is divided", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(value), fc.nat(30), fc.nat(3), async (items, length, indent) => {
        const json = JSON.stringify(items, undefined, indent);
        expect(await parseInTurns(json, JSON.parse, length)).toEqual(JSON.parse(json));
      }),
    );
  });

  it("fails as it does when parsed at once, and only then", async () => {
    const broken = fc
      .tuple(fc.array(value), fc.nat(), fc.nat(2), TRICKY)
      .map(([items, at, cut, extra]) => {
        const json = JSON.stringify(items);
        const place = at % (json.length + 1);
        return `${json.slice(0, place)}${extra}${json.slice(place + cut)}`;
      });
    await fc.assert(
      fc.asyncProperty(broken, fc.nat(10), async (json, length) => {
        const parsed = await outcomeOf(() => parseInTurns(json, JSON.parse, length));
        expect(parsed).toEqual(await outcomeOf(() => JSON.parse(json)));
      }),
      { numRuns: 1000 },
    );
  });

  it.each(["[1,,2]", "[1,2,]", "[,1]", "[1]]", "[1] x", "[1", "[[1]", '["a]', "[1}", "[1,2\n,]"])(
    "refuses %s",
    async (json) => {
      const parsed = await outcomeOf(() => parseInTurns(json, JSON.parse, 0));
      expect(parsed).toEqual(await outcomeOf(() => JSON.parse(json)));
    },
  );

  it("lets other work go on meanwhile", async () => {
    const json = JSON.stringify(Array.from({ length: 300_000 }, (_, index) => ({ index })));
    const turns = await turnsDuring(() => parseInTurns(json, JSON.parse));
    expect(turns).toBeGreaterThan(2);
  });
});
