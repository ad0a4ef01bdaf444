/**
 * `projects.json` of a data folder as data, and back.
 *
 * The file holds secrets, so only its owner may read it. It is replaced as a whole: a reader sees the
 * old file or the new one, and a crash leaves one of them.
 *
 * @module
 */
import { closeSync, fstatSync, openSync, readFileSync, statSync } from "node:fs";
import { open, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { type Static, Type } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";
import { fail, type WhomError } from "../errors/error.ts";
import type { IdentityMode } from "../event/identity.ts";
import { codeOf } from "./change-lock.ts";
import type { Project, ProjectQuota, ServiceAccount, Workspace } from "./project.ts";

/** The file's name in the data folder. */
const FILE_NAME = "projects.json";

/** The format this version reads and writes. */
const FORMAT_VERSION = 1;

/** How projects join distinct ids unless they say otherwise. */
export const IDENTITY_DEFAULT: IdentityMode = "simplified";

/** Everything a directory knows. */
export interface DirectoryData {
  /** Ids are never given twice, so the next ones are kept. */
  readonly nextIds: {
    readonly project: number;
    readonly workspace: number;
    readonly serviceAccount: number;
  };
  readonly projects: readonly Project[];
  readonly serviceAccounts: readonly ServiceAccount[];
}

/** The content of the file, and what tells it from every other version of the file. */
export interface ProjectFile {
  readonly data: DirectoryData;
  readonly stamp: string;
}

const id = Type.Integer({ minimum: 1 });
const timeMs = Type.Number();
const strict = { additionalProperties: false };
const creator = Type.Object({ id, username: Type.String() }, strict);
const about = Type.Object(
  {
    description: Type.String(),
    isRestricted: Type.Boolean(),
    isVisible: Type.Boolean(),
    dataFiltersJson: Type.Optional(Type.String()),
    createdAtMs: timeMs,
    creator: Type.Optional(creator),
  },
  strict,
);
const role = Type.Union([
  Type.Literal("owner"),
  Type.Literal("admin"),
  Type.Literal("analyst"),
  Type.Literal("consumer"),
]);

/** Strict, because a member that is not known here would be lost with the next change. */
const FILE_SCHEMA = Type.Object(
  {
    formatVersion: Type.Literal(FORMAT_VERSION),
    nextIds: Type.Object({ project: id, workspace: id, serviceAccount: id }, strict),
    projects: Type.Array(
      Type.Object(
        {
          id,
          name: Type.String({ minLength: 1 }),
          token: Type.String({ minLength: 1 }),
          apiSecret: Type.String({ minLength: 16 }),
          timeZone: Type.String({ minLength: 1 }),
          workspaces: Type.Array(
            Type.Object(
              {
                id,
                name: Type.String(),
                isGlobal: Type.Boolean(),
                selector: Type.Optional(Type.String()),
                about: Type.Optional(about),
              },
              strict,
            ),
          ),
          quota: Type.Object(
            { queriesPerHourMax: Type.Optional(id), queriesAtOnceMax: Type.Optional(id) },
            strict,
          ),
          // Files that were written before there were events do not say it.
          identity: Type.Optional(
            Type.Union([Type.Literal("simplified"), Type.Literal("original")]),
          ),
          createdAtMs: timeMs,
        },
        strict,
      ),
    ),
    serviceAccounts: Type.Array(
      Type.Object(
        {
          id,
          username: Type.String({ minLength: 1 }),
          secretHash: Type.String({ pattern: "^\\$scrypt\\$" }),
          roles: Type.Array(Type.Object({ projectId: id, role }, strict)),
          createdAtMs: timeMs,
          expiresAtMs: Type.Optional(timeMs),
          creator: Type.Optional(creator),
        },
        strict,
      ),
    ),
  },
  strict,
);

type StoredWorkspace = Static<typeof FILE_SCHEMA>["projects"][number]["workspaces"][number];

/**
 * Reads the file.
 *
 * @throws `data.folder_missing`, `data.format_unknown`, `data.folder_unusable`
 */
export function readProjectFile(folder: string): ProjectFile {
  let text: string;
  let stamp: string;
  try {
    const descriptor = openSync(join(folder, FILE_NAME), "r");
    try {
      // Both through one descriptor, so that the stamp belongs to the text.
      stamp = toStamp(fstatSync(descriptor, { bigint: true }));
      text = readFileSync(descriptor, "utf8");
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    throw toFolderError(folder, error);
  }
  return { data: decode(folder, text), stamp };
}

/** What the file looks like from outside; cheap enough to ask often. */
export function stampOf(folder: string): string {
  try {
    return toStamp(statSync(join(folder, FILE_NAME), { bigint: true }));
  } catch (error) {
    throw toFolderError(folder, error);
  }
}

/**
 * Replaces the file; once this resolves, the change survives a power cut.
 *
 * @param isAllowed asked at the last moment; false leaves the file as it is
 * @returns whether it was replaced
 */
export async function replaceProjectFile(
  folder: string,
  data: DirectoryData,
  isAllowed: () => Promise<boolean>,
): Promise<boolean> {
  const file = join(folder, FILE_NAME);
  const next = `${file}.tmp`;
  try {
    await rm(next, { force: true });
    const handle = await open(next, "wx", 0o600);
    try {
      await handle.writeFile(encode(data));
      await handle.sync();
    } finally {
      await handle.close();
    }
    if (!(await isAllowed())) return false;
    await rename(next, file);
    await syncFolder(folder);
    return true;
  } catch (error) {
    throw toFolderError(folder, error);
  }
}

/** The error of a folder that a system call failed on. */
export function toFolderError(folder: string, error: unknown): WhomError {
  const code = codeOf(error);
  if (code === "ENOENT" || code === "ENOTDIR") return fail("data.folder_missing", { folder });
  return fail("data.folder_unusable", { folder, reason: messageOf(error) });
}

/** What a system error says. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function toStamp(stats: { ino: bigint; size: bigint; mtimeNs: bigint; ctimeNs: bigint }): string {
  return `${stats.ino}:${stats.size}:${stats.mtimeNs}:${stats.ctimeNs}`;
}

function encode(data: DirectoryData): string {
  return `${JSON.stringify({ formatVersion: FORMAT_VERSION, ...data }, null, 2)}\n`;
}

function decode(folder: string, text: string): DirectoryData {
  const content = parse(folder, text);
  const version: unknown =
    typeof content === "object" && content !== null && "formatVersion" in content
      ? content.formatVersion
      : undefined;
  if (typeof version === "number" && version !== FORMAT_VERSION) {
    throw fail("data.format_unknown", { folder, found: String(version) });
  }
  if (!Value.Check(FILE_SCHEMA, content)) {
    const found = Value.Errors(FILE_SCHEMA, content).First();
    throw damaged(folder, found === undefined ? "" : ` at ${found.path || "/"}: ${found.message}`);
  }
  const data = toData(content);
  const duplicate = findDuplicate(data);
  if (duplicate !== undefined) throw damaged(folder, `: two entries have the ${duplicate}`);
  return data;
}

function parse(folder: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's own message would quote the file, and with it perhaps a secret.
    throw damaged(folder, ": it is not JSON");
  }
}

function damaged(folder: string, what: string): WhomError {
  return fail("data.folder_unusable", { folder, reason: `${FILE_NAME} is damaged${what}` });
}

/** JSON leaves undefined members out; the types want them said. */
function toData(content: Static<typeof FILE_SCHEMA>): DirectoryData {
  return {
    nextIds: content.nextIds,
    projects: content.projects.map((project) => ({
      ...project,
      workspaces: project.workspaces.map(toWorkspace),
      quota: toQuota(project.quota),
      identity: project.identity ?? IDENTITY_DEFAULT,
    })),
    serviceAccounts: content.serviceAccounts.map((account) => ({
      ...account,
      expiresAtMs: account.expiresAtMs,
    })),
  };
}

function toWorkspace({ about: shown, ...workspace }: StoredWorkspace): Workspace {
  const said = { ...workspace, selector: workspace.selector };
  if (shown === undefined) return said;
  const { dataFiltersJson, creator: maker } = shown;
  return { ...said, about: { ...shown, dataFiltersJson, creator: maker } };
}

/** A quota with both members said. */
export function toQuota(quota: {
  readonly queriesPerHourMax?: number | undefined;
  readonly queriesAtOnceMax?: number | undefined;
}): ProjectQuota {
  return {
    queriesPerHourMax: quota.queriesPerHourMax,
    queriesAtOnceMax: quota.queriesAtOnceMax,
  };
}

/** What two entries share that must tell them apart; tokens and secrets are named, not shown. */
function findDuplicate(data: DirectoryData): string | undefined {
  const { projects, serviceAccounts } = data;
  const workspaces = projects.flatMap((project) => project.workspaces);
  const keys: readonly (readonly [string, readonly unknown[]])[] = [
    ["same project id", projects.map((project) => project.id)],
    ["same project name", projects.map((project) => project.name)],
    ["same token", projects.map((project) => project.token)],
    ["same API secret", projects.map((project) => project.apiSecret)],
    ["same workspace id", workspaces.map((workspace) => workspace.id)],
    ["same username", serviceAccounts.map((account) => account.username)],
    ["same service account id", serviceAccounts.map((account) => account.id)],
  ];
  return keys.find(([, values]) => new Set(values).size !== values.length)?.[0];
}

/** Makes the rename itself durable; some systems cannot, and need not. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } catch (error) {
    const code = codeOf(error);
    if (code !== "EINVAL" && code !== "EPERM" && code !== "ENOTSUP") throw error;
  } finally {
    await handle.close();
  }
}
