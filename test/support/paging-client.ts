/**
 * Clients that read all pages of a query over HTTP, and note what they were given and when.
 *
 * A request that finds no server, or loses it, is made again until one answers, as a careful client does.
 *
 * @module
 */
import { setTimeout as sleep } from "node:timers/promises";
import {
  type ChurnBatch,
  type ChurnRecord,
  type Interval,
  type Life,
  MATCHING_SELECTOR,
} from "./paging-history.ts";

/** Where to ask, and as whom. */
export interface PagingTarget {
  /** Looked at for every request: a server that is started again may listen elsewhere. */
  readonly url: () => string;
  readonly projectId: number;
  readonly token: string;
  readonly authorization: string;
}

/** A profile on a page. */
export type SeenProfile = Pick<Life, "id" | "born" | "rank">;

/** The order a session is asked for. */
export type Order = "ids" | "ranks" | "ranks, descending";

/** How a session is read. */
export interface ReadingPlan {
  readonly order: Order;
  readonly pageSize: number;
  /** Zero for the documented loop, which asks for one page after the other. */
  readonly pagerCount: number;
}

/** A page as it was given. */
export interface PageRead {
  readonly page: number;
  readonly pageSize: number;
  readonly total: number;
  readonly sessionId: string;
  readonly profiles: readonly SeenProfile[];
  readonly asked: Interval;
}

/** All that one client read of one session. */
export interface Reading {
  readonly name: string;
  readonly order: Order;
  readonly pageSize: number;
  readonly pages: readonly PageRead[];
  /** Whether all pages were asked for. */
  readonly isWhole: boolean;
  readonly elapsedMs: number;
}

/** Told after each page, so that something can be made to happen in the middle. */
export type OnPage = (page: PageRead) => void;

const RETRY_MS = 40;
const RETRYING_MS_MAX = 60_000;

interface PageAnswer {
  readonly page: number;
  readonly page_size: number;
  readonly total: number;
  readonly session_id: string;
  readonly results: readonly {
    readonly $distinct_id: string;
    readonly $properties: { readonly born: number; readonly rank: number };
  }[];
}

/** Writes records; resolves once the server has said that all were taken. */
export async function writeRecords(
  target: PagingTarget,
  records: readonly ChurnRecord[],
): Promise<void> {
  const body = JSON.stringify(records.map((record) => ({ $token: target.token, ...record })));
  const text = await post(target, "/engage?verbose=1&strict=1", body);
  const answer = JSON.parse(text) as { readonly status: unknown };
  if (answer.status !== 1) throw new Error(`a write was not taken: ${text.slice(0, 500)}`);
}

/** Writes a batch as {@link writeRecords} does, its events after its records. */
export async function writeBatch(
  target: PagingTarget,
  { records, joins }: ChurnBatch,
): Promise<void> {
  if (records.length > 0) await writeRecords(target, records);
  if (joins.length === 0) return;
  const time = Math.floor(Date.now() / 1000);
  const events = joins.map((ids) => ({
    event: "sign in",
    properties: { token: target.token, time, $insert_id: ids.$device_id, ...ids },
  }));
  const text = await post(target, "/track?verbose=1", JSON.stringify(events));
  const answer = JSON.parse(text) as { readonly status: unknown };
  if (answer.status !== 1) throw new Error(`events were not taken: ${text.slice(0, 500)}`);
}

/** Reads a session from its first page to its last. */
export async function readSession(
  target: PagingTarget,
  plan: ReadingPlan,
  random: () => number,
  onPage: OnPage = () => undefined,
): Promise<Reading> {
  const startedMs = performance.now();
  const { order, pageSize, pagerCount } = plan;
  const pages = await (pagerCount === 0
    ? readByDocumentedLoop(target, plan, onPage)
    : readConcurrently(target, plan, random, onPage));
  const elapsedMs = performance.now() - startedMs;
  const who = pagerCount === 0 ? "documented loop" : `${pagerCount} pagers`;
  const name = `${who}, ${pageSize} a page by ${order}`;
  return { name, order, pageSize, pages, isWhole: true, elapsedMs };
}

/**
 * Reads as the documentation of Query Profiles says: as long as a page has at least as many results as
 * its own `page_size`.
 *
 * @see https://docs.mixpanel.com/reference/engage-query
 */
