import { existsSync, readFileSync } from "node:fs";
import { readdir, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type ImportPlan, importFiles } from "../../src/cli/import/import.ts";
import { profileReader } from "../../src/cli/import/profile-record.ts";
import { FOLDER_BATCH_RECORD_COUNT, storeTarget } from "../../src/cli/import/profile-target.ts";
import type { ImportTarget } from "../../src/cli/import/target.ts";
import { SYSTEM_CLOCK } from "../../src/clock.ts";
import { Writer } from "../../src/ingest/writer.ts";
import { ProjectDirectory } from "../../src/project/directory.ts";
import { MemoryStore } from "../../src/store/memory.ts";
import { recordingTerminal, temporaryFolder } from "./support.ts";

interface Fixture {
  readonly folder: string;
  readonly target: ImportTarget;
  readonly file: string;
  plan(changes?: Partial<ImportPlan>): ImportPlan;
  count(groupKey?: string): Promise<number>;
}

async function fixture(content: string): Promise<Fixture> {
  const folder = await temporaryFolder();
  const file = join(folder, "profiles.ndjson");
  await writeFile(file, content);
  const store = new MemoryStore();
  const project = await ProjectDirectory.inMemory(SYSTEM_CLOCK).createProject({ name: "main" });
  return {
    folder,
    file,
    target: storeTarget(new Writer(store), project, undefined),
    plan: (changes) => ({
      files: [file],
      reader: profileReader({ groupKey: undefined, idColumn: undefined, nowMs: Date.now() }),
      format: undefined,
      csv: { delimiter: ",", infer: true, textColumns: new Set() },
      resume: false,
      progressFolder: join(folder, "imports"),
      rejectFile: undefined,
      errorCountMax: Number.POSITIVE_INFINITY,
      ...changes,
    }),
    count: (groupKey) =>
      store.count({
        scope: { projectId: project.id, groupKey },
        distinctIds: undefined,
        selectors: [],
        sort: undefined,
        limit: undefined,
        asOfSeconds: 0,
        timeZone: "UTC",
        behaviors: new Map(),
        includesStrangers: false,
      }),
  };
}

const rows = (count: number): string =>
  Array.from({ length: count }, (_, index) => `{"id":"p${index}","n":${index}}`).join("\n");

