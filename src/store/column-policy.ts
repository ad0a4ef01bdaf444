/**
 * Which properties get columns of their own.
 *
 * A column makes every question about its property fast, and every write a little slower, however few profiles have
 * it. So columns go to properties that many rows have, and to those that selectors ask for.
 *
 * @module
 */

/** Properties of one scope that may have columns of their own; the others share one column. */
export const COLUMN_PROPERTIES_MAX = 64;

/** Columns that frequency alone may give: the rest are for properties that selectors ask for. */
const FREQUENT_PROPERTIES_MAX = 48;

/** The share of all rows from which a property counts as frequent. */
export const FREQUENT_SHARE = 0.05;

/** Rows below which a share says little, and properties that get columns by it all the same. */
const TELLING_ROWS_MIN = 100;
const EARLY_PROPERTIES_MAX = 24;

/** The share of all rows below which columns are not worth their while. */
const RARE_SHARE = 0.001;

/** Times that selectors name a property before it counts as asked for. */
export const ASKED_COUNT_MIN = 5;

/** Rows below which the shared column is as fast as any. */
const SLOW_ROWS_MIN = 10_000;

/** Rows that are written before it is worth a look which properties are frequent now, and the part of all rows. */
const WRITTEN_ROWS_MIN = 10_000;
const WRITTEN_PART = 0.2;

/** Whether so many rows of so many make a property frequent. */
export function isFrequent(rowCount: number, ofRows: number): boolean {
  return rowCount > 0 && rowCount >= ofRows * FREQUENT_SHARE;
}

/** Whether so few rows of so many have a property that its columns cost more than they give. */
export function isRare(rowCount: number, ofRows: number): boolean {
  return isSlowToScan(ofRows) && rowCount < ofRows * RARE_SHARE;
}

/** Whether selectors have named a property so often that it is worth columns, however rare it is. */
export function isAskedFor(askedCount: number): boolean {
  return askedCount >= ASKED_COUNT_MIN;
}

/**
 * How many properties may have columns because they are frequent.
 *
 * @param rowCount the rows that this is judged by
 */
export function frequentPropertiesMax(columnPropertiesMax: number, rowCount: number): number {
  const max = rowCount < TELLING_ROWS_MIN ? EARLY_PROPERTIES_MAX : FREQUENT_PROPERTIES_MAX;
  return Math.min(columnPropertiesMax, max);
}

/** Whether a table is so large that it matters which of its properties have columns. */
export function isSlowToScan(rowCount: number): boolean {
  return rowCount >= SLOW_ROWS_MIN;
}

/** Whether so much was written that other properties may be frequent now. */
export function isWorthSurvey(writtenRowCount: number, rowCount: number): boolean {
  return writtenRowCount >= Math.max(WRITTEN_ROWS_MIN, rowCount * WRITTEN_PART);
}
