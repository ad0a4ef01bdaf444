/**
 * Each change of a project's workspaces, as new data from old.
 *
 * @module
 */
import { fail } from "../errors/error.ts";
import { type Change, checkName, findProject, invalid, replaceProject } from "./change.ts";
import type { Creator, Project, Workspace, WorkspaceAbout } from "./project.ts";
import type { DirectoryData } from "./project-file.ts";

/** What changes of a workspace; the rest stays. */
export interface WorkspaceChanges {
  readonly name?: string | undefined;
  /** A blank one takes the selector away. */
  readonly selector?: string | undefined;
  readonly description?: string | undefined;
  readonly isRestricted?: boolean | undefined;
  readonly isVisible?: boolean | undefined;
  /** Empty takes them away. */
  readonly dataFiltersJson?: string | undefined;
}

/** What a new workspace needs; it is shown to all unless it says otherwise. */
export interface NewWorkspace extends WorkspaceChanges {
  readonly name: string;
  /** Left out for one that the operator makes. */
  readonly creator?: Creator | undefined;
}

/** Characters of a workspace's description. */
const DESCRIPTION_LENGTH_MAX = 2000;

/** Characters of the filters that are kept for the web app. */
const DATA_FILTERS_LENGTH_MAX = 65_536;

/** The workspace without a selector that each project has. */
export function globalWorkspace(id: number): Workspace {
  return { id, name: "All Project Data", isGlobal: true, selector: undefined };
}

/** @throws `project.invalid_value` */
export function toWorkspace(id: number, workspace: NewWorkspace, nowMs: number): Workspace {
  const { name, selector, creator } = workspace;
  const about: WorkspaceAbout = {
    ...changeAbout({ ...NOTHING_SAID, createdAtMs: nowMs }, workspace),
    creator,
  };
  return {
    id,
    name: checkName("workspace's name", name),
    isGlobal: false,
    selector: blankIsNone(selector),
    about,
  };
}

/** @throws `project.missing`, `project.invalid_value` */
export function withNewWorkspace(
  data: DirectoryData,
  projectId: number,
  workspace: NewWorkspace,
  nowMs: number,
): Change<Workspace> {
  const project = findProject(data, projectId);
  const made = toWorkspace(data.nextIds.workspace, workspace, nowMs);
  const nextIds = { ...data.nextIds, workspace: made.id + 1 };
  const workspaces = [...project.workspaces, made];
  return { data: replaceProject({ ...data, nextIds }, { ...project, workspaces }), made };
}

/**
 * A workspace, changed; its selector is kept as it is, so check it first.
 *
 * @throws `project.missing`, `project.workspace_missing`, `project.workspace_fixed`, `project.invalid_value`
 */
export function withWorkspaceChanges(
  data: DirectoryData,
  projectId: number,
  workspaceId: number,
  changes: WorkspaceChanges,
): Change<Workspace> {
  const project = findProject(data, projectId);
  const workspace = findWorkspace(project, workspaceId);
  const { name, selector = workspace.selector } = changes;
  const before = workspace.about ?? { ...NOTHING_SAID, createdAtMs: project.createdAtMs };
  const about = changeAbout(before, changes);
  const made: Workspace = {
    ...workspace,
    name: name === undefined ? workspace.name : checkName("workspace's name", name),
    selector: blankIsNone(selector),
    about,
  };
  // Requests that name no workspace are promised all data, and clients look for the workspace that has it.
  if (made.isGlobal && (made.selector !== undefined || !about.isVisible)) {
    throw fail("project.workspace_fixed", { name: made.name });
  }
  const workspaces = project.workspaces.map((each) => (each === workspace ? made : each));
  return { data: replaceProject(data, { ...project, workspaces }), made };
}

/**
 * A project without one of its workspaces.
 *
 * @throws `project.missing`, `project.workspace_missing`, `project.workspace_fixed`
 */
export function withoutWorkspace(
  data: DirectoryData,
  projectId: number,
  workspaceId: number,
): Change<Workspace> {
  const project = findProject(data, projectId);
  const made = findWorkspace(project, workspaceId);
  if (made.isGlobal) throw fail("project.workspace_fixed", { name: made.name });
  const workspaces = project.workspaces.filter((workspace) => workspace !== made);
  return { data: replaceProject(data, { ...project, workspaces }), made };
}

/** @throws `project.workspace_missing` */
export function findWorkspace({ workspaces }: Project, workspaceId: number): Workspace {
  const workspace = workspaces.find(({ id }) => id === workspaceId);
  if (workspace === undefined) {
    throw fail("project.workspace_missing", { workspace: String(workspaceId) });
  }
  return workspace;
}

const NOTHING_SAID: Omit<WorkspaceAbout, "createdAtMs"> = {
  description: "",
  isRestricted: false,
  isVisible: true,
  dataFiltersJson: undefined,
  creator: undefined,
};

function changeAbout(
  about: WorkspaceAbout,
  {
    description = about.description,
    isRestricted = about.isRestricted,
    isVisible = about.isVisible,
    dataFiltersJson = about.dataFiltersJson,
  }: WorkspaceChanges,
): WorkspaceAbout {
  if (description.length > DESCRIPTION_LENGTH_MAX) {
    const expected = `at most ${DESCRIPTION_LENGTH_MAX} characters`;
    throw invalid("workspace's description", expected, `${description.length}`);
  }
  const filters = blankIsNone(dataFiltersJson);
  if (filters !== undefined && filters.length > DATA_FILTERS_LENGTH_MAX) {
    const expected = `at most ${DATA_FILTERS_LENGTH_MAX} characters of JSON`;
    throw invalid("workspace's data_filters", expected, `${filters.length}`);
  }
  return { ...about, description, isRestricted, isVisible, dataFiltersJson: filters };
}

function blankIsNone(text: string | undefined): string | undefined {
  return text === undefined || text.trim() === "" ? undefined : text;
}
