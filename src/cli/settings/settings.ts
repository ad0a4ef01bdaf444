/**
 * Flags and environment variables as settings: every setting of Whom, in one table.
 *
 * A flag wins over its variable, a variable over the default. `docs/settings.md` has a row for each,
 * checked by a test.
 *
 * @module
 */
import { fail } from "../../errors/error.ts";
import {
  SESSION_BYTES_MAX,
  SESSION_IDLE_MS,
  SESSIONS_PER_PROJECT_MAX,
} from "../../paging/session-store.ts";

/** How much the server logs. */
type LogLevel = "fatal" | "error" | "warn" | "info" | "debug" | "trace" | "silent";

/** What a server runs with. */
export interface Settings {
  readonly data: string;
  readonly host: string;
  readonly port: number;
  readonly logLevel: LogLevel;
  readonly bodyBytesMax: number;
  readonly queryTimeoutMs: number;
  readonly queryProfilesMax: number;
  readonly stopTimeoutMs: number;
  readonly sessionIdleMs: number;
  readonly sessionsPerProjectMax: number;
  readonly sessionBytesMax: number;
  readonly strictTokens: boolean;
  readonly strictQueryRoles: boolean;
  readonly signedRequests: boolean;
  readonly bearerTokens: string;
  readonly memoryLimit: string;
  readonly tempLimit: string;
  readonly threads: number;
}

/** The name of a setting. */
export type SettingName = keyof Settings;

/** One row of the table. */
export interface Setting<Value> {
  /** `--query-timeout-ms` */
  readonly flag: string;
  /** `WHOM_QUERY_TIMEOUT_MS` */
  readonly variable: string;
  /** What a value must be, as a noun phrase for tables and errors. */
  readonly type: string;
  readonly default: Value;
  /** A sentence without its full stop. */
  readonly description: string;
  /** The value a text stands for; undefined when the text is not of the type. */
  read(text: string): Value | undefined;
}

/** Where the value in force came from. */
type SettingOrigin = "flag" | "variable" | "default";

/** The settings in force, and where each came from. */
export interface ResolvedSettings {
  readonly settings: Settings;
  readonly origins: Readonly<Record<SettingName, SettingOrigin>>;
}

const LOG_LEVELS: readonly LogLevel[] = [
  "fatal",
  "error",
  "warn",
  "info",
  "debug",
  "trace",
  "silent",
];
const PORT_MAX = 65_535;
/** More than keys of profiles can tell apart. */
const PROFILE_COUNT_MAX = 4_294_967_295;
const MINUTE_MS = 60_000;
const MIB = 1024 * 1024;

/** Every setting, in the order it is listed. */
export const SETTINGS: { readonly [Name in SettingName]: Setting<Settings[Name]> } = {
  data: text(
    "data",
    "a folder",
    "./whom-data",
    "folder that holds profiles, projects and sessions",
  ),
  host: text(
    "host",
    "an address",
    "127.0.0.1",
    "address to listen on; 0.0.0.0 for every interface",
  ),
  port: integer("port", 0, PORT_MAX, 8274, "TCP port to listen on; 0 takes a free one"),
  logLevel: choice("log-level", LOG_LEVELS, "info", "least severe log line that is written"),
  bodyBytesMax: integer(
    "body-bytes-max",
    1024,
    1024 * MIB,
    32 * MIB,
    "largest request body in bytes, before and after it is inflated",
  ),
  queryTimeoutMs: integer(
    "query-timeout-ms",
    1,
    24 * 60 * MINUTE_MS,
    8 * MINUTE_MS,
    "longest time one query may run, in milliseconds",
  ),
  queryProfilesMax: integer(
    "query-profiles-max",
    0,
    PROFILE_COUNT_MAX,
    0,
    "most profiles one query may select for pages or an export; 0 for any number",
  ),
  stopTimeoutMs: integer(
    "stop-timeout-ms",
    0,
    60 * MINUTE_MS,
    MINUTE_MS / 2,
    "longest wait for running requests when the server stops, in milliseconds",
  ),
  sessionIdleMs: integer(
    "session-idle-ms",
    1000,
    30 * 24 * 60 * MINUTE_MS,
    SESSION_IDLE_MS,
    "time after its last use at which a paging session expires, in milliseconds",
  ),
  sessionsPerProjectMax: integer(
    "sessions-per-project-max",
    1,
    1_000_000,
    SESSIONS_PER_PROJECT_MAX,
    "paging sessions a project may hold; the one unused for longest makes room",
  ),
  sessionBytesMax: integer(
    "session-bytes-max",
    1024,
    1024 * 1024 * MIB,
    SESSION_BYTES_MAX,
    "bytes of disk all paging sessions may take",
  ),
  strictTokens: flag("strict-tokens", "answer 0 to writes whose token names no project"),
  strictQueryRoles: flag("strict-query-roles", "refuse queries of the role consumer"),
  signedRequests: flag("signed-requests", "accept requests signed with api_key, expire and sig"),
  bearerTokens: text(
    "bearer-tokens",
    "a file",
    "",
    "JSON file of bearer tokens, each with its service account; empty for none",
  ),
  memoryLimit: size(
    "memory-limit",
    "memory the engine may use; empty leaves it half of the machine's, or of the container's",
  ),
  tempLimit: size(
    "temp-limit",
    "disk the engine may use for what does not fit in memory; empty leaves it half of what is free at the start",
  ),
  threads: integer("threads", 0, 1024, 0, "threads of the engine; 0 takes one for each core"),
};

