/**
 * Functions of dates.
 *
 * @module
 */
import { secondsOf } from "../values/compare.ts";
import { type DateUnit, dateDifference, startOfDay } from "../values/time.ts";
import { type Computed, Datetime } from "../values/value.ts";
import type { EvaluationContext } from "./context.ts";
import { exactly, type FunctionRow, strict } from "./function-row.ts";
import { kinds } from "./kinds.ts";
import type { FunctionName } from "./syntax.ts";

/** The names of these functions. */
export type TimeFunction = Extract<FunctionName, "datedif" | "today">;

const UNITS: ReadonlyMap<string, DateUnit> = new Map(
  (["D", "M", "Y", "MD", "YM", "YD"] as const).map((unit) => [unit, unit]),
);

/** Functions of dates. */
export const TIME_FUNCTIONS: Readonly<Record<TimeFunction, FunctionRow>> = {
  datedif: strict(exactly(3), kinds("number", "undefined"), difference, {
    index: 2,
    code: "selector.invalid_argument",
    problem: (unit) =>
      UNITS.has(unit.toUpperCase())
        ? undefined
        : `the unit must be ${[...UNITS.keys()].join(", ")}`,
  }),
  today: strict(exactly(0), kinds("datetime"), (_values, context) => {
    return new Datetime(startOfDay(context.nowSeconds, context.timeZone));
  }),
};

function difference(values: readonly Computed[], context: EvaluationContext): number | undefined {
  const [from, to, name] = values;
  const fromSeconds = secondsOf(from);
  const toSeconds = secondsOf(to);
  const unit = typeof name === "string" ? UNITS.get(name.toUpperCase()) : undefined;
  if (fromSeconds === undefined || toSeconds === undefined || unit === undefined) return undefined;
  return dateDifference(fromSeconds, toSeconds, unit, context.timeZone);
}
