/**
 * Events into a data folder or a running server.
 *
 * @module
 */
import { decodeEvents } from "../../ingest/decode-events.ts";
import type { Writer } from "../../ingest/writer.ts";
import type { Project } from "../../project/project.ts";
import { basicCredentials } from "../http-client.ts";
import { sendRecords } from "./requests.ts";
import type { ImportTarget } from "./target.ts";

/** Events a batch for a data folder: a commit costs much the same for few as for many. */
const FOLDER_BATCH_COUNT = 10_000;
/** Events a batch for a server, which takes no more in one request. */
export const REQUEST_EVENT_COUNT = 2000;

/** An opened data folder, as events need it. */
export interface EventFolder {
  readonly writer: Writer;
  /** Sorts what was added. */
  settle(): Promise<void>;
}

/** A project of an opened data folder, written to through the same decoder as requests, and as strictly. */
export function eventStoreTarget(folder: EventFolder, project: Project): ImportTarget {
  return {
    name: `events of project ${project.id}`,
    batchRecordCount: FOLDER_BATCH_COUNT,
    batchesAtOnce: 1,
    prepare: (records) => {
      const { identity } = project;
      const { batches, failures } = decodeEvents(records, {
        endpoint: "import",
        nowMs: Date.now(),
        isStrict: true,
        token: project.token,
        projectOf: () => ({ identity }),
      });
      return async () => {
        await folder.writer.write(
          batches.map(({ events }) => ({ projectId: project.id, identity, events })),
        );
        return failures;
      };
    },
    finish: () => folder.settle(),
  };
}

/** A running server, written to as any client does. */
export function eventServerTarget(server: string, token: string): ImportTarget {
  const headers = { authorization: basicCredentials(token, "") };
  return {
    name: `events of ${server} ${token}`,
    batchRecordCount: REQUEST_EVENT_COUNT,
    batchesAtOnce: 1,
    prepare: (records) => {
      const texts = records.map((record) => JSON.stringify(record));
      return () => sendRecords({ server, path: "/import?strict=1", headers }, texts);
    },
    finish: async () => {
      // The server sorts when it sees fit.
    },
  };
}
