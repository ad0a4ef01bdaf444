/**
 * Each change of projects, as new data from old: what `createProject` and its like mean.
 *
 * @module
 */
import { randomBytes } from "node:crypto";
import { fail } from "../errors/error.ts";
import type { IdentityMode } from "../event/identity.ts";
import { type Change, checkName, findProject, invalid, replaceProject } from "./change.ts";
import type { Project, ProjectQuota } from "./project.ts";
import { type DirectoryData, IDENTITY_DEFAULT, toQuota } from "./project-file.ts";
import { globalWorkspace, type NewWorkspace, toWorkspace } from "./workspace-change.ts";

export { ROLES } from "./change.ts";

/** What a new project needs; the rest is made up. */
export interface NewProject {
  readonly name: string;
  /** IANA name; UTC without one. */
  readonly timeZone?: string | undefined;
  /** Unlimited without one. */
  readonly quota?: Partial<ProjectQuota> | undefined;
  /** Simplified without one. */
  readonly identity?: IdentityMode | undefined;
  /** Besides the global one. */
  readonly workspaces?: readonly NewWorkspace[] | undefined;
}

/** What changes of a project; the rest stays. */
export interface ProjectChanges {
  readonly name?: string | undefined;
  readonly timeZone?: string | undefined;
  /** Replaces the whole quota. */
  readonly quota?: Partial<ProjectQuota> | undefined;
  /**
   * Must not change once the project has data: what was joined by one rule stays joined under the other. Ask the
   * store first, as the directory cannot see data.
   */
  readonly identity?: IdentityMode | undefined;
  /** Makes a new token; records with the old one are refused from then on. */
  readonly renewToken?: boolean | undefined;
  /** Makes a new API secret; the old one is refused from then on. */
  readonly renewApiSecret?: boolean | undefined;
}

/** A directory nothing was added to; ids have seven digits, as people expect. */
export const EMPTY_DIRECTORY: DirectoryData = {
  nextIds: { project: 1_000_001, workspace: 3_000_001, serviceAccount: 5_000_001 },
  projects: [],
  serviceAccounts: [],
};

const DEFAULT_TIME_ZONE = "UTC";
const TOKEN_BYTES = 16;

/** @throws `project.exists`, `project.invalid_time_zone`, `project.invalid_value` */
export function withNewProject(
  data: DirectoryData,
  project: NewProject,
  nowMs: number,
): Change<Project> {
  const { name, timeZone = DEFAULT_TIME_ZONE, quota = {}, workspaces = [] } = project;
  const firstId = data.nextIds.workspace;
  const made: Project = {
    id: data.nextIds.project,
    name: checkNewProjectName(data, name, undefined),
    token: randomToken(),
    apiSecret: randomToken(),
    timeZone: checkTimeZone(timeZone),
    workspaces: [
      globalWorkspace(firstId),
      ...workspaces.map((workspace, index) => toWorkspace(firstId + 1 + index, workspace, nowMs)),
    ],
    quota: checkQuota(quota),
    identity: checkIdentity(project.identity ?? IDENTITY_DEFAULT),
    createdAtMs: nowMs,
  };
  const nextIds = {
    ...data.nextIds,
    project: made.id + 1,
    workspace: firstId + made.workspaces.length,
  };
  return { data: { ...data, nextIds, projects: [...data.projects, made] }, made };
}

/** @throws `project.missing` and what `withNewProject` throws */
export function withProjectChanges(
  data: DirectoryData,
  projectId: number,
  changes: ProjectChanges,
): Change<Project> {
  const project = findProject(data, projectId);
  const { name, timeZone, quota, identity, renewToken = false, renewApiSecret = false } = changes;
  const made: Project = {
    ...project,
    name: name === undefined ? project.name : checkNewProjectName(data, name, projectId),
    timeZone: timeZone === undefined ? project.timeZone : checkTimeZone(timeZone),
    quota: quota === undefined ? project.quota : checkQuota(quota),
    identity: identity === undefined ? project.identity : checkIdentity(identity),
    token: renewToken ? randomToken() : project.token,
    apiSecret: renewApiSecret ? randomToken() : project.apiSecret,
  };
  return { data: replaceProject(data, made), made };
}

/**
 * A directory without a project and the roles in it. Its data is not the directory's: see that there is none.
 *
 * @throws `project.missing`
 */
export function withoutProject(data: DirectoryData, projectId: number): Change<Project> {
  const made = findProject(data, projectId);
  const projects = data.projects.filter((project) => project !== made);
  const serviceAccounts = data.serviceAccounts.map((account) => ({
    ...account,
    roles: account.roles.filter((grant) => grant.projectId !== made.id),
  }));
  return { data: { ...data, projects, serviceAccounts }, made };
}

function checkNewProjectName(
  data: DirectoryData,
  name: string,
  projectId: number | undefined,
): string {
  const checked = checkName("project's name", name);
  if (data.projects.some((project) => project.name === checked && project.id !== projectId)) {
    throw fail("project.exists", { name: checked });
  }
  return checked;
}

function checkTimeZone(timeZone: string): string {
  // Newer versions of Node.js also take offsets such as +01:00, which are no IANA names.
  if (!/^[A-Za-z]/.test(timeZone)) throw fail("project.invalid_time_zone", { timeZone });
  try {
    Intl.DateTimeFormat("en", { timeZone });
    return timeZone;
  } catch {
    throw fail("project.invalid_time_zone", { timeZone });
  }
}

function checkQuota(quota: Partial<ProjectQuota>): ProjectQuota {
  for (const [member, value] of [
    ["queries per hour", quota.queriesPerHourMax],
    ["queries at once", quota.queriesAtOnceMax],
  ] as const) {
    if (value !== undefined && (!Number.isSafeInteger(value) || value < 1)) {
      throw invalid(member, "a whole number of at least 1", String(value));
    }
  }
  return toQuota(quota);
}

/** Every identity mode. */
const IDENTITY_MODES: readonly IdentityMode[] = ["simplified", "original"];

function checkIdentity(identity: IdentityMode): IdentityMode {
  // The type is a promise of the caller, who may have read the mode from a command line.
  if (IDENTITY_MODES.includes(identity)) return identity;
  throw invalid("identity mode", IDENTITY_MODES.join(" or "), JSON.stringify(identity));
}

function randomToken(): string {
  return randomBytes(TOKEN_BYTES).toString("hex");
}
