/**
 * The projects and service accounts of a data folder.
 *
 * Reads answer from memory. Changes go to `projects.json`, one at a time over all processes; a
 * directory that another process changed notices within a second, so that a revoked service account
 * stops working without a restart.
 *
 * @module
 */
import { mkdir } from "node:fs/promises";
import type { Clock } from "../clock.ts";
import { fail, WhomError } from "../errors/error.ts";
import { type Change, invalid } from "./change.ts";
import { type ChangeLock, takeChangeLock } from "./change-lock.ts";
import { digestSecret, isSameSecret, makeSecret } from "./credential.ts";
import {
  EMPTY_DIRECTORY,
  type NewProject,
  type ProjectChanges,
  withNewProject,
  withProjectChanges,
} from "./directory-change.ts";
import type { Project, Role, ServiceAccount, Workspace } from "./project.ts";
import {
  type DirectoryData,
  messageOf,
  readProjectFile,
  replaceProjectFile,
  stampOf,
  toFolderError,
} from "./project-file.ts";
import {
  withNewServiceAccount,
  withoutServiceAccount,
  withServiceAccountRole,
} from "./service-account-change.ts";
import {
  type NewWorkspace,
  type WorkspaceChanges,
  withNewWorkspace,
  withoutWorkspace,
  withWorkspaceChanges,
} from "./workspace-change.ts";

export type { NewProject, ProjectChanges } from "./directory-change.ts";
export type { NewWorkspace, WorkspaceChanges } from "./workspace-change.ts";

/** What a new service account of the operator needs. */
export interface NewServiceAccount {
  /** The readable part of the username. */
  readonly name: string;
  readonly projectIds: readonly number[];
  readonly role: Role;
  readonly expiresAtMs?: number | undefined;
}

/** A change, made of the directory as it is. */
export type Edit<Made> = (data: DirectoryData, nowMs: number) => Change<Made>;

/** How long a directory may answer without a look at its file. */
export const UNSEEN_MS_MAX = 1000;

/** How often a change starts over when it loses the lock; once would do unless a machine sleeps. */
const TRY_COUNT_MAX = 3;

/** The directory of one data folder. */
export class ProjectDirectory {
  /** Undefined keeps everything in memory. */
  readonly #folder: string | undefined;
  readonly #clock: Clock;
  #data: DirectoryData = EMPTY_DIRECTORY;
  #index: Index = makeIndex(EMPTY_DIRECTORY);
  #stamp = "";
  #seenAtMs = 0;
  #lastChange: Promise<unknown> = Promise.resolve();

  private constructor(folder: string | undefined, clock: Clock) {
    this.#folder = folder;
    this.#clock = clock;
  }

  /**
   * Makes the folder where it is missing, and an empty directory in it.
   *
   * @throws `data.folder_exists` when it has one, `data.folder_unusable`
   */
  static async create(folder: string, clock: Clock): Promise<ProjectDirectory> {
    try {
      await mkdir(folder, { recursive: true, mode: 0o700 });
    } catch (error) {
      throw fail("data.folder_unusable", { folder, reason: messageOf(error) });
    }
    const lock = await takeLock(folder);
    try {
      if (exists(folder)) throw fail("data.folder_exists", { folder });
      await replaceProjectFile(folder, EMPTY_DIRECTORY, lock.isHeld);
    } finally {
      await lock.release();
    }
    return ProjectDirectory.open(folder, clock);
  }

  /**
   * Opens the directory of a data folder.
   *
   * @throws `data.folder_missing`, `data.format_unknown`, `data.folder_unusable`
   */
  static open(folder: string, clock: Clock): Promise<ProjectDirectory> {
    const directory = new ProjectDirectory(folder, clock);
    return new Promise((resolve) => {
      directory.#load(folder);
      resolve(directory);
    });
  }

  /** An empty directory without a folder. */
  static inMemory(clock: Clock): ProjectDirectory {
    return new ProjectDirectory(undefined, clock);
  }

  /** All projects, oldest first. */
  projects(): readonly Project[] {
    this.#look();
    return this.#data.projects;
  }

