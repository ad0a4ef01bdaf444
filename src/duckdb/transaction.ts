/**
 * Writes that are there together, or not at all.
 *
 * @module
 */
import type { DuckDBConnection } from "@duckdb/node-api";

/** Runs a function in one transaction, which a failure takes back. */
export async function inTransaction<Result>(
  connection: DuckDBConnection,
  work: () => Promise<Result>,
): Promise<Result> {
  await connection.run("begin");
  try {
    const result = await work();
    await connection.run("commit");
    return result;
  } catch (error) {
    await connection.run("rollback").catch(() => undefined);
    throw error;
  }
}
