/**
 * Lines of results: what they hold, how a file of them takes new ones in, and how they are shown.
 *
 * @module
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import type { Machine } from "./machine.ts";

/** A figure of the goals, and whether it was reached. */
export interface Goal {
  readonly number: number;
  readonly says: string;
  readonly isMet: boolean;
}

/** A measured line. Ratios and figures have the headings of their columns, units last. */
export interface ResultLine {
  /** The command that makes it, and the table it stands in: `classes`, `growth rows`. */
  readonly command: string;
  /** What it was measured over: `1,000,000 profiles, 220 properties`. */
  readonly data: string;
  readonly name: string;
  readonly ratios: Readonly<Record<string, number>>;
  readonly figures: Readonly<Record<string, number>>;
  readonly goals: readonly Goal[];
  /** Repeats this line. */
  readonly again: string;
}

/** A file of results. */
export interface Results {
  readonly version: string;
  readonly machine: Machine;
  readonly engines: readonly string[];
  readonly lines: readonly ResultLine[];
}

/** Where the results of all versions are. */
export const RESULTS_FOLDER: URL = new URL("../results/", import.meta.url);

/** Takes new lines into results: each in the place of the same line, or at the end. */
function mergeLines(
  old: readonly ResultLine[],
  lines: readonly ResultLine[],
): readonly ResultLine[] {
  const merged = new Map(old.map((line) => [keyOf(line), line]));
  for (const line of lines) merged.set(keyOf(line), line);
  return [...merged.values()];
}

/**
 * The results of a version so far; none when it has no file.
 *
 * @throws when they were measured on another machine: figures of two are not comparable
 */
export function openResults(
  version: string,
  machine: Machine,
  folder: URL = RESULTS_FOLDER,
): Results {
  const file = fileOf(version, folder);
  if (!existsSync(file)) return { version, machine, engines: [], lines: [] };
  const results = readResults(file);
  if (JSON.stringify(results.machine) !== JSON.stringify(machine)) {
    throw new Error(`${file.pathname} is of another machine: move it away first`);
  }
  return results;
}

/** Takes new lines into the results so far and writes them; the path of their file. */
export function saveLines(
  { version, machine }: Pick<Results, "version" | "machine">,
  { lines, engines }: Pick<Results, "lines" | "engines">,
  folder: URL = RESULTS_FOLDER,
): string {
  mkdirSync(folder, { recursive: true });
  const old = openResults(version, machine, folder);
  const file = fileOf(version, folder);
  const merged: Results = {
    version,
    machine,
    engines: mergeEngines([...old.engines, ...engines]),
    lines: mergeLines(old.lines, lines),
  };
  writeFileSync(file, `${JSON.stringify(merged, undefined, 2)}\n`);
  return file.pathname;
}

/** Reads a file of results. */
export function readResults(file: URL): Results {
  return JSON.parse(readFileSync(file, "utf8")) as Results;
}

/** Lines as a table of Markdown, the ratios first. Columns that no line has are left out. */
export function tableOf(lines: readonly ResultLine[]): string {
  const ratios = headingsOf(lines.map(({ ratios: all }) => all));
  const figures = headingsOf(lines.map(({ figures: all }) => all));
  const hasGoals = lines.some(({ goals }) => goals.length > 0);
  const header = ["what", ...ratios, ...figures, ...(hasGoals ? ["goal"] : [])];
  const rows = lines.map((line) => [
    line.name,
    ...ratios.map((heading) => numberText(line.ratios[heading])),
    ...figures.map((heading) => numberText(line.figures[heading])),
    ...(hasGoals ? [goalsText(line.goals)] : []),
  ]);
  const align = header.map((_, index) => (index === 0 ? "---" : "--:"));
  return [header, align, ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

/** Lines by their tables: the command and what it was measured over. */
export function groupLines(
  lines: readonly ResultLine[],
): ReadonlyMap<string, readonly ResultLine[]> {
  const groups = new Map<string, ResultLine[]>();
  for (const line of lines) {
    const title = `${line.command} | ${line.data}`;
    groups.set(title, [...(groups.get(title) ?? []), line]);
  }
  return groups;
}

/** A number with three digits that tell something, and thousands apart. */
export function numberText(number: number | undefined): string {
  if (number === undefined || !Number.isFinite(number)) return "–";
  const size = Math.abs(number);
  const digits = Number.isInteger(number) || size >= 100 ? 0 : size >= 10 ? 1 : 2;
  return number.toLocaleString("en-US", {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
}

/** The last version of each engine: `DuckDB v1.5.5`. */
function mergeEngines(engines: readonly string[]): readonly string[] {
  return [...new Map(engines.map((engine) => [engine.split(" ")[0], engine])).values()];
}

function fileOf(version: string, folder: URL): URL {
  return new URL(`${version}.json`, folder);
}

function goalsText(goals: readonly Goal[]): string {
  return goals.map(({ number, isMet }) => `${number} ${isMet ? "met" : "**missed**"}`).join(", ");
}

function headingsOf(all: readonly Readonly<Record<string, number>>[]): readonly string[] {
  return [...new Set(all.flatMap((record) => Object.keys(record)))];
}

function keyOf({ command, data, name }: ResultLine): string {
  return JSON.stringify([command, data, name]);
}
