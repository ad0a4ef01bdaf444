/**
 * The commands that write and read profiles.
 *
 * @module
 */
import { type Command, Option } from "commander";
import { fail, WhomError } from "../errors/error.ts";
import type { DataFolder } from "./data-folder.ts";
import type { ImportTarget } from "./import-target.ts";
import {
  addOption,
  closingOnFailure,
  count,
  given,
  names,
  openFolder,
  openSource,
  type ProfileOptions,
  required,
  settingsOf,
  withCredentials,
  withProfileOptions,
  withSettings,
} from "./options.ts";
import type { Plan } from "./plan.ts";
import type { RecordFormat } from "./records.ts";
import type { RowFormat } from "./row-format.ts";
import { note, type Terminal } from "./terminal.ts";

/** Adds `import`, `query` and `explain`. */
export function addDataCommands(program: Command, terminal: Terminal, plan: Plan): void {
  addImport(program, terminal, plan);
  addQuery(program, terminal, plan);
  addExplain(program, terminal, plan);
}

interface Flags {
  readonly [option: string]: unknown;
}

interface ImportOptions extends ProfileOptions, Flags {
  readonly token?: string;
  readonly format?: RecordFormat;
  readonly idColumn?: string;
  readonly delimiter?: string;
  readonly infer: boolean;
  readonly textColumns?: readonly string[];
  readonly resume?: true;
  readonly rejectFile?: string;
  readonly maxErrors?: number;
}

function addImport(program: Command, terminal: Terminal, plan: Plan): void {
  const command = withSettings(program.command("import <files...>"), ["data"]);
  withProfileOptions(command, "folder or server");
  addOption(command, "--token <token>", "token of the project on the server", "WHOM_TOKEN");
  command
    .summary("write profiles from files")
    .description(
      "Write profiles from NDJSON, JSON or CSV files, gzipped or not; - is standard input.",
    )
    .addOption(
      new Option("--format <format>", "what the files hold; found out without it").choices([
        "ndjson",
        "json",
        "csv",
      ]),
    )
    .option(
      "--id-column <name>",
      "where flat records have their id; $distinct_id, distinct_id or id without it",
    )
    .option("--delimiter <character>", "what separates the cells of CSV; a comma without it")
    .option("--no-infer", "keep every cell of CSV as text")
    .option("--text-columns <names>", "columns of CSV that stay text, with commas between", names)
    .option("--resume", "go on where an interrupted import of the same files stopped")
    .option("--reject-file <file>", "where rejected records go; beside each file without it")
    .option("--max-errors <count>", "stop once more records than this are rejected", count)
    .addHelpText(
      "after",
      `
Examples:
  whom import customers.ndjson.gz
  whom import --group company_id --id-column company companies.csv
  zcat dump.gz | whom import --format ndjson -
  whom import --server http://127.0.0.1:8274 --token TOKEN customers.json`,
    )
    .action((files: readonly string[], options: ImportOptions) => {
      plan.work = async () => {
        const { importFiles } = await import("./import.ts");
        const delimiter = delimiterOf(options.delimiter, files);
        const { target, progressFolder } = await openTarget(options, terminal);
        try {
          return await importFiles(terminal, target, {
            files,
            shape: { groupKey: options.group, idColumn: options.idColumn, nowMs: Date.now() },
            format: options.format,
            csv: {
              delimiter,
              infer: options.infer,
              textColumns: new Set(options.textColumns),
            },
            resume: options.resume === true,
            progressFolder,
            rejectFile: options.rejectFile,
            errorCountMax: options.maxErrors ?? Number.POSITIVE_INFINITY,
          });
        } finally {
          await target.close();
        }
      };
    });
}

