import { execFile } from "node:child_process";
import { chmodSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { SYSTEM_CLOCK } from "../../src/clock.ts";
import { ProjectDirectory, UNSEEN_MS_MAX } from "../../src/project/directory.ts";
import { codeOfFailure, manualClock, temporaryFolder } from "./support.ts";

const FILE = "projects.json";

describe("two directories of one folder", () => {
  it("see each other's changes after a second at most", async () => {
    const folder = temporaryFolder();
    const clock = manualClock();
    const server = await ProjectDirectory.create(folder, clock);
    const { id } = await server.createProject({ name: "A" });
    const { account } = await server.createServiceAccount({
      name: "a",
      projectIds: [id],
      role: "owner",
    });
    const command = await ProjectDirectory.open(folder, clock);
    await command.revokeServiceAccount(account.username);
    clock.forward(UNSEEN_MS_MAX);
    expect(server.serviceAccount(account.username)).toBeUndefined();
  });

  it("see each other's changes at once when asked to", async () => {
    const folder = temporaryFolder();
    const first = await ProjectDirectory.create(folder, manualClock());
    const second = await ProjectDirectory.open(folder, manualClock());
    const { token } = await first.createProject({ name: "A" });
    expect(second.projectByToken(token)).toBeUndefined();
    second.refresh();
    expect(second.projectByToken(token)?.name).toBe("A");
  });

  it("change what the other has changed, not what they last saw", async () => {
    const folder = temporaryFolder();
    const first = await ProjectDirectory.create(folder, manualClock());
    const second = await ProjectDirectory.open(folder, manualClock());
    await first.createProject({ name: "A" });
    expect(await codeOfFailure(() => second.createProject({ name: "A" }))).toBe("project.exists");
    await second.createProject({ name: "B" });
    first.refresh();
    expect(first.projects().map(({ name }) => name)).toEqual(["A", "B"]);
  });

  it("refuse rather than let revoked accounts in when the file is damaged or gone", async () => {
    const folder = temporaryFolder();
    const clock = manualClock();
    const directory = await ProjectDirectory.create(folder, clock);
    const good = readFileSync(join(folder, FILE));
    writeFileSync(join(folder, FILE), "{");
    clock.forward(UNSEEN_MS_MAX);
    expect(await codeOfFailure(() => directory.projects())).toBe("data.folder_unusable");
    expect(await codeOfFailure(() => directory.serviceAccount("a"))).toBe("data.folder_unusable");
    rmSync(join(folder, FILE));
    expect(await codeOfFailure(() => directory.projectById(1))).toBe("data.folder_unusable");
    writeFileSync(join(folder, FILE), good);
    expect(directory.projects()).toEqual([]);
  });

  it("notice changes after the clock was set back", async () => {
    const folder = temporaryFolder();
    const clock = manualClock();
    const first = await ProjectDirectory.create(folder, manualClock());
    const second = await ProjectDirectory.open(folder, clock);
    await first.createProject({ name: "A" });
    clock.forward(-3_600_000);
    expect(second.projects()).toHaveLength(1);
  });

  it("lose nothing when many changes meet", async () => {
    const folder = temporaryFolder();
    const first = await ProjectDirectory.create(folder, SYSTEM_CLOCK);
    const second = await ProjectDirectory.open(folder, SYSTEM_CLOCK);
    const names = Array.from({ length: 24 }, (_, index) => `P${index}`);
    await Promise.all(
      names.map((name, index) => (index % 2 === 0 ? first : second).createProject({ name })),
    );
    const seen = (await ProjectDirectory.open(folder, SYSTEM_CLOCK)).projects();
    expect(new Set(seen.map(({ name }) => name))).toEqual(new Set(names));
    expect(seen).toHaveLength(names.length);
    expect(new Set(seen.map(({ id }) => id)).size).toBe(names.length);
    expect(readdirSync(folder)).toEqual([FILE]);
  });

  it("lose nothing in processes of their own", async () => {
    const folder = temporaryFolder();
    await ProjectDirectory.create(folder, SYSTEM_CLOCK);
    const script = fileURLToPath(new URL("add-projects.ts", import.meta.url));
    const run = (name: string) =>
      promisify(execFile)(process.execPath, ["--import", "tsx", script, folder, name, "10"]);
    await Promise.all([run("left"), run("right")]);
    const seen = (await ProjectDirectory.open(folder, SYSTEM_CLOCK)).projects();
    expect(seen).toHaveLength(20);
    expect(new Set(seen.map(({ id }) => id)).size).toBe(20);
  });

  it("keep the file to its owner when it was opened to others", async () => {
    const folder = temporaryFolder();
    const directory = await ProjectDirectory.create(folder, manualClock());
    chmodSync(join(folder, FILE), 0o644);
    await directory.createProject({ name: "A" });
    expect(statSync(join(folder, FILE)).mode & 0o777).toBe(0o600);
  });
});
