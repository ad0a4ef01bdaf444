/**
 * Service accounts over HTTP: made, listed, read and deleted, and their roles in projects.
 *
 * The secret of a new one is in the answer that made it, and nowhere else. Rights are those of `project/rights.ts`,
 * looked at again when a change is made.
 *
 * @module
 */
import { type Static, Type } from "@sinclair/typebox";
import { fail } from "../../errors/error.ts";
import { makeSecret } from "../../project/credential.ts";
import {
  findSeen,
  withGrantsBy,
  withoutGrantsBy,
  withoutServiceAccountsBy,
  withServiceAccountBy,
} from "../../project/management.ts";
import type { Grant, Role } from "../../project/project.ts";
import { demandManager, isSeenBy, roleIn } from "../../project/rights.ts";
import type { ApiReply, ApiRequest } from "../api.ts";
import { inProject, ok, okSchema, type ProjectCall, pathId, readJson } from "../app/app.ts";
import type { Route } from "../route.ts";
import { DONE_SCHEMA, inOrganization, type OrganizationCall, shownId } from "./caller.ts";
import {
  MEMBER_SCHEMA,
  memberObject,
  NEW_SERVICE_ACCOUNT_SCHEMA,
  ROLE_SCHEMA,
  SERVICE_ACCOUNT_SCHEMA,
  serviceAccountObject,
} from "./objects.ts";
import { parseTime } from "./wire-time.ts";

/** Projects or service accounts that one request names. */
const NAMED_COUNT_MAX = 100;

const ID = Type.Integer({ minimum: 1 });
const IDS = Type.Array(ID, { maxItems: NAMED_COUNT_MAX });

const NEW_SERVICE_ACCOUNT = Type.Object({
  username: Type.String({ description: "The readable part of the username." }),
  role: Type.Optional(Type.Union([ROLE_SCHEMA, Type.Null()])),
  expires: Type.Optional(
    Type.Union([Type.String(), Type.Null()], {
      description: "`YYYY-MM-DDTHH:MM:SSZ`; empty or null never.",
    }),
  ),
  projects: Type.Optional(
    Type.Union([
      Type.Array(Type.Object({ id: ID, role: Type.Optional(ROLE_SCHEMA) }), {
        maxItems: NAMED_COUNT_MAX,
      }),
      Type.Null(),
    ]),
  ),
});

const ADDITION = Type.Object({
  projects: Type.Array(Type.Object({ id: ID, role: ROLE_SCHEMA }), { maxItems: NAMED_COUNT_MAX }),
  service_account_ids: IDS,
});

const REMOVAL = Type.Object({
  projects: Type.Array(Type.Object({ id: ID, service_account_ids: IDS }), {
    maxItems: NAMED_COUNT_MAX,
  }),
});

const DELETION = Type.Object({ service_account_ids: IDS });

/** The role in a project that a request names without one. */
const ROLE_DEFAULT: Role = "consumer";

/** The endpoints. */
export const SERVICE_ACCOUNT_ROUTES: readonly Route[] = [
  inOrganization({
    name: "service_account_list",
    method: "GET",
    path: "/service-accounts",
    summary: "List the service accounts of the projects you manage, and those you made",
    answer: okSchema(Type.Array(SERVICE_ACCOUNT_SCHEMA)),
    handler: listServiceAccounts,
  }),
  inOrganization({
    name: "service_account_create",
    method: "POST",
    path: "/service-accounts",
    summary: "Make a service account; the answer shows its secret this once",
    body: NEW_SERVICE_ACCOUNT,
    answer: okSchema(NEW_SERVICE_ACCOUNT_SCHEMA),
    handler: createServiceAccount,
  }),
  inOrganization({
    name: "service_account_add",
    method: "POST",
    path: "/service-accounts/add-to-project",
    summary: "Give service accounts roles in projects",
    body: ADDITION,
    answer: DONE_SCHEMA,
    handler: addToProjects,
  }),
  inOrganization({
    name: "service_account_remove",
    method: "POST",
    path: "/service-accounts/remove-from-project",
    summary: "Take service accounts out of projects",
    body: REMOVAL,
    answer: DONE_SCHEMA,
    handler: removeFromProjects,
  }),
  inOrganization({
    name: "service_account_delete_many",
    method: "POST",
    path: "/service-accounts/delete-service-accounts",
    summary: "Delete service accounts",
    body: DELETION,
    answer: DONE_SCHEMA,
    handler: (call) => remove(call, readJson(call.request, DELETION).service_account_ids),
  }),
  inOrganization({
    name: "service_account_read",
    method: "GET",
    path: "/service-accounts/:id",
    summary: "Read a service account",
    answer: okSchema(SERVICE_ACCOUNT_SCHEMA),
    handler: readServiceAccount,
  }),
  inOrganization({
    name: "service_account_delete",
    method: "DELETE",
    path: "/service-accounts/:id",
    summary: "Delete a service account",
    answer: DONE_SCHEMA,
    handler: (call) => remove(call, [idOf(call.request)]),
  }),
  inProject({
    name: "service_account_members",
    method: "GET",
    path: "/service-accounts",
    summary: "List the service accounts of a project, with their roles",
    action: "manage",
    results: Type.Array(MEMBER_SCHEMA),
    handler: listMembers,
  }),
];

