/**
 * A session as one file, of which any page can be read by its position.
 *
 * The file is a fixed head (magic, length and checksum of the header), the header as JSON, then blocks of keys:
 * a checksum and the keys as little-endian 32-bit numbers. Every length follows from the header, so a torn file
 * shows by its size and a damaged page by a checksum. Blocks do not follow pages, which may be of one key.
 *
 * @module
 */
import { rmSync, writeFileSync } from "node:fs";
import { type FileHandle, open, rename, unlink } from "node:fs/promises";
import { endianness } from "node:os";
import { crc32 } from "node:zlib";
import type { ProfileKeys } from "../store/store.ts";
import type { Session } from "./session.ts";

const MAGIC = Buffer.from("WHOMSES1", "latin1");
const HEAD_BYTES = 16;
const KEY_BYTES = 4;
const CHECKSUM_BYTES = 4;
const KEYS_PER_BLOCK = 1024;
const BLOCK_BYTES = CHECKSUM_BYTES + KEYS_PER_BLOCK * KEY_BYTES;
const HEADER_BYTES_MAX = 64 * 1024 * 1024;
/** So much is put together at a time: a long session does not hold up other requests. */
const BLOCKS_PER_CHUNK = 256;
/** Sessions of some two thousand profiles. */
const WRITTEN_AT_ONCE_BYTES = 8_192;

/** A session as its file has it, and where its keys begin. */
export interface StoredSession {
  readonly session: Session;
  readonly keysOffset: number;
}

/** Says why a file is not a session. */
export class DamagedSession extends Error {
  override readonly name = "DamagedSession";
}

/**
 * Writes a session; resolves once the kernel has it, so that it outlives the process but perhaps not the power.
 *
 * A file of more than one chunk appears under its name only when whole.
 *
 * A file of one chunk is written in place: a torn one shows by its size.
 */
export async function writeSession(
  path: string,
  session: Session,
  keys: ProfileKeys,
): Promise<StoredSession> {
  const head = encodeHead(session);
  const blocks = Math.ceil(keys.length / KEYS_PER_BLOCK);
  const chunk = Buffer.allocUnsafe(Math.min(blocks, BLOCKS_PER_CHUNK) * BLOCK_BYTES);
  const first = encodeBlocks(keys, 0, BLOCKS_PER_CHUNK, chunk);
  const stored: StoredSession = { session, keysOffset: head.length };
  if (head.length + first.length <= WRITTEN_AT_ONCE_BYTES) {
    writeAtOnce(path, Buffer.concat([head, first]));
    return stored;
  }
  const whole = blocks <= BLOCKS_PER_CHUNK;
  const target = whole ? path : `${path}.part`;
  const file = await open(target, "w", 0o600);
  try {
    await writeAll(file, head);
    await writeAll(file, first);
    for (let block = BLOCKS_PER_CHUNK; block < blocks; block += BLOCKS_PER_CHUNK) {
      await writeAll(file, encodeBlocks(keys, block, block + BLOCKS_PER_CHUNK, chunk));
    }
  } catch (failure) {
    await unlink(target).catch(() => undefined);
    throw failure;
  } finally {
    await file.close();
  }
  if (!whole) await rename(target, path);
  return stored;
}

/** Every look-up opens a session of one page: to wait for the kernel's cache costs less than five turns of the pool. */
function writeAtOnce(path: string, bytes: Buffer): void {
  try {
    writeFileSync(path, bytes, { mode: 0o600 });
  } catch (failure) {
    rmSync(path, { force: true });
    throw failure;
  }
}

/** The size of a session's file. */
export function fileBytes({ session, keysOffset }: StoredSession): number {
  return keysOffset + keysBytes(session.total);
}

/**
 * Reads the header of a session's file.
 *
 * @throws `DamagedSession` for a file that is not a whole session
 */
export async function readSession(path: string): Promise<StoredSession> {
  return withFile(path, async (file) => {
    const head = await readAt(file, 0, HEAD_BYTES);
    if (!head.subarray(0, MAGIC.length).equals(MAGIC)) throw new DamagedSession("not a session");
    const headerBytes = head.readUInt32LE(8);
    if (headerBytes > HEADER_BYTES_MAX) throw new DamagedSession("impossible header length");
    const header = await readAt(file, HEAD_BYTES, headerBytes);
    if (crc32(header) !== head.readUInt32LE(12)) throw new DamagedSession("damaged header");
    const session = decodeHeader(header);
    const stored: StoredSession = { session, keysOffset: HEAD_BYTES + headerBytes };
    const { size } = await file.stat();
    if (size !== fileBytes(stored)) throw new DamagedSession("wrong length");
    return stored;
  });
}

/**
 * Reads the keys of one page, counted from 0; none past the last.
 *
 * @throws `DamagedSession` when the page is not what was written
 */
export async function readPage(
  path: string,
  { session, keysOffset }: StoredSession,
  page: number,
  pageSize: number = session.pageSize,
): Promise<ProfileKeys> {
  const { total } = session;
  const start = page * pageSize;
  const count = Math.min(pageSize, total - start);
  if (count <= 0) return new Uint32Array(0);
  const firstBlock = Math.floor(start / KEYS_PER_BLOCK);
  const firstKey = firstBlock * KEYS_PER_BLOCK;
  const lastKey = Math.min(total, Math.ceil((start + count) / KEYS_PER_BLOCK) * KEYS_PER_BLOCK);
  return withFile(path, async (file) => {
    const at = keysOffset + firstBlock * BLOCK_BYTES;
    const keys = decodeBlocks(await readAt(file, at, keysBytes(lastKey - firstKey)));
    return keys.subarray(start - firstKey, start - firstKey + count);
  });
}

