/**
 * A writer that counts what became durable.
 *
 * @module
 */
import type { Writer } from "../ingest/writer.ts";
import { holdsEvents } from "../store/store.ts";
import type { Metrics } from "./metrics.ts";

/** What the endpoints that write need of a writer. */
export type UpdateWriter = Pick<Writer, "write">;

/** The same writer, counting. */
export function countingWriter(
  writer: UpdateWriter,
  {
    profilesWritten,
    updatesRejected,
    eventsWritten,
  }: Pick<Metrics, "profilesWritten" | "updatesRejected" | "eventsWritten">,
): UpdateWriter {
  return {
    write: async (batches) => {
      const rejections = await writer.write(batches);
      let updateCount = 0;
      let eventCount = 0;
      for (const batch of batches) {
        if (holdsEvents(batch)) eventCount += batch.events.length;
        else updateCount += batch.updates.length;
      }
      profilesWritten.inc(updateCount - rejections.length);
      updatesRejected.inc(rejections.length);
      eventsWritten.inc(eventCount);
      return rejections;
    },
  };
}
