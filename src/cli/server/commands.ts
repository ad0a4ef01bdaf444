/**
 * The commands that run a server or tell about it.
 *
 * @module
 */
import type { Command } from "commander";
import { count, settingsOf, withSettings } from "../options.ts";
import type { Plan } from "../plan.ts";
import { SETTING_NAMES } from "../settings/settings.ts";
import type { Terminal } from "../terminal.ts";

interface DemoOptions {
  readonly data?: string;
  readonly port: number;
  readonly once?: true;
}

/** Adds `serve`, `demo`, `settings` and `openapi`. */
export function addServerCommands(program: Command, terminal: Terminal, plan: Plan): void {
  withSettings(program.command("serve"), SETTING_NAMES)
    .summary("run the server")
    .description("Serve a data folder over HTTP until Ctrl-C or SIGTERM.")
    .addHelpText(
      "after",
      `
Examples:
  whom serve
  whom serve --data /var/lib/whom --host 0.0.0.0 --port 80
  WHOM_LOG_LEVEL=warn whom serve`,
    )
    .action((options: Readonly<Record<string, unknown>>) => {
      plan.work = async () => {
        const { runServe } = await import("./serve.ts");
        return runServe(terminal, settingsOf(options, terminal).settings);
      };
    });
  program
    .command("demo")
    .summary("try it out with sample data")
    .description("Make sample data, serve it, and run five queries through the HTTP API.")
    .option("--data <folder>", "keep the sample data here, not in a temporary folder")
    .option("--port <port>", "TCP port to listen on; 0 takes a free one", count, 0)
    .option("--once", "end after the queries")
    .addHelpText("after", "\nExamples:\n  whom demo\n  whom demo --once")
    .action((options: DemoOptions) => {
      plan.work = async () => {
        const { runDemo } = await import("../demo/demo.ts");
        const { data, port, once } = options;
        return runDemo(terminal, { folder: data, port, once: once === true });
      };
    });
  withSettings(program.command("settings"), SETTING_NAMES)
    .summary("list every setting")
    .description("Print every setting: flag, variable, type, default, and the value in force.")
    .option("--json", "print them as JSON")
    .addHelpText("after", "\nExamples:\n  whom settings\n  WHOM_PORT=80 whom settings --json")
    .action((options: Readonly<Record<string, unknown>>) => {
      plan.work = async () => {
        const { runSettings } = await import("../settings/list.ts");
        return runSettings(terminal, settingsOf(options, terminal), options["json"] === true);
      };
    });
  program
    .command("openapi")
    .summary("print the OpenAPI document")
    .description("Print the OpenAPI document of the HTTP API.")
    .addHelpText("after", "\nExample:\n  whom openapi > whom.openapi.json")
    .action(() => {
      plan.work = async () => {
        const { runOpenApi } = await import("./serve.ts");
        return runOpenApi(terminal);
      };
    });
}