function listServiceAccounts({ context, account }: OrganizationCall): ApiReply {
  demandManager(account, "list service accounts");
  const seen = context.directory.serviceAccounts().filter((each) => isSeenBy(each, account));
  return ok(seen.map(serviceAccountObject));
}

function readServiceAccount({ context, account, request }: OrganizationCall): ApiReply {
  demandManager(account, "read service accounts");
  const serviceAccounts = context.directory.serviceAccounts();
  return ok(serviceAccountObject(findSeen({ serviceAccounts }, account, idOf(request))));
}

async function createServiceAccount(call: OrganizationCall): Promise<ApiReply> {
  const { context, account, request } = call;
  // Before the secret is hashed, which is slow on purpose.
  demandManager(account, "create service accounts");
  const body = readJson(request, NEW_SERVICE_ACCOUNT);
  const parts = { name: body.username, grants: grantsOf(body), expiresAtMs: expiryOf(body) };
  const { secret, secretHash } = await makeSecret();
  const made = await context.directory.change((data, nowMs) =>
    withServiceAccountBy(data, account.username, { ...parts, secretHash }, nowMs),
  );
  return ok({ ...serviceAccountObject(made), token: secret }, 201);
}

async function addToProjects({ context, account, request }: OrganizationCall): Promise<ApiReply> {
  const { projects, service_account_ids: ids } = readJson(request, ADDITION);
  const grants = projects.map(({ id, role }) => ({ projectId: id, role }));
  await context.directory.change((data) => withGrantsBy(data, account.username, grants, ids));
  return ok(undefined);
}

async function removeFromProjects(call: OrganizationCall): Promise<ApiReply> {
  const { context, account, request } = call;
  const withdrawals = readJson(request, REMOVAL).projects.map(({ id, service_account_ids }) => ({
    projectId: id,
    accountIds: service_account_ids,
  }));
  await context.directory.change((data) => withoutGrantsBy(data, account.username, withdrawals));
  return ok(undefined);
}

async function remove(
  { context, account }: OrganizationCall,
  ids: readonly number[],
): Promise<ApiReply> {
  await context.directory.change((data) => withoutServiceAccountsBy(data, account.username, ids));
  return ok(undefined);
}

function listMembers({ context, access: { project } }: ProjectCall): ApiReply {
  const members = context.directory.serviceAccounts().flatMap((account) => {
    const role = roleIn(account, project.id);
    return role === undefined ? [] : [memberObject(account, role)];
  });
  return ok(members);
}

/** The role of the account is that of its projects where they name none. */
function grantsOf({ role, projects }: Static<typeof NEW_SERVICE_ACCOUNT>): readonly Grant[] {
  return (projects ?? []).map((project) => ({
    projectId: project.id,
    role: project.role ?? role ?? ROLE_DEFAULT,
  }));
}

function expiryOf({ expires }: Static<typeof NEW_SERVICE_ACCOUNT>): number | undefined {
  if (expires === undefined || expires === null || expires === "") return undefined;
  const timeMs = parseTime(expires);
  if (timeMs !== undefined) return timeMs;
  const reason = "it must be a time as YYYY-MM-DDTHH:MM:SSZ";
  throw fail("request.invalid_body", { member: "expires", reason });
}

/** A text that is no id is the id of nothing. */
function idOf(request: ApiRequest): number {
  const id = pathId(request, "id");
  if (id !== undefined) return id;
  throw fail("project.service_account_missing", { username: shownId(request, "id") });
}
