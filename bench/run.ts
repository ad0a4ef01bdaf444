/**
 * The benchmark: `npm run bench -- [COMMAND] [FLAGS]`; `--help` tells both.
 *
 * A command measures one thing, prints a table and, with `--save`, puts its lines into the results of this version.
 *
 * @module
 */
import { loadavg } from "node:os";
import type { Bench, Command } from "./bench.ts";
import { chart } from "./chart.ts";
import { classes } from "./commands/classes.ts";
import { exports } from "./commands/export.ts";
import { footprint } from "./commands/footprint.ts";
import { growth } from "./commands/growth.ts";
import { lookups } from "./commands/lookups.ts";
import { paging } from "./commands/paging.ts";
import { updates } from "./commands/updates.ts";
import { versionOfWhom } from "./data/folder.ts";
import { describeFlags, readFlags } from "./flags.ts";
import { thisMachine } from "./report/machine.ts";
import { groupLines, openResults, saveLines, tableOf } from "./report/results.ts";

interface CommandRow {
  readonly says: string;
  readonly run: Command;
}

const COMMANDS: ReadonlyMap<string, CommandRow> = new Map<string, CommandRow>([
  ["classes", { says: "the questions, beside the peers; without a command", run: classes }],
  ["paging", { says: "reading all, and later pages beside the first", run: paging }],
  ["updates", { says: "durable updates while queries are asked", run: updates }],
  ["lookups", { says: "look-ups by distinct id at a fixed rate", run: lookups }],
  ["export", { says: "whole results as one stream", run: exports }],
  ["growth", { says: "rows, properties, sessions, day: where more is stored", run: growth }],
  ["footprint", { says: "import, start, disk and memory", run: footprint }],
  ["chart", { says: "the saved results, into docs/performance.md and docs/charts", run: chart }],
]);

const read = readFlags(process.argv.slice(2));
if (read === undefined) {
  print(help());
} else {
  const [name = "classes", ...names] = read.names;
  const chosen = COMMANDS.get(name);
  if (chosen === undefined) throw new Error(`no command ${name}: see --help`);
  await run(chosen.run, { flags: read.flags, names, print });
}

async function run(command: Command, bench: Bench): Promise<void> {
  const version = versionOfWhom();
  const machine = thisMachine();
  // Better now than when everything is measured.
  if (bench.flags.save) {
    if (process.env["WHOM_BIN"] !== undefined) throw new Error("--save: WHOM_BIN is another build");
    openResults(version, machine);
  }
  const [load = 0] = loadavg();
  print(
    `Whom ${version}, ${machine.cores} cores, Node.js ${machine.node}, load ${load.toFixed(2)} before`,
  );
  const { lines, engines = [] } = await command(bench);
  for (const [title, group] of groupLines(lines)) print(`\n${title}\n\n${tableOf(group)}`);
  if (!bench.flags.save) return;
  const file = saveLines({ version, machine }, { lines, engines });
  print(`\nsaved in ${file}`);
}

function help(): string {
  const commands = [...COMMANDS].map(([name, { says }]) => `  ${name.padEnd(22)}${says}`);
  return `npm run bench -- [COMMAND] [FLAGS]\n\n${commands.join("\n")}\n\n${describeFlags()}`;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
