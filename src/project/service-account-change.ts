/**
 * Each change of service accounts, as new data from old.
 *
 * @module
 */
import { randomBytes } from "node:crypto";
import { type Change, checkRole, findProject, findServiceAccount, invalid } from "./change.ts";
import type { Creator, Grant, Role, ServiceAccount } from "./project.ts";
import type { DirectoryData } from "./project-file.ts";

/** What a new service account is made of. */
export interface ServiceAccountParts {
  /** The readable part of the username. */
  readonly name: string;
  /** The first of several for one project counts. */
  readonly grants: readonly Grant[];
  readonly expiresAtMs: number | undefined;
  readonly secretHash: string;
  /** Left out for one that the operator makes. */
  readonly creator?: Creator;
}

/** Characters of a service account's readable part. */
const USERNAME_PART_LENGTH_MAX = 40;

/** The last time a date can be. */
const TIME_MS_MAX = 8.64e15;

const USERNAME_BYTES = 3;
const USERNAME_SUFFIX = "whom-service-account";

/** @throws `project.missing`, `project.invalid_role`, `project.invalid_value` */
export function withNewServiceAccount(
  data: DirectoryData,
  { name, grants, expiresAtMs, secretHash, creator }: ServiceAccountParts,
  nowMs: number,
): Change<ServiceAccount> {
  // NaN, which an unreadable date gives, is not after now either.
  if (expiresAtMs !== undefined && !(expiresAtMs > nowMs && expiresAtMs <= TIME_MS_MAX)) {
    throw invalid("expiry", "a time in the future", formatTime(expiresAtMs));
  }
  const roles = new Map<number, Role>();
  for (const { projectId, role } of grants) {
    const { id } = findProject(data, projectId);
    if (!roles.has(id)) roles.set(id, checkRole(role));
  }
  const made: ServiceAccount = {
    id: data.nextIds.serviceAccount,
    username: makeUsername(data, name),
    secretHash,
    roles: [...roles].map(([projectId, role]) => ({ projectId, role })),
    createdAtMs: nowMs,
    expiresAtMs,
    ...(creator === undefined ? {} : { creator }),
  };
  const nextIds = { ...data.nextIds, serviceAccount: made.id + 1 };
  return { data: { ...data, nextIds, serviceAccounts: [...data.serviceAccounts, made] }, made };
}

/**
 * A service account with a role in a project, or without one.
 *
 * @throws `project.service_account_missing`, `project.missing`, `project.invalid_role`
 */
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

/** @throws `project.service_account_missing` */
export function withoutServiceAccount(
  data: DirectoryData,
  username: string,
): Change<ServiceAccount> {
  const made = findServiceAccount(data, username);
  const serviceAccounts = data.serviceAccounts.filter((account) => account !== made);
  return { data: { ...data, serviceAccounts }, made };
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
