/**
 * Where an import writes: something that takes wire records and says which it could not write.
 *
 * @module
 */
import { decodeRecords } from "../ingest/decode.ts";
import type { Writer } from "../ingest/writer.ts";
import type { Project } from "../project/project.ts";
import { accepted, ask, isRecord } from "./http-client.ts";
import type { WireRecord } from "./wire-record.ts";

/** A record that was not written. */
interface TargetRejection {
  /** Index into the records of the call. */
  readonly index: number;
  readonly message: string;
}

/** Takes records, in order. */
export interface ImportTarget {
  /** Names the target, so that progress into one is not taken for progress into another. */
  readonly name: string;
  /** Writes records; resolves once they are durable. */
  write(records: readonly WireRecord[]): Promise<readonly TargetRejection[]>;
  close(): Promise<void>;
}

/** So much JSON goes into one request, unless one record alone is larger. */
const REQUEST_BYTES_MAX = 8 * 1024 * 1024;
const TOO_LARGE = 413;

/** A project of an opened data folder, written to through the same decoder as requests. */
export function storeTarget(
  writer: Writer,
  project: Project,
  groupKey: string | undefined,
  close: () => Promise<void>,
): ImportTarget {
  return {
    name: `project ${project.id}`,
    write: async (records) => {
      const { batches, failures } = decodeRecords(records, {
        target: groupKey === undefined ? "engage" : "groups",
        nowMs: Date.now(),
        token: project.token,
      });
      const refused = await writer.write(
        batches.map((batch) => ({
          scope: { projectId: project.id, groupKey: batch.groupKey },
          updates: batch.updates,
        })),
      );
      return [
        ...failures,
        ...refused.map(({ batch, index, message }) => ({
          index: batches[batch]?.indexes[index] ?? 0,
          message,
        })),
      ];
    },
    close,
  };
}

/** A running server, written to as any client does. */
export function serverTarget(
  server: string,
  token: string,
  groupKey: string | undefined,
): ImportTarget {
  const path = `${groupKey === undefined ? "/engage" : "/groups"}?verbose=1&strict=1&ip=0`;

  async function send(texts: readonly string[], offset: number): Promise<TargetRejection[]> {
    const reply = await ask(server, { method: "POST", path, body: `[${texts.join(",")}]` });
    if (reply.status !== TOO_LARGE || texts.length === 0)
      return rejections(accepted(reply), offset);
    if (texts.length === 1) return [{ index: offset, message: "too large for the server" }];
    const half = Math.ceil(texts.length / 2);
    const first = await send(texts.slice(0, half), offset);
    return [...first, ...(await send(texts.slice(half), offset + half))];
  }

  return {
    name: `${server} ${token}`,
    write: async (records) => {
      const texts = records.map((record) => JSON.stringify({ ...record, $token: token }));
      const rejected: TargetRejection[] = [];
      for (const { start, end } of portions(texts)) {
        rejected.push(...(await send(texts.slice(start, end), start)));
      }
      return rejected;
    },
    close: async () => {
      // Nothing is held open between requests.
    },
  };
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

function rejections(body: Readonly<Record<string, unknown>>, offset: number): TargetRejection[] {
  const failed = body["failed_records"];
  if (!Array.isArray(failed)) return [];
  return failed.filter(isRecord).map((record) => ({
    index: offset + Number(record["index"]),
    message: String(record["message"]),
  }));
}
