import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { openGatheringLog, openLog } from "../../src/cli/server/log.ts";

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "whom-log-"));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

/** The numbers of the lines in a log, in their order. */
function numbersOf(text: string): readonly number[] {
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => (JSON.parse(line) as { readonly n: number }).n);
}

describe("a log that gathers", () => {
  it("writes a line soon, though no other follows", async () => {
    const path = join(folder, "log");
    openGatheringLog("info", path).info({ n: 7 }, "alone");
    await vi.waitFor(
      async () => expect(numbersOf(await readFile(path, "utf8"))).toEqual([7]),
      2000,
    );
  });

  it("writes many lines, each once and in their order", async () => {
    const path = join(folder, "log");
    const logger = openGatheringLog("info", path);
    const numbers = Array.from({ length: 5000 }, (_, n) => n);
    for (const n of numbers) logger.info({ n }, "one of many");
    await vi.waitFor(
      async () => expect(numbersOf(await readFile(path, "utf8"))).toEqual(numbers),
      5000,
    );
  });

  it("writes what it has gathered when the process exits", async () => {
    const module = pathToFileURL("src/cli/server/log.ts").href;
    const script = `
      import { openLog } from ${JSON.stringify(module)};
      const logger = openLog("info", process.stderr);
      for (let n = 0; n < 10; n++) logger.info({ n }, "before the end");
      process.exit(0);`;
    const child = spawn(process.execPath, ["--import", "tsx", "--input-type=module", "-e", script]);
    let text = "";
    child.stderr.setEncoding("utf8").on("data", (part: string) => {
      text += part;
    });
    await once(child, "close");
    expect(numbersOf(text)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });
});

it("writes a line at once where the terminal has a stream of its own", () => {
  const notes = new PassThrough();
  openLog("info", notes).info({ n: 1 }, "seen");
  expect(numbersOf(String(notes.read()))).toEqual([1]);
});
