/**
 * Profiles as the text of an answer, without parsing them unless some of their properties are left out.
 *
 * @module
 */
import { LAST_SEEN } from "../profile/reserved.ts";
import { documentJson } from "../store/documents.ts";
import type { ProfileRow } from "../store/store.ts";
import type { ReplyBody } from "./api.ts";
import { listBody } from "./list-body.ts";

/**
 * A text with profiles in it, as members of `results`.
 *
 * @param before what stands before them
 * @param outputProperties the properties to give besides `$last_seen`; undefined or empty gives all
 * @param after what stands behind them
 */
export function withProfiles(
  before: string,
  rows: readonly ProfileRow[],
  outputProperties: readonly string[] | undefined,
  after: string,
): Promise<ReplyBody> {
  const names =
    outputProperties === undefined || outputProperties.length === 0
      ? undefined
      : [...new Set([...outputProperties, LAST_SEEN])];
  return listBody({ before, items: rows, textOf: (row) => documentJson(row, names), after });
}
