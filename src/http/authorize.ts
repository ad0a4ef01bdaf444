/**
 * A request to the Query API as the right to ask, within the project's quota.
 *
 * @module
 */

import { type Action, authenticate, demand } from "../project/access.ts";
import { LimitError } from "../project/limit.ts";
import type { Access, Project } from "../project/project.ts";
import { type Admission, hasQuota, quotaHeaders } from "../project/quota.ts";
import type { ApiReply, ApiRequest } from "./api.ts";
import type { ServerContext } from "./context.ts";
import type { Members } from "./parameters.ts";

/**
 * Who asks, for which project and through which workspace.
 *
 * @throws `access.*`
 */
export async function authorize(
  { directory, access, settings }: ServerContext,
  { headers, remoteAddress }: ApiRequest,
  members: Members,
  action: Action = "query",
): Promise<Access> {
  const { authorization } = headers;
  const granted = await authenticate(
    directory,
    {
      authorization: typeof authorization === "string" ? authorization : undefined,
      parameters: members,
      allParameters: members,
      remoteAddress,
    },
    access,
  );
  demand(granted, action, { strictQueryRoles: settings.strictQueryRoles });
  return granted;
}

/** Counts a query, once however often it is asked to. */
export type Admit = () => void;

/**
 * Answers within a project's quota; the answer tells what is left of it.
 *
 * @param answer is given what admits the query: a later page need not be admitted
 * @throws `access.quota_exceeded`, `access.concurrency_exceeded`, and what `answer` throws
 */
export async function withinQuota(
  { quotas }: ServerContext,
  project: Project,
  answer: (admit: Admit) => Promise<ApiReply>,
): Promise<ApiReply> {
  let admission: Admission | undefined;
  let counted = true;
  try {
    const reply = await answer(() => {
      admission ??= quotas.admit(project);
    });
    if (!hasQuota(project)) return reply;
    return { ...reply, headers: { ...reply.headers, ...quotaHeaders(quotas.status(project)) } };
  } catch (failure) {
    counted = !(failure instanceof LimitError);
    throw failure;
  } finally {
    admission?.release({ counted });
  }
}
