import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { setTimeout } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { openGatheringLog, openLog } from "../../src/cli/server/log.ts";

let folder: string;
let path: string;
let file: number;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "whom-log-"));
  path = join(folder, "log");
  file = openSync(path, "a");
});

afterEach(async () => {
  closeSync(file);
  await rm(folder, { recursive: true, force: true });
});

/** A process that logs ten lines on standard error and then does something else. */
function spawnLogging(then: string): ChildProcessWithoutNullStreams {
  const module = pathToFileURL("src/cli/server/log.ts").href;
  const script = `
    import { openLog } from ${JSON.stringify(module)};
    const logger = openLog("info", process.stderr);
    for (let n = 0; n < 10; n++) logger.info({ n }, "before the end");
    ${then}`;
  return spawn(process.execPath, ["--import", "tsx", "--input-type=module", "-e", script]);
}

/** The numbers of the lines in a log, in their order. */
function numbersOf(text: string): readonly number[] {
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => (JSON.parse(line) as { readonly n: number }).n);
}

describe("a log that gathers", () => {
  it("writes a line soon, though no other follows", async () => {
    openGatheringLog("info", file).info({ n: 7 }, "alone");
    await vi.waitFor(
      async () => expect(numbersOf(await readFile(path, "utf8"))).toEqual([7]),
      2000,
    );
  });

  it("writes many lines, each once and in their order", async () => {
    const logger = openGatheringLog("info", file);
    const numbers = Array.from({ length: 5000 }, (_, n) => n);
    for (const n of numbers) logger.info({ n }, "one of many");
    await vi.waitFor(
      async () => expect(numbersOf(await readFile(path, "utf8"))).toEqual(numbers),
      5000,
    );
  });

  it("writes what it has gathered when the process exits", async () => {
    const child = spawnLogging("process.exit(0)");
    let text = "";
    child.stderr.setEncoding("utf8").on("data", (part: string) => {
      text += part;
    });
    await once(child, "close");
    expect(numbersOf(text)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it("goes on when its reader has gone, and ends", async () => {
    const child = spawnLogging(`
      process.stdout.write("logging");
      setInterval(() => logger.info({ n: 1 }, "to nobody"), 10);
      process.stdin.once("data", () => process.exit(7));`);
    child.stderr.destroy();
    await once(child.stdout, "data");
    await setTimeout(500);
    expect([child.exitCode, child.signalCode]).toEqual([null, null]);
    const exited = once(child, "exit");
    child.stdin.write("end");
    expect(await exited).toEqual([7, null]);
  });

  it("goes on when its reader has stopped, and ends", async () => {
    const child = spawnLogging(`
      for (let n = 0; n < 5000; n++) logger.info({ n, text: "x".repeat(1000) }, "one of many");
      setTimeout(() => process.exit(7), 500);`);
    child.stderr.pause();
    expect(await once(child, "exit")).toEqual([7, null]);
  });
});

it("writes a line at once where the terminal has a stream of its own", () => {
  const notes = new PassThrough();
  openLog("info", notes).info({ n: 1 }, "seen");
  expect(numbersOf(String(notes.read()))).toEqual([1]);
});
