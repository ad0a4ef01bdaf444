/**
 * The commands that make data folders, projects and service accounts.
 *
 * @module
 */
import { type Command, Option } from "commander";
import type { IdentityMode } from "../../event/identity.ts";
import { count, settingsOf, withSettings } from "../options.ts";
import type { Plan } from "../plan.ts";
import type { Terminal } from "../terminal.ts";
import type { QuotaOptions } from "./projects.ts";

interface Common {
  readonly json?: true;
  readonly [option: string]: unknown;
}

/** Adds `init`, `project` and `service-account`. */
export function addProjectCommands(program: Command, terminal: Terminal, plan: Plan): void {
  addInit(program, terminal, plan);
  addProject(program, terminal, plan);
  addServiceAccount(program, terminal, plan);
}

interface NewProjectOptions {
  readonly timeZone: string;
  readonly identity: IdentityMode;
}

/** It is an option of new projects only: what was joined by one rule would stay joined under the other. */
function identityOption(): Option {
  return new Option("--identity <mode>", "how events join the ids of one user; stays as it is")
    .choices(["simplified", "original"] satisfies IdentityMode[])
    .default("simplified" satisfies IdentityMode);
}

const folderOf = (options: Common, terminal: Terminal): string =>
  settingsOf(options, terminal).settings.data;

function addInit(program: Command, terminal: Terminal, plan: Plan): void {
  withSettings(program.command("init"), ["data"])
    .summary("make a data folder")
    .description("Make a data folder with a first project and a service account that owns it.")
    .option("--name <name>", "name of the project", "main")
    .option("--time-zone <zone>", "time zone of the project, an IANA name", "UTC")
    .addOption(identityOption())
    .option("--account <name>", "name of the service account", "admin")
    .option("--json", "print what was made as one JSON object")
    .addHelpText(
      "after",
      `
Examples:
  whom init
  whom init --data /var/lib/whom --name shop --time-zone Europe/Berlin
  whom init --json > credentials.json`,
    )
    .action((options: Common & NewProjectOptions & { name: string; account: string }) => {
      plan.work = async () => {
        const { runInit } = await import("./projects.ts");
        const { name, timeZone, identity, account } = options;
        const first = { name, timeZone, identity, accountName: account };
        return runInit(terminal, folderOf(options, terminal), first, options.json === true);
      };
    });
}

function addProject(program: Command, terminal: Terminal, plan: Plan): void {
  const project = program
    .command("project")
    .summary("make and show projects")
    .description("Make and show projects.");
  withSettings(project.command("create <name>"), ["data"])
    .description("Add a project. A running server knows it within a second.")
    .option("--time-zone <zone>", "time zone of the project, an IANA name", "UTC")
    .addOption(identityOption())
    .option("--queries-per-hour <count>", "queries it may make an hour; 0 for any", count)
    .option("--queries-at-once <count>", "queries it may run at once; 0 for any", count)
    .option("--json", "print the project as JSON")
    .addHelpText("after", "\nExample:\n  whom project create shop --time-zone Europe/Berlin")
    .action((name: string, options: Common & QuotaOptions & NewProjectOptions) => {
      plan.work = async () => {
        const { runProjectCreate } = await import("./projects.ts");
        const made = { ...options, name };
        return runProjectCreate(terminal, folderOf(options, terminal), made, options.json === true);
      };
    });
  addProjectUpdate(project, terminal, plan);
  withSettings(project.command("list"), ["data"])
    .description("List the projects.")
    .option("--json", "print them as JSON")
    .addHelpText("after", "\nExample:\n  whom project list --data /var/lib/whom")
    .action((options: Common) => {
      plan.work = async () => {
        const { runProjectList } = await import("./projects.ts");
        return runProjectList(terminal, folderOf(options, terminal), options.json === true);
      };
    });
  withSettings(project.command("show [project]"), ["data"])
    .description("Show a project, by id or name, with its token and API secret.")
    .option("--json", "print it as JSON")
    .addHelpText("after", "\nExample:\n  whom project show shop")
    .action((wanted: string | undefined, options: Common) => {
      plan.work = async () => {
        const { runProjectShow } = await import("./projects.ts");
        return runProjectShow(terminal, folderOf(options, terminal), wanted, options.json === true);
      };
    });
}

interface UpdateOptions extends Common, QuotaOptions {
  readonly name?: string;
  readonly timeZone?: string;
  readonly renewToken?: true;
  readonly renewApiSecret?: true;
}

