/**
 * `/api/2.0/export`: the events of some days, one JSON object a line, sent while they are read.
 *
 * @module
 */
import type { EventRow } from "../event/event.ts";
import type { EventQuery } from "../event/event-query.ts";
import type { Access } from "../project/project.ts";
import { readDays } from "../query/days.ts";
import { planEvents } from "../query/plan.ts";
import type { ApiReply, ApiRequest } from "./api.ts";
import { authorize } from "./authorize.ts";
import type { ServerContext } from "./context.ts";
import { eventJson } from "./event-json.ts";
import {
  type Members,
  readInteger,
  readMembers,
  readNames,
  readWhere,
  required,
} from "./parameters.ts";

/** Lines are sent in pieces of about this size. */
const PIECE_LENGTH = 262_144;

/**
 * Exports events. The quota of queries does not count it.
 *
 * @throws `access.*`, `query.*`, `selector.*`
 */
export async function exportEvents(context: ServerContext, request: ApiRequest): Promise<ApiReply> {
  const members = readMembers(request);
  const access = await authorize(context, request, members, "export");
  const { project } = access;
  const query = readExport(members, access, Math.floor(context.clock.now() / 1000));
  const leave = context.exports.enter(project.id);
  const logged = { projectId: project.id, eventCount: 0 };
  const rows = context.store.events(query, request.signal);
  return {
    status: 200,
    headers: { "content-type": "text/plain; charset=utf-8" },
    body: lines(rows, logged, leave),
    logged,
  };
}

function readExport(
  members: Members,
  { project, workspace }: Access,
  nowSeconds: number,
): EventQuery {
  const { timeZone } = project;
  const days = readDays(required(members, "from_date"), required(members, "to_date"), {
    timeZone,
    nowSeconds,
  });
  return {
    projectId: project.id,
    span: days.span,
    names: readNames(members),
    distinctIds: undefined,
    selector: planEvents(readWhere(members), workspace),
    limit: readInteger(members, "limit"),
    asOfSeconds: nowSeconds,
    timeZone,
  };
}

async function* lines(
  rows: AsyncIterable<readonly EventRow[]>,
  logged: { eventCount: number },
  leave: () => void,
): AsyncGenerator<string> {
  try {
    let piece = "";
    for await (const part of rows) {
      for (const row of part) {
        piece += `${eventJson(row)}\n`;
        if (piece.length < PIECE_LENGTH) continue;
        yield piece;
        piece = "";
      }
      logged.eventCount += part.length;
    }
    yield piece;
  } finally {
    leave();
  }
}