  projectById(id: number): Project | undefined {
    this.#look();
    return this.#index.projectById.get(id);
  }

  projectByName(name: string): Project | undefined {
    return this.projects().find((project) => project.name === name);
  }

  projectByToken(token: string): Project | undefined {
    this.#look();
    return findSecretly(this.#index.projectByToken, token, (project) => project.token);
  }

  projectBySecret(secret: string): Project | undefined {
    this.#look();
    return findSecretly(this.#index.projectBySecret, secret, (project) => project.apiSecret);
  }

  /** All service accounts, oldest first; revoked ones are gone. */
  serviceAccounts(): readonly ServiceAccount[] {
    this.#look();
    return this.#data.serviceAccounts;
  }

  serviceAccountById(id: number): ServiceAccount | undefined {
    return this.serviceAccounts().find((account) => account.id === id);
  }

  serviceAccount(username: string): ServiceAccount | undefined {
    this.#look();
    return this.#index.accountByUsername.get(username);
  }

  /**
   * Notices what other processes changed, now instead of within a second.
   *
   * A file that became unreadable fails: an old copy could let revoked service accounts in.
   *
   * @throws `data.folder_unusable`
   */
  refresh(): void {
    const folder = this.#folder;
    if (folder === undefined) return;
    try {
      if (stampOf(folder) === this.#stamp) this.#seenAtMs = this.#clock.now();
      else this.#load(folder);
    } catch (error) {
      throw unusable(folder, error);
    }
  }

  /**
   * Adds a project with the global workspace "All Project Data".
   *
   * Selectors of workspaces are kept as they are; check them first.
   *
   * @throws `project.exists`, `project.invalid_time_zone`, `project.invalid_value`
   */
  createProject(project: NewProject): Promise<Project> {
    return this.change((data, nowMs) => withNewProject(data, project, nowMs));
  }

  /** @throws `project.missing` and what `createProject` throws */
  updateProject(projectId: number, changes: ProjectChanges): Promise<Project> {
    return this.change((data) => withProjectChanges(data, projectId, changes));
  }

  /**
   * Adds a workspace; its selector is kept as it is, so check it first.
   *
   * @throws `project.missing`, `project.invalid_value`
   */
  createWorkspace(projectId: number, workspace: NewWorkspace): Promise<Workspace> {
    return this.change((data, nowMs) => withNewWorkspace(data, projectId, workspace, nowMs));
  }

  /**
   * Changes a workspace; its selector is kept as it is, so check it first.
   *
   * @throws `project.missing`, `project.workspace_missing`, `project.workspace_fixed`, `project.invalid_value`
   */
  updateWorkspace(
    projectId: number,
    workspaceId: number,
    changes: WorkspaceChanges,
  ): Promise<Workspace> {
    return this.change((data) => withWorkspaceChanges(data, projectId, workspaceId, changes));
  }

  /** @throws `project.missing`, `project.workspace_missing`, `project.workspace_fixed` for the global one */
  deleteWorkspace(projectId: number, workspaceId: number): Promise<Workspace> {
    return this.change((data) => withoutWorkspace(data, projectId, workspaceId));
  }

  /**
   * Adds a service account.
   *
   * @returns the account, and its secret, which is kept nowhere
   * @throws `project.missing`, `project.invalid_role`, `project.invalid_value`
   */
  async createServiceAccount(
    account: NewServiceAccount,
  ): Promise<{ readonly account: ServiceAccount; readonly secret: string }> {
    const { name, projectIds, role, expiresAtMs } = account;
    if (projectIds.length === 0) throw invalid("projects", "at least one project", "none");
    const grants = projectIds.map((projectId) => ({ projectId, role }));
    const { secret, secretHash } = await makeSecret();
    const parts = { name, grants, expiresAtMs, secretHash };
    const created = await this.change((data, nowMs) => withNewServiceAccount(data, parts, nowMs));
    return { account: created, secret };
  }

  /**
   * Gives a service account a role in a project, or takes it away.
   *
   * @param role undefined takes it away
   * @throws `project.service_account_missing`, `project.missing`, `project.invalid_role`
   */
  setServiceAccountRole(
    username: string,
    projectId: number,
    role: Role | undefined,
  ): Promise<ServiceAccount> {
    return this.change((data) => withServiceAccountRole(data, username, projectId, role));
  }

  /**
   * Removes a service account; every process stops accepting it within a second.
   *
   * @throws `project.service_account_missing`
   */
  revokeServiceAccount(username: string): Promise<ServiceAccount> {
    return this.change((data) => withoutServiceAccount(data, username));
  }

  /**
   * Makes a change once those before it are made.
   *
   * @param edit sees the directory as no other process changes it meanwhile; what it throws changes nothing. It may
   *   be asked again when the lock was lost
   */
  change<Made>(edit: Edit<Made>): Promise<Made> {
    const change = this.#lastChange.then(() => this.#apply(edit));
    this.#lastChange = change.catch(() => undefined);
    return change;
  }

  #look(): void {
    // A clock that was set back must not stop the looks.
    if (Math.abs(this.#clock.now() - this.#seenAtMs) >= UNSEEN_MS_MAX) this.refresh();
  }

  #load(folder: string): void {
    const { data, stamp } = readProjectFile(folder);
    this.#adopt(data);
    this.#stamp = stamp;
    this.#seenAtMs = this.#clock.now();
  }

  #adopt(data: DirectoryData): void {
    this.#data = data;
    this.#index = makeIndex(data);
  }

  async #apply<Made>(edit: Edit<Made>): Promise<Made> {
    const folder = this.#folder;
    if (folder === undefined) {
      const { data, made } = edit(this.#data, this.#clock.now());
      this.#adopt(data);
      return made;
    }
    for (let tryCount = 0; tryCount < TRY_COUNT_MAX; tryCount += 1) {
      const lock = await takeLock(folder);
      try {
        const { data, made } = edit(readProjectFile(folder).data, this.#clock.now());
        if (await replaceProjectFile(folder, data, lock.isHeld)) {
          this.#load(folder);
          return made;
        }
      } finally {
        await lock.release();
      }
    }
    throw fail("data.folder_busy", { folder, holder: "another process" });
  }
}

interface Index {
  readonly projectById: ReadonlyMap<number, Project>;
  readonly projectByToken: ReadonlyMap<string, Project>;
  readonly projectBySecret: ReadonlyMap<string, Project>;
  readonly accountByUsername: ReadonlyMap<string, ServiceAccount>;
}

function makeIndex(data: DirectoryData): Index {
  const { projects, serviceAccounts } = data;
  return {
    projectById: new Map(projects.map((project) => [project.id, project])),
    projectByToken: new Map(projects.map((project) => [digestSecret(project.token), project])),
    projectBySecret: new Map(projects.map((project) => [digestSecret(project.apiSecret), project])),
    accountByUsername: new Map(serviceAccounts.map((account) => [account.username, account])),
  };
}

function findSecretly(
  index: ReadonlyMap<string, Project>,
  text: string,
  read: (project: Project) => string,
): Project | undefined {
  const project = index.get(digestSecret(text));
  return project !== undefined && isSameSecret(read(project), text) ? project : undefined;
}

function exists(folder: string): boolean {
  try {
    stampOf(folder);
    return true;
  } catch (error) {
    if (error instanceof WhomError && error.code === "data.folder_missing") return false;
    throw error;
  }
}

async function takeLock(folder: string): Promise<ChangeLock> {
  try {
    return await takeChangeLock(folder);
  } catch (error) {
    throw error instanceof WhomError ? error : toFolderError(folder, error);
  }
}

/** A folder that should be there and is not is unusable, not missing. */
function unusable(folder: string, error: unknown): WhomError {
  const found = error instanceof WhomError ? error : toFolderError(folder, error);
  return found.code === "data.folder_missing"
    ? fail("data.folder_unusable", { folder, reason: "projects.json is gone" })
    : found;
}
