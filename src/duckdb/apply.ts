/**
 * Batches of updates and events as one transaction.
 *
 * @module
 */
import type { DuckDBConnection } from "@duckdb/node-api";
import { type Batch, holdsEvents, type UpdateRejection } from "../store/store.ts";
import { RecentDocuments } from "./recent-documents.ts";
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
  recent: RecentDocuments = new RecentDocuments(),
): Promise<Applied> {
  const writes = new Writes(recent);
  for (const [index, batch] of batches.entries()) {
    if (sizeOf(batch) === 0) continue;
    const scope = holdsEvents(batch)
      ? { projectId: batch.projectId, groupKey: undefined }
      : batch.scope;
    writes.of(await tables.open(connection, scope)).add(index, batch);
  }
  for (const write of writes.all) {
    if (write.hasEvents) await tables.openEvents(connection, write.table);
    await write.load(connection);
    await write.compute(undefined);
  }
  return commitWrites(connection, tables, writes.all);
}

/** Updates of tables that are known, to be made ready before they are written; undefined for others, and for events. */
export function knownWrites(
  tables: TableSet,
  batches: readonly Batch[],
  recent: RecentDocuments,
): readonly ScopeWrite[] | undefined {
  const writes = new Writes(recent);
  for (const [index, batch] of batches.entries()) {
    if (sizeOf(batch) === 0) continue;
    const table = holdsEvents(batch) ? undefined : tables.find(batch.scope);
    if (table === undefined) return undefined;
    writes.of(table).add(index, batch);
  }
  return writes.all;
}

/** Writes what has been computed. */
export async function commitWrites(
  connection: DuckDBConnection,
  tables: TableSet,
  writes: readonly ScopeWrite[],
): Promise<Applied> {
  for (const write of writes) await write.finish(connection);
  const deletions = writes.flatMap((write) => [...write.deletions()]);
  try {
    await connection.run(["begin", ...deletions].join(";"));
    for (const write of writes) await write.write(connection);
    await connection.run("commit");
  } catch (error) {
    await connection.run("rollback").catch(() => undefined);
    throw error;
  }
  for (const write of writes) write.settle();
  await tables.checkpointColumns(connection);
  const rejections = writes.flatMap((write) => write.rejections);
  return { rejections: rejections.sort(byPlace), tables: writes.map(({ table }) => table) };
}

/** What each table is to be written, in the order the batches came. */
class Writes {
  readonly #recent: RecentDocuments;
  readonly #byTable = new Map<ProfileTable, ScopeWrite>();

  constructor(recent: RecentDocuments) {
    this.#recent = recent;
  }

  of(table: ProfileTable): ScopeWrite {
    const write = this.#byTable.get(table) ?? new ScopeWrite(table, this.#recent);
    this.#byTable.set(table, write);
    return write;
  }

  get all(): readonly ScopeWrite[] {
    return [...this.#byTable.values()];
  }
}

function sizeOf(batch: Batch): number {
  return holdsEvents(batch) ? batch.events.length : batch.updates.length;
}

function byPlace(left: UpdateRejection, right: UpdateRejection): number {
  return left.batch - right.batch || left.index - right.index;
}
