/**
 * What a service account may do to projects and to other service accounts, from the roles it has.
 *
 * Owners and admins of a project manage it. Nobody gives or takes a role stronger than their own, and nobody sees a
 * service account that has nothing to do with their projects: tenants share a directory without meeting in it.
 *
 * @module
 */
import { fail } from "../errors/error.ts";
import { ROLES } from "./change.ts";
import type { Project, Role, ServiceAccount } from "./project.ts";

/** The role of a service account in a project; undefined without one. */
export function roleIn({ roles }: ServiceAccount, projectId: number): Role | undefined {
  return roles.find((grant) => grant.projectId === projectId)?.role;
}

/** Whether a role manages its project. */
export function isManaging(role: Role | undefined): boolean {
  return role === "owner" || role === "admin";
}

/** The ids of the projects that a service account manages. */
export function managedProjectIds({ roles }: ServiceAccount): readonly number[] {
  return roles.filter(({ role }) => isManaging(role)).map(({ projectId }) => projectId);
}

/** @throws `access.role_too_weak` unless the account manages some project */
export function demandManager(account: ServiceAccount, action: string): void {
  if (managedProjectIds(account).length > 0) return;
  const strongest = ROLES.find((role) => account.roles.some((grant) => grant.role === role));
  throw fail("access.role_too_weak", { role: strongest ?? "of no project", action });
}

/**
 * @throws `access.project_forbidden` where the account has no role, `access.role_too_weak` where it does not manage,
 *   `access.role_exceeded` where it would give or take a role stronger than its own
 */
export function demandGrant(account: ServiceAccount, projectId: number, role: Role): void {
  const own = roleIn(account, projectId);
  if (own === undefined) {
    throw fail("access.project_forbidden", { projectId: String(projectId) });
  }
  if (!isManaging(own)) throw fail("access.role_too_weak", { role: own, action: "manage" });
  if (ROLES.indexOf(role) < ROLES.indexOf(own)) {
    throw fail("access.role_exceeded", { own, role, projectId });
  }
}

/** Whether a service account owns every project of the server, which makes it an owner of the organization. */
export function ownsOrganization(account: ServiceAccount, projects: readonly Project[]): boolean {
  return projects.every(({ id }) => roleIn(account, id) === "owner");
}

/**
 * Whether a manager may know that a service account exists: it is itself, it made it, or it manages a project that
 * the account has a role in.
 */
export function isSeenBy(account: ServiceAccount, viewer: ServiceAccount): boolean {
  if (account.id === viewer.id || account.creator?.id === viewer.id) return true;
  return managedProjectIds(viewer).some((projectId) => roleIn(account, projectId) !== undefined);
}
