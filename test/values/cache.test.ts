import { describe, expect, it } from "vitest";
import { createCache } from "../../src/values/cache.ts";

describe("createCache", () => {
  it("forgets what was used longest ago once it weighs too much", () => {
    const cache = createCache<number>(10);
    cache.set("a", 1, 4);
    cache.set("b", 2, 4);
    expect(cache.get("a")).toBe(1);
    cache.set("c", 3, 4);
    expect([cache.get("a"), cache.get("b"), cache.get("c")]).toEqual([1, undefined, 3]);
  });

  it("holds exactly as much as it may", () => {
    const cache = createCache<number>(10);
    cache.set("a", 1, 5);
    cache.set("b", 2, 5);
    expect([cache.get("a"), cache.get("b")]).toEqual([1, 2]);
  });

  it("does not keep what is too heavy by itself, nor forget others for it", () => {
    const cache = createCache<number>(10);
    cache.set("a", 1, 4);
    cache.set("b", 2, 11);
    expect([cache.get("a"), cache.get("b")]).toEqual([1, undefined]);
  });

  it("weighs an entry once, however often it is set", () => {
    const cache = createCache<number>(10);
    for (let round = 0; round < 10; round++) cache.set("a", round, 4);
    cache.set("b", 2, 6);
    expect([cache.get("a"), cache.get("b")]).toEqual([9, 2]);
  });
});
