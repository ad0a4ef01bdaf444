/**
 * `whom backup` and `whom restore`.
 *
 * @module
 */
import { resolve } from "node:path";
import type { Command } from "commander";
import { EXIT, type ExitCode } from "../failure.ts";
import { openFolder, settingsOf, withSettings } from "../options.ts";
import type { Plan } from "../plan.ts";
import { printJson, printLine, type Terminal } from "../terminal.ts";
import { type Manifest, rowsOf } from "./manifest.ts";

interface Flags {
  readonly [option: string]: unknown;
  readonly verify?: true;
  readonly json?: true;
}

/** Adds `backup` and `restore`. */
export function addBackupCommands(program: Command, terminal: Terminal, plan: Plan): void {
  withSettings(program.command("backup <folder>"), ["data"])
    .summary("copy the data while it is used")
    .description(
      "Copy the profiles, events and projects of a data folder into a new folder, and read it back. A server that has the data folder goes on.",
    )
    .option("--verify", "read an existing backup whole, and say whether it is as it was written")
    .option("--json", "print its manifest as JSON")
    .addHelpText(
      "after",
      `
Examples:
  whom backup --data /var/lib/whom /backups/whom-monday
  whom backup --verify /backups/whom-monday`,
    )
    .action((folder: string, flags: Flags) => {
      plan.work = async () => {
        const target = resolve(folder);
        const manifest = await (flags.verify === true
          ? (await import("./back-up.ts")).verify(target)
          : makeBackup(terminal, flags, target));
        return show(terminal, flags, flags.verify === true ? "verified" : "backed up", manifest);
      };
    });
  withSettings(program.command("restore <backup>"), ["data"])
    .summary("make a data folder of a backup")
    .description("Make a data folder of a backup, where none is, and open it once.")
    .option("--json", "print the backup's manifest as JSON")
    .addHelpText("after", "\nExample:\n  whom restore --data /var/lib/whom /backups/whom-monday")
    .action((backup: string, flags: Flags) => {
      plan.work = async () => {
        const { restore } = await import("./restore.ts");
        const { settings } = settingsOf(flags, terminal);
        const manifest = await restore(resolve(backup), settings.data, settings);
        return show(terminal, flags, "restored", manifest);
      };
    });
}

/** A server that has the folder makes the backup itself. */
async function makeBackup(terminal: Terminal, flags: Flags, target: string): Promise<Manifest> {
  const { giveOrder } = await import("../control/control.ts");
  const { data } = settingsOf(flags, terminal).settings;
  const made = await giveOrder(data, "backup", { target });
  if (made !== undefined) return made as Manifest;
  const { backUp } = await import("./back-up.ts");
  const folder = await openFolder(flags, terminal);
  try {
    return await backUp({ path: data, folder }, target);
  } finally {
    await folder.close();
  }
}

async function show(
  terminal: Terminal,
  { json }: Flags,
  done: string,
  manifest: Manifest,
): Promise<ExitCode> {
  if (json === true) {
    await printJson(terminal, manifest, 2);
    return EXIT.ok;
  }
  const megabytes = manifest.files.reduce((sum, { bytes }) => sum + bytes, 0) / 1e6;
  await printLine(
    terminal,
    `${done}: ${rowsOf(manifest, "profiles_")} profiles and ${rowsOf(manifest, "events_")} events, ` +
      `${megabytes.toFixed(1)} MB, as of ${manifest.createdAt}`,
  );
  return EXIT.ok;
}
