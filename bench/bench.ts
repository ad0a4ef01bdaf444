/**
 * What a command of the benchmark is given, and what all of them need.
 *
 * @module
 */
import { BenchData, type DataSize } from "./data/folder.ts";
import { USUAL_PROPERTIES } from "./data/profiles.ts";
import type { Flags } from "./flags.ts";
import type { ResultLine } from "./report/results.ts";

/** A command: measures something and gives its lines. */
export type Command = (bench: Bench) => Promise<Measured>;

/** What was measured, and with which engines. */
export interface Measured {
  readonly lines: readonly ResultLine[];
  readonly engines?: readonly string[];
}

/** The surroundings of a command. */
export interface Bench {
  readonly flags: Flags;
  /** The names after the command's own: `growth rows`. */
  readonly names: readonly string[];
  print(line: string): void;
}

/** The size that the flags ask for. */
export function sizeOf({ profiles, properties, events }: Flags): DataSize {
  return { profiles, properties, events };
}

/** Opens data for a piece of work and closes it whatever happens. */
export async function withData<Result>(
  { flags, print }: Bench,
  size: DataSize,
  work: (data: BenchData) => Promise<Result>,
): Promise<Result> {
  const data = await BenchData.open(flags, size, print);
  try {
    return await work(data);
  } finally {
    data.close();
  }
}

/** The command that repeats a line. */
export function againOf(command: string, size: DataSize, ...more: readonly string[]): string {
  const properties =
    size.properties === USUAL_PROPERTIES ? [] : ["--properties", String(size.properties)];
  const events = size.events === 0 ? [] : ["--events", String(size.events)];
  return [
    "npm run bench --",
    command,
    "--profiles",
    String(size.profiles),
    ...properties,
    ...events,
    ...more,
  ].join(" ");
}
