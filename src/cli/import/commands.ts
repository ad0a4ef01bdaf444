/**
 * The command that writes files of records.
 *
 * @module
 */
import { type Command, Option } from "commander";
import { fail } from "../../errors/error.ts";
import type { ExitCode } from "../failure.ts";
import {
  addOption,
  count,
  given,
  names,
  type OpenedProject,
  type ProfileOptions,
  required,
  settingsOf,
  withFolderProject,
  withPlace,
  withSettings,
} from "../options.ts";
import type { Plan } from "../plan.ts";
import type { Terminal } from "../terminal.ts";
import type { RecordReader } from "./record-reader.ts";
import type { RecordFormat } from "./records.ts";
import type { ImportTarget } from "./target.ts";

interface ImportOptions extends ProfileOptions {
  readonly [option: string]: unknown;
  readonly events?: true;
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

/** Adds `import`. */
export function addImportCommand(program: Command, terminal: Terminal, plan: Plan): void {
  const command = withSettings(program.command("import <files...>"), ["data"]);
  withPlace(command, ["project", "group", "server"]);
  addOption(command, "--token <token>", "token of the project on the server", "WHOM_TOKEN");
  command
    .summary("write profiles or events from files")
    .description(
      "Write profiles, or events, from NDJSON, JSON or CSV files, gzipped or not; - is standard input.",
    )
    .option("--events", "the files hold events")
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
  whom import --events events.ndjson.gz
  whom import --group company_id --id-column company companies.csv
  zcat dump.gz | whom import --format ndjson -
  whom import --server http://127.0.0.1:8274 --token TOKEN customers.json`,
    )
    .action((files: readonly string[], options: ImportOptions) => {
      plan.work = () => runImport(terminal, files, options);
    });
}

async function runImport(
  terminal: Terminal,
  files: readonly string[],
  options: ImportOptions,
): Promise<ExitCode> {
  const { importFiles } = await import("./import.ts");
  const plan = {
    files,
    reader: await readerOf(options),
    format: options.format,
    csv: {
      delimiter: delimiterOf(options.delimiter, files),
      infer: options.infer,
      textColumns: new Set(options.textColumns),
    },
    resume: options.resume === true,
    rejectFile: options.rejectFile,
    errorCountMax: options.maxErrors ?? Number.POSITIVE_INFINITY,
  };
  const server = given(options.server, "WHOM_SERVER", terminal);
  if (server !== undefined) {
    const target = await targetOnServer(options, server, terminal);
    return importFiles(terminal, target, { ...plan, progressFolder: undefined });
  }
  return withFolderProject(options, terminal, async (opened) => {
    const { importsFolder } = await import("../data-folder.ts");
    const progressFolder = importsFolder(settingsOf(options, terminal).settings.data);
    return importFiles(terminal, await targetInFolder(options, opened), {
      ...plan,
      progressFolder,
    });
  });
}

async function targetOnServer(
  { events, token, group }: ImportOptions,
  server: string,
  terminal: Terminal,
): Promise<ImportTarget> {
  const known = required(token, "WHOM_TOKEN", "--token", terminal);
  if (events === true) {
    const { eventServerTarget } = await import("./event-target.ts");
    return eventServerTarget(server, known);
  }
  const { serverTarget } = await import("./profile-target.ts");
  return serverTarget(server, known, group);
}

async function targetInFolder(
  { events, group }: ImportOptions,
  { folder, project }: OpenedProject,
): Promise<ImportTarget> {
  if (events === true) {
    const { eventStoreTarget } = await import("./event-target.ts");
    return eventStoreTarget(folder, project);
  }
  const { storeTarget } = await import("./profile-target.ts");
  return storeTarget(folder.writer, project, group);
}

async function readerOf({ events, group, idColumn }: ImportOptions): Promise<RecordReader> {
  if (events !== true) {
    const { profileReader } = await import("./profile-record.ts");
    return profileReader({ groupKey: group, idColumn, nowMs: Date.now() });
  }
  for (const [flag, value] of [
    ["--group", group],
    ["--id-column", idColumn],
  ]) {
    if (value === undefined) continue;
    throw fail("command.invalid", {
      reason: `${flag} has no meaning with --events`,
      hint: `leave ${flag} out: events say themselves whom they are about`,
    });
  }
  const { EVENT_READER } = await import("./event-record.ts");
  return EVENT_READER;
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
