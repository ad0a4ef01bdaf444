/**
 * What the changes of a directory have in common: what they give, how they find things, and which names they take.
 *
 * @module
 */
import { fail } from "../errors/error.ts";
import type { Project, Role, ServiceAccount } from "./project.ts";
import type { DirectoryData } from "./project-file.ts";

/** A directory after a change, and what the change made. */
export interface Change<Made> {
  readonly data: DirectoryData;
  readonly made: Made;
}

/** Every role, strongest first. */
export const ROLES: readonly Role[] = ["owner", "admin", "analyst", "consumer"];

/** Characters of a name, project's or workspace's. */
const NAME_LENGTH_MAX = 200;

/** @throws `project.missing` */
export function findProject(data: DirectoryData, projectId: number): Project {
  const project = data.projects.find(({ id }) => id === projectId);
  if (project === undefined) throw fail("project.missing", { project: String(projectId) });
  return project;
}

/** The directory with a project in the place of the one with its id. */
export function replaceProject(data: DirectoryData, project: Project): DirectoryData {
  const projects = data.projects.map((each) => (each.id === project.id ? project : each));
  return { ...data, projects };
}

/** @throws `project.service_account_missing` */
export function findServiceAccount(data: DirectoryData, username: string): ServiceAccount {
  const account = data.serviceAccounts.find((each) => each.username === username);
  if (account === undefined) throw fail("project.service_account_missing", { username });
  return account;
}

/** @throws `project.invalid_role` */
export function checkRole(role: Role): Role {
  // The type is a promise of the caller, who may have read the role from a command line.
  if (!ROLES.includes(role)) throw fail("project.invalid_role", { role: String(role) });
  return role;
}

/**
 * A name without the space around it.
 *
 * @param member what is named, as in `project's name`
 * @throws `project.invalid_value`
 */
export function checkName(member: string, name: string): string {
  const trimmed = name.trim();
  // Control characters would disturb terminals and logs.
  if (trimmed === "" || trimmed.length > NAME_LENGTH_MAX || /\p{Cc}/u.test(trimmed)) {
    const expected = `1 to ${NAME_LENGTH_MAX} printable characters`;
    throw invalid(member, expected, JSON.stringify(trimmed.slice(0, NAME_LENGTH_MAX)));
  }
  return trimmed;
}

/** `project.invalid_value`, to be thrown. */
export function invalid(member: string, expected: string, found: string): ReturnType<typeof fail> {
  return fail("project.invalid_value", { member, expected, found });
}
