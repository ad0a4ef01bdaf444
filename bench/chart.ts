/**
 * The saved results of this version as the tables of `docs/performance.md` and the charts of `docs/charts`.
 *
 * @module
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import type { Bench, Measured } from "./bench.ts";
import { versionOfWhom } from "./data/folder.ts";
import { barsOf, drawBars, fileNameOf, summaryOf } from "./report/bars.ts";
import { fillDocument } from "./report/document.ts";
import {
  groupLines,
  RESULTS_FOLDER,
  type ResultLine,
  type Results,
  readResults,
  tableOf,
} from "./report/results.ts";

const DOCUMENT = new URL("../docs/performance.md", import.meta.url);
const CHARTS = new URL("../docs/charts/", import.meta.url);
/** Before the title of a table, in the name of the block that has its charts. */
const CHARTS_OF = "charts of ";

/** `chart` */
export function chart({ print }: Bench): Promise<Measured> {
  const file = new URL(`${versionOfWhom()}.json`, RESULTS_FOLDER);
  if (!existsSync(file)) throw new Error(`no ${file.pathname}: measure with --save first`);
  const results = readResults(file);
  const groups = groupLines(results.lines);
  const shown = new Set<string>();
  const { text, left } = fillDocument(readFileSync(DOCUMENT, "utf8"), (name) => {
    if (name === "machine") return machineText(results);
    if (name.startsWith(CHARTS_OF)) return chartsOf(groups.get(name.slice(CHARTS_OF.length)));
    const titles = [...groups.keys()].filter((title) => title === name || isOf(title, name));
    for (const title of titles) shown.add(title);
    return titles.length === 0 ? undefined : tablesOf(titles, name, groups);
  });
  writeFileSync(DOCUMENT, text);
  for (const name of left) print(`nothing measured for the block: ${name}`);
  for (const title of groups.keys()) {
    if (!shown.has(title)) print(`measured, but without a block: ${title}`);
  }
  return Promise.resolve({ lines: [] });
}

/** Whether a table is of a command: a block can be for all tables of one. */
function isOf(title: string, command: string): boolean {
  return title.startsWith(`${command} | `);
}

function tablesOf(
  titles: readonly string[],
  name: string,
  groups: ReadonlyMap<string, readonly ResultLine[]>,
): string {
  return titles
    .map((title) => {
      const table = tableOf(groups.get(title) ?? []);
      return title === name ? table : `${title.slice(name.length + " | ".length)}:\n\n${table}`;
    })
    .join("\n\n");
}

function chartsOf(lines: readonly ResultLine[] | undefined): string | undefined {
  if (lines === undefined) return undefined;
  mkdirSync(CHARTS, { recursive: true });
  const images = lines.map((line) => {
    const bars = barsOf(line);
    writeFileSync(new URL(fileNameOf(bars), CHARTS), drawBars(bars));
    return `![${summaryOf(bars)}](charts/${fileNameOf(bars)})`;
  });
  return images.join("\n\n");
}

function machineText({ version, machine, engines }: Results): string {
  const { cores, processor, memoryGb, system, node } = machine;
  const beside = engines.length === 0 ? "" : ` Beside it: ${engines.join(", ")}.`;
  return `Version ${version} on ${cores} cores (${processor}), ${memoryGb} GB, ${system}, Node.js ${node}.${beside}`;
}
