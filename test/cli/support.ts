/**
 * A terminal that remembers what was written to it, and folders that go away.
 *
 * @module
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable, Writable } from "node:stream";
import { onTestFinished } from "vitest";
import type { ExitCode } from "../../src/cli/failure.ts";
import { run } from "../../src/cli/program.ts";
import type { Environment } from "../../src/cli/settings.ts";
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