function delimiterOf(delimiter: string | undefined, files: readonly string[]): string {
  if (delimiter === "\\t") return "\t";
  if (delimiter !== undefined) {
    if (/^[^"\r\n]$/u.test(delimiter)) return delimiter;
    throw fail("command.invalid", {
      reason: `--delimiter must be one character, found ${JSON.stringify(delimiter)}`,
      hint: "for instance --delimiter ';', or \\t for a tab",
    });
  }
  return files.every((file) => /\.tsv(\.gz)?$/i.test(file)) ? "\t" : ",";
}

async function openTarget(
  options: ImportOptions,
  terminal: Terminal,
): Promise<{ readonly target: ImportTarget; readonly progressFolder: string | undefined }> {
  const { serverTarget, storeTarget } = await import("./import-target.ts");
  const server = given(options.server, "WHOM_SERVER", terminal);
  if (server !== undefined) {
    const token = required(options.token, "WHOM_TOKEN", "--token", terminal);
    return { target: serverTarget(server, token, options.group), progressFolder: undefined };
  }
  const { findProject, importsFolder } = await import("./data-folder.ts");
  const folder = await openFolder(options, terminal);
  return closingOnFailure(folder, async () => {
    const wanted = given(options.project, "WHOM_PROJECT", terminal);
    const project = findProject(folder.directory, wanted);
    return {
      target: storeTarget(folder.writer, project, options.group, () => folder.close()),
      progressFolder: importsFolder(settingsOf(options, terminal).settings.data),
    };
  });
}

interface QueryOptions extends ProfileOptions, Flags {
  readonly format: RowFormat;
  readonly properties?: readonly string[];
  readonly sort?: string;
  readonly desc?: true;
  readonly limit?: number;
  readonly count?: true;
}

function addQuery(program: Command, terminal: Terminal, plan: Plan): void {
  const command = withSettings(program.command("query [selector]"), ["data"]);
  withCredentials(withProfileOptions(command, "folder or server"))
    .summary("print the profiles a selector selects")
    .description("Print the profiles a selector selects; without a selector, all of them.")
    .addOption(
      new Option("--format <format>", "how to print them")
        .choices(["table", "ndjson", "csv"])
        .default("table"),
    )
    .option("--properties <names>", "only these properties, with commas between", names)
    .option("--sort <expression>", "order by a property or an expression")
    .option("--desc", "largest first")
    .option("--limit <count>", "at most so many profiles", count)
    .option("--count", "print only how many there are")
    .addHelpText(
      "after",
      `
Examples:
  whom query 'properties["plan"] == "premium"'
  whom query --sort ltv --desc --limit 10 --properties plan,ltv
  whom query 'defined(properties["$email"])' --format csv > customers.csv
  whom query --server http://127.0.0.1:8274 --project 1 --count`,
    )
    .action((selector: string | undefined, options: QueryOptions) => {
      plan.work = async () => {
        const { runQuery } = await import("./query.ts");
        const source = await openSource(options, terminal);
        try {
          const request = {
            selector: selector ?? "",
            groupKey: options.group,
            sort: options.sort,
            descending: options.desc === true,
            limit: options.limit,
            properties: options.properties,
          };
          const output = { format: options.format, countOnly: options.count === true };
          return await runQuery(terminal, source, request, output);
        } finally {
          await source.close();
        }
      };
    });
}

interface ExplainOptions extends ProfileOptions, Flags {
  readonly distinctId?: string;
  readonly json?: true;
}

function addExplain(program: Command, terminal: Terminal, plan: Plan): void {
  const command = withSettings(program.command("explain <selector>"), ["data"]);
  withProfileOptions(command, "folder")
    .summary("show how a selector is understood")
    .description(
      "Print a selector in its canonical form, what kinds its parts have, and how it runs.",
    )
    .option("--distinct-id <id>", "show how each part came out for this profile")
    .option("--json", "print it as JSON")
    .addHelpText(
      "after",
      `
Examples:
  whom explain 'properties["ltv"] > 500 and "api" in properties["features"]'
  whom explain 'not properties["age"] < 18' --distinct-id customer-00001`,
    )
    .action((selector: string, options: ExplainOptions) => {
      plan.work = async () => {
        const { runExplain } = await import("./explain.ts");
        const request = {
          selector,
          groupKey: options.group,
          distinctId: options.distinctId,
          isJson: options.json === true,
        };
        const folder = await openFolderIfThere(options, terminal);
        if (folder === undefined) return runExplain(terminal, request, undefined);
        try {
          const { findProject } = await import("./data-folder.ts");
          const wanted = given(options.project, "WHOM_PROJECT", terminal);
          const project = findProject(folder.directory, wanted);
          return await runExplain(terminal, request, { store: folder.store, project });
        } finally {
          await folder.close();
        }
      };
    });
}

/**
 * A selector has a meaning without data, so a folder counts only where a profile is asked for: one that is
 * missing where none was named, and one that a server holds.
 */
async function openFolderIfThere(
  options: ExplainOptions,
  terminal: Terminal,
): Promise<DataFolder | undefined> {
  try {
    return await openFolder(options, terminal);
  } catch (error) {
    if (!(error instanceof WhomError)) throw error;
    const isNeeded = options.distinctId !== undefined;
    if (error.code === "data.folder_busy") {
      if (isNeeded) throw new WhomError(error.code, error.message, BUSY_HINT);
      note(terminal, `${error.message}: the statement is left out`);
      return undefined;
    }
    const { origins } = settingsOf(options, terminal);
    const isMissing = error.code === "data.folder_missing" && origins.data === "default";
    if (isMissing && !isNeeded) return undefined;
    throw error;
  }
}

const BUSY_HINT = "stop that process first: --distinct-id reads the folder itself";
