/**
 * `/api/query/engage`: one page of the profiles a query selects.
 *
 * @module
 */

import type { Page, PageRequest } from "../paging/pager.ts";
import type { Access } from "../project/project.ts";
import type { ApiReply, ApiRequest } from "./api.ts";
import { type Admit, authorize, withinQuota } from "./authorize.ts";
import type { ServerContext } from "./context.ts";
import { namesSession, type QueryParameters, readMembers, readQuery } from "./parameters.ts";
import { planRequest } from "./plan-request.ts";
import { withProfiles } from "./profile-json.ts";

/**
 * Answers a query.
 *
 * @throws `access.*`, `query.*`, `selector.*`
 */
export async function queryProfiles(
  context: ServerContext,
  request: ApiRequest,
): Promise<ApiReply> {
  const members = readMembers(request);
  const access = await authorize(context, request, members);
  const isLaterPage = namesSession(members);
  return withinQuota(context, access.project, async (admit) => {
    if (!isLaterPage) admit();
    // A request that is wrong counts too, so it is looked into once it is admitted.
    const parameters = readQuery(members, context.clock.now());
    const stopTimer = context.metrics.querySeconds.startTimer({
      page: isLaterPage ? "later" : "first",
    });
    const page = await context.pager.read(
      pageRequest(context, access, parameters, admit),
      request.signal,
    );
    stopTimer();
    return encodePage(page, parameters.outputProperties, access);
  });
}

function pageRequest(
  context: ServerContext,
  access: Access,
  parameters: QueryParameters,
  admit: Admit,
): PageRequest {
  return {
    owner: { projectId: access.project.id, workspaceId: access.workspace.id },
    page: parameters.page,
    pageSize: parameters.pageSize,
    outputProperties: parameters.outputProperties,
    sessionId: parameters.sessionId,
    repeatsQuery: parameters.repeatsQuery,
    plan: () => {
      // A session that is gone is queried for again, which counts like any query.
      admit();
      return planRequest(context, access, parameters.query);
    },
  };
}

/** The answer; its members stand in the order the documentation has them in. */
async function encodePage(
  { session, page, shownSize, rows }: Page,
  outputProperties: readonly string[] | undefined,
  access: Access,
): Promise<ApiReply> {
  const sessionId = JSON.stringify(session.id);
  return {
    status: 200,
    headers: { "content-type": "application/json; charset=utf-8" },
    body: await withProfiles(
      `{"page":${page},"page_size":${shownSize},"results":[`,
      rows,
      outputProperties ?? session.outputProperties,
      `],"session_id":${sessionId},"status":"ok","total":${session.total}}`,
    ),
    logged: { projectId: access.project.id, resultCount: rows.length },
  };
}
