/**
 * Whom, asked the questions of the benchmark over HTTP.
 *
 * @module
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { Page, Question } from "./questions/question.ts";

const WARM_UP_ROUNDS = 3;
const WARM_UP_REST_MS = 10_000;

/** A question that is ready to be asked: the session it needs is open. */
export interface Asked {
  /** Asks and reads the whole answer. */
  ask(): Promise<string>;
}

/** What answers queries: a server, or what stands in for one. */
interface Queried {
  query(projectId: number, parameters: Readonly<Record<string, unknown>>): Promise<string>;
}

/** Makes a question ready. One about a later page opens its session first. */
export async function askAbout(
  server: Queried,
  projectId: number,
  { request, page }: Question,
): Promise<Asked> {
  if (page === undefined) return { ask: () => server.query(projectId, request) };
  const first = await pageOf(server, projectId, request);
  const later = { ...request, page, session_id: first.session_id };
  return { ask: () => server.query(projectId, later) };
}

/**
 * Asks every question some times and leaves the server alone for a while: what it compiles and puts in order
 * behind the first answers is done then.
 */
export async function warmUp(
  server: Queried,
  projectId: number,
  questions: readonly Question[],
): Promise<void> {
  for (let round = 0; round < WARM_UP_ROUNDS; round++) {
    for (const question of questions) await (await askAbout(server, projectId, question)).ask();
  }
  await sleep(WARM_UP_REST_MS);
}

/** One page, read. */
export async function pageOf(
  server: Queried,
  projectId: number,
  request: Readonly<Record<string, unknown>>,
): Promise<Page> {
  return JSON.parse(await server.query(projectId, request)) as Page;
}
