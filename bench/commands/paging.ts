/**
 * Reading everything by the documented loop, and what a page costs that has a session beside one that opens it.
 *
 * @module
 */
import { againOf, type Bench, type Measured, sizeOf, withData } from "../bench.ts";
import { type BenchData, describeSize } from "../data/folder.ts";
import { EventLoopWatch } from "../event-loop.ts";
import { alternate, median, quantile, timed } from "../measure.ts";
import { profileQuestions } from "../questions/profiles.ts";
import type { Page } from "../questions/question.ts";
import type { Goal, ResultLine } from "../report/results.ts";
import type { BenchServer } from "../server.ts";
import { pageOf, warmUp } from "../whom.ts";

const MILLION = 1_000_000;

/** Goal 4: page sizes, and the seconds in which a million profiles are read. */
const LOOPS = [
  { pageSize: 1_000, secondsMax: 60 },
  { pageSize: 5_000, secondsMax: 30 },
];
/** Goal 3. */
const LATER_PAGE_SHARE_MAX = 0.5;
const LAST_PAGE_SHARE_MAX = 1.2;

const SELECTIONS = [
  { name: "premium", request: { where: 'properties["plan"] == "premium"' } },
  { name: "all profiles", request: {} },
];
const PAGE_SIZE = 1_000;

/** `paging` */
export async function paging(bench: Bench): Promise<Measured> {
  return withData(bench, sizeOf(bench.flags), async (data) => {
    const server = await data.start();
    try {
      const lines: ResultLine[] = [];
      await warmUp(server, data.credentials.project_id, profileQuestions(data.size));
      for (const { pageSize, secondsMax } of LOOPS) {
        bench.print(`reading all, ${pageSize} a page`);
        lines.push(await readAll(data, server, pageSize, secondsMax));
      }
      for (const { name, request } of SELECTIONS) {
        bench.print(`pages of ${name}`);
        lines.push(...(await comparePages(data, server, name, request, bench.flags.rounds)));
      }
      return { lines };
    } finally {
      await server.stop();
    }
  });
}

async function readAll(
  { size, credentials }: BenchData,
  server: BenchServer,
  pageSize: number,
  secondsMax: number,
): Promise<ResultLine> {
  const loop = await EventLoopWatch.start(server);
  const pagesMs: number[] = [];
  let session: object = {};
  let lastId = "";
  let count = 0;
  const startedAt = performance.now();
  for (let page = 0, isLast = false; !isLast; page++) {
    const request = { page_size: pageSize, ...session, ...(page > 0 ? { page } : {}) };
    let text = "";
    pagesMs.push(
      await timed(async () => {
        text = await server.query(credentials.project_id, request);
      }),
    );
    const { session_id, results } = JSON.parse(text) as Page;
    session = { session_id };
    for (const { $distinct_id } of results) {
      if ($distinct_id <= lastId) throw new Error(`${$distinct_id} comes after ${lastId}`);
      lastId = $distinct_id;
    }
    count += results.length;
    isLast = results.length < pageSize;
  }
  const seconds = (performance.now() - startedAt) / 1_000;
  if (count !== size.profiles) throw new Error(`${count} of ${size.profiles} profiles were read`);
  const ofMillion = (seconds * MILLION) / count;
  return {
    command: "paging, the whole",
    data: describeSize(size),
    name: `${pageSize.toLocaleString("en-US")} a page`,
    ratios: {},
    figures: {
      "whole, s": seconds,
      "a million, s": ofMillion,
      "page p50, ms": median(pagesMs),
      "page p95, ms": quantile(pagesMs, 0.95),
      ...(await loop.end()),
    },
    goals: [{ number: 4, says: `≤ ${secondsMax} s a million`, isMet: ofMillion <= secondsMax }],
    again: againOf("paging", size),
  };
}

async function comparePages(
  { size, credentials: { project_id: projectId } }: BenchData,
  server: BenchServer,
  selection: string,
  selecting: Readonly<Record<string, unknown>>,
  rounds: number,
): Promise<readonly ResultLine[]> {
  const request = { ...selecting, page_size: PAGE_SIZE };
  const { session_id, total } = await pageOf(server, projectId, request);
  // The last page that is full.
  const last = Math.floor(total / PAGE_SIZE) - 1;
  if (last < 1) return [];
  const asking = (more: object) => () =>
    timed(() => server.query(projectId, { ...request, ...more }));
  const times = await alternate(
    [
      { name: "page 0", ask: asking({}) },
      { name: "page 1", ask: asking({ session_id, page: 1 }) },
      { name: "last page", ask: asking({ session_id, page: last }) },
    ],
    rounds,
  );
  const of = (name: string): number => times.get(name) ?? Number.NaN;
  const line = (name: string, ratios: Readonly<Record<string, number>>, goals: Goal[]) => ({
    command: "paging, pages",
    data: describeSize(size),
    name: `${selection}: ${name}`,
    ratios,
    figures: { ms: of(name) },
    goals,
    again: againOf("paging", size),
  });
  const later = (name: string): Goal => ({
    number: 3,
    says: `≤ ${LATER_PAGE_SHARE_MAX} × page 0`,
    isMet: of(name) <= LATER_PAGE_SHARE_MAX * of("page 0"),
  });
  const late: Goal = {
    number: 3,
    says: `≤ ${LAST_PAGE_SHARE_MAX} × page 1`,
    isMet: of("last page") <= LAST_PAGE_SHARE_MAX * of("page 1"),
  };
  const toFirst = (name: string) => ({ "÷ page 0": of(name) / of("page 0") });
  return [
    line("page 0", {}, []),
    line("page 1", toFirst("page 1"), [later("page 1")]),
    line("last page", { ...toFirst("last page"), "÷ page 1": of("last page") / of("page 1") }, [
      later("last page"),
      late,
    ]),
  ];
}
