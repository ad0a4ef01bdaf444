/**
 * The process: its streams and signals around a command.
 *
 * @module
 */
import { run } from "./program.ts";

const stop = new AbortController();

/** The first signal asks for an orderly end, the second does not wait for it. */
function onSignal(): void {
  if (stop.signal.aborted) process.exit(130);
  stop.abort();
}

process.on("SIGINT", onSignal);
process.on("SIGTERM", onSignal);

for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    // Whoever reads has seen enough, as `head` has.
    if (error.code === "EPIPE") process.exit(0);
    throw error;
  });
}

process.exitCode = await run(process.argv.slice(2), {
  input: process.stdin,
  output: process.stdout,
  notes: process.stderr,
  environment: process.env,
  stop: stop.signal,
});
