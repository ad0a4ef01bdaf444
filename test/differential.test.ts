import { describe, expect, it } from "vitest";
import type { ProfileQuery } from "../src/query/query.ts";
import { print } from "../src/selector/selector.ts";
import { MemoryStore } from "../src/store/memory.ts";
import type { ProfileKeys } from "../src/store/store.ts";
import { reportEvents, runEventRound } from "./support/behavior-differential.ts";
import { report, runRound, runRoundOn } from "./support/differential.ts";

/** `npm run differential -- --pairs 100000` is the long form. */
const SEEDS = [11, 12, 13, 14, 15, 16];

it.each(SEEDS)("answers random selectors as the reference does, seed %d", async (seed) => {
  const round = await runRound(seed);
  expect(round.disagreements.map(report)).toEqual([]);
  expect(round.tellingCount).toBeGreaterThan(0);
  expect(round.lawCount).toBeGreaterThan(100);
  expect(round.exactCount).toBeGreaterThan(round.pairCount / 3);
});

/** `npm run differential -- --events --cases 50000` is the long form. */
const EVENT_SEEDS = [21, 22, 23, 25];

it.each(EVENT_SEEDS)(
  "answers questions about events as the reference does, seed %d",
  async (seed) => {
    const round = await runEventRound(seed);
    expect(round.disagreements.map(reportEvents)).toEqual([]);
    expect(round.tellingCount).toBeGreaterThan(round.queryCount / 10);
    expect(round.exactCount).toBeGreaterThan(round.queryCount / 3);
  },
);

/** Loses a profile of every selector that says a word. */
class ForgetfulStore extends MemoryStore {
  readonly #word: string;

  constructor(word: string) {
    super();
    this.#word = word;
  }

  override async select(query: ProfileQuery): Promise<ProfileKeys> {
    const keys = await super.select(query);
    const says = query.selectors.some(({ expression }) => print(expression).includes(this.#word));
    return says ? keys.slice(1) : keys;
  }
}

describe("the check itself", () => {
  it("finds a store that differs", async () => {
    const stores = { reference: new MemoryStore(), engine: new ForgetfulStore("and") };
    const { disagreements } = await runRoundOn(stores, 1);
    expect(disagreements.filter(({ law }) => law === undefined).length).toBeGreaterThan(10);
  });

  it("finds a mistake that both stores make", async () => {
    const stores = { reference: new ForgetfulStore("not"), engine: new ForgetfulStore("not") };
    const { disagreements } = await runRoundOn(stores, 1);
    const laws = new Set(disagreements.map(({ law }) => law));
    expect(laws.has(undefined)).toBe(false);
    expect(laws.has("true, not true, or neither")).toBe(true);
    expect(laws.size).toBeGreaterThan(2);
  });
});
