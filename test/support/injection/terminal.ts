/**
 * A terminal somebody looks at, that remembers what reached it.
 *
 * @module
 */
import { Readable, Writable } from "node:stream";
import { run } from "../../../src/cli/program.ts";
import type { Screen, Terminal } from "../../../src/cli/terminal.ts";

/** What a command did. */
export interface Ran {
  readonly exitCode: number;
  readonly output: string;
  readonly notes: string;
}

/** How a command is run. */
export interface RunOptions {
  readonly isScreen: boolean;
  readonly input?: string;
}

/** Runs a command line in this process. */
export async function runOn(
  commandLine: readonly string[],
  { isScreen, input }: RunOptions,
): Promise<Ran> {
  const output: Buffer[] = [];
  const notes: Buffer[] = [];
  const terminal: Terminal = {
    input: Readable.from(input === undefined ? [] : [Buffer.from(input)]),
    output: screen(output, isScreen),
    notes: screen(notes, isScreen),
    environment: {},
    stop: new AbortController().signal,
  };
  const exitCode = await run(commandLine, terminal);
  return {
    exitCode,
    output: Buffer.concat(output).toString(),
    notes: Buffer.concat(notes).toString(),
  };
}

function screen(chunks: Buffer[], isTTY: boolean): Screen {
  const stream = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      chunks.push(chunk);
      done();
    },
  });
  return Object.assign(stream, { isTTY, columns: 100 });
}

const ESCAPE = "\u001b";
/** What commands write themselves: six styles, and what a progress bar moves the cursor with. */
const OURS = new RegExp(
  `${ESCAPE}\\[(?:1|2|22|31|32|33|36|39)m|${ESCAPE}\\[(?:\\d+G|0?K|\\d*A|\\?25[hl]|\\?7[hl]|0J|J)|${ESCAPE}[78]`,
  "g",
);
const STEERING = /[^\P{Cc}\n]|[\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/u;

/** What is wrong with what reached a screen. */
export function screenFaults(text: string): readonly string[] {
  const rest = text.replaceAll(OURS, "");
  const found = STEERING.exec(rest);
  if (found === null) return [];
  const around = JSON.stringify(rest.slice(Math.max(0, found.index - 60), found.index + 30));
  return [`U+${(found[0].codePointAt(0) ?? 0).toString(16)} reaches the screen: ${around}`];
}
