/**
 * Selectors over properties written in place.
 *
 * @module
 */
import { WhomError } from "../../src/errors/error.ts";
import {
  compile,
  type EvaluationContext,
  evaluate,
  type SelectorScope,
  type Subject,
} from "../../src/selector/selector.ts";
import type { Computed, Value } from "../../src/values/value.ts";

/** 2023-11-14T22:13:20Z. */
const NOW_SECONDS = 1_700_000_000;

/** A project in UTC, asked at `NOW_SECONDS`. */
export const CONTEXT: EvaluationContext = { nowSeconds: NOW_SECONDS, timeZone: "UTC" };

/** A profile with these properties, whose behaviors all have the value 2. */
export function subjectOf(properties: Readonly<Record<string, Value>>): Subject {
  const byName = new Map(Object.entries(properties));
  return { property: (name) => byName.get(name), behavior: () => 2 };
}

/** The value of an expression for a profile with these properties. */
export function answerOf(
  source: string,
  properties: Readonly<Record<string, Value>> = {},
  timeZone = "UTC",
): Computed {
  const selector = compile(source);
  if (selector === undefined) throw new Error("the selector is blank");
  const context = { nowSeconds: NOW_SECONDS, timeZone };
  return evaluate(selector.expression, subjectOf(properties), context);
}

/** What is wrong with a selector: the code and the piece of source it marks. */
export function failureOf(
  source: string,
  scope?: SelectorScope,
): readonly [code: string, marked: string] {
  const error = errorOf(source, scope);
  return [error.code, source.slice(error.span?.start, error.span?.end)];
}

/** The error a selector is refused with. */
export function errorOf(source: string, scope?: SelectorScope): WhomError {
  try {
    compile(source, scope);
  } catch (error) {
    if (error instanceof WhomError) return error;
    throw error;
  }
  throw new Error(`nothing is wrong with ${source}`);
}
