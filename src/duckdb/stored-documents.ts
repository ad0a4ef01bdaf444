/**
 * Documents by their distinct ids, for the writer.
 *
 * Half of what a look-up costs is planning it, so that statements are kept prepared, one for each number of ids. The engine
 * plans a prepared statement of these anew when its parameters are bound, which a test holds it to: a plan that was kept
 * could have left out what did not match anything then.
 *
 * @module
 */
import type { DuckDBConnection } from "@duckdb/node-api";
import { slices } from "./append.ts";
import { IDS_PER_STATEMENT } from "./people.ts";
import { prepareForGood } from "./prepared.ts";
import type { StoredDocument } from "./recent-documents.ts";
import type { ProfileTable } from "./tables.ts";

/** The documents that are stored under some ids, each id once. */
export async function readDocuments(
  connection: DuckDBConnection,
  table: Pick<ProfileTable, "name">,
  distinctIds: readonly string[],
): Promise<ReadonlyMap<string, StoredDocument>> {
  const documents = new Map<string, StoredDocument>();
  for (const ids of slices(distinctIds, IDS_PER_STATEMENT)) {
    const count = paddedCount(ids.length);
    const statement = await prepareForGood(connection, textOf(table.name, count));
    const last = ids.at(-1) ?? "";
    for (let index = 0; index < count; index++) {
      statement.bindVarchar(index + 1, ids[index] ?? last);
    }
    const result = await statement.run();
    for (let index = 0; index < result.chunkCount; index++) {
      const chunk = result.getChunk(index);
      const [keys, found, texts] = [0, 1, 2].map((column) => chunk.getColumnValues(column));
      for (let row = 0; row < chunk.rowCount; row++) {
        documents.set(String(found?.[row]), {
          key: Number(keys?.[row]),
          propertiesJson: String(texts?.[row]),
        });
      }
    }
  }
  return documents;
}

/** Ids a statement asks for; the last stands for those that are missing. There are few such numbers. */
function paddedCount(count: number): number {
  return count <= 64 ? 2 ** Math.ceil(Math.log2(count)) : Math.ceil(count / 100) * 100;
}

function textOf(table: string, count: number): string {
  const parameters = Array.from({ length: count }, (_, index) => `$${index + 1}`).join(", ");
  return `select key, distinct_id, properties from ${table} where distinct_id in (${parameters})`;
}
