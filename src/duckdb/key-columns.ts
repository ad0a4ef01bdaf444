/**
 * Columns of keys, taken out of a result whole instead of value by value.
 *
 * @module
 */
import type { DuckDBMaterializedResult, DuckDBVector } from "@duckdb/node-api";
import { DuckDBUIntegerVector } from "@duckdb/node-api";
import duckdb from "@duckdb/node-bindings";
import { Turn } from "../clock.ts";
import type { ProfileKeys } from "../store/store.ts";

/** Keys in parts, each of which is good until the next one is taken. */
export interface KeyParts {
  readonly count: number;
  parts(): Iterable<ProfileKeys>;
}

/** The first column of a result, whose values are keys and never null. */
export function keyParts(result: DuckDBMaterializedResult): KeyParts {
  return {
    count: result.rowCount,
    *parts() {
      const { chunkCount } = result;
      for (let index = 0; index < chunkCount; index++) {
        const { chunk, rowCount } = result.getChunk(index);
        // Without the binding's own vectors, which cost more than the keys in them.
        const vector = duckdb.data_chunk_get_vector(chunk, 0);
        const bytes = duckdb.vector_get_data(vector, rowCount * Uint32Array.BYTES_PER_ELEMENT);
        yield new Uint32Array(bytes.buffer, bytes.byteOffset, rowCount);
      }
    },
  };
}

/** All keys as one list. */
export async function keysOf({ count, parts }: KeyParts): Promise<ProfileKeys> {
  const keys = new Uint32Array(count);
  const turn = new Turn();
  let at = 0;
  for (const part of parts()) {
    if (turn.isOver) await turn.next();
    keys.set(part, at);
    at += part.length;
  }
  return keys;
}

/** The first column of a result as one list of keys. */
export function keysOfColumn(result: DuckDBMaterializedResult): Promise<ProfileKeys> {
  return keysOf(keyParts(result));
}

/** The memory behind a vector; the binding has no public way to it, and a value at a time costs ten times as much. */
export function itemsOf(vector: DuckDBVector | null): ProfileKeys {
  if (!(vector instanceof DuckDBUIntegerVector)) throw new TypeError("not a column of keys");
  const { items } = vector as unknown as { readonly items: unknown };
  if (!(items instanceof Uint32Array)) throw new TypeError("a vector of another making");
  return items;
}
