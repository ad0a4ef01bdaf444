/**
 * Clients that read all pages of a query over HTTP, and note what they were given and when.
 *
 * A request that finds no server, or loses it, is made again until one answers, as a careful client does.
 *
 * @module
 */
import { setTimeout as sleep } from "node:timers/promises";
import { type ChurnRecord, type Interval, MATCHING_SELECTOR } from "./paging-history.ts";

/** Where to ask, and as whom. */
export interface PagingTarget {
  /** Looked at for every request: a server that is started again may listen elsewhere. */
  readonly url: () => string;
  readonly projectId: number;
  readonly token: string;
  readonly authorization: string;
}

/** A profile on a page. */
export interface SeenProfile {
  readonly id: string;
  readonly born: number;
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
  readonly pageSize: number;
  readonly pages: readonly PageRead[];
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
    readonly $properties: { readonly born: number };
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

/**
 * Reads as the documentation of Query Profiles says: as long as a page has at least as many results as
 * its own `page_size`.
 *
 * @see https://docs.mixpanel.com/reference/engage-query
 */
export async function readByDocumentedLoop(
  target: PagingTarget,
  pageSize: number,
  onPage: OnPage = () => undefined,
): Promise<Reading> {
  const startedMs = performance.now();
  let page = await askFirstPage(target, pageSize);
  const pages = [page];
  onPage(page);
  while (page.profiles.length >= page.pageSize) {
    page = await askPage(target, page.sessionId, page.page + 1);
    pages.push(page);
    onPage(page);
  }
  const elapsedMs = performance.now() - startedMs;
  return { name: "documented loop", pageSize, pages, elapsedMs };
}

/** Reads the first page, then all others in random order, several at a time. */
export async function readConcurrently(
  target: PagingTarget,
  pageSize: number,
  pagerCount: number,
  random: () => number,
  onPage: OnPage = () => undefined,
): Promise<Reading> {
  const startedMs = performance.now();
  const first = await askFirstPage(target, pageSize);
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
  await Promise.all(Array.from({ length: pagerCount }, pager));
  const elapsedMs = performance.now() - startedMs;
  return { name: `${pagerCount} pagers`, pageSize, pages, elapsedMs };
}

/** Opens a session. */
function askFirstPage(target: PagingTarget, pageSize: number): Promise<PageRead> {
  return ask(target, {
    page_size: pageSize,
    where: MATCHING_SELECTOR,
    output_properties: ["born"],
  });
}

/** Reads a page of a session that is open; it says nothing but the session, so it can only be continued. */
export function askPage(target: PagingTarget, sessionId: string, page: number): Promise<PageRead> {
  return ask(target, { session_id: sessionId, page });
}

async function ask(target: PagingTarget, parameters: object): Promise<PageRead> {
  const startMs = performance.now();
  const path = `/api/query/engage?project_id=${target.projectId}`;
  const answer = JSON.parse(await post(target, path, JSON.stringify(parameters))) as PageAnswer;
  return {
    page: answer.page,
    pageSize: answer.page_size,
    total: answer.total,
    sessionId: answer.session_id,
    profiles: answer.results.map((row) => ({ id: row.$distinct_id, born: row.$properties.born })),
    asked: { startMs, endMs: performance.now() },
  };
}

/** The text of an answer with status 200. */
async function post(target: PagingTarget, path: string, body: string): Promise<string> {
  const deadlineMs = performance.now() + RETRYING_MS_MAX;
  for (;;) {
    const answer = await tryPost(target, path, body);
    if (answer instanceof Error || answer.status === 503) {
      if (performance.now() > deadlineMs) throw new Error(`no answer: ${JSON.stringify(answer)}`);
      await sleep(RETRY_MS);
      continue;
    }
    if (answer.status === 200) return answer.text;
    throw new Error(`${path} answered ${answer.status}: ${answer.text.slice(0, 500)}`);
  }
}

interface Answer {
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
