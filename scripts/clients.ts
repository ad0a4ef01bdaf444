/**
 * Runs the published client `mixpanel-import` against a server and compares what arrives with what was sent:
 * `npm run clients`.
 *
 * The client is a hundred megabytes with all it needs, and therefore installed in a folder of its own when this is
 * run, not with the project. The last line is "clients: N passed, N failed".
 *
 * @module
 */
import { deepEqual } from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { dataGroupId } from "../src/query/data-group.ts";
import { type ListeningServer, startListening } from "../test/clients/duckdb-server.ts";
import { install, load, type Summary } from "../test/clients/mixpanel-import/client.ts";
import { storedEvents } from "../test/support/stored-events.ts";

/** The client retries for hours when it is not answered. */
const RUN_MS_MAX = 300_000;

/** Two batches, and less than the megabyte from which the client prints its progress. */
const EVENT_COUNT = 3000;
const USER_COUNT = 2500;
const GROUP_COUNT = 1200;
const GROUP_KEY = "company_id";
const FIRST_SECONDS = Date.UTC(2026, 3, 1) / 1000;
const NOW_MS = Date.UTC(2026, 4, 1, 10);
/** The days of the events, as the client asks for them. */
const DAYS = { start: "2026-04-01", end: "2026-04-30" };
const TEXT = "~~>>??û> a+b&c=d 100% 名 \u2028 \"quoted\" 'single' \\ \n";

type Properties = Readonly<Record<string, unknown>>;

/** What a profile was sent as and must be read as. */
interface Sent {
  readonly id: string;
  readonly properties: Properties;
}

const users: readonly Sent[] = Array.from({ length: USER_COUNT }, (_, n) => ({
  id: n % 10 === 3 ? `名-${n}` : `user-${n}`,
  properties: {
    n,
    plan: n % 4 === 0 ? "premium" : "free",
    text: TEXT.repeat(n % 3),
    deep: { list: [1, "two", null, { three: 3.5 }], flag: n % 2 === 0 },
  },
}));
const companies: readonly Sent[] = Array.from({ length: GROUP_COUNT }, (_, n) => ({
  id: `company ${n}`,
  properties: { seats: n, name: `Company ${n} ${TEXT}` },
}));
const events = Array.from({ length: EVENT_COUNT }, (_, n) => ({
  event: n % 5 === 0 ? "Purchase" : "Page ✓ view",
  properties: {
    distinct_id: users[n % USER_COUNT]?.id ?? "",
    time: FIRST_SECONDS + n * 60,
    $insert_id: `insert-${n}`,
    amount: n / 8,
    kind: n % 5 === 0 ? "sale" : "visit",
    text: n % 5 === 0 ? "plain" : TEXT.repeat(n % 3),
    list: ["a", n, { b: null }],
  },
}));

// Set first: the client listens for errors that nobody handles, and lets the process go on.
process.exitCode = 1;
const timer = setTimeout(() => {
  print(`clients: 0 passed, 1 failed: not done after ${RUN_MS_MAX / 1000} s`);
  process.exit(1);
}, RUN_MS_MAX);
timer.unref();
if (install()) print("installed mixpanel-import");
const folder = await mkdtemp(join(tmpdir(), "whom-clients-"));
const server = await startListening({
  project: { timeZone: "UTC" },
  settings: { bodyBytesMax: 16 * 1024 * 1024 },
});
server.clock.nowMs = NOW_MS;
const client = load();
const origins = { reads: server.origin, writes: server.origin };
const account = decodeBasic(await server.authorization());
const credentials = {
  acct: account.user,
  pass: account.password,
  project: server.project.id,
  token: server.project.token,
};
const tally = { passed: 0, failed: 0 };
print(`mixpanel-import ${client.version} against ${server.origin}`);
try {
  await run();
} finally {
  await server.end();
  await rm(folder, { recursive: true, force: true });
}
print(`clients: ${tally.passed} passed, ${tally.failed} failed`);
process.exitCode = tally.failed === 0 ? 0 : 1;

async function run(): Promise<void> {
  await check("imports events, gzipped and strict", importEvents);
  await check("reports the one event that is no good, and imports the others", importBadEvent);
  await check("imports user profiles", () => importProfiles("user", users));
  await check("imports group profiles", () => importProfiles("group", companies));
  await check("streams every user profile", async () => {
    deepEqual(await streamed({}), sorted(users));
  });
  await check("streams every group profile", async () => {
    const id = dataGroupId(GROUP_KEY);
    deepEqual(await streamed({ dataGroupId: id }), sorted(companies));
  });
  await check("streams a cohort", streamCohort);
  await check("exports every user profile into memory", async () => {
    deepEqual(await exportedInMemory({}), sorted(users));
  });
  await check("exports group profiles into memory", async () => {
    const id = dataGroupId(GROUP_KEY);
    deepEqual(await exportedInMemory({ dataGroupId: id }), sorted(companies));
  });
  await check("exports the profiles that a selector selects into files", exportProfilesToFiles);
  await check("exports events, all and selected, into files", exportEvents);
  await check("copies events into another project", copyEvents);
  await check("copies profiles into another project", copyProfiles);
}

