import { setImmediate } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { Turn } from "../src/clock.ts";
import { turnsDuring } from "./support/turns.ts";

/** Keeps the thread busy. */
function work(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}

describe("a turn", () => {
  it("is over after some milliseconds of work, and begins anew with the next", async () => {
    const turn = new Turn();
    expect(turn.isOver).toBe(false);
    work(20);
    expect(turn.isOver).toBe(true);
    await turn.next();
    expect(turn.isOver).toBe(false);
  });

  it("lets work that came meanwhile go first", async () => {
    const done: string[] = [];
    const other = setImmediate().then(() => done.push("other"));
    await new Turn().next();
    done.push("long");
    await other;
    expect(done).toEqual(["other", "long"]);
  });

  it("is given to one at a time, so that other work is between the turns of many", async () => {
    const order: string[] = [];
    const long = async (name: string): Promise<void> => {
      const turn = new Turn();
      for (let step = 1; step <= 2; step++) {
        await turn.next();
        order.push(`${name}${step}`);
      }
    };
    const all = (): Promise<unknown> => Promise.all(["a", "b", "c"].map(long));
    await turnsDuring(all, () => order.push("-"));
    const turns = order.join("");
    expect(turns.replaceAll("-", "")).toBe("a1b1c1a2b2c2");
    expect(turns).not.toMatch(/\d\w/);
  });
});
