/**
 * `/api/query/cohorts/list`: the saved cohorts of a project, as programs that export cohorts read them.
 *
 * @module
 */
import { type TSchema, Type } from "@sinclair/typebox";
import { type ApiReply, type ApiRequest, json } from "./api.ts";
import { UNCOUNTED } from "./app/cohort-counts.ts";
import { formatUtc } from "./app/cohort-json.ts";
import { authorize, withinQuota } from "./authorize.ts";
import type { ServerContext } from "./context.ts";
import { readMembers } from "./parameters.ts";

/** What it answers: a bare list. */
export const COHORT_LIST_SCHEMA: TSchema = Type.Array(
  Type.Object({
    count: Type.Integer({ description: "How many profiles it selected when it was last counted." }),
    is_visible: Type.Union([Type.Literal(0), Type.Literal(1)]),
    description: Type.String(),
    created: Type.String({ description: "UTC, `YYYY-MM-DD HH:MM:SS`." }),
    project_id: Type.Integer(),
    id: Type.Integer(),
    name: Type.String(),
  }),
  { description: "Saved cohorts, oldest first." },
);

/**
 * Lists saved cohorts, oldest first.
 *
 * @throws `access.*`
 */
export async function listCohorts(context: ServerContext, request: ApiRequest): Promise<ApiReply> {
  const members = readMembers(request);
  const { project } = await authorize(context, request, members);
  return withinQuota(context, project, async (admit) => {
    admit();
    const cohorts = await context.registry.savedCohorts.list(project.id);
    const counts = await context.cohortCounts.of(context, project, cohorts, request.signal);
    const rows = cohorts.map(({ id, name, description, isVisible, createdAtMs }, index) => ({
      count: (counts[index] ?? UNCOUNTED).count,
      is_visible: isVisible ? 1 : 0,
      description,
      created: formatUtc(createdAtMs).replace("T", " "),
      project_id: project.id,
      id,
      name,
    }));
    return { ...json(200, rows), logged: { projectId: project.id, resultCount: rows.length } };
  });
}
