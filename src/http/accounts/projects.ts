/**
 * Projects over HTTP: those somebody can reach, one of them, what changes of it, and its keys.
 *
 * @module
 */
import { Type } from "@sinclair/typebox";
import { fail } from "../../errors/error.ts";
import { ROLES } from "../../project/change.ts";
import type { Role } from "../../project/project.ts";
import { type ApiReply, type ApiRequest, json } from "../api.ts";
import { authorizeProject, inProject, ok, okSchema, pathParameter, readJson } from "../app/app.ts";
import type { ServerContext } from "../context.ts";
import { parseForm } from "../form.ts";
import type { Route } from "../route.ts";
import { identifyCaller } from "./caller.ts";
import { reachedBy, reachedObject } from "./me.ts";
import { PROJECT_SCHEMA, projectObject, WORKSPACE_SCHEMA } from "./objects.ts";
import { PERMISSIONS } from "./permissions.ts";
import { hasUsers } from "./project-data.ts";
import { workspacesById } from "./workspaces.ts";

const NOTHING = Type.Object({});

const PROJECT_CHANGES = Type.Object({
  name: Type.Optional(Type.String()),
  timezone: Type.Optional(Type.String({ description: "IANA name." })),
  identity: Type.Optional(
    Type.Union([Type.Literal("simplified"), Type.Literal("original")], {
      description: "Which distinct ids are one user; fixed once the project has data.",
    }),
  ),
});

const KEYS_SCHEMA = Type.Object({ secret: Type.String(), token: Type.String() });

const ROLE_OBJECT_SCHEMA = Type.Object({
  role_id: Type.String(),
  name: Type.String(),
  description: Type.String(),
  is_default: Type.Literal(true),
  permissions: Type.Array(Type.String()),
  project_id: Type.Integer(),
});

/** The endpoints. */
export const PROJECT_ROUTES: readonly Route[] = [
  {
    name: "project_list",
    family: "app",
    methods: ["GET"],
    paths: ["/api/app/projects"],
    aliases: [],
    summary: "List the projects you can reach",
    guard: "credentials",
    parameters: NOTHING,
    body: NOTHING,
    answer: okSchema(Type.Array(PROJECT_SCHEMA)),
    handler: async (context, request) => {
      const caller = await identifyCaller(context, request);
      return ok(reachedBy(caller, context.directory).map(reachedObject));
    },
  },
  {
    name: "project_index",
    family: "app",
    methods: ["GET"],
    paths: ["/api/app/projects/metadata/index"],
    aliases: [],
    summary: "The projects you can reach by their ids, with their workspaces",
    guard: "credentials",
    parameters: NOTHING,
    body: NOTHING,
    answer: okSchema(
      Type.Record(
        Type.String(),
        Type.Intersect([
          PROJECT_SCHEMA,
          Type.Object({ workspaces: Type.Record(Type.String(), WORKSPACE_SCHEMA) }),
        ]),
      ),
    ),
    handler: listMetadata,
  },
  {
    name: "project_read",
    family: "app",
    methods: ["GET"],
    paths: ["/api/app/projects/:project_id"],
    aliases: [],
    summary: "Read a project",
    guard: "query",
    parameters: NOTHING,
    body: NOTHING,
    answer: okSchema(PROJECT_SCHEMA),
    handler: async (context, request) => {
      const { project } = await authorizeProject(context, request, "query");
      return ok(projectObject(project));
    },
  },
  {
    name: "project_update",
    family: "app",
    methods: ["PATCH"],
    paths: ["/api/app/projects/:project_id"],
    aliases: [],
    summary: "Change a project; what is left out stays",
    guard: "manage",
    parameters: NOTHING,
    body: PROJECT_CHANGES,
    answer: okSchema(PROJECT_SCHEMA),
    handler: updateProject,
  },
  {
    name: "project_rename",
    family: "app",
    methods: ["POST"],
    paths: ["/projects/update/:project_id"],
    aliases: [],
    summary: "Rename a project, as the web app does",
    guard: "manage",
    parameters: NOTHING,
    body: Type.Object({ name: Type.String() }),
    answer: Type.Object({ updated: Type.Literal(true) }),
    handler: renameProject,
  },
  {
    name: "project_keys",
    family: "app",
    methods: ["GET"],
    paths: [
      "/settings/project/:project_id/metadata",
      "/api/app/settings/project/:project_id/metadata",
    ],
    aliases: [],
    summary: "The token and the API secret of a project",
    guard: "manage",
    parameters: NOTHING,
    body: NOTHING,
    answer: okSchema(KEYS_SCHEMA),
    handler: async (context, request) => {
      const { project } = await authorizeProject(context, request, "manage");
      return ok({ secret: project.apiSecret, token: project.token });
    },
  },
  inProject({
    name: "role_list",
    method: "GET",
    path: "/custom-roles",
    summary: "List the roles there are in a project",
    action: "query",
    results: Type.Array(ROLE_OBJECT_SCHEMA),
    handler: ({ access: { project } }) => ok(ROLES.map((role) => roleObject(role, project.id))),
  }),
  inProject({
    name: "role_read",
    method: "GET",
    path: "/custom-roles/:id",
    summary: "Read a role",
    action: "query",
    results: ROLE_OBJECT_SCHEMA,
    handler: ({ access: { project }, request }) => {
      const wanted = pathParameter(request, "id");
      const role = ROLES.find((each) => each === wanted);
      if (role === undefined) throw fail("request.not_found", { path: request.path });
      return ok(roleObject(role, project.id));
    },
  }),
];

async function listMetadata(context: ServerContext, request: ApiRequest): Promise<ApiReply> {
  const caller = await identifyCaller(context, request);
  const reached = reachedBy(caller, context.directory).map((each) => {
    const workspaces = Object.fromEntries(workspacesById(each.project));
    return [String(each.project.id), { ...reachedObject(each), workspaces }] as const;
  });
  return ok(Object.fromEntries(reached));
}

async function updateProject(context: ServerContext, request: ApiRequest): Promise<ApiReply> {
  const { project } = await authorizeProject(context, request, "manage");
  const { name, timezone: timeZone, identity } = readJson(request, PROJECT_CHANGES);
  const changesIdentity = identity !== undefined && identity !== project.identity;
  if (changesIdentity && (await hasUsers(context.store, project, context.clock))) {
    const facts = { project: String(project.id), identity: project.identity };
    throw fail("project.identity_fixed", facts);
  }
  const changes = { name, timeZone, identity };
  return ok(projectObject(await context.directory.updateProject(project.id, changes)));
}

async function renameProject(context: ServerContext, request: ApiRequest): Promise<ApiReply> {
  const { project } = await authorizeProject(context, request, "manage");
  const name = parseForm(request.body.toString("utf8")).get("name");
  if (name === undefined) {
    throw fail("request.invalid_body", { member: "name", reason: "it is missing" });
  }
  const changed = await context.directory.updateProject(project.id, { name });
  return json(200, { updated: true, id: changed.id, name: changed.name });
}

const ROLE_DESCRIPTIONS: Readonly<Record<Role, string>> = {
  owner: "Manages the project and may delete it",
  admin: "Manages the project",
  analyst: "Queries and exports",
  consumer: "Queries",
};

/** Roles are fixed; clients know them by the shape of roles that are not. */
function roleObject(role: Role, projectId: number): object {
  return {
    role_id: role,
    name: role,
    description: ROLE_DESCRIPTIONS[role],
    is_default: true,
    permissions: PERMISSIONS[role],
    project_id: projectId,
    copied_from_role_id: null,
    created: null,
    created_by_user_id: null,
    modified: null,
  };
}
