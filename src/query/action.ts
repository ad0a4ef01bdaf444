/**
 * The text of an `action` as the number it asks for: `percentile(properties["age"], 90)`.
 *
 * Within the parentheses stands an expression of the selector language, so its errors point into the action.
 *
 * @module
 */
import { fail, WhomError } from "../errors/error.ts";
import { compile, type SelectorScope } from "../selector/selector.ts";
import type { Expression } from "../selector/syntax.ts";
import type { NumberSummary } from "./statistic.ts";

/** What is made of the numbers an expression gives. */
type Aggregate = "extremes" | "numeric_summary" | "sum" | "average" | "min" | "max" | "median";

/** What to find out about the numbers of an expression. */
export type NumberAction =
  | { readonly kind: "percentile"; readonly percentile: number; readonly expression: Expression }
  | { readonly kind: Aggregate; readonly expression: Expression };

/** What to find out about the profiles of a query. */
export type Action = { readonly kind: "count" } | NumberAction;

const AGGREGATES: ReadonlyMap<string, Aggregate> = new Map<string, Aggregate>([
  ["extremes", "extremes"],
  ["numeric_summary", "numeric_summary"],
  ["sum", "sum"],
  ["average", "average"],
  ["avg", "average"],
  ["min", "min"],
  ["max", "max"],
  ["median", "median"],
]);

const EXPECTED =
  "count(), percentile(expression, 0 to 100), or extremes, numeric_summary, sum, average, min, max or median of (expression)";
const NUMBER = /^\d{1,3}(?:\.\d{1,12})?$/;
const FOUND_LENGTH_MAX = 60;

/**
 * Reads an action; a blank one counts.
 *
 * @param scope what the expression may use
 * @throws `query.invalid_parameter`, and `selector.*` with a span in the text of the action
 */
export function readAction(text: string, scope?: SelectorScope): Action {
  const end = text.trimEnd().length - 1;
  if (end === -1) return { kind: "count" };
  const open = text.indexOf("(");
  if (open === -1 || text[end] !== ")") throw unknownAction(text);
  const name = text.slice(0, open).trim().toLowerCase();
  if (name === "count" && text.slice(open + 1, end).trim() === "") return { kind: "count" };
  if (name === "percentile") return readPercentile(text, open + 1, end, scope);
  const kind = AGGREGATES.get(name);
  if (kind === undefined) throw unknownAction(text);
  return { kind, expression: readExpression(text, open + 1, end, scope) };
}

/** A last argument that is a number is the percentile, however many commas the expression has. */
function readPercentile(
  text: string,
  start: number,
  end: number,
  scope: SelectorScope | undefined,
): Action {
  const comma = text.lastIndexOf(",", end);
  const number = text.slice(comma + 1, end).trim();
  if (comma < start || !NUMBER.test(number) || Number(number) > 100) throw unknownAction(text);
  const expression = readExpression(text, start, comma, scope);
  return { kind: "percentile", percentile: Number(number), expression };
}

function readExpression(
  text: string,
  start: number,
  end: number,
  scope: SelectorScope | undefined,
): Expression {
  try {
    // Blanks in place of what stands before keep every span where it is in the action.
    const selector = compile(" ".repeat(start) + text.slice(start, end), scope);
    if (selector === undefined) throw unknownAction(text);
    return selector.expression;
  } catch (failure) {
    throw failure instanceof WhomError ? failure.within(text) : failure;
  }
}

function unknownAction(text: string): WhomError {
  const cut = text.length > FOUND_LENGTH_MAX ? `${text.slice(0, FOUND_LENGTH_MAX)}…` : text;
  const found = JSON.stringify(cut);
  return fail("query.invalid_parameter", { parameter: "action", expected: EXPECTED, found });
}

/** The percentiles that an action needs in its summary. */
export function percentilesOf(action: NumberAction): readonly number[] {
  if (action.kind === "percentile") return [action.percentile];
  return action.kind === "median" ? [50] : [];
}

/** A number, none of it, or several by name. */
export type ActionResult = number | null | Readonly<Record<string, number | null>>;

/**
 * What a summary says to an action; sums of no numbers are 0, everything else is null without any.
 *
 * @param variance of the population
 */
export function resultOf(
  action: NumberAction,
  summary: NumberSummary,
  variance: number | undefined,
): ActionResult {
  const { count, sum, sumOfSquares, min = null, max = null, percentiles } = summary;
  const mean = count === 0 ? null : sum / count;
  switch (action.kind) {
    case "extremes":
      return { max, min };
    case "percentile":
      return { percentile: action.percentile, result: percentiles[0] ?? null };
    case "numeric_summary":
      return { count, mean, var: variance ?? null, sum_of_squares: sumOfSquares };
    case "sum":
      return sum;
    case "average":
      return mean;
    case "min":
      return min;
    case "max":
      return max;
    case "median":
      return percentiles[0] ?? null;
  }
}

/** A spread smaller than this part of the mean is lost in the rounding of the sums. */
const LOST_PART = 1e-4;

/** The variance of the population, undefined without numbers. */
export function varianceOf({ count, sum, sumOfSquares }: NumberSummary): number | undefined {
  if (count === 0) return undefined;
  const mean = sum / count;
  return Math.max(0, sumOfSquares / count - mean * mean);
}

/**
 * Where the values have to be moved for their variance to be right, as times and long ids need it: their squares
 * have more digits than a number holds. Undefined when it is right as it is.
 */
export function shiftFor(summary: NumberSummary): number | undefined {
  const variance = varianceOf(summary);
  if (variance === undefined) return undefined;
  const mean = summary.sum / summary.count;
  return Math.sqrt(variance) < Math.abs(mean) * LOST_PART ? mean : undefined;
}

/** An expression less a number. */
export function shifted(expression: Expression, by: number): Expression {
  const { span } = expression;
  const literal: Expression = { kind: "literal", value: by, span };
  return { kind: "binary", operator: "-", left: expression, right: literal, span };
}
