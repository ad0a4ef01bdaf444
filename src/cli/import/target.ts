/**
 * Where an import writes: something that takes wire records and says which it could not write.
 *
 * @module
 */
import type { WireRecord } from "./record-reader.ts";

/** A record that was not written. */
export interface TargetRejection {
  /** Index into the records of the batch. */
  readonly index: number;
  readonly message: string;
}

/**
 * Writes what was prepared; resolves once it is durable.
 *
 * @param after the batch before, if it may still be under way: nothing is written if that fails
 */
export type Write = (after?: Promise<unknown>) => Promise<readonly TargetRejection[]>;

/** Takes records, in order. */
export interface ImportTarget {
  /** Names the target, so that progress into one is not taken for progress into another. */
  readonly name: string;
  /** So many records make a batch. */
  readonly batchRecordCount: number;
  /** So many batches may be on their way at once: they take effect in the order they were written. */
  readonly batchesAtOnce: number;
  /** Makes a batch ready, which costs time that the batch before spends on its way to disk. */
  prepare(records: readonly WireRecord[]): Write;
  /** Called once, when all that was to be written is. */
  finish(): Promise<void>;
}
