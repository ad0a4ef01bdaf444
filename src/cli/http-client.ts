/**
 * Requests to a running server, with its failures as errors of the catalogue.
 *
 * @module
 */
import { setTimeout as sleep } from "node:timers/promises";
import { fail, type WhomError } from "../errors/error.ts";

/** One request. */
export interface ClientRequest {
  readonly method: "GET" | "POST" | "DELETE";
  /** Path and query string. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** JSON text, perhaps compressed. */
  readonly body?: string | Buffer<ArrayBuffer>;
}

/** What came back. */
export interface ClientReply {
  readonly status: number;
  /** The parsed body; its text when it is not JSON. */
  readonly body: unknown;
}

const ATTEMPT_COUNT = 5;
const RETRY_BASE_MS = 500;
const RETRY_MAX_MS = 60_000;
/** A connection that broke may work again in seconds; one that was refused will not. */
const BROKEN_CONNECTION = /ECONNRESET|EPIPE|ETIMEDOUT|UND_ERR_SOCKET|UND_ERR_CONNECT_TIMEOUT/;
const RETRIED: ReadonlySet<number> = new Set([429, 500, 502, 503, 504]);

/**
 * Asks a server, and again after a pause when it is overloaded.
 *
 * @throws `server.unreachable` when nothing answers, `command.invalid` when `server` is not an address
 */
export async function ask(server: string, request: ClientRequest): Promise<ClientReply> {
  return parsed(await attempts(address(server, request.path), request));
}

/**
 * Asks a server for more than fits into memory: the bytes of a 2xx answer, as they come.
 *
 * @throws what `ask` throws, `server.refused` for any other answer
 */
export async function* askForBytes(
  server: string,
  request: ClientRequest,
): AsyncGenerator<Uint8Array> {
  yield* (await askForStream(server, request)).bytes;
}

/** An answer that is still on its way. */
export interface ClientStream {
  readonly headers: Headers;
  /** Ends with `server.unreachable` when the answer breaks off. */
  readonly bytes: AsyncIterable<Uint8Array>;
}

/** The same with the headers, once they are there. */
export async function askForStream(server: string, request: ClientRequest): Promise<ClientStream> {
  const url = address(server, request.path);
  const reply = await attempts(url, request);
  if (!reply.ok) throw refused(await parsed(reply));
  return { headers: reply.headers, bytes: bytesOf(reply, url) };
}

async function* bytesOf(reply: Response, url: string): AsyncGenerator<Uint8Array> {
  try {
    yield* reply.body ?? [];
  } catch (error) {
    throw unreachable(url, `the answer broke off: ${causeOf(error)}`);
  }
}

/** The first answer that is worth something, or the last one. */
async function attempts(url: string, request: ClientRequest): Promise<Response> {
  for (let attempt = 1; ; attempt++) {
    const isLast = attempt === ATTEMPT_COUNT;
    const reply = await attemptOnce(url, request, isLast);
    if (reply !== undefined && (isLast || !RETRIED.has(reply.status))) return reply;
    await reply?.body?.cancel();
    await sleep(pauseMs(attempt, reply?.headers.get("retry-after")));
  }
}

/** The body of a 2xx answer. @throws `server.refused` for any other */
export function accepted(reply: ClientReply): Readonly<Record<string, unknown>> {
  if (reply.status >= 200 && reply.status < 300 && isRecord(reply.body)) return reply.body;
  throw refused(reply);
}

/** Says why a server did not do what it was asked. */
export function refused({ status, body }: ClientReply): WhomError {
  return fail("server.refused", { status, reason: reasonOf(body) });
}

/** The value of a header that proves a service account. */
export function basicCredentials(username: string, secret: string): string {
  return `Basic ${Buffer.from(`${username}:${secret}`).toString("base64")}`;
}

/** Whether a parsed body is an object. */
export function isRecord(body: unknown): body is Readonly<Record<string, unknown>> {
  return typeof body === "object" && body !== null && !Array.isArray(body);
}

function reasonOf(body: unknown): string {
  const error = isRecord(body) ? body["error"] : body;
  return typeof error === "string" && error !== "" ? error.slice(0, 500) : "no reason given";
}

function address(server: string, path: string): string {
  if (!URL.canParse(server) || !/^https?:/.test(server)) {
    throw fail("command.invalid", {
      reason: `--server must be an http or https address, found ${JSON.stringify(server)}`,
      hint: "write it like http://127.0.0.1:8274",
    });
  }
  return `${server.replace(/\/+$/, "")}${path}`;
}

async function attemptOnce(
  url: string,
  request: ClientRequest,
  isLast: boolean,
): Promise<Response | undefined> {
  const { method, body } = request;
  try {
    return await fetch(url, {
      method,
      headers: { accept: "application/json", ...contentType(body), ...request.headers },
      ...(body === undefined ? {} : { body }),
    });
  } catch (error) {
    const reason = causeOf(error);
    if (isLast || !BROKEN_CONNECTION.test(reason)) {
      throw unreachable(url, reason);
    }
    return undefined;
  }
}

function contentType(body: ClientRequest["body"]): Record<string, string> {
  return body === undefined ? {} : { "content-type": "application/json" };
}

function causeOf(error: unknown): string {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  if (!(cause instanceof Error)) return String(cause);
  const code = (cause as NodeJS.ErrnoException).code;
  return code === undefined ? cause.message : `${cause.message || "no connection"} (${code})`;
}

async function parsed(reply: Response): Promise<ClientReply> {
  const text = await reply.text();
  try {
    return { status: reply.status, body: JSON.parse(text) };
  } catch {
    return { status: reply.status, body: text };
  }
}

function unreachable(url: string, reason: string): WhomError {
  return fail("server.unreachable", { url: new URL(url).origin, reason });
}

function pauseMs(attempt: number, retryAfter: string | null | undefined): number {
  const seconds = Number(retryAfter ?? Number.NaN);
  const wanted = Number.isFinite(seconds) ? seconds * 1000 : RETRY_BASE_MS * 2 ** (attempt - 1);
  return Math.min(wanted, RETRY_MAX_MS);
}
