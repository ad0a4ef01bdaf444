import { describe, expect, it } from "vitest";
import type { ReplyBody } from "../../src/http/api.ts";
import { type ListText, listBody } from "../../src/http/list-body.ts";
import { turnsDuring } from "../support/turns.ts";

const KB = "x".repeat(1022);

function listOf(count: number): ListText<number> {
  return {
    before: '{"numbers":[',
    items: Array.from({ length: count }, (_, index) => index),
    textOf: (index) => JSON.stringify(`${index} ${KB}`),
    after: "]}",
  };
}

async function partsOf(body: ReplyBody): Promise<readonly string[]> {
  if (typeof body === "string") return [body];
  if (Buffer.isBuffer(body)) throw new Error("bytes were not expected");
  const parts: string[] = [];
  for await (const part of body) parts.push(String(part));
  return parts;
}

describe("the text of a list", () => {
  it.each([0, 1, 2, 100, 1000])("is whole with %d items of a kilobyte", async (count) => {
    const list = listOf(count);
    const items = list.items.map(list.textOf).join(",");
    expect(await listBody(list)).toBe(`{"numbers":[${items}]}`);
  });

  it.each([1050, 3000, 3001])("is the same in parts with %d items", async (count) => {
    const list = listOf(count);
    const parts = await partsOf(await listBody(list));
    expect(parts.length).toBeGreaterThan(1);
    // No part is empty, which would end an answer.
    expect(Math.min(...parts.map(({ length }) => length))).toBeGreaterThan(0);
    expect(parts.join("")).toBe(`{"numbers":[${list.items.map(list.textOf).join(",")}]}`);
  });

  it("lets other work go on while it is made", async () => {
    const list = listOf(3000);
    const slow = (index: number): string => {
      const until = performance.now() + 0.02;
      while (performance.now() < until);
      return list.textOf(index);
    };
    const turns = await turnsDuring(async () => partsOf(await listBody({ ...list, textOf: slow })));
    expect(turns).toBeGreaterThan(4);
  });
});
