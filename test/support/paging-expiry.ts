/**
 * Readers that pause, some of them for longer than a session lives: each page must be right, or be refused because
 * the session has expired, and never before it has.
 *
 * @module
 */
import { setTimeout as sleep } from "node:timers/promises";
import { checkReading } from "./paging-check.ts";
import {
  type Answer,
  askFirstPage,
  type PageRead,
  type PagingTarget,
  parametersOf,
  type ReadingPlan,
  tryAsk,
} from "./paging-client.ts";
import type { Life } from "./paging-history.ts";

/** What is done. */
export interface ExpiryScenario {
  readonly target: PagingTarget;
  readonly lives: readonly Life[];
  /** Read one after the other by a reader each, all at the same time. */
  readonly plans: readonly ReadingPlan[];
  /** How long the server keeps a session that is not used. */
  readonly idleMs: number;
  readonly sessionsPerReader: number;
  readonly pagesPerSession: number;
  readonly random: () => number;
}

/** What came out. */
export interface ExpiryReport {
  readonly pageCount: number;
  /** Sessions that were refused after a pause. */
  readonly expiredCount: number;
  readonly violations: readonly string[];
}

/** One pause in so many is as long as a session lives, or longer. */
const LONG_PAUSE_EVERY = 6;

/** The server's clock counts whole milliseconds. */
const CLOCK_STEP_MS = 2;

/** What a client is told about a session that is gone. */
const EXPIRED = "request for page in uncached query for params";

/** Reads it all. */
export async function playExpiry(scenario: ExpiryScenario): Promise<ExpiryReport> {
  const reports = await Promise.all(scenario.plans.map((plan) => readSome(scenario, plan)));
  return {
    pageCount: reports.reduce((sum, { pageCount }) => sum + pageCount, 0),
    expiredCount: reports.reduce((sum, { expiredCount }) => sum + expiredCount, 0),
    violations: reports.flatMap(({ violations }) => violations),
  };
}

async function readSome(scenario: ExpiryScenario, plan: ReadingPlan): Promise<ExpiryReport> {
  const violations: string[] = [];
  let pageCount = 0;
  let expiredCount = 0;
  for (let number = 0; number < scenario.sessionsPerReader; number++) {
    const { pages, late, refused } = await readUntilExpired(scenario, plan);
    const { order, pageSize } = plan;
    const name = `${pageSize} a page by ${order}, with pauses`;
    const reading = { name, order, pageSize, pages, isWhole: false, elapsedMs: 0 };
    pageCount += pages.length;
    violations.push(...late.map((one) => `${name}: ${one}`));
    violations.push(...checkReading(reading, scenario.lives).violations);
    if (refused === undefined) continue;
    expiredCount++;
    violations.push(...checkRefusal(refused, scenario.idleMs, name));
    violations.push(...(await checkNewSession(scenario, plan, refused, name)));
  }
  return { pageCount, expiredCount, violations };
}

/** A page that was not given, and how long its session can at most have been unused. */
interface Refusal {
  readonly answer: Answer;
  readonly sessionId: string;
  readonly page: number;
  readonly unusedMsMax: number;
}

interface Part {
  readonly pages: readonly PageRead[];
  /** Pages that were given although the session had expired. */
  readonly late: readonly string[];
  readonly refused: Refusal | undefined;
}

async function readUntilExpired(scenario: ExpiryScenario, plan: ReadingPlan): Promise<Part> {
  const { target, idleMs, random, pagesPerSession } = scenario;
  const first = await askFirstPage(target, plan);
  const pages = [first];
  const late: string[] = [];
  const pageEnd = Math.ceil(first.total / first.pageSize);
  for (let last = first; pages.length < pagesPerSession; ) {
    const isLong = Math.floor(random() * LONG_PAUSE_EVERY) === 0;
    await sleep(isLong ? idleMs * (0.8 + 0.5 * random()) : (idleMs / 20) * random());
    // A page read twice would be taken for profiles given twice.
    const page = Math.min(1 + Math.floor(random() * (pageEnd - 1)), pageEnd - 1);
    if (pages.some((read) => read.page === page)) continue;
    const { sessionId } = first;
    const askedMs = performance.now();
    const answer = await tryAsk(target, { session_id: sessionId, page });
    if ("status" in answer) {
      const unusedMsMax = performance.now() - last.asked.startMs;
      return { pages, late, refused: { answer, sessionId, page, unusedMsMax } };
    }
    const unusedMsMin = askedMs - last.asked.endMs;
    if (unusedMsMin > idleMs + CLOCK_STEP_MS) {
      late.push(`page ${page} was given after ${unusedMsMin.toFixed(0)} ms without use`);
    }
    pages.push(answer);
    last = answer;
  }
  return { pages, late, refused: undefined };
}

function checkRefusal(
  { answer, unusedMsMax, page }: Refusal,
  idleMs: number,
  name: string,
): readonly string[] {
  const tooEarly = `page ${page} was refused after less than ${unusedMsMax.toFixed(0)} ms`;
  return [
    ...(unusedMsMax < idleMs - CLOCK_STEP_MS ? [`${name}: ${tooEarly}`] : []),
    ...(answer.status === 400 && answer.text.includes(EXPIRED)
      ? []
      : [`${name}: page ${page} was answered ${answer.status}: ${answer.text.slice(0, 200)}`]),
  ];
}

/** Who repeats the query beside the session's id gets the page of a session that is opened anew under it. */
async function checkNewSession(
  { target, lives }: ExpiryScenario,
  plan: ReadingPlan,
  { sessionId, page }: Refusal,
  name: string,
): Promise<readonly string[]> {
  const answer = await tryAsk(target, { ...parametersOf(plan), session_id: sessionId, page });
  if ("status" in answer) {
    return [`${name}: the query repeated was answered ${answer.status}: ${answer.text}`];
  }
  const { order, pageSize } = plan;
  const reading = { name, order, pageSize, pages: [answer], isWhole: false, elapsedMs: 0 };
  return [
    ...(answer.sessionId === sessionId ? [] : [`${name}: the session was opened under another id`]),
    ...checkReading(reading, lives).violations,
  ];
}
