/**
 * A running server with profiles as a report on its paging: clients read everything while another writes and
 * deletes, and the server is started again in the middle.
 *
 * @module
 */
import { checkAgain, checkReading, type Finding } from "./paging-check.ts";
import {
  askPage,
  type OnPage,
  type PagingTarget,
  type Reading,
  readByDocumentedLoop,
  readConcurrently,
  writeRecords,
} from "./paging-client.ts";
import { type ChurnRecord, type History, randomFrom } from "./paging-history.ts";

/** What is done. */
export interface Scenario {
  readonly target: PagingTarget;
  /** The profiles that the server holds. */
  readonly history: History;
  readonly pageSize: number;
  readonly pagerCount: number;
  readonly seed: number;
  /** Ways to start the server again, each tried in the middle of two readings. */
  readonly restarts: readonly (() => Promise<void>)[];
}

/** A reading and what it was found to be. */
export interface CheckedReading extends Finding {
  readonly name: string;
  readonly pageCount: number;
  readonly elapsedMs: number;
}

/** What came out. */
export interface Report {
  readonly readings: readonly CheckedReading[];
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

/** Does it all and checks it. The last reading is of a server that nobody writes to any more. */
export async function play(scenario: Scenario): Promise<Report> {
  const { target, history, restarts, seed } = scenario;
  const random = randomFrom(seed);
  const churn = startChurn(target, history);
  const readings: Reading[] = [];
  for (const restart of [undefined, ...restarts]) {
    readings.push(...(await Promise.race([readTwice(scenario, random, restart), churn.failed])));
  }
  const again = await askAgain(scenario, readings, random);
  await churn.stop();
  const { pageSize, pagerCount } = scenario;
  readings.push(await readConcurrently(target, pageSize, pagerCount, random));
  const checked = readings.map((reading) => ({
    ...checkReading(reading, history.lives),
    name: reading.name,
    pageCount: reading.pages.length,
    elapsedMs: reading.elapsedMs,
  }));
  return {
    readings: checked,
    recordCount: Object.values(history.counts).reduce((sum, count) => sum + count, 0),
    againCount: again.count,
    violations: [...checked.flatMap(({ violations }) => violations), ...again.violations],
  };
}

interface Churn {
  /** Never resolves; rejects when a write fails. */
  readonly failed: Promise<never>;
  /** Resolves once the last write has been answered. */
  stop(): Promise<void>;
}

function startChurn(target: PagingTarget, history: History): Churn {
  let isStopping = false;
  const write = async (): Promise<void> => {
    while (!isStopping) {
      await history.writeBatch((records) => writeRecords(target, records));
    }
  };
  const written = write();
  const failed = new Promise<never>((_resolve, reject) => {
    written.catch(reject);
  });
  failed.catch(() => undefined);
  return {
    failed,
    stop: () => {
      isStopping = true;
      return written;
    },
  };
}

/** Both ways to read, at the same time; the restart comes when they have read two fifths of their pages. */
async function readTwice(
  { target, pageSize, pagerCount }: Scenario,
  random: () => number,
  restart: (() => Promise<void>) | undefined,
): Promise<readonly Reading[]> {
  let restarted: Promise<void> | undefined;
  let pageCount = 0;
  const onPage: OnPage = ({ total }) => {
    pageCount++;
    const wanted = 2 * Math.ceil(total / pageSize);
    if (pageCount >= 0.4 * wanted) restarted ??= restart?.();
  };
  const readings = await Promise.all([
    readByDocumentedLoop(target, pageSize, onPage),
    readConcurrently(target, pageSize, pagerCount, random, onPage),
  ]);
  if (restart !== undefined && restarted === undefined) {
    throw new Error("the readings ended before the server could be started again");
  }
  await restarted;
  return readings;
}

/** Asks pages of every session again, and one past its end. */
async function askAgain(
  { target, history, pageSize }: Scenario,
  readings: readonly Reading[],
  random: () => number,
): Promise<{ readonly count: number; readonly violations: readonly string[] }> {
  const violations: string[] = [];
  let count = 0;
  for (const { pages, name } of readings) {
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
