/**
 * A writer that counts what became durable.
 *
 * @module
 */
import type { Writer } from "../ingest/writer.ts";
import type { Metrics } from "./metrics.ts";

/** What the endpoints that write need of a writer. */
export type UpdateWriter = Pick<Writer, "write">;

/** The same writer, counting. */
export function countingWriter(
  writer: UpdateWriter,
  { profilesWritten, updatesRejected }: Pick<Metrics, "profilesWritten" | "updatesRejected">,
): UpdateWriter {
  return {
    write: async (batches) => {
      const rejections = await writer.write(batches);
      const count = batches.reduce((sum, { updates }) => sum + updates.length, 0);
      profilesWritten.inc(count - rejections.length);
      updatesRejected.inc(rejections.length);
      return rejections;
    },
  };
}
