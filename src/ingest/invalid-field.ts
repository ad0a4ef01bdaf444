/**
 * What is wrong with one field of a record, thrown while the record is decoded and reported with its index.
 *
 * @module
 */
import { fail } from "../errors/error.ts";

/** One record is not accepted; the others of its request are. */
export class InvalidField extends Error {
  override readonly name = "InvalidField";
  /** As the record calls it: `$distinct_id`, `$set.plan`. */
  readonly field: string;

  constructor(field: string, reason: string) {
    super(fail("ingest.invalid_field", { field, reason }).message);
    this.field = field;
  }
}
