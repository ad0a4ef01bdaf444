/**
 * Kills a server while clients write, and looks whether it kept its promises:
 * `npm run crash-check -- --kills N --stops N --commands N --clients N --seed N`.
 *
 * Each round ends with SIGKILL at a random moment, sometimes with a second one while the server starts again, or
 * with SIGTERM. After it, every acknowledged update and event must be there exactly once, the events of a joined device
 * with the user it was joined to, every saved cohort with its members must select what it did, and the paging session
 * that was opened in the round must give every profile it selected exactly once.
 *
 * @module
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { type Credentials, whom } from "../bench/server.ts";
import { seeded } from "../src/cli/demo/sample-data.ts";
import { CohortWitness } from "../test/support/crash-cohorts.ts";
import { CommandKiller, type CommandReport } from "../test/support/crash-commands.ts";
import { EventWitness } from "../test/support/crash-events.ts";
import { CrashLedger, type State, type Update } from "../test/support/crash-ledger.ts";

const { values } = parseArgs({
  options: {
    kills: { type: "string", default: "20" },
    stops: { type: "string", default: "5" },
    commands: { type: "string", default: "2" },
    clients: { type: "string", default: "20" },
    seed: { type: "string", default: "1" },
  },
});
const killCount = Number(values.kills);
const stopCount = Number(values.stops);
/** How often an import, a compaction and a backup are killed, each. */
const commandCount = Number(values.commands);
const clientCount = Number(values.clients);
const seed = Number(values.seed);

const PROFILES_PER_CLIENT = 50;
const LINES_PER_IMPORT = 30_000;
const UPDATES_PER_REQUEST_MAX = 20;
const TEXT_LENGTH_MAX = 4000;
const ROUND_MS_MIN = 100;
const ROUND_MS_MAX = 2000;
const START_MS_MAX = 400;
const SAVE_PAUSE_MS = 200;
const START_TIMEOUT_MS = 60_000;
const PAGE_SIZE = 100;
const WHOM = fileURLToPath(new URL("../bin/whom.cjs", import.meta.url));
/** Profiles that are never deleted, so that a session over them has the same total in every round. */
const KEPT = 'properties["keep"]';

const random = seeded(seed);
const below = (limit: number): number => Math.floor(random() * limit);
const ledger = new CrashLedger();
const violations: string[] = [];
const tally = {
  acknowledged: 0,
  updates: 0,
  events: 0,
  cohorts: 0,
  unanswered: 0,
  written: 0,
  lost: 0,
  starts: 0,
  pages: 0,
};
let nextNumber = 1;

const folder = await mkdtemp(join(tmpdir(), "whom-crash-"));
const data = join(folder, "data");
const credentials = JSON.parse(whom("init", "--data", data, "--json")) as Credentials;
const { username, secret } = credentials.service_account;
const authorization = `Basic ${Buffer.from(`${username}:${secret}`).toString("base64")}`;
const eventWitness = new EventWitness({ request, below, violations, authorization, credentials });
const cohortWitness = new CohortWitness({ request, authorization, credentials });
let server: ChildProcess | undefined;
let url = "";
let commands: CommandReport = { killed: {}, violations: [] };
const startedMs = performance.now();
// Whatever ends the check must not leave a server behind.
process.on("exit", () => server?.kill("SIGKILL"));
try {
  await run();
  const place = { whom: WHOM, folder, below, lineCount: LINES_PER_IMPORT };
  commands = await new CommandKiller(place).run(commandCount);
  violations.push(...commands.violations);
} finally {
  if (server !== undefined) await end(server, "SIGKILL");
  await rm(folder, { recursive: true, force: true });
}
const elapsedS = ((performance.now() - startedMs) / 1000).toFixed(1);
for (const violation of violations.slice(0, 20)) print(`violation: ${violation}`);
print(
  `crash-check: ${killCount} kills and ${tally.starts} more while starting, ${stopCount} stops, ${clientCount} clients; ` +
    `${tally.updates} updates, ${tally.events} events and ${tally.cohorts} cohorts in ${tally.acknowledged} requests ` +
    `acknowledged; ${tally.unanswered} requests not acknowledged, of what they sent ${tally.written} written and ` +
    `${tally.lost} not; ${tally.pages} pages of sessions ` +
    `opened before; killed while working ${Object.entries(commands.killed)
      .map(([name, count]) => `${count} × ${name}`)
      .join(", ")}; seed ${seed}; ${elapsedS} s; ${violations.length} violations`,
);
process.exitCode = violations.length === 0 ? 0 : 1;