async function readByDocumentedLoop(
  target: PagingTarget,
  plan: ReadingPlan,
  onPage: OnPage,
): Promise<PageRead[]> {
  let page = await askFirstPage(target, plan);
  const pages = [page];
  onPage(page);
  while (page.profiles.length >= page.pageSize) {
    page = await askPage(target, page.sessionId, page.page + 1);
    pages.push(page);
    onPage(page);
  }
  return pages;
}

/** Reads the first page, then all others in random order, several at a time. */
async function readConcurrently(
  target: PagingTarget,
  plan: ReadingPlan,
  random: () => number,
  onPage: OnPage,
): Promise<PageRead[]> {
  const first = await askFirstPage(target, plan);
  const pages = [first];
  onPage(first);
  const left = Array.from(
    { length: Math.max(0, Math.ceil(first.total / first.pageSize) - 1) },
    (_, index) => ({ page: index + 1, at: random() }),
  ).toSorted((a, b) => a.at - b.at);
  const pager = async (): Promise<void> => {
    for (let next = left.pop(); next !== undefined; next = left.pop()) {
      const page = await askPage(target, first.sessionId, next.page);
      pages.push(page);
      onPage(page);
    }
  };
  await Promise.all(Array.from({ length: plan.pagerCount }, pager));
  return pages;
}

/** What a plan asks for. */
export function parametersOf({ order, pageSize }: ReadingPlan): Readonly<Record<string, unknown>> {
  return {
    page_size: pageSize,
    where: MATCHING_SELECTOR,
    output_properties: ["born", "rank"],
    ...(order !== "ids" && { sort_key: 'properties["rank"]' }),
    ...(order === "ranks, descending" && { sort_order: "descending" }),
  };
}

/** Opens a session. */
export function askFirstPage(target: PagingTarget, plan: ReadingPlan): Promise<PageRead> {
  return ask(target, parametersOf(plan));
}

/** Reads a page of a session that is open; it says nothing but the session, so it can only be continued. */
export function askPage(target: PagingTarget, sessionId: string, page: number): Promise<PageRead> {
  return ask(target, { session_id: sessionId, page });
}

async function ask(target: PagingTarget, parameters: object): Promise<PageRead> {
  const page = await tryAsk(target, parameters);
  if ("status" in page) throw new Error(`a page was answered ${page.status}: ${page.text}`);
  return page;
}

/** A page, or the answer that is none. */
export async function tryAsk(target: PagingTarget, parameters: object): Promise<PageRead | Answer> {
  const startMs = performance.now();
  const path = `/api/query/engage?project_id=${target.projectId}`;
  const { status, text } = await request(target, path, JSON.stringify(parameters));
  if (status !== 200) return { status, text };
  const answer = JSON.parse(text) as PageAnswer;
  return {
    page: answer.page,
    pageSize: answer.page_size,
    total: answer.total,
    sessionId: answer.session_id,
    profiles: answer.results.map(({ $distinct_id: id, $properties: { born, rank } }) => ({
      id,
      born,
      rank,
    })),
    asked: { startMs, endMs: performance.now() },
  };
}

/** The text of an answer with status 200. */
async function post(target: PagingTarget, path: string, body: string): Promise<string> {
  const { status, text } = await request(target, path, body);
  if (status === 200) return text;
  throw new Error(`${path} answered ${status}: ${text.slice(0, 500)}`);
}

/** The answer of a server that can answer. */
async function request(target: PagingTarget, path: string, body: string): Promise<Answer> {
  const deadlineMs = performance.now() + RETRYING_MS_MAX;
  for (;;) {
    const answer = await tryPost(target, path, body);
    if (!(answer instanceof Error) && answer.status !== 503) return answer;
    if (performance.now() > deadlineMs) throw new Error(`no answer: ${JSON.stringify(answer)}`);
    await sleep(RETRY_MS);
  }
}

/** An answer that may be no page. */
export interface Answer {
  readonly status: number;
  readonly text: string;
}

async function tryPost(target: PagingTarget, path: string, body: string): Promise<Answer | Error> {
  const headers = { authorization: target.authorization, "content-type": "application/json" };
  try {
    const response = await fetch(`${target.url()}${path}`, { method: "POST", headers, body });
    return { status: response.status, text: await response.text() };
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}
