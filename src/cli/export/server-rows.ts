/**
 * An export of a running server. When the answer breaks off it goes on behind the last whole row.
 *
 * @module
 */
import { setTimeout as sleep } from "node:timers/promises";
import { fail, WhomError } from "../../errors/error.ts";
import type { ExportFormat } from "../../http/export/format.ts";
import { askForStream, type ClientStream } from "../http-client.ts";
import { parameters, type ReadRequest, type ServerAddress } from "../query/profile-source.ts";
import { cutterOf, type ExportPart } from "./rows.ts";
import { SeenRows } from "./seen-rows.ts";

/** What is exported, and how. */
export interface ExportRequest extends ReadRequest {
  readonly format: ExportFormat;
  readonly isSpreadsheetSafe: boolean;
}

/** Times that an answer may break off without a row. */
const FRUITLESS_TRIES_MAX = 6;
const FIRST_PAUSE_MS = 500;

/** How far an export has got. */
interface Position {
  readonly sessionId: string;
  readonly total: number;
  rowCount: number;
}

/**
 * The parts of an export.
 *
 * @param firstPauseMs before an answer that broke off is asked to go on; each further time twice as long
 */
export async function* serverRows(
  address: ServerAddress,
  request: ExportRequest,
  firstPauseMs: number = FIRST_PAUSE_MS,
): AsyncGenerator<ExportPart> {
  const seen = new SeenRows(request.format);
  let position: Position | undefined;
  let fruitlessTries = 0;
  for (;;) {
    const before = position?.rowCount ?? 0;
    try {
      const answer = await ask(address, request, position);
      position ??= positionOf(answer.headers);
      yield* partsOf(answer, address, request.format, position, seen);
      return;
    } catch (error) {
      fruitlessTries = (position?.rowCount ?? 0) > before ? 0 : fruitlessTries + 1;
      const isBroken = error instanceof WhomError && error.code === "server.unreachable";
      const isHopeless = fruitlessTries >= FRUITLESS_TRIES_MAX || request.format === "parquet";
      // What never began has been tried several times already.
      if (!isBroken || isHopeless || position === undefined) throw error;
      await sleep(firstPauseMs * 2 ** fruitlessTries);
    }
  }
}

function ask(
  { url, authorization, projectId }: ServerAddress,
  request: ExportRequest,
  position: Position | undefined,
): Promise<ClientStream> {
  const { format, isSpreadsheetSafe } = request;
  const rest =
    position === undefined ? {} : { session_id: position.sessionId, offset: position.rowCount };
  const body = JSON.stringify({
    project_id: projectId,
    ...parameters(request),
    format,
    spreadsheet_safe: isSpreadsheetSafe,
    footer: true,
    ...rest,
  });
  const headers = { authorization, "accept-encoding": isLocal(url) ? "identity" : "gzip" };
  return askForStream(url, { method: "POST", path: "/api/query/engage/export", headers, body });
}

/** Compressing costs more than it saves on the way through one machine. */
function isLocal(url: string): boolean {
  return URL.canParse(url) && ["localhost", "127.0.0.1", "[::1]"].includes(new URL(url).hostname);
}

function positionOf(headers: Headers): Position {
  return {
    sessionId: headers.get("x-whom-session-id") ?? "",
    total: Number(headers.get("x-whom-total")),
    rowCount: 0,
  };
}

async function* partsOf(
  { bytes }: ClientStream,
  { url }: ServerAddress,
  format: ExportFormat,
  position: Position,
  seen: SeenRows,
): AsyncGenerator<ExportPart> {
  const { total } = position;
  const cutter = cutterOf(format, position.rowCount === 0);
  seen.begin();
  for await (const chunk of bytes) {
    const rows = seen.without(cutter.push(chunk));
    if (rows.bytes.length === 0) continue;
    position.rowCount += rows.rowCount;
    const rowCount = format === "parquet" ? undefined : rows.rowCount;
    yield { bytes: rows.bytes, rowCount, total };
  }
  const last = cutter.finish();
  if (last === undefined) {
    throw fail("server.unreachable", { url: new URL(url).origin, reason: "the answer broke off" });
  }
  yield { bytes: last.bytes, rowCount: 0, total };
}
