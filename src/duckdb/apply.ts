/**
 * Batches of updates and events as one transaction.
 *
 * @module
 */
import type { DuckDBConnection } from "@duckdb/node-api";
import { type Batch, holdsEvents, type UpdateRejection } from "../store/store.ts";
import type { TableSet } from "./table-set.ts";
import type { ProfileTable } from "./tables.ts";
import { ScopeWrite } from "./write.ts";

/** What a transaction came to. */
export interface Applied {
  readonly rejections: readonly UpdateRejection[];
  /** The tables that were written. */
  readonly tables: readonly ProfileTable[];
}

/** Applies batches; the caller sees to it that nobody else writes meanwhile. */
export async function applyBatches(
  connection: DuckDBConnection,
  tables: TableSet,
  batches: readonly Batch[],
): Promise<Applied> {
  const rejections: UpdateRejection[] = [];
  const writes = await gather(connection, tables, batches);
  for (const write of writes) {
    if (write.hasEvents) await tables.openEvents(connection, write.table);
    await write.prepare(connection, rejections);
  }
  await connection.run("begin");
  try {
    for (const write of writes) await write.write(connection);
    await connection.run("commit");
  } catch (error) {
    await connection.run("rollback").catch(() => undefined);
    throw error;
  }
  for (const write of writes) write.settle();
  await tables.checkpointColumns(connection);
  return { rejections, tables: writes.map(({ table }) => table) };
}

/** What each scope is to write, in the order the batches came; the tables of new scopes are made. */
async function gather(
  connection: DuckDBConnection,
  tables: TableSet,
  batches: readonly Batch[],
): Promise<readonly ScopeWrite[]> {
  const writes = new Map<ProfileTable, ScopeWrite>();
  for (const [index, batch] of batches.entries()) {
    const isEmpty = (holdsEvents(batch) ? batch.events : batch.updates).length === 0;
    if (isEmpty) continue;
    const scope = holdsEvents(batch)
      ? { projectId: batch.projectId, groupKey: undefined }
      : batch.scope;
    const table = await tables.open(connection, scope);
    const write = writes.get(table) ?? new ScopeWrite(table);
    writes.set(table, write);
    if (holdsEvents(batch)) write.addEvents(batch.events, batch.identity);
    else write.addUpdates(index, batch.updates);
  }
  return [...writes.values()];
}
