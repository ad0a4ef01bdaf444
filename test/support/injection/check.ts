/**
 * One round of the injection check: hostile texts through the API, raw requests and commands, while the engine, the prototypes and the
 * screens are watched.
 *
 * @module
 */

// The engine's tap has to be there before the engine is.
import "./engine-tap.ts";

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { randomFrom } from "../paging-history.ts";
import { watchPrototypes } from "./answer-checks.ts";
import { checkCli } from "./cli-check.ts";
import { corpusOf } from "./corpus.ts";
import { checkHttp } from "./http-check.ts";
import { checkRaw } from "./raw-check.ts";
import { StatementWatch } from "./statement-watch.ts";

/** How much of a round is played. */
export interface RoundPlan {
  readonly seed: number;
  /** Random texts beside the known ones. */
  readonly mutationCount: number;
  /** Texts that go down every road of the API; all by default. */
  readonly textsMax?: number;
  /** Texts that are put into every argument of every command. */
  readonly argumentTextsMax: number;
}

/** What came of a round. */
export interface RoundReport {
  readonly textCount: number;
  readonly requestCount: number;
  readonly commandCount: number;
  /** Texts that the engine was told, other than values. */
  readonly statementCount: number;
  readonly commandNames: ReadonlySet<string>;
  readonly violations: readonly string[];
}

/** Plays a round. */
export async function playRound(plan: RoundPlan): Promise<RoundReport> {
  const random = randomFrom(plan.seed);
  const corpus = corpusOf(random, plan.mutationCount);
  const shuffled = corpus
    .map((text) => ({ text, place: random() }))
    .sort((left, right) => left.place - right.place)
    .map(({ text }) => text);
  const texts = shuffled.slice(0, plan.textsMax ?? shuffled.length);
  const folder = await mkdtemp(join(tmpdir(), "whom-injection-"));
  const watch = new StatementWatch();
  const changedPrototypes = watchPrototypes();
  try {
    const http = await checkHttp(texts, folder);
    const raw = await checkRaw(texts);
    const cli = await checkCli(corpus, shuffled.slice(0, plan.argumentTextsMax), folder);
    return {
      textCount: corpus.length,
      requestCount: http.requestCount + raw.requestCount,
      commandCount: cli.commandCount,
      statementCount: watch.textCount,
      commandNames: cli.names,
      violations: [
        ...http.violations,
        ...raw.violations,
        ...cli.violations,
        ...watch.violations,
        ...changedPrototypes(),
      ],
    };
  } finally {
    watch.stop();
    await rm(folder, { recursive: true, force: true });
  }
}
