/**
 * Reads everything while others write and delete: `npm run paging-check -- --profiles N --pagers N --seed N`.
 *
 * A server in a process of its own is read by the documented loop and by pagers at random, three times at once: as
 * it is, while it is stopped and started again, and while it is killed and started again.
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
import type { PagingTarget } from "../test/support/paging-client.ts";
import { type ChurnRecord, History } from "../test/support/paging-history.ts";
import { play, type Report } from "../test/support/paging-scenario.ts";

const { values } = parseArgs({
  options: {
    profiles: { type: "string", default: "100000" },
    pagers: { type: "string", default: "10" },
    "page-size": { type: "string", default: "1000" },
    seed: { type: "string", default: "1" },
  },
});
const profileCount = Number(values.profiles);
const pagerCount = Number(values.pagers);
const pageSize = Number(values["page-size"]);
const seed = Number(values.seed);
/** Profiles the selector does not select at first. */
const otherCount = Math.ceil(profileCount / 10);

/** What happened in the middle, for each two readings. */
const ROUNDS = ["", ", stopped in the middle", ", killed in the middle", ", nobody writing"];

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
  const report = await play({
    target: targetOf(credentials),
    history,
    pageSize,
    pagerCount,
    seed,
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
  show(report, history);
  return report.violations.length === 0;
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

function show({ readings, recordCount, againCount, violations }: Report, { counts }: History) {
  for (const [index, reading] of readings.entries()) {
    print(
      `${reading.name}${ROUNDS[Math.floor(index / 2)] ?? ""}: ${reading.certainCount} profiles to find, ` +
        `${reading.possibleCount} written just then, ${reading.goneCount} deleted before their page was read, ` +
        `${reading.pageCount} pages in ${(reading.elapsedMs / 1000).toFixed(1)} s, ` +
        `${reading.violations.length} violations`,
    );
  }
  for (const violation of violations.slice(0, 20)) print(`violation: ${violation}`);
  const done = Object.entries(counts).map(([action, count]) => `${action} ${count}`);
  print(
    `paging-check: ${profileCount} profiles, ${readings.length} readings, ${againCount} pages asked again, ` +
      `2 restarts, ${recordCount} writes meanwhile (${done.join(", ")}), seed ${seed}, ` +
      `${violations.length} violations`,
  );
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
