/**
 * Reads everything while others write, delete and merge: `npm run paging-check -- --pages 10000 --seed N`.
 *
 * A server in a process of its own is read by the documented loop and by pagers at random, in several sessions of
 * other orders and sizes at once: as it is, while it is stopped and started again, and while it is killed and started
 * again, until so many pages were read. Then with sessions that expire while their readers pause.
 *
 * @module
 */
import { createWriteStream } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { BenchServer, type Credentials, whom } from "../bench/server.ts";
import type { PagingTarget, ReadingPlan } from "../test/support/paging-client.ts";
import { type ExpiryReport, playExpiry } from "../test/support/paging-expiry.ts";
import { type ChurnRecord, History, randomFrom } from "../test/support/paging-history.ts";
import { play, type Report, startChurn } from "../test/support/paging-scenario.ts";

const { values } = parseArgs({
  options: {
    profiles: { type: "string", default: "100000" },
    pagers: { type: "string", default: "10" },
    writers: { type: "string", default: "3" },
    "page-size": { type: "string", default: "1000" },
    pages: { type: "string", default: "0" },
    seed: { type: "string", default: "1" },
  },
});
const profileCount = Number(values.profiles);
const pagerCount = Number(values.pagers);
const writerCount = Number(values.writers);
const pageSize = Number(values["page-size"]);
const pageCountMin = Number(values.pages);
const seed = Number(values.seed);
/** Profiles the selector does not select at first. */
const otherCount = Math.ceil(profileCount / 10);

/** The sessions of each round. */
const PLANS: readonly ReadingPlan[] = [
  { order: "ids", pageSize, pagerCount: 0 },
  { order: "ids", pageSize, pagerCount },
  { order: "ranks", pageSize: Math.ceil(pageSize / 3), pagerCount: 2 },
  { order: "ranks, descending", pageSize: Math.ceil(pageSize / 2), pagerCount: 0 },
  { order: "ids", pageSize: Math.ceil(pageSize / 7), pagerCount: 3 },
];

const ROUNDS = ["", ", stopped in the middle", ", killed in the middle"];

/** How long a session lives in the last part, and how often each of its readers opens one. */
const IDLE_MS = 1500;
const SESSIONS_PER_READER = 8;
const PAGES_PER_SESSION = 12;

const folder = await mkdtemp(join(tmpdir(), "whom-paging-"));
let server: BenchServer | undefined;
try {
  process.exitCode = (await run()) ? 0 : 1;
} finally {
  await server?.stop();
  await rm(folder, { recursive: true, force: true });
}

/** @returns whether every rule held */
async function run(): Promise<boolean> {
  const data = join(folder, "data");
  const credentials = JSON.parse(whom("init", "--data", data, "--json")) as Credentials;
  const history = new History(seed);
  const file = join(folder, "profiles.ndjson");
  await pipeline(
    Readable.from(lines(history.begin(profileCount, otherCount))),
    createWriteStream(file),
  );
  const importMs = await timed(() => whom("import", "--data", data, file));
  print(`imported ${profileCount} profiles that match and ${otherCount} others in ${importMs} s`);
  server = await BenchServer.start(data, credentials);
  const target = targetOf(credentials);
  const report = await play({
    target,
    history,
    plans: PLANS,
    writerCount,
    seed,
    pageCountMin,
    onRound: (pageCount) => process.stderr.write(`${pageCount} pages read\n`),
    restarts: [
      async () => {
        await server?.stop();
        server = await BenchServer.start(data, credentials);
      },
      async () => {
        await kill(server?.pid ?? 0);
        server = await BenchServer.start(data, credentials);
      },
    ],
  });
  await server.stop();
  server = await BenchServer.start(data, credentials, "--session-idle-ms", String(IDLE_MS));
  const churn = startChurn({ target, history, writerCount });
  const expiry = await Promise.race([
    playExpiry({
      target,
      lives: history.lives,
      plans: PLANS,
      idleMs: IDLE_MS,
      sessionsPerReader: SESSIONS_PER_READER,
      pagesPerSession: PAGES_PER_SESSION,
      random: randomFrom(seed),
    }),
    churn.failed,
  ]);
  await churn.stop();
  show(report, expiry, history);
  return report.violations.length + expiry.violations.length === 0;
}

function targetOf({ project_id, token, service_account }: Credentials): PagingTarget {
  const { username, secret } = service_account;
  return {
    url: () => server?.url ?? "http://127.0.0.1:1",
    projectId: project_id,
    token,
    authorization: `Basic ${Buffer.from(`${username}:${secret}`).toString("base64")}`,
  };
}

function* lines(records: Iterable<ChurnRecord>): Generator<string> {
  for (const { $distinct_id, $set } of records) {
    yield `${JSON.stringify({ $distinct_id, $properties: $set })}\n`;
  }
}

/** Ends a process as a crash would; resolves once it is gone. */
async function kill(pid: number): Promise<void> {
  process.kill(pid, "SIGKILL");
  for (;;) {
    try {
      process.kill(pid, 0);
    } catch {
      return;
    }
    await sleep(10);
  }
}

async function timed(work: () => unknown): Promise<string> {
  const startedMs = performance.now();
  await work();
  return ((performance.now() - startedMs) / 1000).toFixed(1);
}

function show(report: Report, expiry: ExpiryReport, { counts }: History): void {
  const { readings, recordCount, againCount, restartCount } = report;
  const lastRound = readings.at(-1)?.round;
  for (const reading of readings) {
    const happened =
      reading.round === lastRound ? ", nobody writing" : ROUNDS[reading.round % ROUNDS.length];
    print(
      `${reading.name}${happened}: ${reading.certainCount} profiles to find, ` +
        `${reading.possibleCount} written just then, ${reading.goneCount} deleted before their page was read, ` +
        `${reading.pageCount} pages in ${(reading.elapsedMs / 1000).toFixed(1)} s, ` +
        `${reading.violations.length} violations`,
    );
  }
  const violations = [...report.violations, ...expiry.violations];
  for (const violation of violations.slice(0, 20)) print(`violation: ${violation}`);
  const done = Object.entries(counts).map(([action, count]) => `${action} ${count}`);
  print(
    `paging-check: ${profileCount} profiles, ${readings.length} sessions read whole with ${report.pageCount} pages, ` +
      `${againCount} pages asked again, ${restartCount} restarts; with pauses ${expiry.pageCount} pages and ` +
      `${expiry.expiredCount} sessions expired; ${recordCount} writes meanwhile (${done.join(", ")}), seed ${seed}, ` +
      `${violations.length} violations`,
  );
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
