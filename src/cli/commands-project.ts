/**
 * The commands that make data folders, projects and service accounts.
 *
 * @module
 */
import type { Command } from "commander";
import { count, settingsOf, withSettings } from "./options.ts";
import type { Plan } from "./plan.ts";
import type { Terminal } from "./terminal.ts";

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

const folderOf = (options: Common, terminal: Terminal): string =>
  settingsOf(options, terminal).settings.data;

function addInit(program: Command, terminal: Terminal, plan: Plan): void {
  withSettings(program.command("init"), ["data"])
    .summary("make a data folder")
    .description("Make a data folder with a first project and a service account that owns it.")
    .option("--name <name>", "name of the project", "main")
    .option("--time-zone <zone>", "time zone of the project, an IANA name", "UTC")
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
    .action((options: Common & { name: string; timeZone: string; account: string }) => {
      plan.work = async () => {
        const { runInit } = await import("./projects.ts");
        const { name, timeZone, account } = options;
        const first = { name, timeZone, accountName: account };
        return runInit(terminal, folderOf(options, terminal), first, options.json === true);
      };
    });
}

function addProject(program: Command, terminal: Terminal, plan: Plan): void {
  const project = program.command("project").description("Make and show projects.");
  withSettings(project.command("create <name>"), ["data"])
    .description("Add a project. A running server knows it within a second.")
    .option("--time-zone <zone>", "time zone of the project, an IANA name", "UTC")
    .option("--json", "print the project as JSON")
    .addHelpText("after", "\nExample:\n  whom project create shop --time-zone Europe/Berlin")
    .action((name: string, options: Common & { timeZone: string }) => {
      plan.work = async () => {
        const { runProjectCreate } = await import("./projects.ts");
        const made = { name, timeZone: options.timeZone };
        return runProjectCreate(terminal, folderOf(options, terminal), made, options.json === true);
      };
    });
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

interface AccountOptions extends Common {
  readonly project?: string;
  readonly role: string;
  readonly expiresInDays?: number;
}

function addServiceAccount(program: Command, terminal: Terminal, plan: Plan): void {
  const account = program
    .command("service-account")
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
