/**
 * What a query selects, as keys.
 *
 * @module
 */
import type { DuckDBConnection } from "@duckdb/node-api";
import { type FrozenKeys, keysInOrder } from "../store/frozen-keys.ts";
import type { ProfileKeys } from "../store/store.ts";
import type { IdOrder } from "./id-order.ts";
import { keyParts, keysOfColumn } from "./key-columns.ts";
import { selectResidual } from "./residual.ts";
import { run } from "./run.ts";
import type { Selection } from "./selection.ts";

/** What a query selects. The engine sorts only where the order at hand cannot. */
export async function freezeKeys(
  connection: DuckDBConnection,
  selection: Selection,
  order: IdOrder,
  signal: AbortSignal | undefined,
): Promise<FrozenKeys> {
  const { exact, unorderedKeys } = selection.statement;
  if (exact && unorderedKeys !== undefined && !order.isBehind) {
    const frozen = await order.freeze(keyParts(await run(connection, unorderedKeys)));
    if (frozen !== undefined) return frozen;
  }
  return keysInOrder(await selectKeys(connection, selection, signal));
}

/** The keys of a query, in order and cut to the limit. */
export async function selectKeys(
  connection: DuckDBConnection,
  selection: Selection,
  signal: AbortSignal | undefined,
): Promise<ProfileKeys> {
  const { statement } = selection;
  return statement.exact
    ? keysOfColumn(await run(connection, statement.keys))
    : selectResidual(connection, selection, signal);
}