/** The names of the table, in its order. */
export const SETTING_NAMES: readonly SettingName[] = Object.keys(SETTINGS) as SettingName[];

/** Values of flags as the command line gave them: text, or true for a flag without a value. */
export type FlagValues = Readonly<Partial<Record<SettingName, string | boolean>>>;

/** Environment variables. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The settings in force.
 *
 * @throws `setting.invalid` naming the flag or variable that holds the value
 */
export function resolveSettings(flags: FlagValues, environment: Environment): ResolvedSettings {
  const values = new Map<SettingName, unknown>();
  const origins = new Map<SettingName, SettingOrigin>();
  for (const name of SETTING_NAMES) {
    const { value, origin } = resolve(name, flags[name], environment[SETTINGS[name].variable]);
    values.set(name, value);
    origins.set(name, origin);
  }
  return {
    settings: Object.fromEntries(values) as unknown as Settings,
    origins: Object.fromEntries(origins) as Record<SettingName, SettingOrigin>,
  };
}

function resolve(
  name: SettingName,
  flagValue: string | boolean | undefined,
  variableValue: string | undefined,
): { readonly value: unknown; readonly origin: SettingOrigin } {
  const setting = SETTINGS[name];
  if (flagValue !== undefined) {
    return { value: read(setting, String(flagValue), setting.flag), origin: "flag" };
  }
  if (variableValue !== undefined) {
    return { value: read(setting, variableValue, setting.variable), origin: "variable" };
  }
  return { value: setting.default, origin: "default" };
}

function read(setting: Setting<unknown>, found: string, where: string): unknown {
  const value = setting.read(found);
  if (value === undefined) {
    throw fail("setting.invalid", {
      setting: where,
      expected: setting.type,
      found: found === "" ? "nothing" : JSON.stringify(found),
    });
  }
  return value;
}

function names(name: string): { readonly flag: string; readonly variable: string } {
  return { flag: `--${name}`, variable: `WHOM_${name.toUpperCase().replaceAll("-", "_")}` };
}

function text(name: string, type: string, value: string, description: string): Setting<string> {
  return {
    ...names(name),
    type,
    default: value,
    description,
    read: (found) => (found === "" && value !== "" ? undefined : found),
  };
}

function integer(
  name: string,
  min: number,
  max: number,
  value: number,
  description: string,
): Setting<number> {
  return {
    ...names(name),
    type: `a whole number from ${min} to ${max}`,
    default: value,
    description,
    read: (found) => {
      const number = /^\d{1,15}$/.test(found) ? Number(found) : Number.NaN;
      return number >= min && number <= max ? number : undefined;
    },
  };
}

function size(name: string, description: string): Setting<string> {
  return {
    ...names(name),
    type: "a size such as 2GB, or empty",
    default: "",
    description,
    read: (found) => (/^(\d+(\.\d+)?\s*[KMGT]i?B)?$/i.test(found) ? found : undefined),
  };
}

function choice<Option extends string>(
  name: string,
  options: readonly Option[],
  value: Option,
  description: string,
): Setting<Option> {
  return {
    ...names(name),
    type: `one of ${options.join(", ")}`,
    default: value,
    description,
    read: (found) => options.find((option) => option === found),
  };
}

function flag(name: string, description: string): Setting<boolean> {
  return {
    ...names(name),
    type: "true or false",
    default: false,
    description,
    read: (found) => {
      if (["true", "1", "yes", "on"].includes(found.toLowerCase())) return true;
      return ["false", "0", "no", "off"].includes(found.toLowerCase()) ? false : undefined;
    },
  };
}
