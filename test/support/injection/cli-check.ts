/**
 * Hostile texts through every command, as arguments, as stored data, as files and as their names.
 *
 * @module
 */
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { parse } from "csv-parse/sync";
import { spreadsheetSafe } from "../../../src/values/csv.ts";
import { argumentLines, placed, storedLines } from "./command-lines.ts";
import { runOn, screenFaults } from "./terminal.ts";

/** What came of a check. */
export interface CliReport {
  readonly commandCount: number;
  readonly violations: readonly string[];
  /** The commands that were run, as `project create`. */
  readonly names: ReadonlySet<string>;
}

/** The files that commands are meant to make. */
const EXPECTED_FILES = /^(?:data|\.whom-import|all\.|file-|out-|whom\.duckdb|tmp)/;
const SHOWN_LENGTH_MAX = 300;

/**
 * Runs commands on a data folder of their own.
 *
 * @param texts are stored, all of them
 * @param some of them, which are put into every argument as well
 */
export async function checkCli(
  texts: readonly string[],
  some: readonly string[],
  folder: string,
): Promise<CliReport> {
  const check = new Check(folder);
  await check.store(texts);
  for (const line of storedLines(join(folder, "out-all.csv"))) await check.onBoth(line);
  for (const text of some) {
    for (const line of argumentLines(text)) await check.ask(line, true);
    await check.importFiles(text);
    for (const line of NAMED_LINES) await check.onBoth(line);
  }
  await check.roundTrip();
  await check.lookAround();
  return { commandCount: check.commandCount, violations: check.violations, names: check.names };
}

/** Show what the arguments before have saved. */
const NAMED_LINES: readonly (readonly string[])[] = [
  ["project", "list"],
  ["project", "show", "main"],
  ["service-account", "list"],
  ["cohort", "list", "--project", "main"],
];

class Check {
  commandCount = 0;
  readonly violations: string[] = [];
  readonly names: Set<string> = new Set();
  readonly #folder: string;
  readonly #data: string;

  constructor(folder: string) {
    this.#folder = folder;
    this.#data = join(folder, "data");
  }

  async store(texts: readonly string[]): Promise<void> {
    await this.ask(["init", "--name", "main", "--account", "admin"], true);
    const file = join(this.#folder, "all.ndjson");
    await writeFile(file, texts.map(profileLine).join(""));
    await this.ask(["import", file], true);
    const events = join(this.#folder, "all.events.ndjson");
    await writeFile(events, texts.map(eventLine).join(""));
    await this.ask(["import", "--events", events], true);
  }

  async onBoth(line: readonly string[]): Promise<void> {
    await this.ask(line, true);
    await this.ask(line, false);
  }

  async ask(line: readonly string[], isScreen: boolean): Promise<string> {
    const { name, commandLine } = placed(line, this.#data);
    this.names.add(name);
    this.commandCount++;
    const { output, notes } = await runOn(commandLine, { isScreen });
    const faults = [...screenFaults(notes), ...(isScreen ? screenFaults(output) : [])];
    if (notes.includes("internal error")) faults.push(notes);
    for (const fault of faults) {
      const shown = JSON.stringify(line).slice(0, SHOWN_LENGTH_MAX);
      this.violations.push(`${fault.slice(0, SHOWN_LENGTH_MAX)} — whom ${shown}`);
    }
    return output;
  }

  /** Files with a hostile name, whose records are good and bad. */
  async importFiles(text: string): Promise<void> {
    const path = join(this.#folder, `file-${fileName(text)}`);
    await writeFile(`${path}.ndjson`, `${profileLine(text)}{"$distinct_id": \u009b${text}\n[]\n`);
    await this.ask(["import", "--project", "main", "--max-errors", "99", `${path}.ndjson`], true);
    const row = ["$distinct_id", text, `other ${text}`].map(quoted).join(",");
    await writeFile(`${path}.csv`, `${row}\n${row}\n`);
    await this.ask(["import", "--project", "main", `${path}.csv`], true);
    const out = join(this.#folder, `out-${fileName(text)}`);
    await this.ask(["export", "--project", "main", "--output", out], true);
    await this.ask(["backup", `${out}.backup`], true);
    await this.ask(["backup", "--verify", `${out}.backup`], true);
    const data = join(this.#folder, `data-${fileName(text)}`);
    await this.ask(["restore", "--data", data, `${out}.backup`], true);
    await this.ask(["query", "--data", data, "--project", "main", "--count"], true);
  }

  /** What is exported as CSV and imported again is the same, and what is exported for a spreadsheet runs nothing in it. */
  async roundTrip(): Promise<void> {
    const plain = join(this.#folder, "out-plain.csv");
    const only = ["--project", "main", "--where", 'defined(properties["kept"])'];
    const columns = ["--properties", "kept,copy"];
    await this.ask(
      [
        "export",
        ...only,
        ...columns,
        "--format",
        "csv",
        "--no-spreadsheet-safe",
        "--output",
        plain,
      ],
      true,
    );
    await this.ask(["project", "create", "second"], true);
    await this.ask(["import", "--project", "second", "--no-infer", plain], true);
    const read = async (project: string): Promise<readonly unknown[]> => {
      const line = [
        "query",
        'defined(properties["kept"])',
        "--format",
        "ndjson",
        ...columns,
        "--project",
        project,
      ];
      return (await this.ask(line, false)).split("\n").sort();
    };
    const [first, second] = [await read("main"), await read("second")];
    if (!isDeepStrictEqual(first, second)) {
      const lost = first.filter((line) => !second.includes(line));
      this.violations.push(`CSV came back otherwise: ${JSON.stringify(lost).slice(0, 1000)}`);
    }
    const safe = join(this.#folder, "out-safe.csv");
    await this.ask(["export", "--project", "main", "--format", "csv", "--output", safe], true);
    const cells = parse(await readFile(safe, "utf8"), {
      relax_column_count: true,
    }).flat() as string[];
    const formulas = cells.filter((cell) => spreadsheetSafe(cell) !== cell);
    if (formulas.length > 0)
      this.violations.push(`formulas: ${JSON.stringify(formulas.slice(0, 5))}`);
  }

  /** A name of a file or project never leads to another place. */
  async lookAround(): Promise<void> {
    const strange = (await readdir(this.#folder)).filter((name) => !EXPECTED_FILES.test(name));
    if (strange.length > 0) this.violations.push(`files appeared: ${JSON.stringify(strange)}`);
  }
}

function profileLine(text: string, index = 0): string {
  const id = text === "" ? "nobody" : text;
  // What is empty is not kept in a cell.
  const kept = text === "" ? {} : { kept: text, copy: `${text} ${index}` };
  return `${JSON.stringify({ $distinct_id: id, $properties: { [text]: text, list: [text], ...kept } })}\n`;
}

function eventLine(text: string, index: number): string {
  const properties = {
    distinct_id: text || "nobody",
    time: EVENT_SECONDS,
    $insert_id: `e${index}`,
    [text]: text,
  };
  return `${JSON.stringify({ event: text || "none", properties })}\n`;
}

const EVENT_SECONDS: number = Date.parse("2024-05-09T10:00:00Z") / 1000;
const NAME_BYTES_MAX = 120;

/** A text as a name a file can have. */
function fileName(text: string): string {
  const name = text.toWellFormed().replaceAll(/[/\0]/g, "_");
  return Buffer.from(name).subarray(0, NAME_BYTES_MAX).toString().replaceAll("\ufffd", "");
}

function quoted(cell: string): string {
  return `"${cell.replaceAll('"', '""')}"`;
}
