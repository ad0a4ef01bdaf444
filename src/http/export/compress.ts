/**
 * The parts of an export, compressed while they are sent.
 *
 * @module
 */
import { pipeline, Readable } from "node:stream";
import { createGzip } from "node:zlib";
import { Encoder } from "@toondepauw/node-zstd";
import type { ExportEncoding } from "./format.ts";

/** Exports are large: what a higher level saves is not worth its time. */
const LEVEL = 1;

/** Compressed bytes that are handed over together. */
const GZIP_CHUNK_BYTES = 262_144;

/** Bytes of one frame: what decoders must be ready to hold (RFC 9659). */
const FRAME_BYTES_MAX = 8_388_608;
/** Small parts make a frame together. */
const FRAME_BYTES_MIN = 1_048_576;

/** Compresses parts. */
export function compressed(
  parts: AsyncIterable<Uint8Array>,
  encoding: ExportEncoding | undefined,
): AsyncIterable<Buffer> {
  switch (encoding) {
    case "gzip":
      return gzipped(parts);
    case "zstd":
      return zstandard(parts);
    case undefined:
      return buffers(parts);
  }
}

async function* buffers(parts: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  for await (const part of parts) yield bufferOf(part);
}

function gzipped(parts: AsyncIterable<Uint8Array>): AsyncIterable<Buffer> {
  const gzip = createGzip({ level: LEVEL, chunkSize: GZIP_CHUNK_BYTES });
  const source = Readable.from(buffers(parts), { objectMode: false, highWaterMark: 1 });
  // A failure destroys both ends, so that whoever reads the compressed bytes hears of it.
  pipeline(source, gzip, () => undefined);
  return gzip;
}

/** A frame for each megabyte or more; frames follow each other (RFC 8878). */
async function* zstandard(parts: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  const encoder = new Encoder(LEVEL);
  let waiting: Uint8Array[] = [];
  let length = 0;
  for await (const part of parts) {
    waiting.push(part);
    length += part.length;
    if (length < FRAME_BYTES_MIN) continue;
    yield* frames(encoder, waiting);
    waiting = [];
    length = 0;
  }
  yield* frames(encoder, waiting);
}

async function* frames(encoder: Encoder, parts: readonly Uint8Array[]): AsyncGenerator<Buffer> {
  const [only] = parts;
  const bytes =
    parts.length === 1 && only !== undefined ? bufferOf(only) : Buffer.concat([...parts]);
  for (let start = 0; start < bytes.length; start += FRAME_BYTES_MAX) {
    yield await encoder.encode(bytes.subarray(start, start + FRAME_BYTES_MAX));
  }
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
