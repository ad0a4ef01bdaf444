/**
 * What a request selects, planned with what its project has saved.
 *
 * @module
 */
import type { Access } from "../project/project.ts";
import { type PlanContext, plan, type QueryRequest } from "../query/plan.ts";
import type { ProfileQuery } from "../query/query.ts";
import type { ServerContext } from "./context.ts";

/** What the requests of an access are planned with. */
export async function planContextOf(
  { registry }: ServerContext,
  { project, workspace }: Access,
): Promise<PlanContext> {
  const groupKeys = await registry.groupKeys(project.id);
  const cohorts = await registry.cohorts(project.id);
  return { project, workspace, groupKeys, cohorts };
}

/**
 * Plans a request.
 *
 * @throws `query.*`, `selector.*`
 */
export async function planRequest(
  context: ServerContext,
  access: Access,
  request: QueryRequest,
): Promise<ProfileQuery> {
  return plan(request, await planContextOf(context, access));
}
