/**
 * The options that several commands share, and how their texts are read.
 *
 * @module
 */
import { type Command, InvalidArgumentError, Option } from "commander";
import { fail } from "../errors/error.ts";
import { isDay } from "../event/window.ts";
import type { Project } from "../project/project.ts";
import { parseInstant } from "../values/time.ts";
import type { DataFolder } from "./data-folder.ts";
import { basicCredentials } from "./http-client.ts";
import type { ServerAddress } from "./query/profile-source.ts";
import {
  type FlagValues,
  type ResolvedSettings,
  resolveSettings,
  SETTING_NAMES,
  SETTINGS,
  type SettingName,
} from "./settings/settings.ts";
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

const CREDENTIAL_OPTIONS: readonly (readonly [string, string, string])[] = [
  ["--username <name>", "service account of the server", "WHOM_USERNAME"],
  ["--secret <secret>", "its secret; better given as the variable", "WHOM_SECRET"],
];

/** Where a command works: in a project, on users or groups of it, and perhaps on a server. */
type PlaceOption = "project" | "group" | "server";

/** Adds those of `--project`, `--group` and `--server` that a command can make use of. */
export function withPlace(command: Command, place: readonly PlaceOption[]): Command {
  if (place.includes("project")) {
    const description = "project; not needed where there is only one";
    addOption(command, "--project <id or name>", description, "WHOM_PROJECT");
  }
  if (place.includes("group")) {
    command.option("--group <key>", "the groups of this group key instead of users", groupKey);
  }
  if (place.includes("server")) {
    const description = "ask this running server, not a data folder";
    addOption(command, "--server <url>", description, "WHOM_SERVER");
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

/** A running server and who asks it; undefined when a command works on a data folder. */
export function serverLogin(
  options: ProfileOptions,
  terminal: Terminal,
): { readonly url: string; readonly authorization: string } | undefined {
  const url = given(options.server, "WHOM_SERVER", terminal);
  if (url === undefined) return undefined;
  const username = required(options.username, "WHOM_USERNAME", "--username", terminal);
  const secret = given(options.secret, "WHOM_SECRET", terminal) ?? "";
  return { url, authorization: basicCredentials(username, secret) };
}

/** A running server and a project of it; undefined when a command works on a data folder. */
export function serverAddress(
  options: ProfileOptions,
  terminal: Terminal,
): ServerAddress | undefined {
  const login = serverLogin(options, terminal);
  const project = given(options.project, "WHOM_PROJECT", terminal);
  return login && { ...login, projectId: projectId(project) };
}

/** A project of an opened data folder. */
export interface OpenedProject {
  readonly folder: DataFolder;
  readonly project: Project;
}

/** Does something with a project of the data folder that the settings name. */
export async function withFolderProject<Result>(
  options: ProfileOptions & Readonly<Record<string, unknown>>,
  terminal: Terminal,
  work: (opened: OpenedProject) => Promise<Result>,
): Promise<Result> {
  const { findProject } = await import("./data-folder.ts");
  const folder = await openFolder(options, terminal);
  try {
    const wanted = given(options.project, "WHOM_PROJECT", terminal);
    return await work({ folder, project: findProject(folder.directory, wanted) });
  } finally {
    await folder.close();
  }
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

/** Reads an option that may be repeated. */
export function gather(text: string, gathered: readonly string[]): readonly string[] {
  return [...gathered, text];
}

/** Reads a day of the calendar. */
export function day(text: string): string {
  if (!isDay(text)) throw new InvalidArgumentError("It must be a day as YYYY-MM-DD.");
  return text;
}

/** Reads epoch seconds, or a date and time. */
export function instant(text: string): number {
  const seconds = /^\d{1,15}$/.test(text) ? Number(text) : parseInstant(text, "UTC");
  if (seconds !== undefined) return seconds;
  throw new InvalidArgumentError("It must be epoch seconds, or a date and time.");
}

/** Reads JSON. */
export function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new InvalidArgumentError("It must be JSON.");
  }
}

/** Reads a list of names, with commas between. */
export function names(text: string): readonly string[] {
  return text
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
}
