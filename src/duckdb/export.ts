/**
 * What an export gives of profiles, of one state of the file.
 *
 * @module
 */
import { rm } from "node:fs/promises";
import type { DocumentPart, DocumentsRequest } from "../store/documents.ts";
import type { Database } from "./connection.ts";
import { readDocuments } from "./export-documents.ts";
import { newExportFile, takeFile, writeParquet } from "./export-parquet.ts";
import { tablesAsSeen } from "./layout.ts";
import type { Tables } from "./table-set.ts";

/** The text or the file that a request asks for, part by part. */
export async function* exportDocuments(
  database: Database,
  tables: Tables,
  request: DocumentsRequest,
  signal: AbortSignal | undefined,
): AsyncGenerator<DocumentPart> {
  const { form } = request;
  if (form.kind !== "parquet") {
    yield* database.stream(
      (connection) => readDocuments(connection, tables.table, { ...request, form }, signal),
      signal,
    );
    return;
  }
  const file = newExportFile(database.file);
  try {
    // The engine is free again before the client reads.
    const written = database.stream(async function* (connection) {
      const { table } = await tablesAsSeen(connection, tables);
      yield await writeParquet(connection, table, request, form.names, file);
    }, signal);
    let rowCount = 0;
    for await (const count of written) rowCount += count;
    for await (const bytes of takeFile(file)) {
      yield { rowCount, bytes };
      rowCount = 0;
    }
  } finally {
    await rm(file, { force: true });
  }
}
