import { describe, expect, it } from "vitest";
import { ProjectDirectory } from "../../src/project/directory.ts";
import { codeOfFailure, manualClock, temporaryFolder } from "./support.ts";

const CREATOR = { id: 5_000_001, username: "a.1.whom-service-account" };

async function makeDirectory() {
  const clock = manualClock();
  const directory = ProjectDirectory.inMemory(clock);
  const project = await directory.createProject({ name: "A" });
  const globalId = project.workspaces[0]?.id ?? 0;
  return { clock, directory, project, globalId };
}

describe("a workspace", () => {
  it("says who made it, when, and what is shown of it", async () => {
    const { clock, directory, project } = await makeDirectory();
    clock.forward(5000);
    const made = await directory.createWorkspace(project.id, {
      name: " Germany ",
      selector: 'properties["$country_code"] == "DE"',
      description: "the home market",
      isRestricted: true,
      dataFiltersJson: '{"a":[1]}',
      creator: CREATOR,
    });
    expect(made).toEqual({
      id: project.id + 2_000_001,
      name: "Germany",
      isGlobal: false,
      selector: 'properties["$country_code"] == "DE"',
      about: {
        description: "the home market",
        isRestricted: true,
        isVisible: true,
        dataFiltersJson: '{"a":[1]}',
        createdAtMs: clock.now(),
        creator: CREATOR,
      },
    });
    expect(directory.projectById(project.id)?.workspaces).toEqual([project.workspaces[0], made]);
  });

  it("is the same after a restart", async () => {
    const folder = temporaryFolder();
    const directory = await ProjectDirectory.create(folder, manualClock());
    const { id } = await directory.createProject({ name: "A", workspaces: [{ name: "B" }] });
    await directory.createWorkspace(id, { name: "C", dataFiltersJson: "[]", creator: CREATOR });
    const { workspaces } = directory.projectById(id) ?? {};
    const again = await ProjectDirectory.open(folder, manualClock());
    expect(again.projectById(id)?.workspaces).toEqual(workspaces);
  });

  it("keeps what a change does not name", async () => {
    const { clock, directory, project } = await makeDirectory();
    const made = await directory.createWorkspace(project.id, {
      name: "B",
      selector: "true",
      description: "x",
      dataFiltersJson: "[1]",
      creator: CREATOR,
    });
    clock.forward(1000);
    const named = await directory.updateWorkspace(project.id, made.id, { name: "C" });
    expect(named).toEqual({ ...made, name: "C" });
    const cleared = await directory.updateWorkspace(project.id, made.id, {
      selector: " ",
      description: "",
      isVisible: false,
      isRestricted: true,
      dataFiltersJson: "",
    });
    expect(cleared).toEqual({
      ...named,
      selector: undefined,
      about: {
        ...named.about,
        description: "",
        isVisible: false,
        isRestricted: true,
        dataFiltersJson: undefined,
      },
    });
  });

  it("that is global can be described, but neither narrowed, hidden nor deleted", async () => {
    const { directory, project, globalId } = await makeDirectory();
    const described = await directory.updateWorkspace(project.id, globalId, { description: "all" });
    expect(described.about?.description).toBe("all");
    expect(described.about?.createdAtMs).toBe(project.createdAtMs);
    for (const changes of [{ selector: "true" }, { isVisible: false }]) {
      expect(
        await codeOfFailure(() => directory.updateWorkspace(project.id, globalId, changes)),
      ).toBe("project.workspace_fixed");
    }
    expect(await codeOfFailure(() => directory.deleteWorkspace(project.id, globalId))).toBe(
      "project.workspace_fixed",
    );
    expect(directory.projectById(project.id)?.workspaces).toEqual([described]);
  });

  it("that is deleted is gone, and its id is not given again", async () => {
    const { directory, project } = await makeDirectory();
    const { id } = await directory.createWorkspace(project.id, { name: "B" });
    await directory.deleteWorkspace(project.id, id);
    expect(directory.projectById(project.id)?.workspaces).toHaveLength(1);
    expect(await codeOfFailure(() => directory.deleteWorkspace(project.id, id))).toBe(
      "project.workspace_missing",
    );
    expect((await directory.createWorkspace(project.id, { name: "C" })).id).toBe(id + 1);
  });

  it("is of its project only", async () => {
    const { directory, globalId } = await makeDirectory();
    const other = await directory.createProject({ name: "Other" });
    for (const action of [
      () => directory.updateWorkspace(other.id, globalId, { name: "mine" }),
      () => directory.deleteWorkspace(other.id, globalId),
    ]) {
      expect(await codeOfFailure(action)).toBe("project.workspace_missing");
    }
  });

  it.each([
    ["description", { description: "x".repeat(2000) }, { description: "x".repeat(2001) }],
    [
      "data_filters",
      { dataFiltersJson: `"${"x".repeat(65_534)}"` },
      { dataFiltersJson: `"${"x".repeat(65_535)}"` },
    ],
  ])("has a longest %s", async (_member, longest, longer) => {
    const { directory, project } = await makeDirectory();
    await directory.createWorkspace(project.id, { name: "B", ...longest });
    expect(
      await codeOfFailure(() => directory.createWorkspace(project.id, { name: "B", ...longer })),
    ).toBe("project.invalid_value");
  });
});
