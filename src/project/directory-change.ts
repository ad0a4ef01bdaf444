/**
 * Each change of a directory, as new data from old: what `createProject` and its like mean.
 *
 * @module
 */
import { randomBytes } from "node:crypto";
import { fail } from "../errors/error.ts";
import type { Project, ProjectQuota, Role, ServiceAccount, Workspace } from "./project.ts";
import { type DirectoryData, toQuota } from "./project-file.ts";

/** What a new project needs; the rest is made up. */
export interface NewProject {
  readonly name: string;
  /** IANA name; UTC without one. */
  readonly timeZone?: string | undefined;
  /** Unlimited without one. */
  readonly quota?: Partial<ProjectQuota> | undefined;
  /** Besides the global one. */
  readonly workspaces?: readonly NewWorkspace[] | undefined;
}

/** What changes of a project; the rest stays. */
export interface ProjectChanges {
  readonly name?: string | undefined;
  readonly timeZone?: string | undefined;
  /** Replaces the whole quota. */
  readonly quota?: Partial<ProjectQuota> | undefined;
  /** Makes a new token; records with the old one are refused from then on. */
  readonly renewToken?: boolean | undefined;
  /** Makes a new API secret; the old one is refused from then on. */
  readonly renewApiSecret?: boolean | undefined;
}

/** What a new workspace needs. */
export interface NewWorkspace {
  readonly name: string;
  readonly selector?: string | undefined;
}

/** What a new service account needs. */
export interface NewServiceAccount {
  /** The readable part of the username. */
  readonly name: string;
  readonly projectIds: readonly number[];
  readonly role: Role;
  readonly expiresAtMs?: number | undefined;
}

/** A directory after a change, and what the change made. */
export interface Change<Made> {
  readonly data: DirectoryData;
  readonly made: Made;
}

/** Every role, strongest first. */
export const ROLES: readonly Role[] = ["owner", "admin", "analyst", "consumer"];

/** The name of each project's workspace without a selector. */
const GLOBAL_WORKSPACE_NAME = "All Project Data";

/** A directory nothing was added to; ids have seven digits, as people expect. */
export const EMPTY_DIRECTORY: DirectoryData = {
  nextIds: { project: 1_000_001, workspace: 3_000_001, serviceAccount: 5_000_001 },
  projects: [],
  serviceAccounts: [],
};

/** Characters of a name, project's or workspace's. */
const NAME_LENGTH_MAX = 200;

/** Characters of a service account's readable part. */
const USERNAME_PART_LENGTH_MAX = 40;

/** The last time a date can be. */
const TIME_MS_MAX = 8.64e15;

const DEFAULT_TIME_ZONE = "UTC";
const TOKEN_BYTES = 16;
const USERNAME_BYTES = 3;
const USERNAME_SUFFIX = "whom-service-account";

/** Whether a text names a role. */
function isRole(text: string): text is Role {
  return ROLES.some((role) => role === text);
}

export function withNewProject(
  data: DirectoryData,
  { name, timeZone = DEFAULT_TIME_ZONE, quota = {}, workspaces = [] }: NewProject,
  nowMs: number,
): Change<Project> {
  const firstId = data.nextIds.workspace;
  const made: Project = {
    id: data.nextIds.project,
    name: checkNewProjectName(data, name, undefined),
    token: randomToken(),
    apiSecret: randomToken(),
    timeZone: checkTimeZone(timeZone),
    workspaces: [
      { id: firstId, name: GLOBAL_WORKSPACE_NAME, isGlobal: true, selector: undefined },
      ...workspaces.map((workspace, index) => toWorkspace(firstId + 1 + index, workspace)),
    ],
    quota: checkQuota(quota),
    createdAtMs: nowMs,
  };
  const nextIds = {
    ...data.nextIds,
    project: made.id + 1,
    workspace: firstId + made.workspaces.length,
  };
  return { data: { ...data, nextIds, projects: [...data.projects, made] }, made };
}

export function withProjectChanges(
  data: DirectoryData,
  projectId: number,
  changes: ProjectChanges,
): Change<Project> {
  const project = findProject(data, projectId);
  const { name, timeZone, quota, renewToken = false, renewApiSecret = false } = changes;
  const made: Project = {
    ...project,
    name: name === undefined ? project.name : checkNewProjectName(data, name, projectId),
    timeZone: timeZone === undefined ? project.timeZone : checkTimeZone(timeZone),
    quota: quota === undefined ? project.quota : checkQuota(quota),
    token: renewToken ? randomToken() : project.token,
    apiSecret: renewApiSecret ? randomToken() : project.apiSecret,
  };
  return { data: replaceProject(data, made), made };
}

export function withNewWorkspace(
  data: DirectoryData,
  projectId: number,
  workspace: NewWorkspace,
): Change<Workspace> {
  const project = findProject(data, projectId);
  const made = toWorkspace(data.nextIds.workspace, workspace);
  const nextIds = { ...data.nextIds, workspace: made.id + 1 };
  const workspaces = [...project.workspaces, made];
  return { data: replaceProject({ ...data, nextIds }, { ...project, workspaces }), made };
}

