/**
 * The process: its streams and signals around a command.
 *
 * @module
 */
import { EXIT } from "./failure.ts";
import { run } from "./program.ts";
import { systemReason } from "./system-reason.ts";
import { note, type Terminal } from "./terminal.ts";

const commandLine = process.argv.slice(2);

/** Commands that have something to bring to an end; the others end at once. */
const ORDERLY: readonly string[] = ["serve", "demo", "import"];
const endsInOrder = ORDERLY.includes(commandLine[0] ?? "");

/** What a shell reports of a command that Ctrl-C ended. */
const EXIT_INTERRUPTED = 130;

const stop = new AbortController();

/** The first signal asks for an orderly end, the second does not wait for it. */
function onSignal(): void {
  if (!endsInOrder || stop.signal.aborted) process.exit(EXIT_INTERRUPTED);
  stop.abort();
}

const terminal: Terminal = {
  input: process.stdin,
  output: process.stdout,
  notes: process.stderr,
  environment: process.env,
  stop: stop.signal,
};

process.on("SIGINT", onSignal);
process.on("SIGTERM", onSignal);

process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  // Whoever reads has seen enough, as `head` has.
  if (error.code === "EPIPE") process.exit(EXIT.ok);
  note(terminal, `error: cannot write the output: ${systemReason(error)}`);
  note(terminal, "hint: check the file or program it goes to");
  process.exit(EXIT.failed);
});
process.stderr.on("error", () => {
  // A command does not end because nobody reads its notes, nor a server because nobody reads its log.
});

process.exitCode = await run(commandLine, terminal);
