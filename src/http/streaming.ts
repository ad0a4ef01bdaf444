/**
 * The time a request may take, and answers that are made while they are sent.
 *
 * A client reads as fast as it likes: the next part is made when the one before is on its way. Once a part is out the
 * status can no longer change, so a failure from then on breaks the transfer off, which no client takes for an end.
 *
 * @module
 */
import type { ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { fail } from "../errors/error.ts";
import { abortable } from "../paging/abortable.ts";
import type { ReplyBody } from "./api.ts";
import { ClientGone } from "./failure.ts";

/** What of a response tells that its client has gone. */
interface Closable {
  once(event: "close", listener: () => void): unknown;
  removeListener(event: "close", listener: () => void): unknown;
}

/** Bounds the time of one request. */
export interface Deadline {
  /** Aborted when the time is over or the client has gone. */
  readonly signal: AbortSignal;
  /** Gives the whole time again. */
  renew(): void;
  end(): void;
}

/** So much is made ahead of what the client has read. */
const AHEAD_BYTES = 65_536;

/** Starts the time of a request. */
export function startDeadline(response: Closable, timeoutMs: number): Deadline {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(fail("query.timeout", { timeoutMs })), timeoutMs);
  const gone = (): void => controller.abort(new ClientGone("the client closed the connection"));
  response.once("close", gone);
  return {
    signal: controller.signal,
    renew: () => {
      if (!controller.signal.aborted) timer.refresh();
    },
    end: () => {
      clearTimeout(timer);
      response.removeListener("close", gone);
    },
  };
}

/**
 * A body as it is sent; its deadline is over when it is, and counts anew for each part.
 *
 * @param onBroken hears of what broke a stream off
 * @throws what the making of the first part throws, while the answer can still be another
 */
export async function openBody(
  body: ReplyBody,
  deadline: Deadline,
  onBroken: (failure: unknown) => void,
): Promise<string | Buffer | Readable> {
  if (typeof body === "string" || Buffer.isBuffer(body)) {
    deadline.end();
    return body;
  }
  const source = body[Symbol.asyncIterator]();
  const first = await abortable(source.next(), deadline.signal);
  const stream = Readable.from(parts(source, first, deadline), {
    objectMode: false,
    highWaterMark: AHEAD_BYTES,
  });
  const stop = (): unknown => stream.destroy(deadline.signal.reason as Error);
  deadline.signal.addEventListener("abort", stop, { once: true });
  stream.once("error", onBroken);
  stream.once("close", () => {
    deadline.signal.removeEventListener("abort", stop);
    deadline.end();
    // A stream that was never read from has not begun its generator, whose end would do this.
    void Promise.resolve(source.return?.()).catch(() => undefined);
  });
  if (deadline.signal.aborted) stop();
  return stream;
}

/** Tells what there is to tell once the last part of a stream is out; Fastify would name trailers in a list without commas. */
export function sendTrailers(
  response: ServerResponse,
  trailers: Readonly<Record<string, () => string>>,
  body: string | Buffer | Readable,
): void {
  if (typeof body === "string" || Buffer.isBuffer(body)) return;
  response.setHeader("Trailer", Object.keys(trailers).join(", "));
  // Before the response hears of the end.
  body.once("end", () => {
    response.addTrailers(Object.entries(trailers).map(([name, value]) => [name, value()] as const));
  });
}

async function* parts(
  source: AsyncIterator<string | Buffer>,
  first: IteratorResult<string | Buffer>,
  deadline: Deadline,
): AsyncGenerator<string | Buffer> {
  for (let part = first; part.done !== true; part = await source.next()) {
    deadline.renew();
    // An empty part would end a stream of bytes.
    if (part.value.length > 0) yield part.value;
  }
}
