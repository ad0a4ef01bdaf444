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
  /** The parts of the path that the route has a name for, unescaped. */
  readonly pathParameters?: Readonly<Record<string, string | undefined>>;
  /** The query string as sent, without `?`. */
  readonly queryString: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** After `Content-Encoding` is undone; empty without a body. */
  readonly body: Buffer;
  readonly remoteAddress: string;
  /** Aborted when the client goes away or the request's time is over. */
  readonly signal: AbortSignal;
}

/** Text or bytes, or parts of them that are made while the answer is sent. */
export type ReplyBody = string | Buffer | AsyncIterable<string | Buffer>;

/** What goes back. */
export interface ApiReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: ReplyBody;
  /** What is told after the body, once all of it is out; asked for then, and only if the client can be told. */
  readonly trailers?: Readonly<Record<string, () => string>>;
  /** What the log line of the request says beside the usual; read when the answer is out. */
  readonly logged?: Readonly<Record<string, number>>;
}

/** A reply that is there as a whole. */
export interface WholeReply extends ApiReply {
  readonly body: string | Buffer;
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
export function json(status: number, value: unknown): WholeReply {
  return {
    status,
    headers: { "content-type": "application/json; charset=utf-8" },
    body: JSON.stringify(value),
  };
}
