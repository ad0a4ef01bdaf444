/**
 * A data folder as the store and the directory in it.
 *
 * `whom.duckdb` holds the profiles and events, `projects.json` the projects and service accounts, `sessions/` the paging
 * sessions, `imports/` how far imports got, `control.sock` is where a server takes orders. One process at a time holds the profiles; the projects can be
 * changed beside it.
 *
 * @module
 */
import { rmdir, unlink } from "node:fs/promises";
import { join } from "node:path";
import { SYSTEM_CLOCK } from "../clock.ts";
import type { TableContents } from "../duckdb/backup.ts";
import { DuckdbStore } from "../duckdb/store.ts";
import { fail, WhomError } from "../errors/error.ts";
import type { IdentityMode } from "../event/identity.ts";
import { Writer } from "../ingest/writer.ts";
import { ProjectDirectory } from "../project/directory.ts";
import type { Project } from "../project/project.ts";
import type { Store } from "../store/store.ts";
import { systemReason } from "./system-reason.ts";

/** How the engine may use the machine. */
export interface EngineSettings {
  /** Empty leaves it to the engine. */
  readonly memoryLimit: string;
  /** Empty leaves it to the engine. */
  readonly tempLimit: string;
  /** 0 takes one for each core. */
  readonly threads: number;
}

/** An opened data folder. */
export interface DataFolder {
  readonly directory: ProjectDirectory;
  readonly store: Store;
  readonly writer: Writer;
  /** Sorts the events that were added, so that queries read less. */
  settle(): Promise<void>;
  /** Copies profiles and events into a new file, while both are used. @returns what it must hold */
  copyTo(path: string): Promise<readonly TableContents[]>;
  /** Finishes the writes under way and lets go of the folder. */
  close(): Promise<void>;
}

/** The folder of paging sessions. */
export function sessionsFolder(folder: string): string {
  return join(folder, "sessions");
}

/** The folder of the progress of imports. */
export function importsFolder(folder: string): string {
  return join(folder, "imports");
}

/** Opens the projects of a data folder, which works while a server holds the profiles. */
export function openDirectory(folder: string): Promise<ProjectDirectory> {
  return ProjectDirectory.open(folder, SYSTEM_CLOCK);
}

/**
 * Opens a data folder for this process alone.
 *
 * @throws `data.folder_missing`, `data.folder_busy`, `data.folder_unusable`, `data.format_unknown`
 */
export async function openDataFolder(folder: string, engine: EngineSettings): Promise<DataFolder> {
  const directory = await openDirectory(folder);
  const store = await DuckdbStore.open(join(folder, "whom.duckdb"), {
    threads: engine.threads === 0 ? undefined : engine.threads,
    memoryLimit: engine.memoryLimit === "" ? undefined : engine.memoryLimit,
    tempLimit: engine.tempLimit === "" ? undefined : engine.tempLimit,
  });
  const writer = new Writer(store);
  return {
    directory,
    store,
    writer,
    settle: () => store.settle(),
    copyTo: (path) => store.copyTo(path),
    close: async () => {
      await writer.drain();
      await store.close().catch((error: unknown) => {
        throw error instanceof WhomError
          ? error
          : fail("data.engine_failed", { reason: systemReason(error) });
      });
    },
  };
}

/** What a new data folder is made with. */
export interface FirstProject {
  readonly name: string;
  readonly timeZone: string;
  readonly identity: IdentityMode;
  readonly accountName: string;
}

/** A new data folder's first project, and who may read it. */
export interface Initialized {
  readonly project: Project;
  readonly username: string;
  readonly secret: string;
}

/**
 * Makes a data folder with a first project and a service account that owns it.
 *
 * @throws `data.folder_exists` for a folder that holds data already, `project.*` for unusable names
 */
export async function createDataFolder(folder: string, first: FirstProject): Promise<Initialized> {
  const directory = await ProjectDirectory.create(folder, SYSTEM_CLOCK);
  try {
    const { name, timeZone, identity } = first;
    const project = await directory.createProject({ name, timeZone, identity });
    const { account, secret } = await directory.createServiceAccount({
      name: first.accountName,
      projectIds: [project.id],
      role: "owner",
    });
    return { project, username: account.username, secret };
  } catch (error) {
    // Half a data folder would keep the corrected command from working.
    await unlink(join(folder, "projects.json")).catch(() => undefined);
    await rmdir(folder).catch(() => undefined);
    throw error;
  }
}

/**
 * The project somebody means: by id, by name, or the only one there is.
 *
 * @param place where the command line names it
 * @throws `project.missing`, or `command.invalid` when there are several to choose from
 */
export function findProject(
  directory: ProjectDirectory,
  wanted: string | undefined,
  place = "with --project",
): Project {
  const projects = directory.projects();
  if (wanted !== undefined) {
    const id = /^\d+$/.test(wanted) ? Number(wanted) : undefined;
    const found = projects.find((project) => project.id === id) ?? directory.projectByName(wanted);
    if (found === undefined) throw fail("project.missing", { project: wanted });
    return found;
  }
  const [only, another] = projects;
  if (only !== undefined && another === undefined) return only;
  throw fail("command.invalid", {
    reason:
      only === undefined
        ? "the data folder has no project"
        : "the data folder has several projects",
    hint:
      only === undefined
        ? "make one with: whom project create NAME"
        : `name one ${place}: ${projects.map(({ name }) => name).join(", ")}`,
  });
}
