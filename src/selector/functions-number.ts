/**
 * Functions of numbers.
 *
 * @module
 */
import { type Computed, isList } from "../values/value.ts";
import { exactly, type FunctionRow, strict } from "./function-row.ts";
import { kinds } from "./kinds.ts";
import type { FunctionName } from "./syntax.ts";

/** The names of these functions. */
export type NumberFunction = Extract<
  FunctionName,
  "min" | "max" | "floor" | "ceil" | "round" | "sum"
>;

const NUMBER = kinds("number", "undefined");

/** Functions that give numbers. */
export const NUMBER_FUNCTIONS: Readonly<Record<NumberFunction, FunctionRow>> = {
  min: ofTwo(Math.min),
  max: ofTwo(Math.max),
  floor: ofOne(Math.floor),
  ceil: ofOne(Math.ceil),
  round: ofOne(round),
  sum: strict(exactly(1), NUMBER, ([list]) => sum(list)),
};

function ofOne(compute: (value: number) => number): FunctionRow {
  return strict(exactly(1), NUMBER, ([value]) =>
    typeof value === "number" ? compute(value) : undefined,
  );
}

function ofTwo(compute: (left: number, right: number) => number): FunctionRow {
  return strict(exactly(2), NUMBER, ([left, right]) => {
    if (typeof left !== "number" || typeof right !== "number") return undefined;
    return compute(left, right);
  });
}

/** The nearest whole number; of two equally near ones the one further from zero, as engines have it. */
function round(value: number): number {
  return Math.sign(value) * Math.round(Math.abs(value));
}

/** The sum of the numbers of a list; other elements do not count. */
function sum(list: Computed): number | undefined {
  if (!isList(list)) return undefined;
  let total = 0;
  for (const element of list) if (typeof element === "number") total += element;
  return Number.isFinite(total) ? total : undefined;
}
