/**
 * `/api/query/engage/properties`: what the profiles of a project have, and how often.
 *
 * @module
 */
import { abortable } from "../paging/abortable.ts";
import type { PropertySummary } from "../store/store.ts";
import type { ApiReply, ApiRequest } from "./api.ts";
import { authorize, withinQuota } from "./authorize.ts";
import type { ServerContext } from "./context.ts";
import { readMembers, readProperties, readSelection } from "./parameters.ts";
import { planRequest } from "./plan-request.ts";

/**
 * Lists properties, most frequent first.
 *
 * @throws `access.*`, `query.*`
 */
export async function listProperties(
  context: ServerContext,
  request: ApiRequest,
): Promise<ApiReply> {
  const members = readMembers(request);
  const access = await authorize(context, request, members);
  return withinQuota(context, access.project, async (admit) => {
    admit();
    const { dataGroup, limit } = readProperties(members);
    // All profiles that the workspace shows: the names of what others have are not for whoever looks through it.
    const everything = readSelection(new Map(), context.clock.now());
    const query = await planRequest(context, access, { ...everything, dataGroup });
    const { signal } = request;
    const summaries = await abortable(context.store.properties(query, limit, signal), signal);
    const computedAt = new Date(context.clock.now())
      .toISOString()
      .slice(0, "YYYY-MM-DDTHH:MM:SS".length);
    return {
      status: 200,
      headers: { "content-type": "application/json; charset=utf-8" },
      body: `{"computed_at":"${computedAt}","results":${encode(summaries)},"status":"ok"}`,
      logged: { projectId: access.project.id, resultCount: summaries.length },
    };
  });
}

/** Put together by hand, because a property may be called `__proto__`. */
function encode(summaries: readonly PropertySummary[]): string {
  const members = summaries.map(
    ({ name, count, type }) => `${JSON.stringify(name)}:{"count":${count},"type":"${type}"}`,
  );
  return `{${members.join(",")}}`;
}
