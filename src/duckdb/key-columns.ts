/**
 * Columns of keys, taken out of a result whole instead of value by value.
 *
 * @module
 */
import type { DuckDBMaterializedResult, DuckDBVector } from "@duckdb/node-api";
import { DuckDBListVector, DuckDBUIntegerVector } from "@duckdb/node-api";
import { Turn } from "../clock.ts";
import type { ProfileKeys } from "../store/store.ts";

/** The first column of a result, whose values are keys. */
export async function keysOfColumn(result: DuckDBMaterializedResult): Promise<ProfileKeys> {
  const keys = new Uint32Array(result.rowCount);
  const turn = new Turn();
  let at = 0;
  for (let index = 0; index < result.chunkCount; index++) {
    if (turn.isOver) await turn.next();
    const vector = result.getChunk(index).getColumnVector(0);
    keys.set(itemsOf(vector), at);
    at += vector.itemCount;
  }
  return keys;
}

/** The list of keys that is a result's only value; null is an empty one. */
export function keysOfList(result: DuckDBMaterializedResult): ProfileKeys {
  const vector = result.getChunk(0).getColumnVector(0);
  if (!(vector instanceof DuckDBListVector)) throw new TypeError("not a list of keys");
  const list = vector.getItemVector(0);
  if (list === null) return new Uint32Array(0);
  // The item's vector is a copy: the engine's memory goes with the result.
  return itemsOf(list);
}

/** The memory behind a vector; the binding has no public way to it, and a value at a time costs ten times as much. */
export function itemsOf(vector: DuckDBVector | null): ProfileKeys {
  if (!(vector instanceof DuckDBUIntegerVector)) throw new TypeError("not a column of keys");
  const { items } = vector as unknown as { readonly items: unknown };
  if (!(items instanceof Uint32Array)) throw new TypeError("a vector of another making");
  return items;
}