export function withNewServiceAccount(
  data: DirectoryData,
  { name, projectIds, role, expiresAtMs }: NewServiceAccount,
  secretHash: string,
  nowMs: number,
): Change<ServiceAccount> {
  if (projectIds.length === 0) throw invalid("projects", "at least one project", "none");
  // NaN, which an unreadable date gives, is not after now either.
  if (expiresAtMs !== undefined && !(expiresAtMs > nowMs && expiresAtMs <= TIME_MS_MAX)) {
    throw invalid("expiry", "a time in the future", formatTime(expiresAtMs));
  }
  const made: ServiceAccount = {
    id: data.nextIds.serviceAccount,
    username: makeUsername(data, name),
    secretHash,
    roles: [...new Set(projectIds)].map((projectId) => ({
      projectId: findProject(data, projectId).id,
      role: checkRole(role),
    })),
    createdAtMs: nowMs,
    expiresAtMs,
  };
  const nextIds = { ...data.nextIds, serviceAccount: made.id + 1 };
  return { data: { ...data, nextIds, serviceAccounts: [...data.serviceAccounts, made] }, made };
}

export function withServiceAccountRole(
  data: DirectoryData,
  username: string,
  projectId: number,
  role: Role | undefined,
): Change<ServiceAccount> {
  const account = findServiceAccount(data, username);
  const granted = findProject(data, projectId).id;
  const others = account.roles.filter((row) => row.projectId !== granted);
  const roles =
    role === undefined ? others : [...others, { projectId: granted, role: checkRole(role) }];
  const made = { ...account, roles };
  const serviceAccounts = data.serviceAccounts.map((each) => (each === account ? made : each));
  return { data: { ...data, serviceAccounts }, made };
}

export function withoutServiceAccount(
  data: DirectoryData,
  username: string,
): Change<ServiceAccount> {
  const made = findServiceAccount(data, username);
  const serviceAccounts = data.serviceAccounts.filter((account) => account !== made);
  return { data: { ...data, serviceAccounts }, made };
}

function findProject(data: DirectoryData, projectId: number): Project {
  const project = data.projects.find(({ id }) => id === projectId);
  if (project === undefined) throw fail("project.missing", { project: String(projectId) });
  return project;
}

function findServiceAccount(data: DirectoryData, username: string): ServiceAccount {
  const account = data.serviceAccounts.find((each) => each.username === username);
  if (account === undefined) throw fail("project.service_account_missing", { username });
  return account;
}

function replaceProject(data: DirectoryData, project: Project): DirectoryData {
  const projects = data.projects.map((each) => (each.id === project.id ? project : each));
  return { ...data, projects };
}

function toWorkspace(id: number, { name, selector }: NewWorkspace): Workspace {
  const isBlank = selector === undefined || selector.trim() === "";
  return {
    id,
    name: checkName("workspace's name", name),
    isGlobal: false,
    selector: isBlank ? undefined : selector,
  };
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

function checkName(member: string, name: string): string {
  const trimmed = name.trim();
  // Control characters would disturb terminals and logs.
  if (trimmed === "" || trimmed.length > NAME_LENGTH_MAX || /\p{Cc}/u.test(trimmed)) {
    const expected = `1 to ${NAME_LENGTH_MAX} printable characters`;
    throw invalid(member, expected, JSON.stringify(trimmed.slice(0, NAME_LENGTH_MAX)));
  }
  return trimmed;
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

function checkRole(role: Role): Role {
  // The type is a promise of the caller, who may have read the role from a command line.
  if (!isRole(role)) throw fail("project.invalid_role", { role: String(role) });
  return role;
}

function makeUsername(data: DirectoryData, name: string): string {
  const readable = name
    .trim()
    .toLowerCase()
    .replace(/[^a-z0-9_-]+/g, "-")
    .replace(/^-+|-+$/g, "");
  if (readable === "" || readable.length > USERNAME_PART_LENGTH_MAX) {
    const expected = `1 to ${USERNAME_PART_LENGTH_MAX} letters and digits`;
    throw invalid("service account's name", expected, JSON.stringify(name.slice(0, 100)));
  }
  const taken = new Set(data.serviceAccounts.map((account) => account.username));
  for (;;) {
    const hex = randomBytes(USERNAME_BYTES).toString("hex");
    const username = `${readable}.${hex}.${USERNAME_SUFFIX}`;
    if (!taken.has(username)) return username;
  }
}

function formatTime(timeMs: number): string {
  return Math.abs(timeMs) <= TIME_MS_MAX ? new Date(timeMs).toISOString() : String(timeMs);
}

function randomToken(): string {
  return randomBytes(TOKEN_BYTES).toString("hex");
}

function invalid(member: string, expected: string, found: string): ReturnType<typeof fail> {
  return fail("project.invalid_value", { member, expected, found });
}
