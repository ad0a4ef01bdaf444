import { describe, expect, it } from "vitest";
import { seeded } from "../../src/cli/demo/sample-data.ts";
import { IdOrder } from "../../src/duckdb/id-order.ts";
import type { KeyParts } from "../../src/duckdb/key-columns.ts";
import { DuckdbStore } from "../../src/duckdb/store.ts";
import { orderText } from "../../src/values/text.ts";
import { event, events } from "../support/events.ts";
import { query, remove, selector, set, USERS } from "../support/updates.ts";

/** An order of these keys. */
async function orderOf(keys: readonly number[]): Promise<IdOrder> {
  const order = new IdOrder();
  order.refresh(async () => Uint32Array.from(keys));
  await order.settled();
  return order;
}

/** Keys in parts of at most seven. */
function inParts(keys: readonly number[]): KeyParts {
  return {
    count: keys.length,
    *parts() {
      for (let start = 0; start < keys.length; start += 7) {
        yield Uint32Array.from(keys.slice(start, start + 7));
      }
    },
  };
}

describe("an order of keys", () => {
  it.each([0, 1, 2, 50, 700, 2_999, 3_000])("puts %i of 3,000 keys in order", async (count) => {
    const random = seeded(count + 1);
    const shuffled = (keys: readonly number[]): number[] =>
      keys
        .map((key) => ({ key, at: random() }))
        .toSorted((left, right) => left.at - right.at)
        .map(({ key }) => key);
    const all = shuffled(Array.from({ length: 3_000 }, (_, n) => n * 3));
    const order = await orderOf(all);
    const chosen = shuffled(all).slice(0, count);
    const isChosen = new Set(chosen);
    const wanted = all.filter((key) => isChosen.has(key));
    for (const firstCount of [0, 1, 10, count, count + 5]) {
      const frozen = await order.freeze(inParts(chosen));
      expect(frozen?.count).toBe(count);
      expect([...(frozen?.first(firstCount) ?? [])]).toEqual(wanted.slice(0, firstCount));
      expect([...((await frozen?.all()) ?? [])]).toEqual(wanted);
      expect([...(frozen?.first(3) ?? [])]).toEqual(wanted.slice(0, 3));
    }
  });

  it("does not know keys that came later, and is behind from then on", async () => {
    const order = await orderOf([5, 1, 3]);
    expect(order.isBehind).toBe(false);
    expect(await order.freeze(inParts([1, 2]))).toBeUndefined();
    expect(order.isBehind).toBe(true);
    expect(await order.freeze(inParts([1, 6]))).toBeUndefined();
    const known = await order.freeze(inParts([3, 1, 5]));
    expect([...((await known?.all()) ?? [])]).toEqual([5, 1, 3]);
  });

  it("gives a key that stands twice once", async () => {
    const order = await orderOf([4, 2, 4, 7]);
    const frozen = await order.freeze(inParts([7, 4]));
    expect(frozen?.count).toBe(2);
    expect([...((await frozen?.all()) ?? [])]).toEqual([4, 7]);
  });

  it("stays as it was when it cannot be read", async () => {
    const order = new IdOrder();
    order.refresh(() => Promise.reject(new Error("closed")));
    await order.settled();
    expect(order.isBehind).toBe(true);
    expect((await order.freeze(inParts([])))?.count).toBe(0);
  });

  it("is not read again at once", async () => {
    const order = new IdOrder();
    let readCount = 0;
    const read = async (): Promise<Uint32Array> => {
      readCount++;
      await new Promise((resolve) => setTimeout(resolve, 50));
      return new Uint32Array(0);
    };
    order.refresh(read);
    order.refresh(read);
    await order.settled();
    order.refresh(read);
    await order.settled();
    expect(readCount).toBe(1);
  });
});

describe("a store that has its order at hand", () => {
  it("gives what it gives without, while profiles come, go and come again", async () => {
    const random = seeded(11);
    const store = await DuckdbStore.open(":memory:");
    const present = new Set<string>();
    let fast = 0;
    for (let round = 0; round < 40; round++) {
      const updates = Array.from({ length: 30 }, () => {
        const id = `${"aÄz0"[Math.floor(random() * 4)]}${Math.floor(random() * 400)}`;
        const isRemoved = random() < 0.3;
        if (isRemoved) present.delete(id);
        else present.add(id);
        return isRemoved ? remove(id) : set(id, { n: Math.floor(random() * 4) });
      });
      await store.apply([{ scope: USERS, updates }]);
      if (round % 10 === 0) await store.apply([events([event("X", `stranger${round}`)])]);
      // The second finds the order that the first asked for.
      for (let asked = 0; asked < 2; asked++) {
        const rows = await store.read(USERS, await store.select(query()));
        expect(rows.map(({ distinctId }) => distinctId)).toEqual([...present].toSorted(orderText));
        const some = await store.freeze(query({ selectors: [selector('properties["n"] == 1')] }));
        const all = await some.all();
        expect([...some.first(5)]).toEqual([...all.subarray(0, 5)]);
        if (some.constructor.name === "MarkedKeys") fast++;
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    }
    expect(fast).toBeGreaterThan(5);
    await store.close();
  });
});
