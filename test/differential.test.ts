import { expect, it } from "vitest";
import { report, runRound } from "./support/differential.ts";

/** `npm run differential -- --pairs 100000` is the long form. */
const SEEDS = [11, 12, 13, 14, 15, 16];

it.each(SEEDS)("answers random selectors as the reference does, seed %d", async (seed) => {
  const round = await runRound(seed);
  expect(round.disagreements.map(report)).toEqual([]);
  expect(round.tellingCount).toBeGreaterThan(0);
  expect(round.exactCount).toBeGreaterThan(round.pairCount / 3);
});
