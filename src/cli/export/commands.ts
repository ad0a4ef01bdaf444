/**
 * The command that writes profiles to a file.
 *
 * @module
 */
import { type Command, Option } from "commander";
import { fail } from "../../errors/error.ts";
import type { ExportFormat } from "../../http/export/format.ts";
import {
  serverAddress,
  withCredentials,
  withFolderProject,
  withPlace,
  withSettings,
} from "../options.ts";
import type { Plan } from "../plan.ts";
import {
  readRequest,
  type SelectionOptions,
  withFilters,
  withOrder,
} from "../query/selection-options.ts";
import type { Terminal } from "../terminal.ts";

interface ExportOptions extends SelectionOptions {
  readonly [option: string]: unknown;
  readonly where?: string;
  readonly format: ExportFormat;
  readonly output?: string;
  readonly gzip?: true;
  readonly spreadsheetSafe: boolean;
}

/** Adds `export`. */
export function addExport(program: Command, terminal: Terminal, plan: Plan): void {
  const command = withSettings(program.command("export"), ["data"]);
  withCredentials(withPlace(command, ["project", "group", "server"]))
    .summary("write profiles to a file")
    .description("Write profiles to a file or to standard output, as NDJSON, CSV or Parquet.")
    .option("--where <selector>", "only profiles a selector selects")
    .addOption(
      new Option("--format <format>", "how to write them")
        .choices(["ndjson", "csv", "parquet"])
        .default("ndjson"),
    )
    .option("--output <file>", "write to this file, which is there once it is whole")
    .option("--gzip", "compress what is written")
    .option("--no-spreadsheet-safe", "leave texts of CSV that a spreadsheet would run as they are");
  withFilters(withOrder(command))
    .addHelpText(
      "after",
      `
Examples:
  whom export --output profiles.ndjson
  whom export --where 'properties["plan"] == "pro"' --format csv --properties plan,ltv --output pro.csv
  whom export --format parquet --output profiles.parquet
  whom export --server http://127.0.0.1:8274 --project 1 --gzip > profiles.ndjson.gz`,
    )
    .action((options: ExportOptions) => {
      plan.work = async () => {
        const { format, output: file, gzip } = options;
        const isGzipped = gzip === true;
        checkOutput(terminal, format, file, isGzipped);
        const request = {
          ...readRequest(options.where, options),
          format,
          isSpreadsheetSafe: options.spreadsheetSafe,
        };
        const { runExport } = await import("./export.ts");
        const address = serverAddress(options, terminal);
        if (address !== undefined) {
          const { serverRows } = await import("./server-rows.ts");
          return runExport(terminal, serverRows(address, request), { file, isGzipped });
        }
        const { storeRows } = await import("./store-rows.ts");
        return withFolderProject(options, terminal, ({ folder, project }) =>
          runExport(terminal, storeRows(folder.store, project, request), { file, isGzipped }),
        );
      };
    });
}

/** @throws `command.invalid` */
function checkOutput(
  terminal: Terminal,
  format: ExportFormat,
  file: string | undefined,
  isGzipped: boolean,
): void {
  if (format !== "parquet") return;
  if (isGzipped) {
    throw fail("command.invalid", {
      reason: "--gzip has no meaning for Parquet, which is compressed",
      hint: "leave --gzip out",
    });
  }
  if (file === undefined && terminal.output.isTTY === true) {
    throw fail("command.invalid", {
      reason: "a Parquet file is nothing to look at",
      hint: "name a file with --output",
    });
  }
}
