import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Writable } from "node:stream";
import { describe, expect, it } from "vitest";
import { openLog } from "../../src/cli/server/log.ts";
import { linesForScreen, printableLines } from "../../src/cli/terminal.ts";
import { runOn, screenFaults } from "../support/injection/terminal.ts";
import { temporaryFolder } from "./support.ts";

/** Clears the screen, names the window, and hides what follows; as C0 and as C1. */
const STEERING = "a\u001b[2J\u001b]0;b\u0007\u009b8m\u007f\r\u202ec";

async function dataFolder(): Promise<string> {
  const data = join(await temporaryFolder(), "data");
  await runOn(["init", "--data", data], { isScreen: true });
  return data;
}

describe("what is stored", () => {
  it("never steers the screen it is printed on, in any format", async () => {
    const data = await dataFolder();
    const file = join(data, "profiles.ndjson");
    const event = {
      event: STEERING,
      properties: { distinct_id: STEERING, time: 1_700_000_000, $insert_id: "a" },
    };
    const profile = { $distinct_id: STEERING, $properties: { [STEERING]: STEERING } };
    await writeFile(file, `${JSON.stringify(profile)}\n`);
    await runOn(["import", "--data", data, file], { isScreen: true });
    await writeFile(file, `${JSON.stringify(event)}\n`);
    await runOn(["import", "--data", data, "--events", file], { isScreen: true });
    const selector = 'defined(properties["a"])';
    const made = ["cohort", "create", "--data", data, "--selector", selector, STEERING];
    await runOn(made, { isScreen: true });
    for (const line of [
      ["query", "--format", "csv"],
      ["query", "--format", "ndjson"],
      ["query"],
      ["export"],
      ["export", "--format", "csv"],
      ["events", "--from", "2023-11-14"],
      ["cohort", "list", "--json"],
      ["cohort", "list"],
      ["cohort", "delete", STEERING],
    ]) {
      const words = line[0] === "cohort" ? 2 : 1;
      const command = [...line.slice(0, words), "--data", data, ...line.slice(words)];
      const { exitCode, output, notes } = await runOn(command, { isScreen: true });
      expect([line, exitCode, screenFaults(output), screenFaults(notes)]).toEqual([
        line,
        0,
        [],
        [],
      ]);
      expect(`${output}${notes}`, line.join(" ")).toContain("8m");
    }
  });

  it("goes into files and programs as it is", async () => {
    const data = await dataFolder();
    const file = join(data, "profiles.ndjson");
    await writeFile(
      file,
      `${JSON.stringify({ $distinct_id: "a", $properties: { p: STEERING } })}\n`,
    );
    await runOn(["import", "--data", data, file], { isScreen: false });
    const command = ["query", "--data", data, "--format", "csv", "--properties", "p"];
    const { output } = await runOn(command, { isScreen: false });
    expect(output).toContain(STEERING);
  });
});

describe("what the command line and the names of files hold", () => {
  it("never steers the screen", async () => {
    const data = await dataFolder();
    const file = join(data, `{bar}${STEERING}.ndjson`);
    await writeFile(file, '{"$distinct_id": "a", "$properties": {}}\nno JSON\n');
    for (const command of [
      ["import", "--data", data, file],
      ["import", "--data", data, file, "--resume"],
      ["export", "--data", data, "--output", file],
      [`--${STEERING}`],
      [STEERING],
      ["query", "--data", STEERING],
      ["query", "--data", data, "--format", STEERING],
      ["query", "--data", data, STEERING],
    ]) {
      const { output, notes } = await runOn(command, { isScreen: true });
      expect([command, screenFaults(output), screenFaults(notes)]).toEqual([command, [], []]);
    }
  });
});

describe("lines for a screen", () => {
  it("keep their ends, wherever the bytes are divided", async () => {
    const bytes = Buffer.from("ä\u009b\r\nb\rc\n\nd");
    for (let at = 0; at <= bytes.length; at++) {
      const shown: string[] = [];
      for await (const part of linesForScreen(parts(bytes.subarray(0, at), bytes.subarray(at)))) {
        shown.push(part);
      }
      expect(shown.join("")).toBe("ä\\u009b\nb\\u000dc\n\nd");
    }
    expect(printableLines("a\tb")).toBe("a\\tb");
  });
});

async function* parts(...texts: readonly Buffer[]): AsyncGenerator<Buffer> {
  yield* texts;
}

describe("a log that somebody watches", () => {
  it("holds no control character", () => {
    let text = "";
    const notes = Object.assign(
      new Writable({
        write: (chunk: Buffer, _encoding, done) => {
          text += chunk.toString();
          done();
        },
      }),
      { isTTY: true },
    );
    openLog("info", notes).info({ path: STEERING }, STEERING);
    expect(screenFaults(text)).toEqual([]);
    expect(JSON.parse(text).path).toBe(STEERING);
  });
});