async function run(): Promise<void> {
  await start();
  for (let client = 0; client < clientCount; client++) {
    if (!(await write(client, everyProfileOf(client)))) throw new Error("the first write failed");
  }
  for (let round = 0; round < killCount + stopCount; round++) {
    // Stops are spread among the kills.
    const isStop =
      Math.floor(((round + 1) * stopCount) / (killCount + stopCount)) >
      Math.floor((round * stopCount) / (killCount + stopCount));
    await playRound(round, isStop ? "SIGTERM" : "SIGKILL");
  }
}

/** Clients write until the server ends; then it starts again and is looked at. */
async function playRound(round: number, signal: "SIGKILL" | "SIGTERM"): Promise<void> {
  const roundMs = ROUND_MS_MIN + below(ROUND_MS_MAX - ROUND_MS_MIN);
  const writing = Array.from({ length: clientCount }, (_, client) => writeUntilFailure(client));
  writing.push(saveUntilFailure());
  await sleep(roundMs / 2);
  const session = await openSession();
  await sleep(roundMs / 2);
  const code = server && (await end(server, signal));
  if (signal === "SIGTERM" && code !== 0)
    violations.push(`round ${round}: the stop ended with ${code}`);
  await Promise.all(writing);
  if (signal === "SIGKILL" && below(4) === 0) await killWhileStarting();
  await start();
  const outcomes = [ledger.settle(await readAll()), await eventWitness.settle()];
  for (const { writtenCount, lostCount } of outcomes) {
    tally.written += writtenCount;
    tally.lost += lostCount;
  }
  const found = [
    ...outcomes.flatMap((outcome) => outcome.violations),
    ...(await cohortWitness.settle(keptCount())),
    ...(await pageAgain(session)),
  ];
  violations.push(...found.map((violation) => `round ${round}: ${violation}`));
  process.stderr.write(
    `round ${round}: ${signal} after ${roundMs} ms, ${tally.updates} updates and ${tally.events} events ` +
      `acknowledged so far, ${violations.length} violations\n`,
  );
}

async function killWhileStarting(): Promise<void> {
  const starting = launch(await freePort());
  await sleep(below(START_MS_MAX));
  await end(starting, "SIGKILL");
  tally.starts += 1;
}

async function start(): Promise<void> {
  const port = await freePort();
  server = launch(port);
  url = `http://127.0.0.1:${port}`;
  const deadlineMs = performance.now() + START_TIMEOUT_MS;
  for (;;) {
    const isReady = await fetch(`${url}/health/ready`).then(
      ({ ok }) => ok,
      () => false,
    );
    if (isReady) return;
    if (performance.now() > deadlineMs || server.exitCode !== null) {
      throw new Error("the server does not start again");
    }
    await sleep(20);
  }
}

function launch(port: number): ChildProcess {
  const settings = ["--data", data, "--port", String(port), "--log-level", "fatal"];
  return spawn(process.execPath, [WHOM, "serve", ...settings], {
    stdio: ["ignore", "ignore", "inherit"],
  });
}

/** Ends a process and gives its exit code, null for one that was killed. */
async function end(child: ChildProcess, signal: "SIGKILL" | "SIGTERM"): Promise<number | null> {
  if (child.exitCode === null && child.signalCode === null) {
    const exited = once(child, "exit");
    child.kill(signal);
    await exited;
  }
  return child.exitCode;
}

async function writeUntilFailure(client: number): Promise<void> {
  while ((await write(client, randomUpdates(client))) && (await writeEvents(client)));
}

async function writeEvents(client: number): Promise<boolean> {
  const count = await eventWitness.send(client, below(3) === 0);
  if (count === undefined) tally.unanswered += 1;
  else {
    tally.events += count;
    tally.acknowledged += 1;
  }
  return count !== undefined;
}

async function saveUntilFailure(): Promise<void> {
  while (await cohortWitness.save()) {
    tally.cohorts += 1;
    tally.acknowledged += 2;
    await sleep(SAVE_PAUSE_MS);
  }
}

