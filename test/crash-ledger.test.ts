import { describe, expect, it } from "vitest";
import { CrashLedger, type State } from "./support/crash-ledger.ts";

const count = (number: number) => ({ kind: "count", number }) as const;
const remove = (number: number) => ({ kind: "delete", number }) as const;

/** A ledger with two acknowledged updates of `a`, and two more whose answer was lost. */
function ledger(): CrashLedger {
  const made = new CrashLedger();
  made.sending("a", [count(1), count(2)]);
  made.acknowledged("a");
  made.sending("a", [count(3), count(4)]);
  return made;
}

const settled = (state: State) => ledger().settle(new Map([["a", state]]));

describe("the ledger of the crash check", () => {
  it.each([
    [[1, 2], 0, 2],
    [[1, 2, 3], 1, 1],
    [[1, 2, 3, 4], 2, 0],
  ])("accepts %j", (state, writtenCount, lostCount) => {
    expect(settled(state)).toEqual({ writtenCount, lostCount, violations: [] });
  });

  it.each([
    ["an update that is gone", [1]],
    ["a profile that is gone", undefined],
    ["an update that is there twice", [1, 2, 2]],
    ["updates in another order", [2, 1]],
    ["a later update without the one before it", [1, 2, 4]],
    ["an update of nobody", [1, 2, 9]],
  ])("reports %s", (_what, state) => {
    expect(settled(state).violations).toHaveLength(1);
  });

  it("reports a profile of nobody", () => {
    const found = new Map([
      ["a", [1, 2]],
      ["b", [7]],
    ]);
    expect(ledger().settle(found).violations).toEqual(["b: nobody wrote it"]);
  });

  it("knows that a profile ends with its deletion, and may begin again", () => {
    const deleting = new CrashLedger();
    deleting.sending("a", [count(1), remove(2), count(3)]);
    deleting.acknowledged("a");
    expect(deleting.settle(new Map([["a", [3]]])).violations).toEqual([]);
    deleting.sending("a", [remove(4)]);
    expect(deleting.settle(new Map()).violations).toEqual([]);
    deleting.sending("a", [count(5)]);
    expect(deleting.settle(new Map([["a", [3, 5]]])).violations).toHaveLength(1);
  });

  it("goes on from what it found", () => {
    const going = ledger();
    going.settle(new Map([["a", [1, 2, 3]]]));
    expect(going.settle(new Map([["a", [1, 2]]])).violations).toHaveLength(1);
  });
});
