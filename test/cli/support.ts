/**
 * A terminal that remembers what was written to it, and folders that go away.
 *
 * @module
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable, Writable } from "node:stream";
import { pino } from "pino";
import { onTestFinished } from "vitest";
import { createDataFolder, openDataFolder } from "../../src/cli/data-folder.ts";
import type { ExitCode } from "../../src/cli/failure.ts";
import { run } from "../../src/cli/program.ts";
import { startServer } from "../../src/cli/server/running-server.ts";
import { type Environment, resolveSettings } from "../../src/cli/settings/settings.ts";
import type { Terminal } from "../../src/cli/terminal.ts";

/** What a command wrote. */
export interface Recorded {
  readonly terminal: Terminal;
  output(): string;
  notes(): string;
}

/** A terminal without colours. */
export function recordingTerminal(
  options: { input?: string | Buffer; environment?: Environment; stop?: AbortSignal } = {},
): Recorded {
  const output: Buffer[] = [];
  const notes: Buffer[] = [];
  return {
    terminal: {
      input: Readable.from(options.input === undefined ? [] : [Buffer.from(options.input)]),
      output: sink(output),
      notes: sink(notes),
      environment: options.environment ?? {},
      stop: options.stop ?? new AbortController().signal,
    },
    output: () => Buffer.concat(output).toString(),
    notes: () => Buffer.concat(notes).toString(),
  };
}

function sink(chunks: Buffer[]): Writable {
  return new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      chunks.push(chunk);
      done();
    },
  });
}

/** Runs a command line in this process. */
export async function whom(
  commandLine: readonly string[],
  options: Parameters<typeof recordingTerminal>[0] = {},
): Promise<{ readonly exitCode: ExitCode; readonly output: string; readonly notes: string }> {
  const recorded = recordingTerminal(options);
  const exitCode = await run(commandLine, recorded.terminal);
  return { exitCode, output: recorded.output(), notes: recorded.notes() };
}

/** A folder that is removed when the test ends. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "whom-test-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** A running server. */
export interface Served {
  readonly data: string;
  readonly environment: Record<string, string>;
  readonly url: string;
}

/** A server over a new data folder, and the variables that let commands ask it. */
export async function served(flags: Record<string, string | boolean> = {}): Promise<Served> {
  const data = join(await temporaryFolder(), "data");
  const first = {
    name: "main",
    timeZone: "UTC",
    identity: "simplified",
    accountName: "admin",
  } as const;
  const { project, username, secret } = await createDataFolder(data, first);
  const { settings } = resolveSettings({ data, port: "0", ...flags }, {});
  const folder = await openDataFolder(data, settings);
  const server = await startServer(folder, settings, pino({ level: "silent" }));
  onTestFinished(() => server.stop());
  const environment = {
    WHOM_SERVER: server.url,
    WHOM_PROJECT: String(project.id),
    WHOM_TOKEN: project.token,
    WHOM_USERNAME: username,
    WHOM_SECRET: secret,
  };
  return { data, environment, url: server.url };
}
