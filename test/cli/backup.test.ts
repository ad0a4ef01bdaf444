import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, stat, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { served, temporaryFolder, whom } from "./support.ts";

const PROFILES = Array.from({ length: 500 }, (_, index) =>
  JSON.stringify({ id: `p${index}`, n: index, name: `Zoë "${index}"` }),
).join("\n");

interface Folder {
  readonly data: string;
  readonly backup: string;
}

/** A data folder with profiles and an event, and where its backup goes. */
async function filled(): Promise<Folder> {
  const place = await temporaryFolder();
  const data = join(place, "data");
  const backup = join(place, "backups", "monday");
  expect(await whom(["init", "--data", data])).toMatchObject({ exitCode: 0 });
  expect(await whom(["import", "--data", data, "-"], { input: PROFILES })).toMatchObject({
    exitCode: 0,
  });
  const event = '{"event":"buy","properties":{"distinct_id":"p1","time":1700000000}}';
  expect(await whom(["import", "--events", "--data", data, "-"], { input: event })).toMatchObject({
    exitCode: 0,
  });
  return { data, backup };
}

async function everything(data: string): Promise<string> {
  const query = await whom(["query", "--data", data, "--format", "ndjson"]);
  const events = await whom([
    "events",
    "--data",
    data,
    "--from",
    "2020-01-01",
    "--to",
    "2030-01-01",
  ]);
  expect(query.exitCode).toBe(0);
  expect(events.exitCode).toBe(0);
  return query.output + events.output;
}

describe("whom backup and whom restore", () => {
  it("make a folder with the same profiles, events, projects and secrets", async () => {
    const { data, backup } = await filled();
    const before = await everything(data);
    const made = await whom(["backup", "--data", data, backup]);
    expect(made.notes).toBe("");
    expect(made.output).toMatch(/^backed up: 500 profiles and 1 events, \d+\.\d MB, as of 2/);
    const restored = join(data, "..", "restored");
    const back = await whom(["restore", "--data", restored, backup]);
    expect(back.output).toMatch(/^restored: 500 profiles and 1 events/);
    expect(await everything(restored)).toBe(before);
    const projects = await readFile(join(data, "projects.json"), "utf8");
    expect(await readFile(join(restored, "projects.json"), "utf8")).toBe(projects);
    const more = await whom(["import", "--data", restored, "-"], { input: '{"id":"new"}' });
    expect(more.exitCode).toBe(0);
  });

  it("keep secrets from others", async () => {
    const { data, backup } = await filled();
    await whom(["backup", "--data", data, backup]);
    const restored = join(data, "..", "restored");
    await whom(["restore", "--data", restored, backup]);
    for (const folder of [backup, restored]) {
      expect((await stat(folder)).mode & 0o777).toBe(0o700);
      for (const name of await readdir(folder)) {
        const { mode } = await stat(join(folder, name));
        if (mode & 0o100000) expect([name, mode & 0o077]).toEqual([name, 0]);
      }
    }
  });

  it("never replace anything", async () => {
    const { data, backup } = await filled();
    await mkdir(backup, { recursive: true });
    const refused = await whom(["backup", "--data", data, backup]);
    expect(refused.exitCode).toBe(1);
    expect(refused.notes).toContain("is there already");
    const other = `${backup}-2`;
    await whom(["backup", "--data", data, other]);
    const before = await everything(data);
    const over = await whom(["restore", "--data", data, other]);
    expect(over.exitCode).toBe(1);
    expect(over.notes).toContain("already holds Whom data");
    expect(await everything(data)).toBe(before);
    await mkdir(join(data, "..", "empty"));
    expect(await whom(["restore", "--data", join(data, "..", "empty"), other])).toMatchObject({
      exitCode: 0,
    });
  });

  it.each([
    ["a byte of the profiles", "whom.duckdb", (text: Buffer) => flip(text, 20_000)],
    ["a byte of the projects", "projects.json", (text: Buffer) => flip(text, 40)],
    ["the manifest", "manifest.json", () => Buffer.from("{}")],
    ["a name in the manifest", "manifest.json", outside],
  ])("find %s that changed, and restore nothing", async (_what, name, change) => {
    const { data, backup } = await filled();
    await whom(["backup", "--data", data, backup]);
    expect(await whom(["backup", "--verify", backup])).toMatchObject({ exitCode: 0 });
    const file = join(backup, name);
    await writeFile(file, change(await readFile(file)));
    const verified = await whom(["backup", "--verify", backup]);
    expect(verified.exitCode).toBe(1);
    expect(verified.notes).toContain("is no whole backup");
    const restored = join(data, "..", "restored");
    expect(await whom(["restore", "--data", restored, backup])).toMatchObject({ exitCode: 1 });
    expect(existsSync(restored)).toBe(false);
    expect(existsSync(`${restored}.restoring`)).toBe(false);
  });

  it("find a file that was cut off, and one that is gone", async () => {
    const { data, backup } = await filled();
    await whom(["backup", "--data", data, backup]);
    await truncate(join(backup, "whom.duckdb"), 5000);
    expect((await whom(["backup", "--verify", backup])).notes).toContain("5000 bytes");
    const nowhere = await whom(["backup", "--verify", join(backup, "nowhere")]);
    expect(nowhere.notes).toContain("manifest.json: ");
  });

  it("say where there is no data, and leave nothing behind", async () => {
    const place = await temporaryFolder();
    const failed = await whom(["backup", "--data", join(place, "none"), join(place, "backup")]);
    expect(failed.exitCode).toBe(3);
    expect(failed.notes).toContain("is not a Whom data folder");
    expect(await readdir(place)).toEqual([]);
  });
});

