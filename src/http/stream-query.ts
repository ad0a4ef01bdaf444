/**
 * `/api/query/stream/query`: what some people did, the latest first.
 *
 * @module
 */
import type { EventRow } from "../event/event.ts";
import type { EventQuery } from "../event/event-query.ts";
import { abortable } from "../paging/abortable.ts";
import type { Access } from "../project/project.ts";
import { readDays, todayOf } from "../query/days.ts";
import { planEvents } from "../query/plan.ts";
import type { ApiReply, ApiRequest } from "./api.ts";
import { authorize, withinQuota } from "./authorize.ts";
import type { ServerContext } from "./context.ts";
import { eventJson } from "./event-json.ts";
import { listBody } from "./list-body.ts";
import { STREAM_EVENT_COUNT_MAX } from "./parameter-table.ts";
import {
  clamp,
  type Members,
  readDistinctIds,
  readInteger,
  readMembers,
  readText,
  required,
} from "./parameters.ts";

/** Without `from_date` all events are meant. */
const FIRST_DAY = "1970-01-01";

/**
 * Answers with events.
 *
 * @throws `access.*`, `query.*`
 */
export async function queryStream(context: ServerContext, request: ApiRequest): Promise<ApiReply> {
  const members = readMembers(request);
  const access = await authorize(context, request, members);
  const { project } = access;
  return withinQuota(context, project, async (admit) => {
    admit();
    const query = readStream(members, access, Math.floor(context.clock.now() / 1000));
    const limit = clamp(
      readInteger(members, "limit") ?? STREAM_EVENT_COUNT_MAX,
      0,
      STREAM_EVENT_COUNT_MAX,
    );
    const rows = context.store.events(query, request.signal);
    const { latest, isCut } = await abortable(takeLatest(rows, limit), request.signal);
    return {
      status: 200,
      headers: { "content-type": "application/json; charset=utf-8" },
      body: await listBody({
        before: '{"status":"ok","results":{"events":[',
        items: latest,
        textOf: eventJson,
        after: `]${isCut ? ',"truncated":true' : ""}}}`,
      }),
      logged: { projectId: project.id, resultCount: latest.length },
    };
  });
}

function readStream(
  members: Members,
  { project, workspace }: Access,
  nowSeconds: number,
): EventQuery {
  const { timeZone } = project;
  const calendar = { timeZone, nowSeconds };
  const from = readText(members, "from_date") ?? FIRST_DAY;
  const to = readText(members, "to_date") ?? todayOf(calendar);
  return {
    projectId: project.id,
    span: readDays(from, to, calendar).span,
    names: undefined,
    distinctIds: readDistinctIds(members) ?? [required(members, "distinct_ids")],
    selector: planEvents(undefined, workspace),
    limit: undefined,
    asOfSeconds: nowSeconds,
    timeZone,
  };
}

/** The last of the rows, the latest first; no more of them are kept than are wanted, and those that come together. */
async function takeLatest(
  rows: AsyncIterable<readonly EventRow[]>,
  limit: number,
): Promise<{ readonly latest: readonly EventRow[]; readonly isCut: boolean }> {
  let kept: EventRow[] = [];
  let isCut = false;
  for await (const part of rows) {
    kept.push(...part);
    if (kept.length <= limit) continue;
    isCut = true;
    kept = limit === 0 ? [] : kept.slice(-limit);
  }
  return { latest: kept.reverse(), isCut };
}
