/**
 * The shape of one row of the function table.
 *
 * @module
 */
import type { Computed } from "../values/value.ts";
import type { Evaluate, EvaluationContext, Frame } from "./context.ts";
import type { Kinds } from "./kinds.ts";
import type { Binding, Expression } from "./syntax.ts";

/** How many arguments a function takes. */
export interface ArgumentCount {
  readonly min: number;
  readonly max: number;
  /** Numbers in between that it does not take, and how a message says what it takes. */
  readonly except?: { readonly accepts: (count: number) => boolean; readonly expected: string };
}

/** What a text literal at one place must look like. */
export interface LiteralRule {
  /** Index of the argument. */
  readonly index: number;
  readonly code: "selector.invalid_regex" | "selector.invalid_argument";
  /** What is wrong with a text, or undefined. */
  readonly problem: (text: string) => string | undefined;
}

interface RowBase {
  readonly count: ArgumentCount;
  /** The kinds it can give, perhaps depending on those of its arguments. */
  readonly result: Kinds | ((given: readonly Kinds[]) => Kinds);
  readonly literal?: LiteralRule;
}

/** A function of values: all arguments are evaluated, in order. */
export interface StrictRow extends RowBase {
  readonly kind: "strict";
  readonly apply: (values: readonly Computed[], context: EvaluationContext) => Computed;
}

/** A function that looks at its arguments as they are written, and evaluates what it needs. */
export interface LazyRow extends RowBase {
  readonly kind: "lazy";
  readonly apply: (
    expressions: readonly Expression[],
    frame: Frame,
    evaluate: Evaluate,
  ) => Computed;
}

/** One function. */
export type FunctionRow = StrictRow | LazyRow;

/** One function that binds a name. */
export interface BindingRow {
  readonly result: Kinds;
  readonly apply: (binding: Binding, frame: Frame, evaluate: Evaluate) => Computed;
}

/** A row of a function of values. */
export function strict(
  count: ArgumentCount,
  result: RowBase["result"],
  apply: StrictRow["apply"],
  literal?: LiteralRule,
): StrictRow {
  const row = { kind: "strict", count, result, apply } as const;
  return literal === undefined ? row : { ...row, literal };
}

/** Exactly so many arguments. */
export function exactly(count: number): ArgumentCount {
  return { min: count, max: count };
}

/** At least `min` and at most `max` arguments. */
export function between(min: number, max: number): ArgumentCount {
  return { min, max };
}
