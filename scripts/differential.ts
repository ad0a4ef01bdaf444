/**
 * Compares the engine with the reference store: on random selectors, `npm run differential -- --pairs N --seed S`, or
 * on random events and what is asked of them, `npm run differential -- --events --cases N --seed S`.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { reportEvents, runEventRound } from "../test/support/behavior-differential.ts";
import { report, runRound } from "../test/support/differential.ts";

/** Disagreements after which a run is not worth going on. */
const DISAGREEMENT_COUNT_MAX = 50;

/** Disagreements of one round that are shown. */
const SHOWN_COUNT_MAX = 3;

/** Rounds between two lines of progress. */
const ROUNDS_PER_LINE = 50;

/** What a round came to, whatever it was about. */
interface Outcome {
  readonly caseCount: number;
  /** Queries for profiles, those of them that SQL answered alone, and those that selected some but not all. */
  readonly queryCount: number;
  readonly exactCount: number;
  readonly tellingCount: number;
  readonly lawCount: number;
  readonly disagreements: readonly string[];
}

const { values } = parseArgs({
  options: {
    events: { type: "boolean", default: false },
    cases: { type: "string", default: "10000" },
    pairs: { type: "string", default: "10000" },
    seed: { type: "string", default: "1" },
  },
});
const what = values.events ? "cases" : "pairs";
const wanted = Number(values[what]);
const firstSeed = Number(values.seed);

async function run(seed: number): Promise<Outcome> {
  if (values.events) {
    const round = await runEventRound(seed);
    return { ...round, lawCount: 0, disagreements: round.disagreements.map(reportEvents) };
  }
  const round = await runRound(seed);
  const { pairCount, disagreements } = round;
  return {
    ...round,
    caseCount: pairCount,
    queryCount: pairCount,
    disagreements: disagreements.map(report),
  };
}

let caseCount = 0;
let queryCount = 0;
let exactCount = 0;
let tellingCount = 0;
let lawCount = 0;
let disagreementCount = 0;
let seed = firstSeed;
const startedAt = performance.now();
for (; caseCount < wanted && disagreementCount <= DISAGREEMENT_COUNT_MAX; seed++) {
  const round = await run(seed);
  caseCount += round.caseCount;
  queryCount += round.queryCount;
  exactCount += round.exactCount;
  tellingCount += round.tellingCount;
  lawCount += round.lawCount;
  disagreementCount += round.disagreements.length;
  for (const text of round.disagreements.slice(0, SHOWN_COUNT_MAX)) {
    process.stdout.write(`${text}\n\n`);
  }
  if ((seed - firstSeed) % ROUNDS_PER_LINE === ROUNDS_PER_LINE - 1) {
    process.stderr.write(`${caseCount} ${what}, ${disagreementCount} disagreements\n`);
  }
}
const elapsedS = ((performance.now() - startedAt) / 1000).toFixed(1);
const percent = (count: number): string => ((100 * count) / queryCount).toFixed(1);
process.stdout.write(
  `differential: ${caseCount} ${what} from seed ${firstSeed} to ${seed - 1} in ${elapsedS} s, ` +
    `${percent(exactCount)} % in SQL alone, ${percent(tellingCount)} % selected some but not all, ` +
    `${lawCount} laws, ${disagreementCount} disagreements\n`,
);
process.exitCode = disagreementCount === 0 ? 0 : 1;
