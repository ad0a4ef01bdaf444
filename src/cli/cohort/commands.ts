/**
 * The commands of saved cohorts.
 *
 * @module
 */
import { type Command, Option } from "commander";
import { fail } from "../../errors/error.ts";
import type { MemberChange } from "../../registry/cohorts.ts";
import type { ExitCode } from "../failure.ts";
import {
  json,
  type ProfileOptions,
  serverAddress,
  withCredentials,
  withFolderProject,
  withPlace,
  withSettings,
} from "../options.ts";
import type { Plan } from "../plan.ts";
import type { Terminal } from "../terminal.ts";
import type { CohortPlace } from "./place.ts";

interface Common extends ProfileOptions {
  readonly [option: string]: unknown;
}

/** Adds `cohort`. */
export function addCohortCommands(program: Command, terminal: Terminal, plan: Plan): void {
  const cohort = program
    .command("cohort")
    .summary("save and list cohorts")
    .description("Save and list cohorts: named selections of profiles.");
  addList(cohort, terminal, plan);
  addCreate(cohort, terminal, plan);
  addUpload(cohort, terminal, plan);
  addDelete(cohort, terminal, plan);
}

/** Adds a command that works on the cohorts of a data folder or of a server. */
function addPlaced(
  parent: Command,
  usage: string,
  place: Parameters<typeof withPlace>[1] = ["project", "server"],
): Command {
  return withCredentials(withPlace(withSettings(parent.command(usage), ["data"]), place));
}

/** Works on the cohorts of a server if one is named, else on those of the data folder. */
async function withCohorts(
  options: Common,
  terminal: Terminal,
  work: (place: CohortPlace) => Promise<ExitCode>,
): Promise<ExitCode> {
  const { serverCohorts, storeCohorts } = await import("./place.ts");
  const address = serverAddress(options, terminal);
  if (address !== undefined) return work(serverCohorts(address));
  return withFolderProject(options, terminal, ({ folder, project }) =>
    work(storeCohorts(folder.store, project)),
  );
}

function addList(parent: Command, terminal: Terminal, plan: Plan): void {
  addPlaced(parent, "list")
    .description("List the saved cohorts, and how many members each has.")
    .option("--json", "print them as JSON")
    .addHelpText("after", "\nExample:\n  whom cohort list")
    .action((options: Common) => {
      plan.work = async () => {
        const { runCohortList } = await import("./cohorts.ts");
        return withCohorts(options, terminal, (place) =>
          runCohortList(terminal, place, options["json"] === true),
        );
      };
    });
}

interface CreateOptions extends Common {
  readonly selector?: string;
  readonly behaviors?: unknown;
  readonly file?: string;
}

function addCreate(parent: Command, terminal: Terminal, plan: Plan): void {
  addPlaced(parent, "create <name>", ["project", "group", "server"])
    .description("Save a cohort: those a selector selects, or a list of distinct ids.")
    .option("--selector <selector>", "its members are those that this selects, at any time")
    .addOption(
      new Option(
        "--behaviors <json>",
        'what behaviors["name"] counts in the selector, a JSON list as the API has it',
      ).argParser(json),
    )
    .option(
      "--file <file>",
      "its members are the ids in this file, one a line; - is standard input",
    )
    .addHelpText(
      "after",
      `
Examples:
  whom cohort create "Big spenders" --selector 'properties["ltv"] > 1000'
  whom cohort create "Beta testers" --file ids.txt`,
    )
    .action((name: string, options: CreateOptions) => {
      plan.work = () => create(terminal, name, options);
    });
}

async function create(terminal: Terminal, name: string, options: CreateOptions): Promise<ExitCode> {
  const { runCohortCreate } = await import("./cohorts.ts");
  const { readDistinctIds } = await import("../distinct-ids.ts");
  const { selector, behaviors, file, group: groupKey } = options;
  if ((selector === undefined) === (file === undefined)) {
    throw fail("command.invalid", {
      reason: "a cohort has either a selector or a list of members",
      hint: "give one of --selector and --file",
    });
  }
  const distinctIds = file === undefined ? undefined : await readDistinctIds(terminal, [], file);
  const cohort = { name, selector, behaviors, groupKey };
  return withCohorts(options, terminal, (place) =>
    runCohortCreate(terminal, place, cohort, distinctIds),
  );
}

interface UploadOptions extends Common {
  readonly mode: MemberChange;
}

function addUpload(parent: Command, terminal: Terminal, plan: Plan): void {
  addPlaced(parent, "upload <cohort> <file>")
    .description("Change the members of a cohort that is a list, named by id or name.")
    .addOption(
      new Option("--mode <mode>", "what the ids in the file are: all members, more, or some to go")
        .choices(["replace", "add", "remove"] satisfies MemberChange[])
        .default("replace" satisfies MemberChange),
    )
    .addHelpText(
      "after",
      `
Examples:
  whom cohort upload "Beta testers" ids.txt
  whom query 'properties["beta"]' --format csv --properties beta | whom cohort upload 3 -`,
    )
    .action((wanted: string, file: string, options: UploadOptions) => {
      plan.work = async () => {
        const { runCohortUpload } = await import("./cohorts.ts");
        const { readDistinctIds } = await import("../distinct-ids.ts");
        const distinctIds = await readDistinctIds(terminal, [], file);
        return withCohorts(options, terminal, (place) =>
          runCohortUpload(terminal, place, wanted, options.mode, distinctIds),
        );
      };
    });
}

function addDelete(parent: Command, terminal: Terminal, plan: Plan): void {
  addPlaced(parent, "delete <cohort>")
    .description("Delete a cohort, named by id or name. Its members stay as they are.")
    .addHelpText("after", '\nExample:\n  whom cohort delete "Beta testers"')
    .action((wanted: string, options: Common) => {
      plan.work = async () => {
        const { runCohortDelete } = await import("./cohorts.ts");
        return withCohorts(options, terminal, (place) => runCohortDelete(terminal, place, wanted));
      };
    });
}