function flip(text: Buffer, at: number): Buffer {
  text[at] = (text[at] ?? 0) ^ 1;
  return text;
}

function outside(text: Buffer): Buffer {
  return Buffer.from(text.toString("utf8").replace('"projects.json"', '"../projects.json"'));
}

describe("a backup of a running server", () => {
  it("is of one moment, while clients write", async () => {
    const { data, environment, url } = await served();
    const token = environment["WHOM_TOKEN"];
    let written = 0;
    const stop = new AbortController();
    // Both profiles of a request count the same, whatever the moment.
    const write = async (): Promise<void> => {
      while (!stop.signal.aborted) {
        const records = ["left", "right"].map((side) => ({
          $token: token,
          $distinct_id: side,
          $add: { n: 1 },
        }));
        const { status } = await fetch(`${url}/engage?verbose=1`, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify(records),
        });
        expect(status).toBe(200);
        written++;
      }
    };
    const writing = Promise.all([write(), write()]);
    await sleep(300);
    const counts: number[] = [];
    for (const name of ["first", "second", "third"]) {
      const backup = join(data, "..", name);
      const before = written;
      expect(await whom(["backup", "--data", data, backup])).toMatchObject({ exitCode: 0 });
      const restored = `${backup}-restored`;
      expect(await whom(["restore", "--data", restored, backup])).toMatchObject({ exitCode: 0 });
      const query = await whom(["query", "--data", restored, "--format", "ndjson"]);
      const found = query.output
        .trimEnd()
        .split("\n")
        .map((line) => (JSON.parse(line) as { $properties: { n: number } }).$properties.n);
      expect(found).toHaveLength(2);
      expect(found[0]).toBe(found[1]);
      expect(found[0]).toBeGreaterThanOrEqual(before);
      counts.push(found[0] ?? 0);
    }
    stop.abort();
    await writing;
    expect(counts.toSorted((left, right) => left - right)).toEqual(counts);
    expect(counts[2]).toBeGreaterThan(counts[0] ?? 0);
  });

  it("fails with the server's reason", async () => {
    const { data } = await served();
    const refused = await whom(["backup", "--data", data, data]);
    expect(refused).toMatchObject({ exitCode: 1 });
    expect(refused.notes).toContain("is there already");
  });

  it("compacts as well", async () => {
    const { data, environment } = await served();
    await whom(["import", "-"], { input: PROFILES, environment });
    const compacted = await whom(["compact", "--data", data]);
    expect(compacted).toMatchObject({ exitCode: 0, notes: "" });
    expect(compacted.output).toMatch(/^compacted: \d+\.\d MB on disk, \d+\.\d MB before\n$/);
    expect((await whom(["query", "--count"], { environment })).output).toBe("500\n");
  });

  it("can be asked for by the owner of the folder alone", async () => {
    const { data } = await served();
    expect((await stat(join(data, "control.sock"))).mode & 0o777).toBe(0o600);
  });
});
