/**
 * Workspaces of a project over HTTP: all of them, and one that is made, read, changed and deleted.
 *
 * @module
 */
import { type Static, Type } from "@sinclair/typebox";
import { fail } from "../../errors/error.ts";
import type { Creator, Project, Workspace } from "../../project/project.ts";
import { findWorkspace, type WorkspaceChanges } from "../../project/workspace-change.ts";
import { compile } from "../../selector/selector.ts";
import type { ApiReply, ApiRequest } from "../api.ts";
import { inProject, ok, type ProjectCall, pathId, readJson } from "../app/app.ts";
import type { ServerContext } from "../context.ts";
import type { Route } from "../route.ts";
import { DONE_SCHEMA, shownId } from "./caller.ts";
import { WORKSPACE_SCHEMA, workspaceObject } from "./objects.ts";

const MEMBERS = {
  description: Type.Optional(Type.Union([Type.String(), Type.Null()])),
  is_restricted: Type.Optional(Type.Boolean()),
  is_visible: Type.Optional(Type.Boolean()),
  where: Type.Optional(
    Type.Union([Type.String(), Type.Null()], {
      description: "A selector that is joined with every query; empty or null for none.",
    }),
  ),
  data_filters: Type.Optional(
    Type.Unknown({ description: "Kept and given back as they are; they filter nothing." }),
  ),
};

const NEW_WORKSPACE = Type.Object({ name: Type.String(), ...MEMBERS });

const WORKSPACE_CHANGES = Type.Object({
  id: Type.Optional(Type.Union([Type.Integer(), Type.String()])),
  name: Type.Optional(Type.String()),
  ...MEMBERS,
});

/** The endpoints. */
export const WORKSPACE_ROUTES: readonly Route[] = [
  inProject({
    name: "workspace_list",
    method: "GET",
    path: "/workspaces",
    summary: "List the workspaces of a project",
    action: "query",
    results: Type.Array(WORKSPACE_SCHEMA),
    handler: listWorkspaces,
  }),
  inProject({
    name: "workspace_list_public",
    method: "GET",
    path: "/workspaces/public",
    summary: "List the workspaces of a project that are shown",
    action: "query",
    results: Type.Array(WORKSPACE_SCHEMA),
    handler: ({ access: { project } }) => {
      const shown = project.workspaces.filter(({ about }) => about?.isVisible !== false);
      return ok(shown.map((workspace) => workspaceObject(project, workspace)));
    },
  }),
  inProject({
    name: "workspace_create",
    method: "POST",
    path: "/workspaces",
    summary: "Make a workspace",
    action: "manage",
    body: NEW_WORKSPACE,
    results: WORKSPACE_SCHEMA,
    handler: createWorkspace,
  }),
  inProject({
    name: "workspace_read",
    method: "GET",
    path: "/workspaces/:id",
    summary: "Read a workspace",
    action: "query",
    results: WORKSPACE_SCHEMA,
    handler: ({ access: { project }, request }) => {
      return ok(workspaceObject(project, findWorkspace(project, idOf(request))));
    },
  }),
  inProject({
    name: "workspace_update",
    method: "PATCH",
    path: "/workspaces/:id",
    summary: "Change a workspace; what is left out stays",
    action: "manage",
    body: WORKSPACE_CHANGES,
    results: WORKSPACE_SCHEMA,
    handler: updateWorkspace,
  }),
  {
    ...inProject({
      name: "workspace_delete",
      method: "DELETE",
      path: "/workspaces/:id",
      summary: "Delete a workspace, but not the global one",
      action: "manage",
      results: Type.Object({}),
      handler: async ({ context, access: { project }, request }) => {
        await context.directory.deleteWorkspace(project.id, idOf(request));
        return ok(undefined);
      },
    }),
    answer: DONE_SCHEMA,
  },
];

function listWorkspaces({ access: { project } }: ProjectCall): ApiReply {
  return ok(project.workspaces.map((workspace) => workspaceObject(project, workspace)));
}

async function createWorkspace({ context, access, request }: ProjectCall): Promise<ApiReply> {
  const body = readJson(request, NEW_WORKSPACE);
  const made = await context.directory.createWorkspace(access.project.id, {
    ...changesOf(body),
    name: body.name,
    creator: creatorOf(context, access.principal),
  });
  return ok(workspaceObject(access.project, made));
}

async function updateWorkspace({ context, access, request }: ProjectCall): Promise<ApiReply> {
  const { project } = access;
  const body = readJson(request, WORKSPACE_CHANGES);
  const id = idOf(request);
  if (body.id !== undefined && String(body.id) !== String(id)) {
    throw fail("request.invalid_body", { member: "id", reason: `the path names ${id}` });
  }
  const made = await context.directory.updateWorkspace(project.id, id, {
    ...changesOf(body),
    name: body.name,
  });
  return ok(workspaceObject(project, made));
}

/** @throws `selector.*` for a selector that cannot be used */
function changesOf(body: Omit<Static<typeof WORKSPACE_CHANGES>, "name">): WorkspaceChanges {
  const { description, is_restricted, is_visible, where, data_filters } = body;
  if (typeof where === "string" && where.trim() !== "") compile(where);
  return {
    description: description === null ? "" : description,
    isRestricted: is_restricted,
    isVisible: is_visible,
    selector: where === null ? "" : where,
    dataFiltersJson: filtersOf(data_filters),
  };
}

/** Undefined leaves them as they are, empty takes them away. */
function filtersOf(filters: unknown): string | undefined {
  if (filters === undefined) return undefined;
  return filters === null ? "" : JSON.stringify(filters);
}

function creatorOf(
  { directory }: ServerContext,
  principal: ProjectCall["access"]["principal"],
): Creator | undefined {
  if (principal.kind !== "service_account") return undefined;
  const account = directory.serviceAccount(principal.username);
  return account === undefined ? undefined : { id: account.id, username: account.username };
}

/** A text that is no id is the id of nothing. */
function idOf(request: ApiRequest): number {
  const id = pathId(request, "id");
  if (id !== undefined) return id;
  throw fail("project.workspace_missing", { workspace: shownId(request, "id") });
}

/** Every workspace of a project by its id, as text. */
export function workspacesById(project: Project): readonly (readonly [string, object])[] {
  return project.workspaces.map((workspace: Workspace) => [
    String(workspace.id),
    workspaceObject(project, workspace),
  ]);
}
