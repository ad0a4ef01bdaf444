/**
 * The commands that take data away.
 *
 * @module
 */
import type { Command } from "commander";
import { fail } from "../../errors/error.ts";
import type { ExitCode } from "../failure.ts";
import {
  addOption,
  gather,
  openFolder,
  type ProfileOptions,
  required,
  serverLogin,
  settingsOf,
  withCredentials,
  withFolderProject,
  withPlace,
  withSettings,
} from "../options.ts";
import type { Plan } from "../plan.ts";
import type { Terminal } from "../terminal.ts";
import type { Compacted } from "./compact.ts";

interface Flags {
  readonly [option: string]: unknown;
}

interface EraseOptions extends ProfileOptions, Flags {
  readonly token?: string;
  readonly distinctId: readonly string[];
  readonly file?: string;
  readonly compact?: true;
  readonly json?: true;
}

/** Adds `erase` and `compact`. */
export function addUpkeepCommands(program: Command, terminal: Terminal, plan: Plan): void {
  addErase(program, terminal, plan);
  addCompact(program, terminal, plan);
}

function addErase(program: Command, terminal: Terminal, plan: Plan): void {
  const command = withSettings(program.command("erase"), ["data"]);
  withCredentials(withPlace(command, ["project", "server"]));
  addOption(command, "--token <token>", "token of the project on the server", "WHOM_TOKEN");
  command
    .summary("erase users")
    .description(
      "Take away all that is kept of users: profiles, events, places in cohorts, other ids of theirs.",
    )
    .option(
      "--distinct-id <id>",
      "one of them, by any of the user's ids; may be repeated",
      gather,
      [],
    )
    .option("--file <file>", "a file with ids, one a line; - is standard input")
    .option("--compact", "take the bytes out of the data folder as well")
    .option("--json", "print what was taken away as JSON")
    .addHelpText(
      "after",
      `
Examples:
  whom erase --distinct-id ada
  whom erase --file ids.txt --compact
  whom erase --server http://127.0.0.1:8274 --token TOKEN --distinct-id ada`,
    )
    .action((options: EraseOptions) => {
      plan.work = () => erase(terminal, options);
    });
}

async function erase(terminal: Terminal, options: EraseOptions): Promise<ExitCode> {
  const { readDistinctIds } = await import("../distinct-ids.ts");
  const { runErase, serverEraser, storeEraser } = await import("./erase.ts");
  const wanted = {
    distinctIds: await readDistinctIds(terminal, options.distinctId, options.file),
    compacts: options.compact === true,
    isJson: options.json === true,
  };
  const login = serverLogin(options, terminal);
  if (login !== undefined) {
    if (wanted.compacts) {
      throw fail("command.invalid", {
        reason: "--compact needs the data folder, which the server holds",
        hint: "leave --compact out, and run whom compact afterwards, where the data folder is",
      });
    }
    const token = required(options.token, "WHOM_TOKEN", "--token", terminal);
    return runErase(terminal, serverEraser(login, token), wanted);
  }
  return withFolderProject(options, terminal, ({ folder, project }) =>
    runErase(terminal, storeEraser(folder.store, project), wanted),
  );
}

function addCompact(program: Command, terminal: Terminal, plan: Plan): void {
  withSettings(program.command("compact"), ["data"])
    .summary("write the data anew, without what was deleted")
    .description(
      "Write the data of a folder anew, so that nothing deleted or erased is left in its files. A server that has the folder does it itself, and answers nothing meanwhile.",
    )
    .addHelpText("after", "\nExample:\n  whom compact --data /var/lib/whom")
    .action((options: Flags) => {
      plan.work = async () => {
        const { compactFolder, showCompacted } = await import("./compact.ts");
        const { giveOrder } = await import("../control/control.ts");
        const { data } = settingsOf(options, terminal).settings;
        const done = await giveOrder(data, "compact", {});
        if (done !== undefined) return showCompacted(terminal, done as Compacted);
        const folder = await openFolder(options, terminal);
        try {
          return await showCompacted(terminal, await compactFolder(folder.store, data));
        } finally {
          await folder.close();
        }
      };
    });
}
