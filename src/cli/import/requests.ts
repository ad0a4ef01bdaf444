/**
 * Texts of records as requests to a server, none larger than it takes.
 *
 * @module
 */
import { promisify } from "node:util";
import { constants, gzip } from "node:zlib";
import { ask, type ClientReply, isRecord, refused } from "../http-client.ts";
import type { TargetRejection } from "./target.ts";

/** Where requests go. */
export interface RecordsAddress {
  readonly server: string;
  /** Path and query string. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** So much JSON goes into one request, unless one record alone is larger. */
const REQUEST_BYTES_MAX = 8 * 1024 * 1024;
const TOO_LARGE = 413;

const compress = promisify(gzip);

/** Sends the JSON texts of records, and gathers which of them were refused. */
export async function sendRecords(
  address: RecordsAddress,
  texts: readonly string[],
): Promise<readonly TargetRejection[]> {
  const rejected: TargetRejection[] = [];
  for (const { start, end } of portions(texts)) {
    rejected.push(...(await send(address, texts.slice(start, end), start)));
  }
  return rejected;
}

async function send(
  address: RecordsAddress,
  texts: readonly string[],
  offset: number,
): Promise<readonly TargetRejection[]> {
  const { server, path, headers } = address;
  const reply = await ask(server, {
    method: "POST",
    path,
    headers: { ...headers, "content-encoding": "gzip" },
    // On the way to a server, time is worth more than bytes.
    body: await compress(`[${texts.join(",")}]`, { level: constants.Z_BEST_SPEED }),
  });
  if (reply.status !== TOO_LARGE || texts.length === 0) return rejections(reply, offset);
  if (texts.length === 1) return [{ index: offset, message: "too large for the server" }];
  const half = Math.ceil(texts.length / 2);
  const first = await send(address, texts.slice(0, half), offset);
  return [...first, ...(await send(address, texts.slice(half), offset + half))];
}

/** Cuts texts into runs that fit a request. */
function* portions(texts: readonly string[]): Generator<{ start: number; end: number }> {
  let start = 0;
  let length = 0;
  for (const [index, text] of texts.entries()) {
    const bytes = Buffer.byteLength(text);
    if (index > start && length + bytes > REQUEST_BYTES_MAX) {
      yield { start, end: index };
      start = index;
      length = 0;
    }
    length += bytes;
  }
  if (start < texts.length) yield { start, end: texts.length };
}

/** The records a server refused: it tells them with 200, or with 400 when it validates and has written the others. */
function rejections({ status, body }: ClientReply, offset: number): readonly TargetRejection[] {
  const told = isRecord(body) ? body["failed_records"] : undefined;
  const failed = Array.isArray(told) ? told.filter(isRecord) : [];
  const isDone = (status >= 200 && status < 300 && isRecord(body)) || failed.length > 0;
  if (!isDone) throw refused({ status, body });
  return failed.map((record) => ({
    index: offset + Number(record["index"]),
    message: String(record["message"]),
  }));
}