/** The bytes of so many keys from the start of a block on. */
function keysBytes(keyCount: number): number {
  return keyCount * KEY_BYTES + Math.ceil(keyCount / KEYS_PER_BLOCK) * CHECKSUM_BYTES;
}

function encodeHead(session: Session): Buffer {
  const header = Buffer.from(JSON.stringify(session), "utf8");
  const head = Buffer.alloc(HEAD_BYTES);
  MAGIC.copy(head);
  head.writeUInt32LE(header.length, 8);
  head.writeUInt32LE(crc32(header), 12);
  return Buffer.concat([head, header]);
}

/** Puts blocks into a buffer. @returns the part of it they take */
function encodeBlocks(keys: ProfileKeys, from: number, to: number, into: Buffer): Buffer {
  const end = Math.min(keys.length, to * KEYS_PER_BLOCK);
  let at = 0;
  for (let start = from * KEYS_PER_BLOCK; start < end; start += KEYS_PER_BLOCK) {
    const bytes = encodeKeys(keys.subarray(start, Math.min(start + KEYS_PER_BLOCK, end)));
    at = into.writeUInt32LE(crc32(bytes), at);
    into.set(bytes, at);
    at += bytes.length;
  }
  return into.subarray(0, at);
}

/** @throws `DamagedSession` when a block is not what was written */
function decodeBlocks(bytes: Buffer): ProfileKeys {
  const parts: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += BLOCK_BYTES) {
    const part = bytes.subarray(at + CHECKSUM_BYTES, at + BLOCK_BYTES);
    if (crc32(part) !== bytes.readUInt32LE(at)) throw new DamagedSession("damaged page");
    parts.push(part);
  }
  return decodeKeys(Buffer.concat(parts));
}

function encodeKeys(keys: ProfileKeys): Buffer {
  const bytes = Buffer.from(keys.buffer, keys.byteOffset, keys.byteLength);
  return endianness() === "LE" ? bytes : Buffer.from(bytes).swap32();
}

function decodeKeys(bytes: Buffer): ProfileKeys {
  const copy = Buffer.from(bytes);
  if (endianness() === "BE") copy.swap32();
  // A small Buffer may lie anywhere in a shared pool; a Uint32Array wants an aligned start.
  return new Uint32Array(Uint8Array.from(copy).buffer);
}

/** The members of a shape, before any is checked. */
type Fields<Shape> = { readonly [Name in keyof Shape]?: unknown };

function decodeHeader(header: Buffer): Session {
  const value: Fields<Session> = parseObject(header.toString("utf8"));
  const scope: Fields<Session["scope"]> = asObject(value.scope);
  const { id, workspaceId, pageSize, total, outputProperties, createdAtMs } = value;
  // Files of older versions do not say: there were no strangers then.
  const { includesStrangers = false } = value;
  const sound =
    typeof id === "string" &&
    isCount(scope.projectId) &&
    isTextOrAbsent(scope.groupKey) &&
    isCount(workspaceId) &&
    isCount(pageSize) &&
    pageSize > 0 &&
    isCount(total) &&
    isTextsOrAbsent(outputProperties) &&
    typeof includesStrangers === "boolean" &&
    isCount(createdAtMs);
  if (!sound) throw new DamagedSession("impossible header");
  return {
    id,
    scope: { projectId: scope.projectId, groupKey: scope.groupKey },
    workspaceId,
    pageSize,
    total,
    outputProperties,
    includesStrangers,
    createdAtMs,
  };
}

function parseObject(text: string): object {
  try {
    return asObject(JSON.parse(text));
  } catch {
    throw new DamagedSession("header is not JSON");
  }
}

function asObject(value: unknown): object {
  return typeof value === "object" && value !== null ? value : {};
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isTextOrAbsent(value: unknown): value is string | undefined {
  return value === undefined || typeof value === "string";
}

function isTextsOrAbsent(value: unknown): value is readonly string[] | undefined {
  return (
    value === undefined || (Array.isArray(value) && value.every((item) => typeof item === "string"))
  );
}

async function withFile<Result>(
  path: string,
  use: (file: FileHandle) => Promise<Result>,
): Promise<Result> {
  const file = await open(path, "r");
  try {
    return await use(file);
  } finally {
    await file.close();
  }
}

async function readAt(file: FileHandle, at: number, length: number): Promise<Buffer> {
  const bytes = Buffer.alloc(length);
  let done = 0;
  while (done < length) {
    const { bytesRead } = await file.read(bytes, done, length - done, at + done);
    if (bytesRead === 0) throw new DamagedSession("torn file");
    done += bytesRead;
  }
  return bytes;
}

async function writeAll(file: FileHandle, bytes: Buffer): Promise<void> {
  let done = 0;
  while (done < bytes.length) {
    const { bytesWritten } = await file.write(bytes, done);
    done += bytesWritten;
  }
}
