/**
 * `whom settings`: every setting, and the value in force.
 *
 * @module
 */
import { EXIT, type ExitCode } from "../failure.ts";
import { renderTable } from "../table.ts";
import { print, printJson, type Terminal } from "../terminal.ts";
import { type ResolvedSettings, SETTING_NAMES, SETTINGS } from "./settings.ts";

/** Prints the settings as they are in force. */
export async function runSettings(
  terminal: Terminal,
  { settings, origins }: ResolvedSettings,
  isJson: boolean,
): Promise<ExitCode> {
  const rows = SETTING_NAMES.map((name) => ({
    name,
    flag: SETTINGS[name].flag,
    variable: SETTINGS[name].variable,
    type: SETTINGS[name].type,
    default: SETTINGS[name].default,
    current: settings[name],
    origin: origins[name],
    description: SETTINGS[name].description,
  }));
  if (isJson) {
    await printJson(terminal, rows, 2);
    return EXIT.ok;
  }
  const head = ["flag", "variable", "type", "default", "current"];
  const cells = rows.map(({ flag, variable, type, default: otherwise, current, origin }) => [
    flag,
    variable,
    type,
    shown(otherwise),
    origin === "default" ? shown(current) : `${shown(current)} (${origin})`,
  ]);
  await print(terminal, renderTable(head, cells));
  return EXIT.ok;
}

function shown(value: string | number | boolean): string {
  return value === "" ? "(empty)" : String(value);
}
