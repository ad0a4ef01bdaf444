/**
 * The options that several commands share, and how their texts are read.
 *
 * @module
 */
import { type Command, InvalidArgumentError, Option } from "commander";
import { fail } from "../errors/error.ts";
import type { DataFolder } from "./data-folder.ts";
import { basicCredentials } from "./http-client.ts";
import type { ProfileSource } from "./profile-source.ts";
import {
  type FlagValues,
  type ResolvedSettings,
  resolveSettings,
  SETTING_NAMES,
  SETTINGS,
  type SettingName,
} from "./settings.ts";
import type { Terminal } from "./terminal.ts";

/** Settings of this type are switched on by their flag alone. */
const BOOLEAN_TYPE = "true or false";

/** Adds the flags of settings. Their texts are read by `resolveSettings`, which knows where they came from. */
export function withSettings(command: Command, names: readonly SettingName[]): Command {
  for (const name of names) {
    const { flag, variable, type, default: value, description } = SETTINGS[name];
    const placeholder = type === BOOLEAN_TYPE ? "[boolean]" : "<value>";
    const shown = value === "" ? "empty" : String(value);
    command.addOption(
      new Option(`${flag} ${placeholder}`, `${description} (${variable}; default: ${shown})`),
    );
  }
  return command;
}

/** The settings in force for a command. */
export function settingsOf(
  options: Readonly<Record<string, unknown>>,
  terminal: Terminal,
): ResolvedSettings {
  const flags: Partial<Record<SettingName, string | boolean>> = {};
  for (const name of SETTING_NAMES) {
    const value = options[name];
    if (typeof value === "string" || typeof value === "boolean") flags[name] = value;
  }
  return resolveSettings(flags satisfies FlagValues, terminal.environment);
}

/** The options that name a project and a kind of profile, in a data folder or on a server. */
export interface ProfileOptions {
  readonly project?: string;
  readonly group?: string;
  readonly server?: string;
  readonly username?: string;
  readonly secret?: string;
}

/** Reads the key of groups. */
function groupKey(text: string): string {
  if (text === "") throw new InvalidArgumentError("It must not be empty.");
  return text;
}

const PROFILE_OPTIONS: readonly (readonly [string, string, string | undefined])[] = [
  ["--project <id or name>", "project; not needed where there is only one", "WHOM_PROJECT"],
  ["--group <key>", "the groups of this group key instead of users", undefined],
  ["--server <url>", "ask this running server, not a data folder", "WHOM_SERVER"],
];

const CREDENTIAL_OPTIONS: readonly (readonly [string, string, string])[] = [
  ["--username <name>", "service account of the server", "WHOM_USERNAME"],
  ["--secret <secret>", "its secret; better given as the variable", "WHOM_SECRET"],
];

/** Adds `--project`, `--group` and, for commands that can ask one, `--server`. */
export function withProfileOptions(
  command: Command,
  place: "folder" | "folder or server",
): Command {
  for (const [flags, description, variable] of PROFILE_OPTIONS) {
    if (flags.startsWith("--server") && place === "folder") continue;
    if (flags.startsWith("--group")) command.option(flags, description, groupKey);
    else addOption(command, flags, description, variable);
  }
  return command;
}

/** Adds `--username` and `--secret`. */
export function withCredentials(command: Command): Command {
  for (const [flags, description, variable] of CREDENTIAL_OPTIONS) {
    addOption(command, flags, description, variable);
  }
  return command;
}

/** Adds an option that a variable can give as well. */
export function addOption(
  command: Command,
  flags: string,
  description: string,
  variable: string | undefined,
): void {
  const text = variable === undefined ? description : `${description} (${variable})`;
  command.addOption(new Option(flags, text));
}

/** The value of an option, or of the variable that stands in for it. */
export function given(
  value: string | undefined,
  variable: string,
  terminal: Terminal,
): string | undefined {
  const found = value ?? terminal.environment[variable];
  return found === "" ? undefined : found;
}

/** Opens what a reading command reads: a server if one is named, else the data folder. */
export async function openSource(
  options: ProfileOptions & Readonly<Record<string, unknown>>,
  terminal: Terminal,
): Promise<ProfileSource> {
  const { serverSource, storeSource } = await import("./profile-source.ts");
  const project = given(options.project, "WHOM_PROJECT", terminal);
  const url = given(options.server, "WHOM_SERVER", terminal);
  if (url !== undefined) {
    const username = required(options.username, "WHOM_USERNAME", "--username", terminal);
    const secret = given(options.secret, "WHOM_SECRET", terminal) ?? "";
    const authorization = basicCredentials(username, secret);
    return serverSource({ url, authorization, projectId: projectId(project) });
  }
  const { findProject } = await import("./data-folder.ts");
  const folder = await openFolder(options, terminal);
  return closingOnFailure(folder, async () =>
    storeSource(folder.store, findProject(folder.directory, project), () => folder.close()),
  );
}

/** The project of a server, which knows names of projects only as texts to show. @throws `command.invalid` */
function projectId(project: string | undefined): string {
  if (project !== undefined && /^\d+$/.test(project)) return project;
  throw fail("command.invalid", {
    reason:
      project === undefined
        ? "--project is missing"
        : `a server needs the id of the project, found ${JSON.stringify(project)}`,
    hint: "give its id with --project or WHOM_PROJECT; whom project list shows it",
  });
}

/** Opens the data folder that the settings name. */
export async function openFolder(
  options: Readonly<Record<string, unknown>>,
  terminal: Terminal,
): Promise<DataFolder> {
  const { openDataFolder } = await import("./data-folder.ts");
  const { settings } = settingsOf(options, terminal);
  return openDataFolder(settings.data, settings);
}

/** Does something with an opened folder, which is let go of if that fails. */
export async function closingOnFailure<Made>(
  folder: DataFolder,
  make: () => Promise<Made>,
): Promise<Made> {
  try {
    return await make();
  } catch (error) {
    await folder.close();
    throw error;
  }
}

/** An option that has to be there. @throws `command.invalid` */
export function required(
  value: string | undefined,
  variable: string,
  flag: string,
  terminal: Terminal,
): string {
  const found = given(value, variable, terminal);
  if (found !== undefined) return found;
  throw fail("command.invalid", {
    reason: `${flag} is missing`,
    hint: `give it with ${flag}, or as the variable ${variable}`,
  });
}

/** Reads a whole number that an option gives. */
export function count(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError("It must be a whole number.");
  return Number(text);
}

/** Reads a list of names, with commas between. */
export function names(text: string): readonly string[] {
  return text
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
}
