/**
 * `whom demo`: sample profiles and events, served, and five queries through the HTTP API.
 *
 * @module
 */
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { pino } from "pino";
import { WhomError } from "../../errors/error.ts";
import type { Project } from "../../project/project.ts";
import {
  createDataFolder,
  type DataFolder,
  findProject,
  openDataFolder,
  openDirectory,
} from "../data-folder.ts";
import { EXIT, type ExitCode } from "../failure.ts";
import { eventStoreTarget } from "../import/event-target.ts";
import { storeTarget } from "../import/profile-target.ts";
import type { WireRecord } from "../import/record-reader.ts";
import type { ImportTarget } from "../import/target.ts";
import { startServer } from "../server/running-server.ts";
import { resolveSettings } from "../settings/settings.ts";
import { printLine, styled, type Terminal } from "../terminal.ts";
import { cohortQuery, type DemoLogin, pagingLoop, runQueries } from "./queries.ts";
import { COMPANY_KEY, companies, customers } from "./sample-data.ts";
import { activity } from "./sample-events.ts";

/** How the demo runs. */
export interface DemoOptions {
  /** Undefined makes a temporary folder and removes it at the end. */
  readonly folder: string | undefined;
  readonly port: number;
  /** Ends after the queries. */
  readonly once: boolean;
}

const CUSTOMER_COUNT = 5000;
const SEED = 8274;
const PROJECT_NAME = "demo";

/** Shows what Whom does. */
export async function runDemo(terminal: Terminal, options: DemoOptions): Promise<ExitCode> {
  const data = options.folder ?? (await mkdtemp(join(tmpdir(), "whom-demo-")));
  try {
    await demonstrate(terminal, data, options);
    return EXIT.ok;
  } finally {
    if (options.folder === undefined) await rm(data, { recursive: true, force: true });
  }
}

async function demonstrate(terminal: Terminal, data: string, options: DemoOptions): Promise<void> {
  const account = await demoAccount(data);
  const { settings } = resolveSettings({ data, port: String(options.port), logLevel: "warn" }, {});
  const folder = await openDataFolder(data, settings);
  const project = findProject(folder.directory, PROJECT_NAME);
  const startedAtMs = performance.now();
  const { profileCount, eventCount } = await fill(folder, project);
  const seconds = ((performance.now() - startedAtMs) / 1000).toFixed(1);
  const server = await startServer(folder, settings, pino({ level: "warn" }, terminal.notes));
  try {
    const written = `${profileCount} profiles and ${eventCount} events`;
    const title = `Wrote ${written} in ${seconds} s; they are served at ${server.url}`;
    await printLine(terminal, styled(terminal, terminal.output, "bold", title));
    const login: DemoLogin = {
      url: server.url,
      projectId: project.id,
      token: project.token,
      ...account,
    };
    await runQueries(terminal, login);
    await cohortQuery(terminal, login);
    await pagingLoop(terminal, login);
    if (options.once) return;
    await invite(terminal, login);
    if (!terminal.stop.aborted) await once(terminal.stop, "abort");
  } finally {
    await server.stop();
  }
}

/** A service account for the queries: the first of a new folder, or one more of a folder from an earlier demo. */
async function demoAccount(
  data: string,
): Promise<{ readonly username: string; readonly secret: string }> {
  try {
    return await createDataFolder(data, {
      name: PROJECT_NAME,
      timeZone: "UTC",
      identity: "simplified",
      accountName: "demo",
    });
  } catch (error) {
    if (!(error instanceof WhomError && error.code === "data.folder_exists")) throw error;
    const directory = await openDirectory(data);
    const { account, secret } = await directory.createServiceAccount({
      name: "demo",
      projectIds: [findProject(directory, PROJECT_NAME).id],
      role: "consumer",
    });
    return { username: account.username, secret };
  }
}

/** Writes the sample data through the decoders and the writer, as requests are. */
async function fill(
  folder: DataFolder,
  project: Project,
): Promise<{ readonly profileCount: number; readonly eventCount: number }> {
  const nowMs = Date.now();
  const users = storeTarget(folder.writer, project, undefined);
  const groups = storeTarget(folder.writer, project, COMPANY_KEY);
  const events = eventStoreTarget(folder, project);
  const userCount = await writeAll(users, customers(CUSTOMER_COUNT, SEED, nowMs));
  const groupCount = await writeAll(groups, companies(SEED, nowMs));
  const eventCount = await writeAll(events, activity(CUSTOMER_COUNT, SEED, nowMs));
  return { profileCount: userCount + groupCount, eventCount };
}

async function writeAll(target: ImportTarget, records: Iterable<WireRecord>): Promise<number> {
  const all = [...records];
  let count = 0;
  for (let start = 0; start < all.length; start += target.batchRecordCount) {
    const batch = all.slice(start, start + target.batchRecordCount);
    const rejected = await target.prepare(batch)();
    count += batch.length - rejected.length;
  }
  await target.finish();
  return count;
}

async function invite(terminal: Terminal, login: DemoLogin): Promise<void> {
  await printLine(
    terminal,
    `
The server stays up until Ctrl-C. Its API is described at ${login.url}/docs
  service account  ${login.username}
  its secret       ${login.secret}
  project id       ${login.projectId}
  token            ${login.token}`,
  );
}
