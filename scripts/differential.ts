/**
 * Compares the engine with the reference store on random selectors: `npm run differential -- --pairs N --seed S`.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { report, runRound, SELECTORS_PER_ROUND } from "../test/support/differential.ts";

const { values } = parseArgs({
  options: {
    pairs: { type: "string", default: "10000" },
    seed: { type: "string", default: "1" },
  },
});
const pairsWanted = Number(values.pairs);
const firstSeed = Number(values.seed);

let pairCount = 0;
let exactCount = 0;
let tellingCount = 0;
let disagreementCount = 0;
const startedAt = performance.now();
for (let seed = firstSeed; pairCount < pairsWanted; seed++) {
  const round = await runRound(seed);
  pairCount += round.pairCount;
  exactCount += round.exactCount;
  tellingCount += round.tellingCount;
  disagreementCount += round.disagreements.length;
  for (const disagreement of round.disagreements.slice(0, 3)) {
    process.stdout.write(`${report(disagreement)}\n\n`);
  }
  if (pairCount % (50 * SELECTORS_PER_ROUND) === 0) {
    process.stderr.write(`${pairCount} pairs, ${disagreementCount} disagreements\n`);
  }
  if (disagreementCount > 50) break;
}
const elapsedS = ((performance.now() - startedAt) / 1000).toFixed(1);
const percent = (count: number): string => ((100 * count) / pairCount).toFixed(1);
process.stdout.write(
  `differential: ${pairCount} pairs from seed ${firstSeed} in ${elapsedS} s, ${percent(exactCount)} % in SQL alone, ` +
    `${percent(tellingCount)} % selected some but not all, ${disagreementCount} disagreements\n`,
);
process.exitCode = disagreementCount === 0 ? 0 : 1;
