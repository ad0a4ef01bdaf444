/**
 * The saved cohorts of a project over HTTP: created, listed, read, changed and deleted.
 *
 * @module
 */
import { Type } from "@sinclair/typebox";
import { fail } from "../../errors/error.ts";
import type { Project } from "../../project/project.ts";
import type { CohortCreator, KeptCohort } from "../../registry/cohort-record.ts";
import type { CohortCheck } from "../../registry/cohorts.ts";
import { usesOf } from "../../registry/references.ts";
import type { ApiReply } from "../api.ts";
import type { ServerContext } from "../context.ts";
import type { Route } from "../route.ts";
import { inProject, noContent, okJson, type ProjectCall, pathId, pathParameter } from "./app.ts";
import {
  BULK_DELETE,
  BULK_UPDATE,
  COHORT_CHANGES,
  NEW_COHORT,
  readChange,
  readChanges,
  readDeleted,
  readGroupKey,
  readNewCohort,
  type WantedChange,
} from "./cohort-body.ts";
import { membersQuery, UNCOUNTED } from "./cohort-counts.ts";
import { COHORT_SCHEMA, cohortJson } from "./cohort-json.ts";

const LIST_PARAMETERS = Type.Object({
  ids: Type.Optional(Type.String({ description: "Only these, with commas between." })),
  data_group_id: Type.Optional(Type.String({ description: "Only those of this data group." })),
});

/** The endpoints. */
export const COHORT_ROUTES: readonly Route[] = [
  inProject({
    name: "cohort_list",
    method: "GET",
    path: "/cohorts",
    summary: "List saved cohorts",
    action: "query",
    parameters: LIST_PARAMETERS,
    results: Type.Array(COHORT_SCHEMA),
    handler: listCohorts,
  }),
  inProject({
    name: "cohort_create",
    method: "POST",
    path: "/cohorts",
    summary: "Save a cohort",
    action: "query",
    body: NEW_COHORT,
    results: COHORT_SCHEMA,
    handler: createCohort,
  }),
  inProject({
    name: "cohort_bulk_delete",
    method: "POST",
    path: "/cohorts/bulk-delete",
    summary: "Delete several cohorts",
    action: "query",
    body: BULK_DELETE,
    results: Type.Null(),
    handler: async ({ context, access, request }) => {
      await context.registry.savedCohorts.delete(access.project.id, readDeleted(request));
      return noContent();
    },
  }),
  inProject({
    name: "cohort_bulk_update",
    method: "POST",
    path: "/cohorts/bulk-update",
    summary: "Change several cohorts",
    action: "query",
    body: BULK_UPDATE,
    results: Type.Null(),
    handler: async (call) => {
      const { context, access, request } = call;
      const groupKeys = await context.registry.groupKeys(access.project.id);
      await change(call, readChanges(request, groupKeys));
      return noContent();
    },
  }),
  inProject({
    name: "cohort_read",
    method: "GET",
    path: "/cohorts/:cohort_id",
    summary: "Read a saved cohort",
    action: "query",
    results: COHORT_SCHEMA,
    handler: async (call) => {
      const { context, access } = call;
      const id = cohortId(call);
      return answer(call, await context.registry.savedCohorts.byId(access.project.id, id));
    },
  }),
  inProject({
    name: "cohort_update",
    method: "PATCH",
    path: "/cohorts/:cohort_id",
    summary: "Change a saved cohort",
    action: "query",
    body: COHORT_CHANGES,
    results: COHORT_SCHEMA,
    handler: updateCohort,
  }),
  inProject({
    name: "cohort_delete",
    method: "DELETE",
    path: "/cohorts/:cohort_id",
    summary: "Delete a saved cohort",
    action: "query",
    results: Type.Null(),
    handler: async (call) => {
      const { context, access } = call;
      await context.registry.savedCohorts.delete(access.project.id, [cohortId(call)]);
      return noContent();
    },
  }),
];

/**
 * The cohort that the path names.
 *
 * @throws `cohort.missing` for what is no id
 */
