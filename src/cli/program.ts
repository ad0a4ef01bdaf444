/**
 * The command table: arguments to a command and its options.
 *
 * Commands load their parts when they run, so that `--help` need not wait for the engine.
 *
 * @module
 */
import { Command } from "commander";
import { addBackupCommands } from "./backup/commands.ts";
import { addCohortCommands } from "./cohort/commands.ts";
import { EXIT, type ExitCode, reportFailure } from "./failure.ts";
import { addImportCommand } from "./import/commands.ts";
import type { Plan } from "./plan.ts";
import { addProjectCommands } from "./project/commands.ts";
import { addQueryCommands } from "./query/commands.ts";
import { addServerCommands } from "./server/commands.ts";
import { printableLines, type Terminal } from "./terminal.ts";
import { addUpkeepCommands } from "./upkeep/commands.ts";
import { packageVersion } from "./version.ts";

const EXIT_CODES = `
Exit codes: 0 done; 1 some records were rejected, or it failed; 2 wrong usage, setting or selector;
3 the data folder or the server cannot be used.`;

/** Runs a command line; failures are reported, not thrown. */
export async function run(commandLine: readonly string[], terminal: Terminal): Promise<ExitCode> {
  const plan: Plan = { work: undefined };
  try {
    const program = makeProgram(terminal, plan);
    await program.parseAsync([...commandLine], { from: "user" });
    return await workOf(plan);
  } catch (error) {
    return reportFailure(terminal, error);
  }
}

/** A command without work, such as `--help`, has done all there is to do. */
function workOf({ work }: Plan): Promise<ExitCode> {
  return work === undefined ? Promise.resolve(EXIT.ok) : work();
}

/** The program with all its commands. */
export function makeProgram(terminal: Terminal, plan: Plan): Command {
  const program = new Command("whom")
    .description("Store profiles, and query them as the Query Profiles API does.")
    .version(packageVersion(), "-V, --version", "print the version")
    .helpOption("-h, --help", "print this help")
    .helpCommand("help [command]", "print the help of a command")
    .addHelpText("after", EXIT_CODES)
    .showHelpAfterError("hint: whom --help lists every command");
  addServerCommands(program, terminal, plan);
  addProjectCommands(program, terminal, plan);
  addImportCommand(program, terminal, plan);
  addQueryCommands(program, terminal, plan);
  addCohortCommands(program, terminal, plan);
  addUpkeepCommands(program, terminal, plan);
  addBackupCommands(program, terminal, plan);
  for (const command of allCommands(program)) {
    if (command !== program) command.showHelpAfterError(helpHint(command));
    command.exitOverride().configureOutput({
      writeOut: (text) => terminal.output.write(text),
      writeErr: (text) => terminal.notes.write(printableLines(text)),
      getOutHelpWidth: () => terminal.output.columns ?? 100,
      getErrHelpWidth: () => terminal.notes.columns ?? 100,
    });
  }
  return program;
}

/** Where somebody who mistyped a command finds how it is used. */
function helpHint(command: Command): string {
  const parent = command.parent?.parent ? `${command.parent.name()} ` : "";
  const takesSelector = command.registeredArguments.some(
    (argument) => argument.name() === "selector",
  );
  const dashes = takesSelector ? "; put -- before a selector that begins with -" : "";
  return `hint: whom ${parent}${command.name()} --help shows how it is used${dashes}`;
}

/** A command and all below it. */
export function allCommands(command: Command): readonly Command[] {
  return [command, ...command.commands.flatMap(allCommands)];
}
