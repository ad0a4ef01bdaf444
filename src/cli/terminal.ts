/**
 * Where a command reads and writes, passed in so that tests can look.
 *
 * Results go to standard output; progress, notes and errors go to standard error.
 *
 * @module
 */
import { once } from "node:events";
import type { Readable, Writable } from "node:stream";
import { inspect } from "node:util";
import type { Environment } from "./settings/settings.ts";

/** A stream a person may be looking at. */
export type Screen = Writable & { readonly isTTY?: boolean; readonly columns?: number };

/** The streams and variables of a command. */
export interface Terminal {
  readonly input: Readable;
  readonly output: Screen;
  readonly notes: Screen;
  readonly environment: Environment;
  /** Aborted when the command should come to an end: Ctrl-C, or a termination signal. */
  readonly stop: AbortSignal;
}

/** Writes a result, waiting while the reader is slow. */
export async function print(terminal: Terminal, text: string | Uint8Array): Promise<void> {
  if (!terminal.output.write(text)) await once(terminal.output, "drain");
}

/** Writes a result line. */
export function printLine(terminal: Terminal, text: string): Promise<void> {
  return print(terminal, `${text}\n`);
}

/** Writes a note: a line for a person, not part of the result. */
export function note(terminal: Terminal, text: string): void {
  terminal.notes.write(`${text}\n`);
}

/** The styles in use. */
export type Style = "bold" | "dim" | "red" | "green" | "yellow" | "cyan";

/** Whether a screen shows colours: a terminal, unless NO_COLOR is set. */
export function hasColour(screen: Screen, environment: Environment): boolean {
  return screen.isTTY === true && !environment["NO_COLOR"] && environment["TERM"] !== "dumb";
}

/** The text in a style, where the screen shows colours. */
export function styled(terminal: Terminal, screen: Screen, style: Style, text: string): string {
  if (!hasColour(screen, terminal.environment)) return text;
  const codes = inspect.colors[style];
  return codes === undefined ? text : `\u001b[${codes[0]}m${text}\u001b[${codes[1]}m`;
}

/**
 * The text without what would steer a terminal: control characters become their escapes.
 *
 * Properties are anybody's text, so a value could otherwise move the cursor or retitle the window.
 */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu, (character) => {
    if (character === "\n") return "\\n";
    if (character === "\t") return "\\t";
    return `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, "0")}`;
  });
}