export function cohortId({ request }: ProjectCall): number {
  const id = pathId(request, "cohort_id");
  if (id !== undefined) return id;
  const shown = JSON.stringify(pathParameter(request, "cohort_id").slice(0, 40));
  throw fail("cohort.missing", { cohortId: shown });
}

async function listCohorts({
  context,
  access,
  request,
  parameters,
}: ProjectCall): Promise<ApiReply> {
  const { project } = access;
  const { registry, cohortCounts } = context;
  const ids = readIds(parameters.get("ids"));
  const groupKeys = await registry.groupKeys(project.id);
  const groupKey = readGroupKey(parameters.get("data_group_id"), groupKeys);
  const all = await registry.savedCohorts.list(project.id);
  const cohorts = all.filter(
    (cohort) =>
      (ids === undefined || ids.has(cohort.id)) &&
      (groupKey === undefined || cohort.groupKey === groupKey),
  );
  const counts = await cohortCounts.of(context, project, cohorts, request.signal);
  const useOf = usesOf(all);
  const objects = cohorts.map((cohort, index) =>
    cohortJson(cohort, counts[index] ?? UNCOUNTED, useOf(cohort)),
  );
  return okJson(`[${objects.join(",")}]`);
}

function readIds(text: string | undefined): ReadonlySet<number> | undefined {
  if (text === undefined || text.trim() === "") return undefined;
  const parts = text.split(",").map((part) => part.trim());
  if (parts.every((part) => /^\d{1,15}$/.test(part))) return new Set(parts.map(Number));
  throw fail("query.invalid_parameter", {
    parameter: "ids",
    expected: "ids of cohorts with commas between",
    found: JSON.stringify(text.slice(0, 60)),
  });
}

async function createCohort(call: ProjectCall): Promise<ApiReply> {
  const { context, access, request } = call;
  const { project } = access;
  const cohort = readNewCohort(request, await context.registry.groupKeys(project.id));
  const check = makeCheck(context, project);
  const { savedCohorts } = context.registry;
  return answer(call, await savedCohorts.create(project.id, cohort, creatorOf(call), check));
}

async function updateCohort(call: ProjectCall): Promise<ApiReply> {
  const { context, access, request } = call;
  const groupKeys = await context.registry.groupKeys(access.project.id);
  const [cohort] = await change(call, [readChange(request, cohortId(call), groupKeys)]);
  return cohort === undefined ? noContent() : answer(call, cohort);
}

/** Makes changes, all or none. @returns the cohorts that are left */
function change(
  { context, access: { project } }: ProjectCall,
  wanted: readonly WantedChange[],
): Promise<readonly KeptCohort[]> {
  const kept = wanted.filter(({ deletes }) => !deletes).map(({ changes }) => changes);
  const deleted = wanted.filter(({ deletes }) => deletes).map(({ changes }) => changes.id);
  const check = makeCheck(context, project);
  return context.registry.savedCohorts.update(project.id, kept, deleted, check);
}

/** A cohort can be saved when the query for it can be planned: that reads all of it and what it refers to. */
function makeCheck({ clock }: ServerContext, project: Project): CohortCheck {
  return (cohort, cohorts) => {
    membersQuery(cohort, project, cohorts, clock.now());
  };
}

function creatorOf({ context, access: { principal } }: ProjectCall): CohortCreator {
  if (principal.kind !== "service_account") return { accountId: undefined, name: principal.kind };
  const account = context.directory.serviceAccount(principal.username);
  return { accountId: account?.id, name: principal.username };
}

async function answer(
  { context, access, request }: ProjectCall,
  cohort: KeptCohort,
): Promise<ApiReply> {
  const { project } = access;
  const [count] = await context.cohortCounts.of(context, project, [cohort], request.signal);
  const useOf = usesOf(await context.registry.savedCohorts.list(project.id));
  return okJson(cohortJson(cohort, count ?? UNCOUNTED, useOf(cohort)));
}