describe("an import", () => {
  it("writes every record, whatever the batches", async () => {
    const count = 2 * FOLDER_BATCH_RECORD_COUNT + 1;
    const { target, plan, count: stored, folder } = await fixture(rows(count));
    const { terminal, notes } = recordingTerminal();
    expect(await importFiles(terminal, target, plan())).toBe(0);
    expect(await stored()).toBe(count);
    expect(notes()).toContain(`${count} written, 0 rejected`);
    expect((await readdir(folder)).sort()).toEqual(["imports", "profiles.ndjson"]);
  });

  it("looks at every file before it reads the first", async () => {
    const { target, plan, file, count } = await fixture(rows(3));
    const { terminal, notes } = recordingTerminal();
    const files = [file, `${file}.missing`];
    await expect(importFiles(terminal, target, plan({ files }))).rejects.toThrow(
      /missing: no such file or directory$/,
    );
    expect([await count(), notes()]).toEqual([0, ""]);
  });

  it("does not offer to go on in a file it could not begin", async () => {
    const { target, plan, folder } = await fixture("");
    const file = join(folder, "wrong.csv");
    await writeFile(file, "name,plan\nada,pro\n");
    const { terminal, notes } = recordingTerminal();
    await expect(importFiles(terminal, target, plan({ files: [file] }))).rejects.toThrow(
      `${file}: no column is named`,
    );
    expect(notes()).toBe("");
  });

  it("names the elements of a JSON array by their number", async () => {
    const { target, plan, folder } = await fixture("");
    const file = join(folder, "list.json");
    await writeFile(file, '[{"id":"a"},\n7]');
    const { terminal, notes } = recordingTerminal();
    expect(await importFiles(terminal, target, plan({ files: [file] }))).toBe(1);
    expect(notes()).toContain(`${file} record 2: not an object\n`);
  });

  it("keeps a number that is too large as text, not as null", async () => {
    const { target, plan, file } = await fixture('{"id":"a","n":1e999}\r\n');
    const { terminal } = recordingTerminal();
    expect(await importFiles(terminal, target, plan())).toBe(1);
    const [line = ""] = readFileSync(`${file}.rejected.ndjson`, "utf8").split("\n");
    expect(JSON.parse(line)).toMatchObject({ line: 1, record: { id: "a", n: "Infinity" } });
  });

  it("keeps what it rejects, by line, and writes the rest", async () => {
    const content = [
      '{"id":"a"}',
      "{",
      '{"n":1}',
      '{"id":"b","$set":5}',
      "",
      `{"id":"${"x".repeat(2000)}"}`,
      '{"id":"c"}',
    ].join("\n");
    const { target, plan, count, file } = await fixture(content);
    const { terminal, notes } = recordingTerminal();
    expect(await importFiles(terminal, target, plan())).toBe(1);
    expect(await count()).toBe(2);
    const rejected = readFileSync(`${file}.rejected.ndjson`, "utf8")
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as { line: number; reason: string; record: unknown });
    expect(rejected.map(({ line }) => line)).toEqual([2, 3, 4, 6]);
    expect(rejected[0]).toMatchObject({ reason: expect.stringContaining("not JSON"), record: "{" });
    expect(rejected[2]).toMatchObject({
      reason: "'$set' is invalid: must be an object",
      record: { id: "b", $set: 5 },
    });
    expect(notes()).toContain(`${file}:3: no id in $distinct_id, distinct_id, id`);
    expect(notes()).toContain("2 written, 4 rejected");
  });

  it("ends once there are more rejects than allowed", async () => {
    const bad = "bad\n".repeat(FOLDER_BATCH_RECORD_COUNT);
    const { target, plan, count } = await fixture(`${bad}${rows(FOLDER_BATCH_RECORD_COUNT * 3)}`);
    const { terminal, notes } = recordingTerminal();
    expect(await importFiles(terminal, target, plan({ errorCountMax: 5 }))).toBe(1);
    expect(notes()).toContain("stopped: more rejects than --max-errors allows");
    expect(await count()).toBeLessThan(FOLDER_BATCH_RECORD_COUNT * 3);
  });

  it("goes on after an interruption where it was durable", async () => {
    const total = FOLDER_BATCH_RECORD_COUNT * 5;
    const { target, plan, count, file } = await fixture(`bad\n${rows(total)}`);
    let writeCount = 0;
    const seen = new Set<unknown>();
    const breaking: ImportTarget = {
      ...target,
      prepare: (records) => async (after) => {
        await after;
        writeCount += 1;
        if (writeCount === 3) throw new Error("power cut");
        for (const record of records) {
          expect(seen.has(record["$distinct_id"])).toBe(false);
          seen.add(record["$distinct_id"]);
        }
        return target.prepare(records)();
      },
    };
    const first = recordingTerminal();
    await expect(importFiles(first.terminal, breaking, plan())).rejects.toThrow("power cut");
    expect(first.notes()).toContain(`stopped after line ${2 * FOLDER_BATCH_RECORD_COUNT}`);
    expect(await count()).toBe(2 * FOLDER_BATCH_RECORD_COUNT - 1);

    const second = recordingTerminal();
    expect(await importFiles(second.terminal, breaking, plan({ resume: true }))).toBe(1);
    expect(await count()).toBe(total);
    expect(second.notes()).toContain(`${total} written, 1 rejected`);
    expect(readFileSync(`${file}.rejected.ndjson`, "utf8").trimEnd().split("\n")).toHaveLength(1);

    const third = recordingTerminal();
    await importFiles(third.terminal, breaking, plan({ resume: true }));
    expect(third.notes()).toContain("already imported");
    expect(seen.size).toBe(total);
  });

  it("ends after the batch under way when it is asked to stop", async () => {
    const total = FOLDER_BATCH_RECORD_COUNT * 4;
    const { target, plan, count } = await fixture(rows(total));
    const stop = new AbortController();
    const stopping: ImportTarget = {
      ...target,
      prepare: (records) => () => {
        stop.abort();
        return target.prepare(records)();
      },
    };
    const { terminal, notes } = recordingTerminal({ stop: stop.signal });
    expect(await importFiles(terminal, stopping, plan())).toBe(1);
    expect(await count()).toBe(FOLDER_BATCH_RECORD_COUNT);
    expect(notes()).toContain("the same command with --resume goes on there");
    const again = recordingTerminal();
    expect(await importFiles(again.terminal, target, plan({ resume: true }))).toBe(0);
    expect(await count()).toBe(total);
  });

  it("does not go on in a file that has changed", async () => {
    const { target, plan, file } = await fixture(rows(3));
    const { terminal } = recordingTerminal();
    await importFiles(terminal, target, plan());
    await utimes(file, new Date(0), new Date(0));
    await expect(importFiles(terminal, target, plan({ resume: true }))).rejects.toThrow(
      "has changed since its import began",
    );
  });

  it("keeps a saved answer together, however many rows it has", async () => {
    const results = Array.from({ length: FOLDER_BATCH_RECORD_COUNT + 10 }, (_, index) => ({
      $distinct_id: `p${index}`,
      $properties: {},
    }));
    const content = JSON.stringify({ page: 0, session_id: "1-A", results, status: "ok" });
    const { target, plan, count } = await fixture(content);
    let batchCount = 0;
    const counting: ImportTarget = {
      ...target,
      prepare: (records) => () => {
        batchCount += 1;
        return target.prepare(records)();
      },
    };
    await importFiles(recordingTerminal().terminal, counting, plan());
    expect([await count(), batchCount]).toEqual([FOLDER_BATCH_RECORD_COUNT + 10, 1]);
  });

  it("cannot resume standard input", async () => {
    const { target, plan } = await fixture("");
    const { terminal } = recordingTerminal();
    const fromInput = plan({ files: ["-"], resume: true });
    await expect(importFiles(terminal, target, fromInput)).rejects.toThrow("cannot be resumed");
  });

  it("reads standard input", async () => {
    const { target, plan, count } = await fixture("");
    const { terminal } = recordingTerminal({ input: rows(5) });
    expect(await importFiles(terminal, target, plan({ files: ["-"] }))).toBe(0);
    expect(await count()).toBe(5);
    expect(existsSync("stdin.rejected.ndjson")).toBe(false);
  });
});
