/**
 * `whom init`, `whom project` and `whom service-account`: tenants and who may read them.
 *
 * @module
 */
import { fail } from "../../errors/error.ts";
import type { ProjectChanges } from "../../project/directory.ts";
import { ROLES } from "../../project/directory-change.ts";
import type { Project, ProjectQuota, Role, ServiceAccount } from "../../project/project.ts";
import { compile } from "../../selector/selector.ts";
import { createDataFolder, type FirstProject, findProject, openDirectory } from "../data-folder.ts";
import { EXIT, type ExitCode } from "../failure.ts";
import { renderTable } from "../table.ts";
import { note, print, printable, printJson, printLine, type Terminal } from "../terminal.ts";

const DAY_MS = 86_400_000;

/** Makes a data folder, and says what to use next. */
export async function runInit(
  terminal: Terminal,
  folder: string,
  first: FirstProject,
  isJson: boolean,
): Promise<ExitCode> {
  const { project, username, secret } = await createDataFolder(folder, first);
  if (isJson) {
    const made = {
      project_id: project.id,
      token: project.token,
      api_secret: project.apiSecret,
      service_account: { username, secret },
    };
    await printJson(terminal, made);
    return EXIT.ok;
  }
  await print(
    terminal,
    `Made ${printable(folder)} with the project ${printable(project.name)}.

  project id       ${project.id}
  token            ${project.token}
  API secret       ${project.apiSecret}
  service account  ${printable(username)}
  its secret       ${secret}

The secret of the service account is shown only here; keep it.
The token goes into programs that write, the service account into those that read.

Next: whom serve --data ${printable(shellQuoted(folder))}
`,
  );
  return EXIT.ok;
}

/** How much a project may be queried, as options give it: 0 is without limit. */
export interface QuotaOptions {
  readonly queriesPerHour?: number;
  readonly queriesAtOnce?: number;
}

/** Adds a project. */
export async function runProjectCreate(
  terminal: Terminal,
  folder: string,
  project: Pick<FirstProject, "name" | "timeZone" | "identity"> & QuotaOptions,
  isJson: boolean,
): Promise<ExitCode> {
  const directory = await openDirectory(folder);
  const { name, timeZone, identity } = project;
  const quota = quotaOf(project, undefined);
  const made = await directory.createProject({ name, timeZone, identity, quota });
  await showProject(terminal, made, isJson);
  return EXIT.ok;
}

/** Changes what the options name of a project. */
export async function runProjectUpdate(
  terminal: Terminal,
  folder: string,
  wanted: string,
  changes: ProjectChanges & QuotaOptions,
  isJson: boolean,
): Promise<ExitCode> {
  const directory = await openDirectory(folder);
  const project = findProject(directory, wanted);
  const quota = quotaOf(changes, project);
  const { name, timeZone, renewToken, renewApiSecret } = changes;
  const changed = await directory.updateProject(project.id, {
    name,
    timeZone,
    quota,
    renewToken,
    renewApiSecret,
  });
  await showProject(terminal, changed, isJson);
  return EXIT.ok;
}

function quotaOf(options: QuotaOptions, project: Project | undefined): ProjectQuota {
  const { queriesPerHour, queriesAtOnce } = options;
  const limit = (count: number | undefined, otherwise: number | undefined): number | undefined =>
    count === undefined ? otherwise : count === 0 ? undefined : count;
  return {
    queriesPerHourMax: limit(queriesPerHour, project?.quota.queriesPerHourMax),
    queriesAtOnceMax: limit(queriesAtOnce, project?.quota.queriesAtOnceMax),
  };
}

/** Adds a workspace: a view of a project, through a selector if one is given. */
export async function runAddWorkspace(
  terminal: Terminal,
  folder: string,
  wanted: string,
  workspace: { readonly name: string; readonly selector: string | undefined },
): Promise<ExitCode> {
  if (workspace.selector !== undefined) compile(workspace.selector);
  const directory = await openDirectory(folder);
  const project = findProject(directory, wanted);
  const made = await directory.createWorkspace(project.id, workspace);
  await printLine(terminal, String(made.id));
  return EXIT.ok;
}

/** Lists projects, without their secrets. */
export async function runProjectList(
  terminal: Terminal,
  folder: string,
  isJson: boolean,
): Promise<ExitCode> {
  const projects = (await openDirectory(folder)).projects();
  if (isJson) {
    const rows = projects.map(({ id, name, timeZone, createdAtMs }) => ({
      id,
      name,
      time_zone: timeZone,
      created_at: new Date(createdAtMs).toISOString(),
    }));
    await printJson(terminal, rows, 2);
    return EXIT.ok;
  }
  const rows = projects.map(({ id, name, timeZone, createdAtMs }) => [
    String(id),
    name,
    timeZone,
    dayOf(createdAtMs),
  ]);
  await print(terminal, renderTable(["id", "name", "time zone", "created"], rows));
  return EXIT.ok;
}

/** Shows one project, with its token and API secret. */
export async function runProjectShow(
  terminal: Terminal,
  folder: string,
  wanted: string | undefined,
  isJson: boolean,
): Promise<ExitCode> {
  const directory = await openDirectory(folder);
  const project = findProject(directory, wanted, "as in: whom project show NAME");
  await showProject(terminal, project, isJson);
  return EXIT.ok;
}

