/**
 * Whatever a handler threw as the reply that says what was found and what to do.
 *
 * @module
 */
import type { ErrorCode } from "../errors/catalogue.ts";
import { WhomError } from "../errors/error.ts";
import { LimitError } from "../project/limit.ts";
import { frame } from "../selector/frame.ts";
import { json, STATUS_OF_KIND, type WholeReply } from "./api.ts";
import { SchemaError } from "./app/schema-error.ts";
import type { Family } from "./route.ts";

/** Asks a program for credentials; sent only by endpoints that programs query. */
const CHALLENGE = 'Basic realm="whom", charset="UTF-8"';
/** How long to wait for something that is busy. */
const BUSY_RETRY_SECONDS = 1;

/** Codes that HTTP has a status of its own for. */
const STATUS_OF_CODE: ReadonlyMap<ErrorCode, number> = new Map<ErrorCode, number>([
  ["query.method_not_allowed", 405],
  ["request.encoding_unknown", 415],
]);

/** A client that went away: nobody reads the reply. The status is the one nginx logs for it. */
export const STATUS_CLIENT_GONE = 499;

/** The client closed its connection before it was answered. */
export class ClientGone extends Error {
  override readonly name = "ClientGone";
}

/**
 * The reply to a failure.
 *
 * @param target path and query string of the request, as they may be shown
 * @param family whose shape of failures it is answered in
 */
export function replyToFailure(
  failure: unknown,
  target: string,
  requestId: string,
  family: Family | undefined,
): WholeReply {
  if (family === "app") return replyToAppFailure(failure, requestId);
  if (!(failure instanceof WhomError)) {
    return json(500, {
      request: target,
      error: `internal error; the log has it under request id ${requestId}`,
      status: "error",
      code: "bug",
    });
  }
  const status = statusOf(failure);
  const reply = json(status, { request: target, status: "error", ...describe(failure, requestId) });
  return { ...reply, headers: { ...reply.headers, ...headersOf(failure, family) } };
}

/** The shape that clients of the App API know. */
function replyToAppFailure(failure: unknown, requestId: string): WholeReply {
  if (!(failure instanceof WhomError)) {
    const error = `internal error; the log has it under request id ${requestId}`;
    return json(500, { status: "error", error, code: "bug" });
  }
  const details = failure instanceof SchemaError ? { details: failure.details } : {};
  const body = { status: "error", ...describe(failure, requestId), ...details };
  const reply = json(statusOf(failure), body);
  return { ...reply, headers: { ...reply.headers, ...headersOf(failure, "app") } };
}

/** The status a failure is answered with. */
export function statusOf({ code, kind }: WhomError): number {
  return STATUS_OF_CODE.get(code) ?? STATUS_OF_KIND[kind];
}

function headersOf(failure: WhomError, family: Family | undefined): Record<string, string> {
  if (failure instanceof LimitError) return { ...failure.headers };
  if (failure.kind === "denied" && family === "query") return { "www-authenticate": CHALLENGE };
  if (failure.kind === "busy") return { "retry-after": String(BUSY_RETRY_SECONDS) };
  return {};
}

function describe(failure: WhomError, requestId: string): object {
  const { code, message, hint, span, source } = failure;
  // What the engine says may quote statements and values: it is for the operator's log.
  if (code === "data.engine_failed") {
    return { error: `the storage engine failed; request id ${requestId}`, code, hint };
  }
  if (!code.startsWith("selector.") || span === undefined) return { error: message, code, hint };
  return {
    error: `Failed to parse selector: ${message} at position ${span.start}`,
    code,
    hint,
    position: span.start,
    span,
    ...(source === undefined ? {} : { frame: frame(failure) }),
  };
}
