import { expect, it } from "vitest";
import { reportEvents, runEventRound } from "./support/behavior-differential.ts";
import { report, runRound } from "./support/differential.ts";

/** `npm run differential -- --pairs 100000` is the long form. */
const SEEDS = [11, 12, 13, 14, 15, 16];

it.each(SEEDS)("answers random selectors as the reference does, seed %d", async (seed) => {
  const round = await runRound(seed);
  expect(round.disagreements.map(report)).toEqual([]);
  expect(round.tellingCount).toBeGreaterThan(0);
  expect(round.exactCount).toBeGreaterThan(round.pairCount / 3);
});

/** `npm run differential -- --events --cases 50000` is the long form. */
const EVENT_SEEDS = [21, 22, 23, 24];

it.each(EVENT_SEEDS)(
  "answers questions about events as the reference does, seed %d",
  async (seed) => {
    const round = await runEventRound(seed);
    expect(round.disagreements.map(reportEvents)).toEqual([]);
    expect(round.tellingCount).toBeGreaterThan(round.queryCount / 10);
    expect(round.exactCount).toBeGreaterThan(round.queryCount / 3);
  },
);
