/**
 * Hostile texts down every road: `npm run injection-check -- --seed S --rounds N`.
 *
 * A round sends known payloads and random mutations of them to every endpoint of the API, over a raw socket and through every
 * command. What is said to the engine is read on its way, answers are compared with those of the reference store, and screens,
 * logs, counters and prototypes are looked at. Round n has the seed S + n.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { playRound, type RoundReport } from "../test/support/injection/check.ts";

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: "1" },
    rounds: { type: "string", default: "1" },
    mutations: { type: "string", default: "100" },
    "argument-texts": { type: "string", default: "40" },
  },
});
const seed = Number(values.seed);
const roundCount = Number(values.rounds);

const SHOWN_MAX = 20;

const startedMs = performance.now();
const totals = { texts: 0, requests: 0, commands: 0, statements: 0, violations: 0 };
for (let round = 0; round < roundCount; round++) {
  const report = await playRound({
    seed: seed + round,
    mutationCount: Number(values.mutations),
    argumentTextsMax: Number(values["argument-texts"]),
  });
  add(report, seed + round);
}
const seconds = ((performance.now() - startedMs) / 1000).toFixed(0);
process.stdout.write(
  `injection: ${roundCount} rounds, ${totals.texts} texts, ${totals.requests} requests, ${totals.commands} commands, ` +
    `${totals.statements} texts to the engine; seed ${seed}; ${seconds} s; ${totals.violations} violations\n`,
);
process.exitCode = totals.violations === 0 ? 0 : 1;

function add(report: RoundReport, roundSeed: number): void {
  totals.texts += report.textCount;
  totals.requests += report.requestCount;
  totals.commands += report.commandCount;
  totals.statements += report.statementCount;
  totals.violations += report.violations.length;
  process.stderr.write(`seed ${roundSeed}: ${report.violations.length} violations\n`);
  for (const violation of report.violations.slice(0, SHOWN_MAX)) {
    process.stderr.write(`  ${JSON.stringify(violation)}\n`);
  }
  if (report.violations.length > 0) {
    process.stderr.write(
      `repeat with: npm run injection-check -- --seed ${roundSeed} --rounds 1\n`,
    );
  }
}
