/**
 * A running server with profiles as a report on its paging: clients read everything while others write, delete and
 * merge, and the server is started again in the middle.
 *
 * @module
 */
import { checkAgain, checkReading, type Finding } from "./paging-check.ts";
import {
  askPage,
  type OnPage,
  type PagingTarget,
  type Reading,
  type ReadingPlan,
  readSession,
  writeBatch,
  writeRecords,
} from "./paging-client.ts";
import { type ChurnRecord, type History, randomFrom } from "./paging-history.ts";

/** What is done. */
export interface Scenario {
  readonly target: PagingTarget;
  /** The profiles that the server holds. */
  readonly history: History;
  /** The sessions that are read at the same time in each round. */
  readonly plans: readonly ReadingPlan[];
  readonly writerCount: number;
  readonly seed: number;
  /** Ways to start the server again, each tried in the middle of a round. Before them a round goes by without. */
  readonly restarts: readonly (() => Promise<void>)[];
  /** The rounds are begun again until so many pages were read. */
  readonly pageCountMin: number;
  /** Told after each round. */
  readonly onRound?: (pageCount: number) => void;
}

/** A reading and what it was found to be. */
export interface CheckedReading extends Finding {
  readonly name: string;
  /** Counted from 0; the last is of a server that nobody writes to. */
  readonly round: number;
  readonly pageCount: number;
  readonly elapsedMs: number;
}

/** What came out. */
export interface Report {
  readonly readings: readonly CheckedReading[];
  readonly pageCount: number;
  readonly restartCount: number;
  readonly recordCount: number;
  readonly againCount: number;
  readonly violations: readonly string[];
}

/** Pages of each session that are asked again at the end. */
const PAGES_AGAIN = 20;

/** Records that one request of the first load has. */
const LOAD_RECORD_COUNT = 2000;

/** Writes the profiles that are there from the start. */
export async function load(target: PagingTarget, records: Iterable<ChurnRecord>): Promise<void> {
  let batch: ChurnRecord[] = [];
  for (const record of records) {
    batch.push(record);
    if (batch.length < LOAD_RECORD_COUNT) continue;
    await writeRecords(target, batch);
    batch = [];
  }
  if (batch.length > 0) await writeRecords(target, batch);
}

/** Does it all and checks it. The last round is of a server that nobody writes to any more. */
export async function play(scenario: Scenario): Promise<Report> {
  const { target, history, restarts, seed, plans, pageCountMin } = scenario;
  const random = randomFrom(seed);
  const churn = startChurn(scenario);
  const checked: CheckedReading[] = [];
  const againViolations: string[] = [];
  const tally = { pageCount: 0, restartCount: 0, againCount: 0, round: 0 };
  const check = (readings: readonly Reading[]): void => {
    for (const reading of readings) {
      const { name, pages, elapsedMs } = reading;
      const { round } = tally;
      const finding = checkReading(reading, history.lives);
      checked.push({ ...finding, name, round, elapsedMs, pageCount: pages.length });
      tally.pageCount += pages.length;
    }
  };
  do {
    for (const restart of [undefined, ...restarts]) {
      const playing = playRound(scenario, random, restart);
      const readings = await Promise.race([playing, churn.failed]);
      const again = await askAgain(scenario, readings, random);
      check(readings);
      againViolations.push(...again.violations);
      tally.againCount += again.count;
      if (restart !== undefined) tally.restartCount++;
      tally.round++;
      scenario.onRound?.(tally.pageCount);
    }
  } while (tally.pageCount < pageCountMin);
  await churn.stop();
  check(await Promise.all(plans.map((plan) => readSession(target, plan, random))));
  return {
    ...tally,
    readings: checked,
    recordCount: Object.values(history.counts).reduce((sum, count) => sum + count, 0),
    violations: [...checked.flatMap(({ violations }) => violations), ...againViolations],
  };
}

/** Writers at work. */
export interface Churn {
  /** Never resolves; rejects when a write fails. */
  readonly failed: Promise<never>;
  /** Resolves once the last write has been answered. */
  stop(): Promise<void>;
}

/** Starts writers, each of which writes one batch after the other. */
export function startChurn({
  target,
  history,
  writerCount,
}: Pick<Scenario, "target" | "history" | "writerCount">): Churn {
  let isStopping = false;
  const write = async (): Promise<void> => {
    while (!isStopping) await history.writeBatch((batch) => writeBatch(target, batch));
  };
  const written = Promise.all(Array.from({ length: writerCount }, write));
  const failed = new Promise<never>((_resolve, reject) => {
    written.catch(reject);
  });
  failed.catch(() => undefined);
  return {
    failed,
    stop: async () => {
      isStopping = true;
      await written;
    },
  };
}

/** All sessions at the same time; the restart comes when two fifths of their pages have been read. */
async function playRound(
  { target, plans }: Scenario,
  random: () => number,
  restart: (() => Promise<void>) | undefined,
): Promise<readonly Reading[]> {
  let restarted: Promise<void> | undefined;
  let pageCount = 0;
  const reading = plans.map((plan) => {
    const onPage: OnPage = ({ total }) => {
      pageCount++;
      const wanted = plans.reduce((sum, { pageSize }) => sum + Math.ceil(total / pageSize), 0);
      if (pageCount >= 0.4 * wanted) restarted ??= restart?.();
    };
    return readSession(target, plan, random, onPage);
  });
  const readings = await Promise.all(reading);
  if (restart !== undefined && restarted === undefined) {
    throw new Error("the readings ended before the server could be started again");
  }
  await restarted;
  return readings;
}

/** Asks pages of every session again, and one past its end. */
async function askAgain(
  { target, history }: Scenario,
  readings: readonly Reading[],
  random: () => number,
): Promise<{ readonly count: number; readonly violations: readonly string[] }> {
  const violations: string[] = [];
  let count = 0;
  for (const { pages, name, pageSize } of readings) {
    const chosen = pages
      .map((page) => ({ page, at: random() }))
      .toSorted((left, right) => left.at - right.at)
      .slice(0, PAGES_AGAIN);
    for (const { page: before } of chosen) {
      const page = await askPage(target, before.sessionId, before.page);
      count++;
      violations.push(...checkAgain(before, page, history.lives).map((one) => `${name}: ${one}`));
    }
    const [first] = pages;
    if (first === undefined) continue;
    const past = await askPage(target, first.sessionId, Math.ceil(first.total / pageSize));
    count++;
    if (past.profiles.length > 0) violations.push(`${name}: there are profiles past the end`);
  }
  return { count, violations };
}