async function showProject(terminal: Terminal, project: Project, isJson: boolean): Promise<void> {
  const { id, name, token, apiSecret, timeZone, identity, createdAtMs } = project;
  if (isJson) {
    const shown = {
      id,
      name,
      token,
      api_secret: apiSecret,
      time_zone: timeZone,
      identity,
      quota: {
        queries_per_hour: project.quota.queriesPerHourMax ?? null,
        queries_at_once: project.quota.queriesAtOnceMax ?? null,
      },
      workspaces: project.workspaces.map(({ id: workspaceId, name: workspaceName, selector }) => ({
        id: workspaceId,
        name: workspaceName,
        selector: selector ?? null,
      })),
      created_at: new Date(createdAtMs).toISOString(),
    };
    await printJson(terminal, shown, 2);
    return;
  }
  const rows = [
    ["id", String(id)],
    ["name", name],
    ["token", token],
    ["API secret", apiSecret],
    ["time zone", timeZone],
    ["identity", identity],
    ["created", dayOf(createdAtMs)],
    ["queries an hour", String(project.quota.queriesPerHourMax ?? "without limit")],
    ["queries at once", String(project.quota.queriesAtOnceMax ?? "without limit")],
    ...project.workspaces.map((workspace) => [
      "workspace",
      `${workspace.id} ${workspace.name}${workspace.selector === undefined ? "" : `: ${workspace.selector}`}`,
    ]),
  ];
  await print(terminal, renderTable([], rows));
}

/** What a new service account is made with. */
export interface NewAccount {
  readonly name: string;
  readonly project: string | undefined;
  readonly role: string;
  readonly expiresInDays: number | undefined;
}

/** Adds a service account, and shows its secret this once. */
export async function runAccountCreate(
  terminal: Terminal,
  folder: string,
  account: NewAccount,
  isJson: boolean,
): Promise<ExitCode> {
  const directory = await openDirectory(folder);
  const project = findProject(directory, account.project);
  const role = roleOf(account.role);
  const { account: made, secret } = await directory.createServiceAccount({
    name: account.name,
    projectIds: [project.id],
    role,
    expiresAtMs:
      account.expiresInDays === undefined ? undefined : Date.now() + account.expiresInDays * DAY_MS,
  });
  if (isJson) {
    const shown = { username: made.username, secret, project_id: project.id, role };
    await printJson(terminal, shown);
    return EXIT.ok;
  }
  const rows = [
    ["username", made.username],
    ["secret", secret],
    ["project", `${project.id} ${project.name}`],
    ["role", role],
  ];
  await print(terminal, renderTable([], rows));
  note(terminal, "The secret is shown only here; keep it.");
  return EXIT.ok;
}

/** Gives a service account a role in another project, or takes it away. */
export async function runAccountGrant(
  terminal: Terminal,
  folder: string,
  username: string,
  grant: { readonly project: string | undefined; readonly role: string },
): Promise<ExitCode> {
  const directory = await openDirectory(folder);
  const project = findProject(directory, grant.project);
  const role = grant.role === "none" ? undefined : roleOf(grant.role);
  await directory.setServiceAccountRole(username, project.id, role);
  const where = `${project.id} ${printable(project.name)}`;
  note(terminal, `${printable(username)} is ${role ?? "nothing"} of ${where}`);
  return EXIT.ok;
}

function roleOf(text: string): Role {
  const role = ROLES.find((known) => known === text);
  if (role === undefined) throw fail("project.invalid_role", { role: text });
  return role;
}

/** Lists service accounts. */
export async function runAccountList(
  terminal: Terminal,
  folder: string,
  isJson: boolean,
): Promise<ExitCode> {
  const accounts = (await openDirectory(folder)).serviceAccounts();
  if (isJson) {
    const rows = accounts.map(({ username, roles, createdAtMs, expiresAtMs }) => ({
      username,
      roles: roles.map(({ projectId, role }) => ({ project_id: projectId, role })),
      created_at: new Date(createdAtMs).toISOString(),
      expires_at: expiresAtMs === undefined ? null : new Date(expiresAtMs).toISOString(),
    }));
    await printJson(terminal, rows, 2);
    return EXIT.ok;
  }
  const head = ["username", "roles", "created", "expires"];
  await print(terminal, renderTable(head, accounts.map(accountRow)));
  return EXIT.ok;
}

function accountRow({ username, roles, createdAtMs, expiresAtMs }: ServiceAccount): string[] {
  const grants = roles.map(({ projectId, role }) => `${role} of ${projectId}`);
  const expiry = expiresAtMs === undefined ? "never" : dayOf(expiresAtMs);
  return [username, grants.join(", "), dayOf(createdAtMs), expiry];
}

/** Removes a service account. */
export async function runAccountRevoke(
  terminal: Terminal,
  folder: string,
  username: string,
): Promise<ExitCode> {
  await (await openDirectory(folder)).revokeServiceAccount(username);
  note(terminal, `revoked ${printable(username)}`);
  return EXIT.ok;
}

function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}

/** A text as one word of a POSIX shell. */
export function shellQuoted(text: string): string {
  return /^[\w./:@%+=-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
