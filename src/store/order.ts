/**
 * The order of a result: the sort keys of two profiles.
 *
 * @module
 */
import { isMissing, orderForSort } from "../values/compare.ts";
import type { Computed } from "../values/value.ts";

/** Negative when the left key comes first; a missing or null one comes last either way. */
export function orderSortKeys(left: Computed, right: Computed, descending: boolean): number {
  if (isMissing(left) || isMissing(right))
    return Number(isMissing(left)) - Number(isMissing(right));
  return descending ? orderForSort(right, left) : orderForSort(left, right);
}
