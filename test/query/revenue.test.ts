import { describe, expect, it } from "vitest";
import { type PeriodUnit, readDays } from "../../src/query/days.ts";
import { tallyRevenue } from "../../src/query/revenue.ts";
import type { Computed } from "../../src/values/value.ts";

function report(
  profiles: readonly Computed[],
  { unit = "day", timeZone = "UTC" }: { unit?: PeriodUnit; timeZone?: string } = {},
) {
  const nowSeconds = Date.parse("2024-05-10T12:00:00Z") / 1000;
  const days = readDays("2024-05-01", "2024-05-02", { timeZone, nowSeconds });
  const tally = tallyRevenue(days, unit, timeZone);
  for (const profile of profiles) tally.add(profile);
  const { overall, periods } = tally.report();
  return { overall, ...Object.fromEntries(periods) };
}

const paid = ($amount: Computed, $time: Computed): Computed =>
  ({ $amount, $time }) as unknown as Computed;

describe("revenue", () => {
  it("counts every profile, and a payer once a period and once in all", () => {
    expect(
      report([
        [paid(10, "2024-05-01T00:00:00"), paid(5.5, "2024-05-01T23:59:59")],
        [paid(1, "2024-05-01T10:00:00"), paid(2, "2024-05-02T10:00:00")],
        undefined,
        [],
      ]),
    ).toEqual({
      overall: { amount: 18.5, count: 4, paidCount: 2 },
      "2024-05-01": { amount: 16.5, count: 4, paidCount: 2 },
      "2024-05-02": { amount: 2, count: 4, paidCount: 1 },
    });
  });

  it("leaves out what is not of the days", () => {
    const outside = [paid(1, "2024-04-30T23:59:59"), paid(2, "2024-05-03T00:00:00")];
    expect(report([outside]).overall).toEqual({ amount: 0, count: 1, paidCount: 0 });
  });

  it("takes days of the project's zone, and times without an offset as UTC", () => {
    const found = report([[paid(1, "2024-04-30T22:00:00"), paid(2, "2024-05-02T22:00:00")]], {
      timeZone: "Europe/Berlin",
    });
    expect(found).toMatchObject({
      overall: { amount: 1 },
      "2024-05-01": { amount: 1 },
    });
  });

  it("gathers weeks and months under their first day, but no more than was asked for", () => {
    const profile = [paid(1, "2024-04-30T10:00:00"), paid(2, "2024-05-02T10:00:00")];
    expect(report([profile], { unit: "week" })).toMatchObject({
      "2024-04-29": { amount: 2, paidCount: 1 },
    });
    expect(report([profile], { unit: "month" })).toMatchObject({ "2024-05-01": { amount: 2 } });
  });

  it.each([
    ["a number of seconds", paid(3, 1_714_557_600), 3],
    ["a number of milliseconds", paid(3, 1_714_557_600_999), 3],
    ["an amount as text", paid(" 3.00 ", "2024-05-01"), 3],
    ["a long amount as text", paid("3".padStart(40, "0"), "2024-05-01"), 3],
    ["a refund", paid(-3, "2024-05-01"), -3],
    ["a zone of its own", paid(3, "2024-05-03T01:00:00+02:00"), 3],
    ["no time", { $amount: 3 } as unknown as Computed, 0],
    ["no amount", { $time: "2024-05-01" } as unknown as Computed, 0],
    ["a time that is none", paid(3, "yesterday"), 0],
    ["an amount that is none", paid("3 EUR", "2024-05-01"), 0],
    ["a long text for an amount", paid("3".padStart(41, "0"), "2024-05-01"), 0],
    ["no object", "3", 0],
  ])("reads %s", (_name, transaction, amount) => {
    const paidCount = amount === 0 ? 0 : 1;
    expect(report([[transaction]]).overall).toEqual({ amount, count: 1, paidCount });
    expect(report([transaction]).overall).toEqual({ amount, count: 1, paidCount });
  });

  it("adds what rounding would lose, in whatever order", () => {
    const amounts = [1e16, 1, -1e16, 0.1, 0.2, 0.3];
    for (const order of [amounts, amounts.toReversed()]) {
      const transactions = order.map((amount) => paid(amount, "2024-05-01"));
      expect(report([transactions]).overall.amount).toBeCloseTo(1.6, 12);
    }
  });
});
