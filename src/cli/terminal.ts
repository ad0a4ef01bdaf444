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

/** Writes a value as JSON. Control characters that JSON leaves as they are become escapes, which mean the same. */
export function printJson(terminal: Terminal, value: unknown, indent?: number): Promise<void> {
  return printLine(terminal, printableLines(JSON.stringify(value, null, indent)));
}

/** Writes lines of data: as they are into files and programs, and so that they cannot steer it onto a screen. */
export function printData(terminal: Terminal, text: string): Promise<void> {
  return print(terminal, terminal.output.isTTY === true ? printableLines(text) : text);
}

/** Writes a note: a line for a person, not part of the result. Texts of others in it go through `printable`. */
export function note(terminal: Terminal, text: string): void {
  terminal.notes.write(`${printableLines(text)}\n`);
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
  return text.replace(STEERING, escaped);
}

/** The same for whole lines, which stay lines. */
export function printableLines(text: string): string {
  return text.replaceAll("\r\n", "\n").replace(STEERING, (character) => {
    return character === "\n" ? character : escaped(character);
  });
}

/** Lines as a screen may show them, of text that comes in parts. */
export async function* linesForScreen(
  parts: AsyncIterable<string | Uint8Array>,
): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const part of parts) {
    rest += typeof part === "string" ? part : decoder.decode(part, { stream: true });
    const end = rest.lastIndexOf("\n") + 1;
    if (end > 0) yield printableLines(rest.slice(0, end));
    rest = rest.slice(end);
  }
  rest += decoder.decode();
  if (rest !== "") yield printableLines(rest);
}

/** Control characters, and those that turn around the direction of what follows. */
const STEERING = /[\p{Cc}\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;

function escaped(character: string): string {
  if (character === "\n") return "\\n";
  if (character === "\t") return "\\t";
  return `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, "0")}`;
}
