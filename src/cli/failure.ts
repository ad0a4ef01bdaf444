/**
 * A failure as the lines a person reads, and the exit code a script reads.
 *
 * @module
 */
import { CommanderError } from "commander";
import type { ErrorCode } from "../errors/catalogue.ts";
import { WhomError } from "../errors/error.ts";
import { frame } from "../selector/selector.ts";
import { note, printable, type Style, styled, type Terminal } from "./terminal.ts";

/** What a command ends with; `docs/cli.md` says the same. */
export const EXIT = {
  ok: 0,
  /** Some records were rejected, or the command could not do what it was asked. */
  failed: 1,
  /** The command line, a setting or a selector is wrong. */
  usage: 2,
  /** The data folder or the server cannot be used now. */
  unavailable: 3,
} as const;

/** One of the exit codes. */
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

const UNAVAILABLE: ReadonlySet<ErrorCode> = new Set([
  "data.folder_missing",
  "data.folder_busy",
  "data.folder_unusable",
  "data.format_unknown",
  "data.engine_failed",
  "data.no_room",
  "data.closed",
  "server.cannot_listen",
  "server.unreachable",
]);

/** Says what went wrong and what to do, and gives the exit code. */
export function reportFailure(terminal: Terminal, failure: unknown): ExitCode {
  if (failure instanceof CommanderError) return failure.exitCode === 0 ? EXIT.ok : EXIT.usage;
  if (!(failure instanceof WhomError)) {
    const message = failure instanceof Error ? failure.message : String(failure);
    say(
      terminal,
      `internal error: ${message}`,
      "this is a bug; WHOM_DEBUG=1 shows where it happened",
    );
    trace(terminal, failure);
    return EXIT.failed;
  }
  say(terminal, failure.message, failure.hint, frameOf(failure));
  trace(terminal, failure);
  return exitCodeOf(failure);
}

/** The exit code of a failure. */
export function exitCodeOf(failure: WhomError): ExitCode {
  if (UNAVAILABLE.has(failure.code)) return EXIT.unavailable;
  const isRefusal = failure.code === "server.refused";
  return failure.kind === "invalid" && !isRefusal ? EXIT.usage : EXIT.failed;
}

function say(terminal: Terminal, message: string, hint: string, source?: string): void {
  labelled(terminal, "red", "error:", message);
  if (source !== undefined) note(terminal, source);
  labelled(terminal, "cyan", "hint:", hint);
}

function labelled(terminal: Terminal, style: Style, label: string, text: string): void {
  const shown = styled(terminal, terminal.notes, style, label);
  terminal.notes.write(`${shown} ${printable(text)}\n`);
}

function frameOf(failure: WhomError): string | undefined {
  if (failure.source === undefined || failure.span === undefined) return undefined;
  // Message and hint are printed apart; with empty ones, what is between them is left.
  const bare = new WhomError(failure.code, "", "", failure.span, failure.source);
  return frame(bare).split("\n").slice(1, -1).join("\n");
}

function trace(terminal: Terminal, failure: unknown): void {
  if (terminal.environment["WHOM_DEBUG"] === "1" && failure instanceof Error) {
    note(terminal, failure.stack ?? String(failure));
  }
}
