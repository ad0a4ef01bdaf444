/**
 * A request's body with its `Content-Encoding` undone, never larger than a limit.
 *
 * @module
 */
import { promisify } from "node:util";
import { brotliDecompress, gunzip, inflate, inflateRaw, type ZlibOptions } from "node:zlib";
import { fail, WhomError } from "../errors/error.ts";

const gunzipBody = promisify<Buffer, ZlibOptions, Buffer>(gunzip);
const inflateZlib = promisify<Buffer, ZlibOptions, Buffer>(inflate);
const inflateBare = promisify<Buffer, ZlibOptions, Buffer>(inflateRaw);
const inflateBrotli = promisify<Buffer, ZlibOptions, Buffer>(brotliDecompress);

const ENCODING_COUNT_MAX = 4;

/**
 * Undoes a `Content-Encoding`; an empty one, as some clients send, is none.
 *
 * @throws `query.body_too_large` once the inflated body passes the limit; a bomb is not inflated further
 * @throws `request.encoding_unknown`, `request.body_damaged`
 */
export async function inflateBody(
  body: Buffer,
  contentEncoding: string | undefined,
  bodyBytesMax: number,
): Promise<Buffer> {
  const encodings = (contentEncoding ?? "")
    .split(",")
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== "" && name !== "identity");
  if (encodings.length === 0 || body.length === 0) return body;
  if (encodings.length > ENCODING_COUNT_MAX) {
    throw fail("request.encoding_unknown", { encoding: `${encodings.length} encodings` });
  }
  let inflated = body;
  for (const encoding of encodings.reverse()) {
    inflated = await inflateOnce(inflated, encoding, bodyBytesMax);
  }
  return inflated;
}

async function inflateOnce(body: Buffer, encoding: string, bodyBytesMax: number): Promise<Buffer> {
  try {
    return await inflateAs(encoding, body, { maxOutputLength: bodyBytesMax });
  } catch (failure) {
    if (failure instanceof WhomError) throw failure;
    const { code } = failure as NodeJS.ErrnoException;
    if (code === "ERR_BUFFER_TOO_LARGE") throw fail("query.body_too_large", { bodyBytesMax });
    throw fail("request.body_damaged", { encoding });
  }
}

function inflateAs(encoding: string, body: Buffer, options: ZlibOptions): Promise<Buffer> {
  switch (encoding) {
    case "gzip":
    case "x-gzip":
      return gunzipBody(body, options);
    case "deflate":
      // It means the format of zlib, but some clients send the bare stream.
      return isZlib(body) ? inflateZlib(body, options) : inflateBare(body, options);
    case "br":
      return inflateBrotli(body, options);
    default:
      throw fail("request.encoding_unknown", { encoding: encoding.slice(0, 40) });
  }
}

/** The first two bytes are a header divisible by 31, of the method 8. */
function isZlib(body: Buffer): boolean {
  return body.length >= 2 && (body.readUInt8(0) & 0x0f) === 8 && body.readUInt16BE(0) % 31 === 0;
}
