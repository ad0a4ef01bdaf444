import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { allCommands, makeProgram } from "../../src/cli/program.ts";
import { SETTING_NAMES, SETTINGS } from "../../src/cli/settings/settings.ts";
import { recordingTerminal, whom } from "./support.ts";

const program = makeProgram(recordingTerminal().terminal, { work: undefined });
const commands = new Map(
  allCommands(program)
    .filter((command) => command !== program)
    .map((command) => {
      const parent = command.parent === program ? "" : `${command.parent?.name()} `;
      return [`whom ${parent}${command.name()}`, command] as const;
    }),
);
const sections = new Map(
  readFileSync("docs/cli.md", "utf8")
    .split(/^## /m)
    .slice(1)
    .map((section) => {
      const [title = "", ...lines] = section.split("\n");
      return [title.trim(), lines.join("\n")] as const;
    }),
);
const settingFlags = new Set(SETTING_NAMES.map((name) => SETTINGS[name].flag));

describe("docs/cli.md", () => {
  it("has a section for each command, and for nothing else", () => {
    expect([...sections.keys()]).toEqual([...commands.keys()]);
  });

  it.each([...commands])("lists exactly the options of %s", (name, command) => {
    const section = sections.get(name) ?? "";
    const listed = [...section.matchAll(/^\| `(?:-\w, )?(--[a-z-]+)/gm)].map(([, flag]) => flag);
    // The settings of the server are in docs/settings.md, which has a test of its own.
    const isServer = section.includes("settings.md");
    const flags = command.options.map(({ long }) => long ?? "");
    expect(listed).toEqual(flags.filter((flag) => !(isServer && settingFlags.has(flag))));
  });
});

describe("--help", () => {
  it.each([...commands.keys()])("of %s describes it", async (name) => {
    const { exitCode, output } = await whom([...name.split(" ").slice(1), "--help"]);
    expect(exitCode).toBe(0);
    expect(output).toContain(`Usage: ${name}`);
    const isGroup = commands.get(name)?.commands.length !== 0;
    expect(/Examples?:\n {2}/.test(output)).toBe(!isGroup);
  });
});
