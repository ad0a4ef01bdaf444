/**
 * What service accounts change over the API, as new data from old, with their rights.
 *
 * Rights are looked up in the directory that is changed, so that a role which is taken away meanwhile is gone.
 *
 * @module
 */
import { fail } from "../errors/error.ts";
import type { Change } from "./change.ts";
import { withNewProject, withoutProject } from "./directory-change.ts";
import type { Grant, Project, ServiceAccount } from "./project.ts";
import type { DirectoryData } from "./project-file.ts";
import { demandGrant, demandManager, isSeenBy, ownsOrganization, roleIn } from "./rights.ts";
import {
  type ServiceAccountParts,
  withNewServiceAccount,
  withoutServiceAccount,
  withServiceAccountRole,
} from "./service-account-change.ts";

/**
 * A service account that another one makes; it may have no role yet.
 *
 * @param actor the username of who makes it
 * @throws `access.*`, and what `withNewServiceAccount` throws
 */
export function withServiceAccountBy(
  data: DirectoryData,
  actor: string,
  parts: Omit<ServiceAccountParts, "creator">,
  nowMs: number,
): Change<ServiceAccount> {
  const maker = findActor(data, actor);
  demandManager(maker, "create service accounts");
  for (const { projectId, role } of parts.grants) demandGrant(maker, projectId, role);
  const creator = { id: maker.id, username: maker.username };
  return withNewServiceAccount(data, { ...parts, creator }, nowMs);
}

/**
 * Gives each account each role, in the place of the one it has in the project.
 *
 * @throws `access.*`, `project.service_account_missing`, `project.missing`
 */
export function withGrantsBy(
  data: DirectoryData,
  actor: string,
  grants: readonly Grant[],
  accountIds: readonly number[],
): Change<undefined> {
  const giver = findActor(data, actor);
  demandManager(giver, "add service accounts to projects");
  let next = data;
  for (const accountId of accountIds) {
    const account = findSeen(data, giver, accountId);
    for (const { projectId, role } of grants) {
      demandGrant(giver, projectId, role);
      // An admin who lowers an owner would take a role that is stronger than theirs.
      demandGrant(giver, projectId, roleIn(account, projectId) ?? role);
      next = withServiceAccountRole(next, account.username, projectId, role).data;
    }
  }
  return { data: next, made: undefined };
}

/** Accounts to take out of a project. */
export interface Withdrawal {
  readonly projectId: number;
  readonly accountIds: readonly number[];
}

/**
 * Takes roles away; an account without one in the project stays as it is.
 *
 * @throws `access.*`, `project.service_account_missing`, `project.missing`
 */
export function withoutGrantsBy(
  data: DirectoryData,
  actor: string,
  withdrawals: readonly Withdrawal[],
): Change<undefined> {
  const taker = findActor(data, actor);
  demandManager(taker, "remove service accounts from projects");
  let next = data;
  for (const { projectId, accountIds } of withdrawals) {
    for (const accountId of accountIds) {
      const account = findSeen(data, taker, accountId);
      demandGrant(taker, projectId, roleIn(account, projectId) ?? "consumer");
      next = withServiceAccountRole(next, account.username, projectId, undefined).data;
    }
  }
  return { data: next, made: undefined };
}

/**
 * Deletes service accounts; only who could take away each of their roles may.
 *
 * @throws `access.*`, `project.service_account_missing`
 */
export function withoutServiceAccountsBy(
  data: DirectoryData,
  actor: string,
  accountIds: readonly number[],
): Change<undefined> {
  const remover = findActor(data, actor);
  demandManager(remover, "delete service accounts");
  let next = data;
  for (const accountId of new Set(accountIds)) {
    const account = findSeen(data, remover, accountId);
    for (const { projectId, role } of account.roles) {
      // Which projects of others an account is in is not told.
      if (roleIn(remover, projectId) === undefined) {
        throw fail("access.service_account_shared", { username: account.username });
      }
      demandGrant(remover, projectId, role);
    }
    next = withoutServiceAccount(next, account.username).data;
  }
  return { data: next, made: undefined };
}

/**
 * Adds projects, owned by who makes them.
 *
 * @throws `access.organization_owner_required`, and what `withNewProject` throws
 */
export function withProjectsBy(
  data: DirectoryData,
  actor: string,
  names: readonly string[],
  nowMs: number,
): Change<readonly Project[]> {
  const maker = findActor(data, actor);
  if (!ownsOrganization(maker, data.projects)) {
    throw fail("access.organization_owner_required", { action: "create projects" });
  }
  let next = data;
  const made: Project[] = [];
  for (const name of names) {
    const added = withNewProject(next, { name }, nowMs);
    made.push(added.made);
    next = withServiceAccountRole(added.data, maker.username, added.made.id, "owner").data;
  }
  return { data: next, made };
}

/**
 * Removes projects, which only an owner of them may. See first that they have no data.
 *
 * @throws `access.project_forbidden`, `access.role_too_weak`
 */
export function withoutProjectsBy(
  data: DirectoryData,
  actor: string,
  projectIds: readonly number[],
): Change<undefined> {
  const remover = findActor(data, actor);
  let next = data;
  for (const projectId of new Set(projectIds)) {
    demandOwner(remover, projectId);
    next = withoutProject(next, projectId).data;
  }
  return { data: next, made: undefined };
}

/** @throws `access.project_forbidden` where the account has no role, `access.role_too_weak` where it is no owner */
export function demandOwner(account: ServiceAccount, projectId: number): void {
  const role = roleIn(account, projectId);
  if (role === undefined) throw fail("access.project_forbidden", { projectId: String(projectId) });
  if (role !== "owner") throw fail("access.role_too_weak", { role, action: "delete the project" });
}

/**
 * A service account that a manager may know of, by its id.
 *
 * @throws `project.service_account_missing` as well for one of other tenants, so that the two look the same
 */
export function findSeen(
  { serviceAccounts }: Pick<DirectoryData, "serviceAccounts">,
  viewer: ServiceAccount,
  accountId: number,
): ServiceAccount {
  const account = serviceAccounts.find(({ id }) => id === accountId);
  if (account === undefined || !isSeenBy(account, viewer)) {
    throw fail("project.service_account_missing", { username: String(accountId) });
  }
  return account;
}

/** Somebody whose account was revoked since they were let in is nobody. */
function findActor({ serviceAccounts }: DirectoryData, actor: string): ServiceAccount {
  const account = serviceAccounts.find(({ username }) => username === actor);
  if (account === undefined) throw fail("access.unauthenticated", {});
  return account;
}
