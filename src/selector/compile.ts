/**
 * The text of a selector as a checked tree, remembered.
 *
 * @module
 */
import { fail, WhomError } from "../errors/error.ts";
import { type Cache, createCache } from "../values/cache.ts";
import type { SelectorScope } from "./checker.ts";
import { check } from "./checker.ts";
import { CACHE_LENGTH_MAX, SELECTOR_LENGTH_MAX } from "./limits.ts";
import { parse } from "./parser.ts";
import type { Expression } from "./syntax.ts";

/** A parsed and checked selector. */
export interface Selector {
  /** The text it came from. */
  readonly source: string;
  readonly expression: Expression;
}

/** The scope of `where` in a query without behaviors. */
export const PROFILE_SCOPE: SelectorScope = { behaviors: new Set(), event: false };

/** The scope of the selector of an event. */
export const EVENT_SCOPE: SelectorScope = { behaviors: new Set(), event: true };

/** What an entry of the cache weighs besides its text, so that short selectors are bounded in number. */
const ENTRY_WEIGHT = 1000;

const cache: Cache<Selector> = createCache(CACHE_LENGTH_MAX);

/**
 * Parses and checks a selector; the same text in the same scope gives the same object from a cache.
 *
 * @returns undefined for an empty or blank text, which selects everything
 * @throws `selector.*` with a span and the source
 */
export function compile(
  source: string,
  scope: SelectorScope = PROFILE_SCOPE,
): Selector | undefined {
  if (source.trim() === "") return undefined;
  const key = keyOf(source, scope);
  const known = cache.get(key);
  if (known !== undefined) return known;
  const selector = { source, expression: parseAndCheck(source, scope) };
  cache.set(key, selector, key.length + ENTRY_WEIGHT);
  return selector;
}

function keyOf(source: string, { behaviors, event }: SelectorScope): string {
  if (behaviors.size === 0) return `${event ? "event" : "profile"} ${source}`;
  return `${JSON.stringify([event, ...[...behaviors].sort()])} ${source}`;
}

/** Bounds what comes in; canonical text of a selector within the bound may be longer than it. */
function checkLength({ length }: string): void {
  if (length <= SELECTOR_LENGTH_MAX) return;
  const span = { start: SELECTOR_LENGTH_MAX, end: length };
  throw fail("selector.too_long", { length, lengthMax: SELECTOR_LENGTH_MAX }, span);
}

function parseAndCheck(source: string, scope: SelectorScope): Expression {
  try {
    checkLength(source);
    const expression = parse(source);
    check(expression, scope);
    return expression;
  } catch (error) {
    throw error instanceof WhomError ? error.within(source) : error;
  }
}
