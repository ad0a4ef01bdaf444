/**
 * Requests and replies as plain data, so that handlers need no socket.
 *
 * @module
 */
import type { ErrorKind } from "../errors/catalogue.ts";

/** A request, read whole and inflated. */
export interface ApiRequest {
  readonly id: string;
  readonly method: string;
  /** Without query string or fragment. */
  readonly path: string;
  /** The query string as sent, without `?`. */
  readonly queryString: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** After `Content-Encoding` is undone; empty without a body. */
  readonly body: Buffer;
  readonly remoteAddress: string;
  /** Aborted when the client goes away or the request's time is over. */
  readonly signal: AbortSignal;
}

/** What goes back. */
export interface ApiReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
  /** What the log line of the request says beside the usual. */
  readonly logged?: Readonly<Record<string, number>>;
}

/** The status of each kind of error. */
export const STATUS_OF_KIND: Readonly<Record<ErrorKind, number>> = {
  invalid: 400,
  denied: 401,
  forbidden: 403,
  missing: 404,
  conflict: 409,
  large: 413,
  limited: 429,
  busy: 503,
  bug: 500,
};

/** A JSON reply. */
export function json(status: number, value: unknown): ApiReply {
  return {
    status,
    headers: { "content-type": "application/json; charset=utf-8" },
    body: JSON.stringify(value),
  };
}
