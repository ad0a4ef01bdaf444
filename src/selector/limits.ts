/**
 * What bounds a selector's text, its tree and one evaluation of it.
 *
 * @module
 */

/** The longest text of a selector, in UTF-16 units. */
export const SELECTOR_LENGTH_MAX = 131_072;

/** How deep parentheses, `not`, `-`, lists, calls and indexes may nest; chains of `and` or `+` are free. */
export const DEPTH_MAX = 200;

/** The most items of a list written in a selector. */
export const LIST_ITEMS_MAX = 10_000;

/** The longest text `+` and `regex_replace()` make, in UTF-16 units; a longer one is undefined. */
export const TEXT_LENGTH_MAX = 1_048_576;

/** How many list elements one evaluation may visit and make; one that takes more is undefined. */
export const ELEMENTS_VISITED_MAX = 1_000_000;

/** How much text one evaluation may make in all, in UTF-16 units; one that makes more is undefined. */
export const TEXT_MADE_MAX = 67_108_864;

/** How much text the cache of compiled selectors may hold, in UTF-16 units. */
export const CACHE_LENGTH_MAX = 4_194_304;
