/**
 * What every store must make of the numbers and values of many profiles.
 *
 * Sums and what is interpolated may differ in the last digits, as engines add in an order of their own: numbers are
 * compared within `TOLERANCE` of the larger one.
 *
 * @module
 */
import { expect, it } from "vitest";
import type { ProfileQuery } from "../../src/query/query.ts";
import type { Breakdown, NumberSummary } from "../../src/query/statistic.ts";
import type { Store } from "../../src/store/store.ts";
import type { Value } from "../../src/values/value.ts";
import {
  behavior,
  behaviorSelector,
  countOf,
  event,
  events,
  valuesById,
} from "../support/events.ts";
import { COMPANIES, query, selector, set, USERS } from "../support/updates.ts";

/** How far two stores may be apart, as a part of the number. */
const TOLERANCE = 1e-9;

const PERCENTILES: readonly number[] = [0, 25, 50, 90, 100];

/** Declares the tests of statistics. */
export function testStatistics(current: () => Store): void {
  async function write(values: readonly (Value | undefined)[]): Promise<void> {
    const updates = values.map((p, n) => set(`id${n}`, p === undefined ? {} : { p }));
    await current().apply([{ scope: USERS, updates }]);
  }
  async function summary(
    source = 'properties["p"]',
    members: Partial<ProfileQuery> = {},
  ): Promise<NumberSummary> {
    const asked = query(members);
    const { expression } = behaviorSelector(source, ...asked.behaviors.keys());
    return current().summarize(asked, expression, PERCENTILES);
  }
  async function breakdown(
    source = 'properties["p"]',
    members: Partial<ProfileQuery> = {},
    options = { topMax: 10, bucketMax: 4 },
  ): Promise<Breakdown> {
    const asked = query(members);
    const { expression } = behaviorSelector(source, ...asked.behaviors.keys());
    return current().breakDown(asked, expression, options);
  }

  it("gives the values of several expressions for each profile that is selected", async () => {
    await current().apply([
      { scope: USERS, updates: [set("a", { n: 1, t: "x" }), set("b", { n: 2 }), set("c", {})] },
    ]);
    const rows: unknown[] = [];
    const expressions = ['properties["n"] * 10', 'properties["t"]', "true"].map(
      (source) => selector(source).expression,
    );
    const asked = query({ selectors: [selector('defined(properties["n"])')] });
    for await (const batch of current().values(asked, expressions)) rows.push(...batch);
    expect(rows).toHaveLength(2);
    expect(rows).toEqual(
      expect.arrayContaining([
        [10, "x", true],
        [20, undefined, true],
      ]),
    );
    const none: unknown[] = [];
    for await (const batch of current().values(query(), [])) none.push(...batch);
    expect(none).toEqual([[], [], []]);
  });

  it("gives the values of thousands, each once", async () => {
    await write(Array.from({ length: 6_000 }, (_, n) => n));
    const found = await valuesById(current(), 'properties["p"]');
    expect(Object.entries(found)).toHaveLength(6_000);
    for (const [id, value] of Object.entries(found)) expect(`id${value}`).toBe(id);
    const limited = await valuesById(current(), 'properties["p"]', { limit: 7 });
    expect(Object.keys(limited)).toHaveLength(7);
  });

  it("stops when the caller has gone", async () => {
    await write([1, 2]);
    const { expression } = selector('properties["p"]');
    const signal = AbortSignal.abort();
    const read = async () => {
      for await (const _ of current().values(query(), [expression], signal)) expect.fail();
    };
    await expect(read()).rejects.toThrow();
    await expect(current().summarize(query(), expression, [], signal)).rejects.toThrow();
    const options = { topMax: 1, bucketMax: 1 };
    await expect(current().breakDown(query(), expression, options, signal)).rejects.toThrow();
  });

  it("summarizes numbers, and nothing else", async () => {
    await write([4, "5", null, undefined, 1, [7], true, 2, 3, { n: 1 }]);
    expect(await summary()).toEqual({
      count: 4,
      sum: 10,
      sumOfSquares: 30,
      min: 1,
      max: 4,
      percentiles: [1, 1.75, 2.5, expect.closeTo(3.7, 9), 4],
    });
  });

  it("summarizes nothing", async () => {
    await write(["a", null]);
    const empty = {
      count: 0,
      sum: 0,
      sumOfSquares: 0,
      min: undefined,
      max: undefined,
      percentiles: PERCENTILES.map(() => undefined),
    };
    expect(await summary()).toEqual(empty);
    expect(await summary(undefined, { scope: COMPANIES })).toEqual(empty);
    const one = await current().summarize(query(), selector("5").expression, []);
    expect(one).toEqual({ count: 2, sum: 10, sumOfSquares: 50, min: 5, max: 5, percentiles: [] });
  });

  it("summarizes one number, and negative ones", async () => {
    await write([-2.5]);
    expect(await summary()).toEqual({
      count: 1,
      sum: -2.5,
      sumOfSquares: 6.25,
      min: -2.5,
      max: -2.5,
      percentiles: PERCENTILES.map(() => -2.5),
    });
  });

  it("summarizes what a selector selects, of any expression", async () => {
    await write([1, 2, 3, 40]);
    const selectors = [selector('properties["p"] < 10')];
    const { count, sum, max } = await summary('properties["p"] + 0.5', { selectors });
    expect([count, sum, max]).toEqual([3, 7.5, 3.5]);
    const limited = await summary(undefined, { limit: 2 });
    expect([limited.count, limited.sum]).toEqual([2, 3]);
  });

  it("adds many numbers within the tolerance", async () => {
    await write(Array.from({ length: 1_000 }, (_, n) => 0.1 + n * 1e-7));
    const { sum, sumOfSquares } = await summary();
    expect(Math.abs(sum - 100.04995) / 100.04995).toBeLessThan(TOLERANCE);
    const squares = 10.0099933283335;
    expect(Math.abs(sumOfSquares - squares) / squares).toBeLessThan(TOLERANCE);
  });

  it("breaks values of all kinds down", async () => {
    await write(["Pro", "pro", "free", 1, 1, 1, "1", true, null, undefined, { a: 1 }]);
    const { histogram, ...rest } = await breakdown();
    expect(rest).toEqual({
      total: 11,
      missingCount: 2,
      distinctCount: 6,
      top: [
        { value: 1, count: 3 },
        { value: "Pro", count: 2 },
        { value: true, count: 1 },
        { value: { a: 1 }, count: 1 },
        { value: "1", count: 1 },
        { value: "free", count: 1 },
      ],
    });
    expect(histogram).toEqual([{ from: 1, to: 1, count: 3 }]);
  });

  it("shows the spelling that is first in byte order, and at most so many values", async () => {
    await write(["é", "PRO", "pro", "É", "Pro", "z", "Z", "a"]);
    const { top, distinctCount } = await breakdown(undefined, {}, { topMax: 3, bucketMax: 4 });
    expect(distinctCount).toBe(4);
    expect(top).toEqual([
      { value: "PRO", count: 3 },
      { value: "Z", count: 2 },
      { value: "É", count: 2 },
    ]);
    const none = await breakdown(undefined, {}, { topMax: 0, bucketMax: 0 });
    expect([none.top, none.distinctCount]).toEqual([[], 4]);
  });

  it("counts each element of a list once for a profile", async () => {
    await write([["a", "A", "b", 1, null], ["b", [1]], [], "a", [null], 7]);
    const { histogram, ...rest } = await breakdown();
    expect(rest).toEqual({
      total: 6,
      missingCount: 0,
      distinctCount: 5,
      top: [
        { value: expect.stringMatching(/^a$/i), count: 2 },
        { value: "b", count: 2 },
        { value: [1], count: 1 },
        { value: 1, count: 1 },
        { value: 7, count: 1 },
      ],
    });
    expect(histogram).toEqual([{ from: 7, to: 7, count: 1 }]);
  });

  it("makes buckets of equal width, the last with its end", async () => {
    await write([0, 1, 2, 2.5, 5, 7.5, 9.99, 10, "x", [3]]);
    expect((await breakdown()).histogram).toEqual([
      { from: 0, to: 2.5, count: 3 },
      { from: 2.5, to: 5, count: 1 },
      { from: 5, to: 7.5, count: 1 },
      { from: 7.5, to: 10, count: 3 },
    ]);
    expect((await breakdown(undefined, {}, { topMax: 1, bucketMax: 1 })).histogram).toEqual([
      { from: 0, to: 10, count: 8 },
    ]);
  });

  it("keeps empty buckets, and negative numbers", async () => {
    await write([-8, 8, -8]);
    expect((await breakdown()).histogram).toEqual([
      { from: -8, to: -4, count: 2 },
      { from: -4, to: 0, count: 0 },
      { from: 0, to: 4, count: 0 },
      { from: 4, to: 8, count: 1 },
    ]);
  });

  it("breaks nothing down", async () => {
    const empty = { total: 0, missingCount: 0, distinctCount: 0, top: [], histogram: [] };
    expect(await breakdown()).toEqual(empty);
    await write([null, undefined]);
    expect(await breakdown()).toEqual({ ...empty, total: 2, missingCount: 2 });
  });

  it("counts datetimes as their text in UTC", async () => {
    await write(["2024-05-01T04:00:00", "2024-05-01T00:00:00-04:00", "x"]);
    const { top, missingCount } = await breakdown('datetime(properties["p"])', {
      timeZone: "America/New_York",
    });
    expect(missingCount).toBe(1);
    expect(top).toEqual([{ value: "2024-05-01T04:00:00", count: 2 }]);
  });

  it("counts behaviors, and strangers where a query asks for them", async () => {
    await current().apply([
      { scope: USERS, updates: [set("ada", { p: 1 }), set("bob", { p: 2 })] },
      events([event("e", "ada"), event("e", "cyd"), event("e", "cyd", { n: "x" })]),
    ]);
    const behaviors = new Map([
      ["count", countOf("e")],
      ["n", behavior({ kind: "first_value", property: "n" })],
    ]);
    const members = { behaviors, includesStrangers: true };
    const counted = await summary('behaviors["count"]', members);
    expect([counted.count, counted.sum, counted.max]).toEqual([3, 3, 2]);
    expect((await summary('behaviors["count"]', { behaviors })).sum).toBe(1);
    const spread = await breakdown('behaviors["n"]', members);
    expect([spread.total, spread.missingCount, spread.top]).toEqual([
      3,
      2,
      [{ value: "x", count: 1 }],
    ]);
    expect((await breakdown('properties["p"]', members)).missingCount).toBe(1);
  });
}
