/**
 * The commands that read profiles.
 *
 * @module
 */
import { type Command, Option } from "commander";
import { WhomError } from "../../errors/error.ts";
import type { DataFolder } from "../data-folder.ts";
import { addExport } from "../export/commands.ts";
import type { ExitCode } from "../failure.ts";
import {
  count,
  day,
  gather,
  given,
  openFolder,
  type ProfileOptions,
  serverAddress,
  settingsOf,
  withCredentials,
  withFolderProject,
  withPlace,
  withSettings,
} from "../options.ts";
import type { Plan } from "../plan.ts";
import { note, printable, type Terminal } from "../terminal.ts";
import type { ProfileSource } from "./profile-source.ts";
import type { RowFormat } from "./row-format.ts";
import {
  asOfOption,
  behaviorsOption,
  readRequest,
  type SelectionOptions,
  withFilters,
  withOrder,
} from "./selection-options.ts";

/** Adds `query`, `export`, `events` and `explain`. */
export function addQueryCommands(program: Command, terminal: Terminal, plan: Plan): void {
  addQuery(program, terminal, plan);
  addExport(program, terminal, plan);
  addEvents(program, terminal, plan);
  addExplain(program, terminal, plan);
}

interface Flags {
  readonly [option: string]: unknown;
}

interface TimedOptions extends ProfileOptions, Flags {
  readonly behaviors?: unknown;
  readonly asOf?: number;
}

interface QueryOptions extends SelectionOptions, Flags {
  readonly format: RowFormat;
  readonly count?: true;
}

function addQuery(program: Command, terminal: Terminal, plan: Plan): void {
  const command = withSettings(program.command("query [selector]"), ["data"]);
  withCredentials(withPlace(command, ["project", "group", "server"]))
    .summary("print the profiles a selector selects")
    .description("Print the profiles a selector selects; without a selector, all of them.")
    .addOption(
      new Option("--format <format>", "how to print them")
        .choices(["table", "ndjson", "csv"])
        .default("table"),
    );
  withOrder(command).option("--count", "print only how many there are");
  withFilters(command)
    .addHelpText(
      "after",
      `
Examples:
  whom query 'properties["plan"] == "premium"'
  whom query --sort ltv --desc --limit 10 --properties plan,ltv
  whom query 'defined(properties["$email"])' --format csv > customers.csv
  whom query 'behaviors["bought"] >= 3 and properties["plan"] == "premium"' --behaviors \\
    '[{"name": "bought", "window": "30d", "event_selectors": [{"event": "Purchase"}]}]'
  whom query --server http://127.0.0.1:8274 --project 1 --count`,
    )
    .action((selector: string | undefined, options: QueryOptions) => {
      plan.work = async () => {
        const { runQuery } = await import("./query.ts");
        const request = readRequest(selector, options);
        const output = { format: options.format, countOnly: options.count === true };
        return withSource(options, terminal, (source) =>
          runQuery(terminal, source, request, output),
        );
      };
    });
}

/** Reads from a server if one is named, else from the data folder. */
async function withSource(
  options: QueryOptions,
  terminal: Terminal,
  work: (source: ProfileSource) => Promise<ExitCode>,
): Promise<ExitCode> {
  const { serverSource, storeSource } = await import("./profile-source.ts");
  const address = serverAddress(options, terminal);
  if (address !== undefined) return work(serverSource(address));
  return withFolderProject(options, terminal, ({ folder, project }) =>
    work(storeSource(folder.store, project)),
  );
}

interface EventsOptions extends ProfileOptions, Flags {
  readonly from?: string;
  readonly to?: string;
  readonly event: readonly string[];
  readonly where?: string;
  readonly limit?: number;
}

function addEvents(program: Command, terminal: Terminal, plan: Plan): void {
  const command = withSettings(program.command("events"), ["data"]);
  withCredentials(withPlace(command, ["project", "server"]))
    .summary("print events")
    .description("Print events, the oldest first, one JSON object a line.")
    .option("--from <day>", "from this day of the project's calendar on, YYYY-MM-DD", day)
    .option("--to <day>", "up to the end of this day; up to now without it", day)
    .option("--event <name>", "only events of this name; may be repeated", gather, [])
    .option("--where <selector>", "only events a selector selects")
    .option("--limit <count>", "at most so many", count)
    .addHelpText(
      "after",
      `
Examples:
  whom events --from 2026-01-01 --to 2026-01-31 > january.ndjson
  whom events --event Purchase --where 'properties["amount"] > 100' --limit 10`,
    )
    .action((options: EventsOptions) => {
      plan.work = async () => {
        const { runEvents, serverEvents, storeEvents } = await import("./events.ts");
        const { from, to, event: names, where: selector = "", limit } = options;
        const request = { from, to, names, selector, limit };
        const address = serverAddress(options, terminal);
        if (address !== undefined) return runEvents(terminal, serverEvents(address, request));
        return withFolderProject(options, terminal, ({ folder, project }) =>
          runEvents(terminal, storeEvents(folder.store, project, request)),
        );
      };
    });
}

interface ExplainOptions extends TimedOptions {
  readonly distinctId?: string;
  readonly json?: true;
}

function addExplain(program: Command, terminal: Terminal, plan: Plan): void {
  const command = withSettings(program.command("explain <selector>"), ["data"]);
  withPlace(command, ["project", "group"])
    .summary("show how a selector is understood")
    .description(
      "Print a selector in its canonical form, what kinds its parts have, and how it runs.",
    )
    .option("--distinct-id <id>", "show how each part came out for this profile")
    .addOption(behaviorsOption())
    .addOption(asOfOption())
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
          behaviors: options.behaviors,
          asOfSeconds: options.asOf,
          isJson: options.json === true,
        };
        const folder = await openFolderIfThere(options, terminal);
        if (folder === undefined) return runExplain(terminal, request, undefined);
        try {
          const { findProject } = await import("../data-folder.ts");
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
      note(terminal, `${printable(error.message)}: the statement is left out`);
      return undefined;
    }
    const { origins } = settingsOf(options, terminal);
    const isMissing = error.code === "data.folder_missing" && origins.data === "default";
    if (isMissing && !isNeeded) return undefined;
    throw error;
  }
}

const BUSY_HINT = "stop that process first: --distinct-id reads the folder itself";
