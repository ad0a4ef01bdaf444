import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { readBearerTokens } from "../../src/cli/server/bearer-tokens.ts";
import { resolveSettings, SETTING_NAMES, SETTINGS } from "../../src/cli/settings/settings.ts";
import { whom } from "./support.ts";

const NOTHING = {};

describe("settings", () => {
  it("takes the default of every setting", () => {
    const { settings, origins } = resolveSettings(NOTHING, NOTHING);
    for (const name of SETTING_NAMES) {
      expect(settings[name]).toBe(SETTINGS[name].default);
      expect(origins[name]).toBe("default");
    }
  });

  it("lets a flag win over its variable, and a variable over the default", () => {
    const environment = { WHOM_PORT: "81", WHOM_HOST: "::1" };
    const { settings, origins } = resolveSettings({ port: "82" }, environment);
    expect([settings.port, settings.host, settings.logLevel]).toEqual([82, "::1", "info"]);
    expect([origins.port, origins.host, origins.logLevel]).toEqual(["flag", "variable", "default"]);
  });

  it("reads its own default of every setting that is not empty", () => {
    for (const name of SETTING_NAMES) {
      const { default: value, read } = SETTINGS[name];
      expect(read(String(value)), name).toBe(value);
    }
  });

  it.each([
    [{ port: "65536" }, {}, '--port must be a whole number from 0 to 65535, found "65536"'],
    [{}, { WHOM_PORT: "" }, "WHOM_PORT must be a whole number from 0 to 65535, found nothing"],
    [{}, { WHOM_PORT: "1e3" }, 'WHOM_PORT must be a whole number from 0 to 65535, found "1e3"'],
    [{ strictTokens: "maybe" }, {}, '--strict-tokens must be true or false, found "maybe"'],
    [{}, { WHOM_LOG_LEVEL: "loud" }, /^WHOM_LOG_LEVEL must be one of fatal, .* found "loud"$/],
    [
      { memoryLimit: "2 loaves" },
      {},
      /^--memory-limit must be a size such as 2GB, or empty, found/,
    ],
    [{ data: "" }, {}, "--data must be a folder, found nothing"],
  ])("refuses %j with %j, and names where it came from", (flags, environment, message) => {
    expect(() => resolveSettings(flags, environment)).toThrow(message);
  });

  it.each([
    [true, true],
    ["true", true],
    ["1", true],
    ["ON", true],
    ["no", false],
    ["0", false],
  ])("reads %j as the truth value %j", (text, value) => {
    expect(resolveSettings({ signedRequests: text }, NOTHING).settings.signedRequests).toBe(value);
  });

  it("are all in docs/settings.md, and nothing else is", () => {
    const page = readFileSync("docs/settings.md", "utf8");
    const documented = page
      .split("\n")
      .filter((line) => line.startsWith("| `--"))
      .map((line) =>
        line
          .split("|")
          .slice(1, -1)
          .map((cell) => cell.trim()),
      );
    const expected = SETTING_NAMES.map((name) => {
      const { flag, variable, type, default: value, description } = SETTINGS[name];
      const shown = value === "" ? "empty" : `\`${value}\``;
      return [`\`${flag}\``, `\`${variable}\``, type, shown, description];
    });
    expect(documented).toEqual(expected);
  });

  it("are printed with the value in force", async () => {
    const environment = { WHOM_PORT: "9000" };
    const { exitCode, output } = await whom(["settings", "--json"], { environment });
    const rows = JSON.parse(output) as { name: string; current: unknown; origin: string }[];
    expect(exitCode).toBe(0);
    expect(rows.map(({ name }) => name)).toEqual(SETTING_NAMES);
    expect(rows.find(({ name }) => name === "port")).toMatchObject({
      current: 9000,
      origin: "variable",
      default: 8274,
    });
    const table = await whom(["settings", "--strict-tokens"], { environment });
    expect(table.output).toMatch(/--port +WHOM_PORT .* 8274 +9000 \(variable\)/);
    expect(table.output).toMatch(/--strict-tokens .* false +true \(flag\)/);
  });
});

describe("bearer tokens", () => {
  it("are none without a file", async () => {
    expect(await readBearerTokens("")).toEqual([]);
  });

  it("name the file that cannot be read", async () => {
    await expect(readBearerTokens("/nowhere/tokens.json")).rejects.toThrow(
      /^--bearer-tokens must be a JSON file .* found \/nowhere\/tokens.json: no such file/,
    );
  });
});
