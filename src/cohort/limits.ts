/**
 * How large what cohorts mean may become.
 *
 * @module
 */

/** How deep the JSON of a definition may nest; a condition within another takes two levels. */
export const DEFINITION_DEPTH_MAX = 200;

/** How many cohorts may stand inside each other. */
export const COHORT_DEPTH_MAX = 50;

/** How deep a cohort's expression may nest, those of the cohorts in it included. */
export const EXPRESSION_DEPTH_MAX = 400;

/** The most parts of a cohort's expression, those of the cohorts in it included. */
export const EXPRESSION_PART_COUNT_MAX = 100_000;
