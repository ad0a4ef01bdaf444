/**
 * Who asks, and what they can reach: organization, projects and workspaces in maps by their ids, as text.
 *
 * @module
 */
import { type TSchema, Type } from "@sinclair/typebox";
import type { Identified } from "../../project/access.ts";
import type { ProjectDirectory } from "../../project/directory.ts";
import { ORGANIZATION, type Project, type Role } from "../../project/project.ts";
import { isManaging, ownsOrganization } from "../../project/rights.ts";
import type { ApiReply, ApiRequest } from "../api.ts";
import { ok, okSchema } from "../app/app.ts";
import type { ServerContext } from "../context.ts";
import type { Route } from "../route.ts";
import { identifyCaller } from "./caller.ts";
import { PROJECT_SCHEMA, projectObject, WORKSPACE_SCHEMA } from "./objects.ts";
import { PERMISSIONS, SECRET_PERMISSIONS } from "./permissions.ts";
import { workspacesById } from "./workspaces.ts";

/** A project that somebody can reach. */
export interface Reached {
  readonly project: Project;
  readonly role: Role;
  readonly permissions: readonly string[];
}

/** The projects that somebody can reach, oldest first. */
export function reachedBy(caller: Identified, directory: ProjectDirectory): readonly Reached[] {
  if (caller.kind !== "service_account") {
    return [{ project: caller.project, role: "admin", permissions: SECRET_PERMISSIONS }];
  }
  const roles = new Map(caller.account.roles.map(({ projectId, role }) => [projectId, role]));
  return directory.projects().flatMap((project) => {
    const role = roles.get(project.id);
    return role === undefined ? [] : [{ project, role, permissions: PERMISSIONS[role] }];
  });
}

/** A project with what its role allows. */
export function reachedObject({ project, role, permissions }: Reached): object {
  return { ...projectObject(project), role, permissions };
}

const nullable = (schema: TSchema): TSchema => Type.Union([schema, Type.Null()]);
const REACHED_SCHEMA = Type.Intersect([
  PROJECT_SCHEMA,
  Type.Object({ role: Type.String(), permissions: Type.Array(Type.String()) }),
]);

/** The endpoint. */
export const ME_ROUTES: readonly Route[] = [
  {
    name: "me",
    family: "app",
    methods: ["GET"],
    paths: ["/api/app/me"],
    aliases: [],
    summary: "Who you are, and the projects and workspaces you can reach",
    guard: "credentials",
    parameters: Type.Object({}),
    body: Type.Object({}),
    answer: okSchema(
      Type.Object({
        user_id: nullable(Type.Integer()),
        user_email: nullable(Type.String()),
        user_name: nullable(Type.String()),
        organizations: Type.Record(
          Type.String(),
          Type.Object({
            id: Type.Integer(),
            name: Type.String(),
            role: Type.String(),
            permissions: Type.Array(Type.String()),
          }),
        ),
        projects: Type.Record(Type.String(), REACHED_SCHEMA),
        workspaces: Type.Record(Type.String(), WORKSPACE_SCHEMA),
      }),
    ),
    handler: me,
  },
];

async function me(context: ServerContext, request: ApiRequest): Promise<ApiReply> {
  const caller = await identifyCaller(context, request);
  const reached = reachedBy(caller, context.directory);
  const account = caller.kind === "service_account" ? caller.account : undefined;
  const username = account?.username ?? null;
  return ok({
    user_id: account?.id ?? null,
    user_email: username,
    user_name: username,
    organizations: { [String(ORGANIZATION.id)]: organizationObject(caller, reached, context) },
    projects: Object.fromEntries(
      reached.map((each) => [String(each.project.id), reachedObject(each)]),
    ),
    workspaces: Object.fromEntries(reached.flatMap(({ project }) => workspacesById(project))),
  });
}

function organizationObject(
  caller: Identified,
  reached: readonly Reached[],
  { directory }: ServerContext,
): object {
  const isAccount = caller.kind === "service_account";
  const isOwner = isAccount && ownsOrganization(caller.account, directory.projects());
  const isAdmin = isAccount && reached.some(({ role }) => isManaging(role));
  return {
    ...ORGANIZATION,
    role: isOwner ? "owner" : isAdmin ? "admin" : "member",
    permissions: [
      ...(isOwner ? ["create_projects"] : []),
      ...(isAdmin ? ["manage_service_accounts"] : []),
    ],
  };
}
