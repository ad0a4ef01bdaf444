import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { IdentityMode } from "../../src/event/identity.ts";
import { ProjectDirectory } from "../../src/project/directory.ts";
import { codeOfFailure, errorOf, manualClock, temporaryFolder } from "./support.ts";

const FILE = "projects.json";

const stored = (more: object): string =>
  JSON.stringify({
    formatVersion: 1,
    nextIds: { project: 2, workspace: 2, serviceAccount: 1 },
    projects: [
      {
        id: 1,
        name: "Old",
        token: "token-of-old",
        apiSecret: "secret-of-project-old",
        timeZone: "UTC",
        workspaces: [{ id: 1, name: "All", isGlobal: true }],
        quota: {},
        createdAtMs: 0,
        ...more,
      },
    ],
    serviceAccounts: [],
  });

function openFile(text: string): Promise<ProjectDirectory> {
  const folder = temporaryFolder();
  mkdirSync(folder);
  writeFileSync(join(folder, FILE), text);
  return ProjectDirectory.open(folder, manualClock());
}

describe("the identity mode of a project", () => {
  it("is simplified unless said, and kept over restarts", async () => {
    const folder = temporaryFolder();
    const directory = await ProjectDirectory.create(folder, manualClock());
    const first = await directory.createProject({ name: "A" });
    const second = await directory.createProject({ name: "B", identity: "original" });
    const third = await directory.createProject({ name: "C" });
    await directory.updateProject(third.id, { identity: "original" });
    await directory.updateProject(second.id, { timeZone: "Europe/Berlin" });
    const again = await ProjectDirectory.open(folder, manualClock());
    expect(again.projects().map(({ identity }) => identity)).toEqual([
      "simplified",
      "original",
      "original",
    ]);
    expect(first.identity).toBe("simplified");
  });

  it("of a file that was written before there were events is simplified", async () => {
    const directory = await openFile(stored({}));
    expect(directory.projectById(1)?.identity).toBe("simplified");
  });

  it("is said by the file after any change of the project", async () => {
    const folder = temporaryFolder();
    mkdirSync(folder);
    writeFileSync(join(folder, FILE), stored({}));
    const directory = await ProjectDirectory.open(folder, manualClock());
    await directory.updateProject(1, { name: "New" });
    expect(JSON.parse(readFileSync(join(folder, FILE), "utf8")).projects[0].identity).toBe(
      "simplified",
    );
  });

  it("is nothing else in a file", async () => {
    const error = await errorOf(() => openFile(stored({ identity: "both" })));
    expect([error.code, error.message]).toEqual([
      "data.folder_unusable",
      expect.stringContaining("/projects/0/identity"),
    ]);
  });

  it.each(["", "Simplified", "both", "__proto__"])("is not %j", async (text) => {
    const directory = ProjectDirectory.inMemory(manualClock());
    const identity = text as IdentityMode;
    expect(await codeOfFailure(() => directory.createProject({ name: "A", identity }))).toBe(
      "project.invalid_value",
    );
    const { id } = await directory.createProject({ name: "A" });
    expect(await codeOfFailure(() => directory.updateProject(id, { identity }))).toBe(
      "project.invalid_value",
    );
  });
});