function addProjectUpdate(project: Command, terminal: Terminal, plan: Plan): void {
  withSettings(project.command("update <project>"), ["data"])
    .description("Change a project, by id or name. A running server knows it within a second.")
    .option("--name <name>", "its new name")
    .option("--time-zone <zone>", "its new time zone, an IANA name")
    .option("--queries-per-hour <count>", "queries it may make an hour; 0 for any", count)
    .option("--queries-at-once <count>", "queries it may run at once; 0 for any", count)
    .option("--renew-token", "make a new token; the old one stops working")
    .option("--renew-api-secret", "make a new API secret; the old one stops working")
    .option("--json", "print the project as JSON")
    .addHelpText(
      "after",
      "\nExample:\n  whom project update shop --queries-per-hour 60 --queries-at-once 5",
    )
    .action((wanted: string, options: UpdateOptions) => {
      plan.work = async () => {
        const { runProjectUpdate } = await import("./projects.ts");
        const isJson = options.json === true;
        return runProjectUpdate(terminal, folderOf(options, terminal), wanted, options, isJson);
      };
    });
  withSettings(project.command("add-workspace <project> <name>"), ["data"])
    .description("Add a workspace, a named view of a project, and print its id.")
    .option("--selector <selector>", "queries of the workspace see only what this selects")
    .addHelpText(
      "after",
      `
Example:
  whom project add-workspace shop Germany --selector 'properties["$country_code"] == "DE"'`,
    )
    .action((wanted: string, name: string, options: Common & { selector?: string }) => {
      plan.work = async () => {
        const { runAddWorkspace } = await import("./projects.ts");
        const workspace = { name, selector: options.selector };
        return runAddWorkspace(terminal, folderOf(options, terminal), wanted, workspace);
      };
    });
}

interface AccountOptions extends Common {
  readonly project?: string;
  readonly role: string;
  readonly expiresInDays?: number;
}

function addServiceAccount(program: Command, terminal: Terminal, plan: Plan): void {
  const account = program
    .command("service-account")
    .summary("make and revoke the logins of readers")
    .description("Make and revoke the logins of programs that read.");
  withSettings(account.command("create <name>"), ["data"])
    .description("Add a service account, and print its secret this once.")
    .option("--project <id or name>", "project it may read; not needed where there is only one")
    .option("--role <role>", "owner, admin, analyst or consumer", "analyst")
    .option("--expires-in-days <days>", "days until it stops working; never without it", count)
    .option("--json", "print it as JSON")
    .addHelpText("after", "\nExample:\n  whom service-account create dashboards --role consumer")
    .action((name: string, options: AccountOptions) => {
      plan.work = async () => {
        const { runAccountCreate } = await import("./projects.ts");
        const { project, role, expiresInDays } = options;
        const made = { name, project, role, expiresInDays };
        return runAccountCreate(terminal, folderOf(options, terminal), made, options.json === true);
      };
    });
  withSettings(account.command("grant <username>"), ["data"])
    .description("Give a service account a role in a project, or take it away.")
    .option("--project <id or name>", "the project; not needed where there is only one")
    .requiredOption("--role <role>", "owner, admin, analyst, consumer, or none")
    .addHelpText(
      "after",
      "\nExample:\n  whom service-account grant dash.292e7c.whom-service-account --role analyst",
    )
    .action((username: string, options: Common & { project?: string; role: string }) => {
      plan.work = async () => {
        const { runAccountGrant } = await import("./projects.ts");
        const { project, role } = options;
        const folder = folderOf(options, terminal);
        return runAccountGrant(terminal, folder, username, { project, role });
      };
    });
  addAccountUpkeep(account, terminal, plan);
}

function addAccountUpkeep(account: Command, terminal: Terminal, plan: Plan): void {
  withSettings(account.command("list"), ["data"])
    .description("List the service accounts and their roles.")
    .option("--json", "print them as JSON")
    .addHelpText("after", "\nExample:\n  whom service-account list")
    .action((options: Common) => {
      plan.work = async () => {
        const { runAccountList } = await import("./projects.ts");
        return runAccountList(terminal, folderOf(options, terminal), options.json === true);
      };
    });
  withSettings(account.command("revoke <username>"), ["data"])
    .description("Remove a service account. A running server refuses it within a second.")
    .addHelpText(
      "after",
      "\nExample:\n  whom service-account revoke dashboards.292e7c.whom-service-account",
    )
    .action((username: string, options: Common) => {
      plan.work = async () => {
        const { runAccountRevoke } = await import("./projects.ts");
        return runAccountRevoke(terminal, folderOf(options, terminal), username);
      };
    });
}