async function importEvents(): Promise<void> {
  const summary = await client.run(origins, credentials, events, options("event"));
  deepEqual(counts(summary), { success: EVENT_COUNT, failed: 0 });
  deepEqual(await eventsOf(server), events);
}

async function importBadEvent(): Promise<void> {
  const target = await startListening();
  try {
    target.clock.nowMs = NOW_MS;
    const { user, password } = decodeBasic(await target.authorization());
    const access = { acct: user, pass: password, project: target.project.id };
    const [good, ...others] = events.slice(0, 10);
    const bad = { event: "no time", properties: { distinct_id: "ada", $insert_id: "bad" } };
    const to = { reads: target.origin, writes: target.origin };
    const data = [good ?? {}, bad, ...others];
    const summary = await client.run(to, access, data, options("event"));
    deepEqual(counts(summary), { success: 10, failed: 1 });
    deepEqual(await eventsOf(target), events.slice(0, 10));
  } finally {
    await target.end();
  }
}

async function importProfiles(type: "user" | "group", sent: readonly Sent[]): Promise<void> {
  const records = sent.map(({ id, properties }) => ({
    $token: server.project.token,
    ...(type === "user" ? { $distinct_id: id } : { $group_key: GROUP_KEY, $group_id: id }),
    $ignore_time: true,
    $set: properties,
  }));
  const summary = await client.run(origins, credentials, records, options(type));
  deepEqual(counts(summary), { success: sent.length, failed: 0 });
}

async function streamCohort(): Promise<void> {
  const created = await fetch(`${server.origin}/api/app/projects/${server.project.id}/cohorts`, {
    method: "POST",
    headers: {
      authorization: await server.authorization(),
      "content-type": "application/json",
    },
    body: JSON.stringify({
      name: "Premium buyers",
      selector: 'properties["plan"] == "premium" and behaviors["bought"] > 0',
      behaviors: [{ name: "bought", window: "90d", event_selectors: [{ event: "Purchase" }] }],
    }),
  });
  const { results } = (await created.json()) as { readonly results: { readonly id: number } };
  const expected = users.filter(
    ({ properties }, n) => properties["plan"] === "premium" && n % 5 === 0,
  );
  deepEqual(await streamed({ cohortId: results.id }), sorted(expected));
  deepEqual(await exportedInMemory({ cohortId: results.id }), sorted(expected));
}

/** The client's own count of an export of several pages has the first page twice, so the files are counted. */
async function exportProfilesToFiles(): Promise<void> {
  const whereClause = 'properties["plan"] == "free" and properties["n"] < 2000';
  const where = await mkdtemp(join(folder, "profiles-"));
  const asked = { ...options("profile-export"), where, whereClause };
  await client.run(origins, credentials, null, asked);
  const expected = users.filter(({ properties }, n) => properties["plan"] === "free" && n < 2000);
  deepEqual((await readdir(where)).toSorted(), ["users-0.json", "users-1.json"]);
  deepEqual(sorted((await rowsIn(where)).map(asSent)), sorted(expected));
}

async function exportEvents(): Promise<void> {
  deepEqual(await exportedEvents({}), events);
  const selected = await exportedEvents({
    whereClause: 'event["amount"] > 200 and user["plan"] == "premium"',
    limit: 7,
  });
  const expected = events.filter(
    ({ properties: { amount } }, n) => amount > 200 && (n % USER_COUNT) % 4 === 0,
  );
  deepEqual(selected, expected.slice(0, 7));
}

/** Events go to a file: in memory the client breaks characters that arrive in two pieces. */
async function exportedEvents(more: object): Promise<readonly unknown[]> {
  const where = await mkdtemp(join(folder, "events-"));
  const asked = { ...options("export"), ...DAYS, ...more, where };
  await client.run(origins, credentials, null, asked);
  return (await rowsIn(where)).map(asEvent);
}

async function rowsIn(path: string): Promise<readonly unknown[]> {
  const names = (await readdir(path)).toSorted();
  const texts = await Promise.all(names.map((name) => readFile(join(path, name), "utf8")));
  return texts
    .flatMap((text) => text.split("\n"))
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));
}

