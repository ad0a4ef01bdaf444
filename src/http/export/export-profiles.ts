/**
 * `/api/query/engage/export`: all profiles of a query in one answer, sent while they are read.
 *
 * @module
 */
import type { DocumentPart } from "../../store/documents.ts";
import type { ApiReply, ApiRequest } from "../api.ts";
import { authorize, withinQuota } from "../authorize.ts";
import type { ServerContext } from "../context.ts";
import { namesSession, readMembers } from "../parameters.ts";
import { compressed } from "./compress.ts";
import { headerOf } from "./form.ts";
import { CONTENT_TYPES, readEncoding } from "./format.ts";
import { readAhead } from "./read-ahead.ts";
import {
  type ExportParameters,
  type PreparedExport,
  prepareExport,
  readExport,
} from "./request.ts";

/** What has been sent so far. */
interface Progress {
  profileCount: number;
}

/**
 * Exports profiles. A new session counts as a query.
 *
 * @throws `access.*`, `query.*`, `selector.*`
 */
export async function exportProfiles(
  context: ServerContext,
  request: ApiRequest,
): Promise<ApiReply> {
  const members = readMembers(request);
  const access = await authorize(context, request, members, "export");
  const { project } = access;
  return withinQuota(context, project, async (admit) => {
    // A request that is wrong counts too, so it is looked into once it is admitted.
    if (!namesSession(members)) admit();
    const parameters = readExport(members, request, context.clock.now());
    const leave = context.exports.enter(project.id);
    try {
      const prepared = await prepareExport(context, access, parameters, admit, request.signal);
      return replyWith(context, request, parameters, prepared, project.id, leave);
    } catch (failure) {
      leave();
      throw failure;
    }
  });
}

function replyWith(
  { store }: ServerContext,
  request: ApiRequest,
  parameters: ExportParameters,
  { opened, form }: PreparedExport,
  projectId: number,
  leave: () => void,
): ApiReply {
  const { session, keys } = opened;
  const { format } = parameters;
  const { scope, includesStrangers } = session;
  const parts = store.documents({ scope, keys, includesStrangers, form }, request.signal);
  const progress = { projectId, profileCount: 0 };
  const frame = {
    header: parameters.offset === 0 ? headerOf(form) : "",
    footer: () =>
      format === "ndjson" && parameters.hasFooter ? footerOf(progress, session.id) : "",
  };
  const encoding = format === "parquet" ? undefined : readEncoding(request);
  return {
    status: 200,
    headers: {
      "content-type": CONTENT_TYPES[format],
      "content-disposition": `attachment; filename="profiles.${format}"`,
      "x-whom-session-id": session.id,
      "x-whom-total": String(session.total),
      vary: "accept, accept-encoding",
      ...(encoding === undefined ? {} : { "content-encoding": encoding }),
    },
    body: compressed(framed(readAhead(parts), frame, progress, leave), encoding),
    trailers: {
      "X-Whom-Rows": () => String(progress.profileCount),
      "X-Whom-Complete": () => "true",
    },
    logged: progress,
  };
}

/** What stands before and after the profiles. */
interface Frame {
  readonly header: string;
  readonly footer: () => string;
}

async function* framed(
  parts: AsyncIterable<DocumentPart>,
  { header, footer }: Frame,
  progress: Progress,
  leave: () => void,
): AsyncGenerator<Uint8Array> {
  try {
    let before = header;
    for await (const { rowCount, bytes } of parts) {
      progress.profileCount += rowCount;
      // After the first part is there, as what fails before it is an answer of another kind.
      if (before !== "") yield Buffer.from(before);
      before = "";
      yield bytes;
    }
    const last = `${before}${footer()}`;
    if (last !== "") yield Buffer.from(last);
  } finally {
    leave();
  }
}

function footerOf({ profileCount }: Progress, sessionId: string): string {
  const footer = { $export: { rows: profileCount, complete: true, session_id: sessionId } };
  return `${JSON.stringify(footer)}\n`;
}