/** Sends updates and notes the answer; false once there is none. */
async function write(
  client: number,
  updates: readonly (readonly [string, Update])[],
): Promise<boolean> {
  for (const [id, update] of updates) ledger.sending(id, [update]);
  const records = updates.map(([id, update]) => toRecord(id, update));
  try {
    const reply = await fetch(`${url}/engage?verbose=1&strict=1`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(records),
    });
    const text = await reply.text();
    if (reply.status === 200) {
      for (const [id] of updates) ledger.acknowledged(id);
      tally.acknowledged += 1;
      tally.updates += updates.length;
      return true;
    }
    if (reply.status !== 503)
      violations.push(`client ${client} was answered ${reply.status}: ${text}`);
  } catch {
    // The server is gone, and nobody knows whether it wrote them.
  }
  tally.unanswered += 1;
  return false;
}

function toRecord(id: string, update: Update): object {
  const address = { $token: credentials.token, $distinct_id: id };
  if (update.kind === "delete") return { ...address, $delete: "" };
  return {
    ...address,
    $set: { text: "x".repeat(below(TEXT_LENGTH_MAX)), ...(isKept(id) ? { keep: true } : {}) },
    $add: { count: 1 },
    $append: { numbers: update.number },
  };
}

function everyProfileOf(client: number): readonly (readonly [string, Update])[] {
  return Array.from({ length: PROFILES_PER_CLIENT }, (_, index) => [
    idOf(client, index),
    { kind: "count", number: nextNumber++ },
  ]);
}

function randomUpdates(client: number): readonly (readonly [string, Update])[] {
  return Array.from({ length: 1 + below(UPDATES_PER_REQUEST_MAX) }, () => {
    const id = idOf(client, below(PROFILES_PER_CLIENT));
    const kind = !isKept(id) && below(10) === 0 ? "delete" : "count";
    return [id, { kind, number: nextNumber++ }];
  });
}

function idOf(client: number, index: number): string {
  return `${index % 2 === 0 ? "kept" : "other"}-${client}-${index}`;
}

function isKept(id: string): boolean {
  return id.startsWith("kept");
}

function keptCount(): number {
  return (clientCount * PROFILES_PER_CLIENT) / 2;
}

/** Asks the server that runs now. */
function request(path: string, init: RequestInit): Promise<Response> {
  return fetch(`${url}${path}`, init);
}

interface Page {
  readonly session_id: string;
  readonly total: number;
  readonly results: readonly {
    readonly $distinct_id: string;
    readonly $properties: { readonly numbers?: readonly number[]; readonly count?: number };
  }[];
}

async function ask(parameters: Readonly<Record<string, unknown>>): Promise<Page> {
  const reply = await fetch(`${url}/api/query/engage?project_id=${credentials.project_id}`, {
    method: "POST",
    headers: { authorization, "content-type": "application/json" },
    body: JSON.stringify(parameters),
  });
  if (!reply.ok) throw new Error(`a query was answered ${reply.status}: ${await reply.text()}`);
  return (await reply.json()) as Page;
}

/** Every profile, by the numbers of its updates. */
async function readAll(): Promise<ReadonlyMap<string, State>> {
  const found = new Map<string, State>();
  const first = await ask({ page_size: PAGE_SIZE * 10 });
  for (let page = 0; page * PAGE_SIZE * 10 < first.total; page++) {
    const { results } = page === 0 ? first : await ask({ session_id: first.session_id, page });
    for (const { $distinct_id: id, $properties: properties } of results) {
      if (found.has(id)) violations.push(`${id} comes twice`);
      const { numbers = [], count } = properties;
      if (count !== numbers.length) violations.push(`${id} counts ${count}, has ${numbers.length}`);
      found.set(id, numbers);
    }
  }
  return found;
}

async function openSession(): Promise<Page> {
  return ask({ where: KEPT, page_size: PAGE_SIZE, output_properties: ["count"] });
}

/** Reads the whole of a session, the last page first. */
async function pageAgain({ session_id, total }: Page): Promise<readonly string[]> {
  const wanted = keptCount();
  const seen: string[] = [];
  for (let page = Math.ceil(total / PAGE_SIZE) - 1; page >= 0; page--) {
    const { results } = await ask({ where: KEPT, session_id, page });
    seen.push(...results.map(({ $distinct_id: id }) => id));
    tally.pages += 1;
  }
  const found = new Set(seen);
  return total === wanted && seen.length === wanted && found.size === wanted
    ? []
    : [`session of ${total} gave ${seen.length} profiles, ${found.size} of them different`];
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const address = probe.address();
  probe.close();
  await once(probe, "close");
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