/** Only events in ASCII, as the client breaks characters here too. It leaves the name among the properties. */
async function copyEvents(): Promise<void> {
  const whereClause = 'event["kind"] == "sale"';
  await copyInto("export-import-event", whereClause, async (target) => {
    const expected = events
      .filter(({ properties }) => properties.kind === "sale")
      .map(({ event, properties }) => ({ event, properties: { ...properties, event } }));
    deepEqual(await eventsOf(target), expected);
  });
}

async function copyProfiles(): Promise<void> {
  await copyInto("export-import-profile", undefined, async (target) => {
    const response = await fetch(`${target.origin}/api/query/engage?page_size=5000`, {
      headers: { authorization: target.secretAuthorization },
    });
    const { results } = (await response.json()) as { readonly results: readonly unknown[] };
    deepEqual(sorted(results.map(asSent)), sorted(users));
  });
}

/** The client reads from the one project and writes to the other, each with credentials of its own. */
async function copyInto(
  recordType: string,
  whereClause: string | undefined,
  compare: (target: ListeningServer) => Promise<void>,
): Promise<void> {
  const target = await startListening({ settings: { bodyBytesMax: 16 * 1024 * 1024 } });
  try {
    target.clock.nowMs = NOW_MS;
    const access = { secret: server.project.apiSecret, secondToken: target.project.token };
    const to = { reads: server.origin, writes: target.origin };
    // Without `fixData` the client sends what it has read in the form it has read it.
    const asked = { ...options(recordType), ...DAYS, whereClause, fixData: true };
    await client.run(to, access, null, asked);
    await compare(target);
  } finally {
    await target.end();
  }
}

async function streamed(job: object): Promise<readonly Sent[]> {
  const url = `${server.origin}/api/2.0/engage`;
  const auth = await server.authorization();
  const rows: Sent[] = [];
  for await (const row of client.streamProfiles({
    url,
    auth,
    project: server.project.id,
    ...job,
  })) {
    const { $distinct_id: id, ...properties } = row as Properties;
    rows.push({ id: String(id), properties: withoutAdded(properties) });
  }
  return sorted(rows);
}

async function exportedInMemory(job: object): Promise<readonly Sent[]> {
  const { dryRun } = await client.run(origins, credentials, null, {
    ...options("profile-export"),
    ...job,
    skipWriteToDisk: true,
    // Even so it makes a folder, here or where it is told.
    where: folder,
  });
  return sorted(dryRun.map(asSent));
}

function options(recordType: string): object {
  return { recordType, workers: 4, maxRetries: 2 };
}

function counts({ success, failed }: Summary): object {
  return { success, failed };
}

/** The events of a server as they were sent, by their times. */
async function eventsOf({ store, project }: ListeningServer): Promise<readonly unknown[]> {
  const stored = await storedEvents(store, project.id);
  return stored.map(({ event, distinctId, timeMs, insertId, properties }) => ({
    event,
    properties: {
      distinct_id: distinctId,
      time: timeMs / 1000,
      $insert_id: insertId,
      ...withoutAdded(properties),
    },
  }));
}

function asEvent(line: unknown): unknown {
  const { event, properties } = line as { readonly event: string; readonly properties: Properties };
  return { event, properties: withoutAdded(properties) };
}

function asSent(row: unknown): Sent {
  const { $distinct_id, $properties } = row as {
    readonly $distinct_id: string;
    readonly $properties: Properties;
  };
  return { id: $distinct_id, properties: withoutAdded($properties) };
}

/** Leaves what the server adds itself to what was sent. */
function withoutAdded(properties: Properties): Properties {
  const added = [
    "mp_processing_time_ms",
    "$mp_api_endpoint",
    "$mp_api_timestamp_ms",
    "$last_seen",
    "$group_key",
    "$group_id",
  ];
  return Object.fromEntries(Object.entries(properties).filter(([name]) => !added.includes(name)));
}

function sorted(rows: readonly Sent[]): readonly Sent[] {
  return rows.toSorted((left, right) => (left.id < right.id ? -1 : 1));
}

function decodeBasic(header: string): { readonly user: string; readonly password: string } {
  const [user = "", password = ""] = Buffer.from(header.replace("Basic ", ""), "base64")
    .toString("utf8")
    .split(":");
  return { user, password };
}

async function check(title: string, compare: () => Promise<void>): Promise<void> {
  const startedMs = performance.now();
  try {
    await compare();
    tally.passed += 1;
    print(`  ✓ ${title} (${Math.round(performance.now() - startedMs)} ms)`);
  } catch (error) {
    tally.failed += 1;
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    print(`  ✗ ${title}\n${text.slice(0, 4000)}`);
  }
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
