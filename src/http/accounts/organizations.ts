/**
 * The projects of the organization: listed with their keys, made and deleted.
 *
 * @module
 */
import { Type } from "@sinclair/typebox";
import { fail } from "../../errors/error.ts";
import { demandOwner, withoutProjectsBy, withProjectsBy } from "../../project/management.ts";
import { demandManager, managedProjectIds } from "../../project/rights.ts";
import type { ApiReply } from "../api.ts";
import { ok, okSchema, readJson } from "../app/app.ts";
import type { Route } from "../route.ts";
import { DONE_SCHEMA, inOrganization, type OrganizationCall } from "./caller.ts";
import { PROJECT_KEYS_SCHEMA, projectWithKeys } from "./objects.ts";
import { hasData } from "./project-data.ts";

/** Projects that one request makes or deletes. */
const PROJECT_COUNT_MAX = 100;

const CREATION = Type.Object({
  projectNames: Type.Array(Type.String(), { minItems: 1, maxItems: PROJECT_COUNT_MAX }),
});

const DELETION = Type.Object({
  projectIds: Type.Array(
    Type.Union([Type.Integer({ minimum: 1 }), Type.String({ pattern: "^\\d{1,15}$" })]),
    { minItems: 1, maxItems: PROJECT_COUNT_MAX },
  ),
});

/** The endpoints. */
export const ORGANIZATION_ROUTES: readonly Route[] = [
  inOrganization({
    name: "organization_projects",
    method: "GET",
    path: "/projects",
    isAlsoAtRoot: true,
    summary: "List the projects you manage, with their keys",
    answer: okSchema(Type.Array(PROJECT_KEYS_SCHEMA)),
    handler: listProjects,
  }),
  inOrganization({
    name: "organization_create_projects",
    method: "POST",
    path: "/create-projects",
    isAlsoAtRoot: true,
    summary: "Make projects that you own; only for owners of every project",
    body: CREATION,
    answer: okSchema(Type.Array(PROJECT_KEYS_SCHEMA)),
    handler: createProjects,
  }),
  inOrganization({
    name: "organization_delete_projects",
    method: "POST",
    path: "/delete-projects",
    isAlsoAtRoot: true,
    summary: "Delete projects that you own and that hold no data",
    body: DELETION,
    answer: DONE_SCHEMA,
    handler: deleteProjects,
  }),
];

function listProjects({ context, account }: OrganizationCall): ApiReply {
  demandManager(account, "see keys");
  const managed = new Set(managedProjectIds(account));
  const projects = context.directory.projects().filter(({ id }) => managed.has(id));
  return ok(projects.map(projectWithKeys));
}

async function createProjects({ context, account, request }: OrganizationCall): Promise<ApiReply> {
  const { projectNames } = readJson(request, CREATION);
  const made = await context.directory.change((data, nowMs) =>
    withProjectsBy(data, account.username, projectNames, nowMs),
  );
  return ok(made.map(projectWithKeys));
}

async function deleteProjects({ context, account, request }: OrganizationCall): Promise<ApiReply> {
  const { directory, store, clock } = context;
  const ids = [...new Set(readJson(request, DELETION).projectIds.map(Number))];
  for (const id of ids) {
    demandOwner(account, id);
    const project = directory.projectById(id);
    if (project !== undefined && (await hasData(store, project, clock))) {
      throw fail("project.not_empty", { project: String(id) });
    }
  }
  await directory.change((data) => withoutProjectsBy(data, account.username, ids));
  return ok(undefined);
}
