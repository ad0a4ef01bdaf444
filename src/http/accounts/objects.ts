/**
 * Projects, workspaces and service accounts as the Accounts API writes them.
 *
 * @module
 */
import { type TSchema, type TUnsafe, Type } from "@sinclair/typebox";
import { ROLES } from "../../project/change.ts";
import {
  ORGANIZATION,
  type Project,
  type Role,
  type ServiceAccount,
  type Workspace,
} from "../../project/project.ts";
import { formatTime } from "./wire-time.ts";

/** What everybody with a role in a project may know of it: no token, no secret. */
export function projectObject(project: Project): object {
  const { id, name, timeZone, createdAtMs, identity } = project;
  return {
    id,
    name,
    organization_id: ORGANIZATION.id,
    timezone: timeZone,
    has_workspaces: true,
    domain: null,
    type: "PROJECT",
    identity,
    created: formatTime(createdAtMs),
  };
}

/** A project with its keys, for those that manage it. */
export function projectWithKeys(project: Project): object {
  const { id, name, token, apiSecret, timeZone } = project;
  return {
    id,
    name,
    token,
    // Signed requests name the project by it.
    api_key: token,
    api_secret: apiSecret,
    url: `/api/app/projects/${id}`,
    timezone_name: timeZone,
  };
}

/** A workspace of a project. */
export function workspaceObject(project: Project, workspace: Workspace): object {
  const { id, name, isGlobal, selector, about } = workspace;
  // The global workspace is as old as its project.
  const createdAtMs = about?.createdAtMs ?? (isGlobal ? project.createdAtMs : undefined);
  return {
    id,
    name,
    project_id: project.id,
    is_default: isGlobal,
    is_global: isGlobal,
    is_restricted: about?.isRestricted ?? false,
    is_visible: about?.isVisible ?? true,
    description: about?.description ?? "",
    where: selector ?? null,
    data_filters: parseFilters(about?.dataFiltersJson),
    created_iso: formatTime(createdAtMs),
    creator_id: about?.creator?.id ?? null,
    creator_name: about?.creator?.username ?? null,
    has_all_org_members: true,
  };
}

function parseFilters(json: string | undefined): unknown {
  return json === undefined ? null : JSON.parse(json);
}

/** A service account; neither its secret nor what is kept of it is ever a part. */
export function serviceAccountObject(account: ServiceAccount): object {
  const { id, username, createdAtMs, expiresAtMs, creator } = account;
  return {
    id,
    username,
    last_used: null,
    expires: formatTime(expiresAtMs),
    creator: creator?.id ?? null,
    creator_name: creator?.username ?? null,
    creator_email: creator?.username ?? null,
    created: formatTime(createdAtMs),
    user: id,
  };
}

/** A service account as a member of a project. */
export function memberObject(account: ServiceAccount, role: Role): object {
  return {
    ...serviceAccountObject(account),
    role,
    role_order: ROLES.indexOf(role) + 1,
    target_type: "individual",
    hasSensitiveAccess: true,
    email: account.username,
  };
}

const nullable = (schema: TSchema): TSchema => Type.Union([schema, Type.Null()]);

/** A role on the wire. */
export const ROLE_SCHEMA: TUnsafe<Role> = Type.Unsafe<Role>(
  Type.Union(ROLES.map((name) => Type.Literal(name))),
);
const time = Type.String({ description: "UTC, `YYYY-MM-DDTHH:MM:SSZ`." });

/** What `projectObject` gives. */
export const PROJECT_SCHEMA: TSchema = Type.Object({
  id: Type.Integer(),
  name: Type.String(),
  organization_id: Type.Integer(),
  timezone: Type.String(),
  has_workspaces: Type.Literal(true),
  domain: Type.Null(),
  type: Type.Literal("PROJECT"),
  identity: Type.Union([Type.Literal("simplified"), Type.Literal("original")]),
  created: time,
});

/** What `projectWithKeys` gives. */
export const PROJECT_KEYS_SCHEMA: TSchema = Type.Object({
  id: Type.Integer(),
  name: Type.String(),
  token: Type.String(),
  api_key: Type.String(),
  api_secret: Type.String(),
  url: Type.String(),
  timezone_name: Type.String(),
});

/** What `workspaceObject` gives. */
export const WORKSPACE_SCHEMA: TSchema = Type.Object({
  id: Type.Integer(),
  name: Type.String(),
  project_id: Type.Integer(),
  is_default: Type.Boolean(),
  is_global: Type.Boolean(),
  is_restricted: Type.Boolean(),
  is_visible: Type.Boolean(),
  description: Type.String(),
  where: nullable(Type.String({ description: "The selector joined with every query." })),
  data_filters: Type.Unknown({ description: "As they were sent." }),
  created_iso: nullable(time),
  creator_id: nullable(Type.Integer()),
  creator_name: nullable(Type.String()),
  has_all_org_members: Type.Literal(true),
});

const ACCOUNT_MEMBERS = {
  id: Type.Integer(),
  username: Type.String(),
  last_used: Type.Null(),
  expires: nullable(time),
  creator: nullable(Type.Integer()),
  creator_name: nullable(Type.String()),
  creator_email: nullable(Type.String()),
  created: time,
  user: Type.Integer(),
};

/** What `serviceAccountObject` gives. */
export const SERVICE_ACCOUNT_SCHEMA: TSchema = Type.Object(ACCOUNT_MEMBERS);

/** A service account that was just made. */
export const NEW_SERVICE_ACCOUNT_SCHEMA: TSchema = Type.Object({
  ...ACCOUNT_MEMBERS,
  token: Type.String({ description: "The secret, shown this once." }),
});

/** What `memberObject` gives. */
export const MEMBER_SCHEMA: TSchema = Type.Object({
  ...ACCOUNT_MEMBERS,
  role: ROLE_SCHEMA,
  role_order: Type.Integer({ description: "1 for owner to 4 for consumer." }),
  target_type: Type.Literal("individual"),
  hasSensitiveAccess: Type.Literal(true),
  email: Type.String(),
});
