/**
 * Group keys as numeric ids and back, without a table: an id follows from the key.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { fail } from "../errors/error.ts";

const NUMERIC_ID = /^-?\d{1,20}$/;

/**
 * The id of a data group: a signed 64-bit number as text, the same for the same key everywhere.
 *
 * It is text because JavaScript has no such number.
 */
export function dataGroupId(groupKey: string): string {
  return createHash("sha256").update(groupKey, "utf8").digest().readBigInt64BE(0).toString();
}

/**
 * The group key that an id or a name stands for.
 *
 * A name is taken as it is: a group nobody has written to has no profiles, which is no mistake.
 *
 * @param known the keys of the project that have been written to
 * @throws `query.unknown_data_group` for an id of no such key
 */
export function groupKeyOf(dataGroup: string, known: readonly string[]): string {
  if (known.includes(dataGroup)) return dataGroup;
  if (!NUMERIC_ID.test(dataGroup)) return dataGroup;
  const found = known.find((key) => dataGroupId(key) === dataGroup);
  if (found === undefined) throw fail("query.unknown_data_group", { dataGroup });
  return found;
}
