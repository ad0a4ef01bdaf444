/**
 * Profiles into a data folder or a running server.
 *
 * @module
 */
import { decodeRecords } from "../../ingest/decode.ts";
import type { Writer } from "../../ingest/writer.ts";
import type { Project } from "../../project/project.ts";
import { sendRecords } from "./requests.ts";
import type { ImportTarget } from "./target.ts";

/** Profiles a batch to a server, which is as many as one request may have. */
const SERVER_BATCH_RECORD_COUNT = 2000;

/** Profiles a batch into a folder: a transaction of 4,000 costs less a profile than two of 2,000, and one of 10,000 no less. */
export const FOLDER_BATCH_RECORD_COUNT = 4000;

/** One that is being written, and one that the store makes ready meanwhile. */
const FOLDER_BATCHES_AT_ONCE = 2;

const nothing = async (): Promise<void> => {
  // Each batch is whole by itself.
};

/** A project of an opened data folder, written to through the same decoder as requests. */
export function storeTarget(
  writer: Writer,
  project: Project,
  groupKey: string | undefined,
): ImportTarget {
  return {
    name: targetName(`project ${project.id}`, groupKey),
    batchRecordCount: FOLDER_BATCH_RECORD_COUNT,
    batchesAtOnce: FOLDER_BATCHES_AT_ONCE,
    prepare: (records) => {
      const { batches, failures } = decodeRecords(records, {
        target: groupKey === undefined ? "engage" : "groups",
        nowMs: Date.now(),
        token: project.token,
      });
      return async (after) => {
        const refused = await writer.write(
          batches.map((batch) => ({
            scope: { projectId: project.id, groupKey: batch.groupKey },
            updates: batch.updates,
          })),
          after,
        );
        return [
          ...failures,
          ...refused.map(({ batch, index, message }) => ({
            index: batches[batch]?.indexes[index] ?? 0,
            message,
          })),
        ];
      };
    },
    finish: nothing,
  };
}

/** A running server, written to as any client does. */
export function serverTarget(
  server: string,
  token: string,
  groupKey: string | undefined,
): ImportTarget {
  const path = `${groupKey === undefined ? "/engage" : "/groups"}?verbose=1&strict=1&ip=0`;
  return {
    name: targetName(`${server} ${token}`, groupKey),
    batchRecordCount: SERVER_BATCH_RECORD_COUNT,
    // Requests might overtake each other.
    batchesAtOnce: 1,
    prepare: (records) => {
      const texts = records.map((record) => JSON.stringify({ ...record, $token: token }));
      return () => sendRecords({ server, path, headers: {} }, texts);
    },
    finish: nothing,
  };
}

function targetName(place: string, groupKey: string | undefined): string {
  return `${place} ${groupKey ?? ""}`;
}
