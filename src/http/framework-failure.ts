/**
 * What Fastify and Node.js refuse themselves, in the words of the catalogue.
 *
 * @module
 */
import type { Socket } from "node:net";
import { fail } from "../errors/error.ts";

/** What is needed of the limits to say them. */
export interface FrameworkLimits {
  readonly bodyBytesMax: number;
}

/** The failure itself, or the one of the catalogue that says the same. */
export function asKnownFailure(failure: unknown, { bodyBytesMax }: FrameworkLimits): unknown {
  switch ((failure as { readonly code?: unknown } | null)?.code) {
    case "FST_ERR_CTP_BODY_TOO_LARGE":
      return fail("query.body_too_large", { bodyBytesMax });
    case "FST_ERR_CTP_INVALID_CONTENT_LENGTH":
      return fail("request.malformed", {
        reason: "the body is not as long as Content-Length says",
      });
    case "FST_ERR_BAD_URL":
      return fail("request.malformed", { reason: "the path has a broken escape" });
    default:
      return isUnusablePath(failure)
        ? fail("request.malformed", { reason: "the path cannot be that of a file" })
        : failure;
  }
}

/** What the plugin that serves the files of `/docs` throws for a path with a NUL, or one that leads out of its folder. */
function isUnusablePath(failure: unknown): boolean {
  const { status } = failure instanceof Error ? (failure as { readonly status?: unknown }) : {};
  return status === 400 || status === 403;
}

/** Statuses of what never becomes a request, by Node's code. */
const REFUSALS: ReadonlyMap<string, readonly [status: string, text: string]> = new Map([
  ["HPE_INVALID_URL", ["400 Bad Request", "the address must be percent-encoded"]],
  ["HPE_HEADER_OVERFLOW", ["431 Request Header Fields Too Large", "the headers are too long"]],
  ["ERR_HTTP_REQUEST_TIMEOUT", ["408 Request Timeout", "the request took too long to arrive"]],
]);
const MALFORMED: readonly [string, string] = ["400 Bad Request", "malformed HTTP"];

/** Answers bytes that are no request, and closes the connection. */
export function refuseConnection(failure: Error & { readonly code: string }, socket: Socket): void {
  if (failure.code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return;
  }
  const [status, text] = REFUSALS.get(failure.code) ?? MALFORMED;
  const body = JSON.stringify({ error: text, status: "error" });
  socket.end(
    `HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Type: application/json\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}
