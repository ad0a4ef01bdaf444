/**
 * The functions: how many arguments each takes, what it gives, and what it means. Parser, checker, printer and
 * evaluator read these tables and no other.
 *
 * @module
 */
import type { FunctionRow } from "./function-row.ts";
import { BINDING_FUNCTIONS } from "./functions-binding.ts";
import { CAST_FUNCTIONS } from "./functions-cast.ts";
import { NUMBER_FUNCTIONS } from "./functions-number.ts";
import { TEXT_FUNCTIONS } from "./functions-text.ts";
import { TIME_FUNCTIONS } from "./functions-time.ts";
import { kinds } from "./kinds.ts";
import type { BindingFunction, FunctionName } from "./syntax.ts";

export { BINDING_FUNCTIONS };

/** Functions that choose between values. */
const CHOICE_FUNCTIONS: Readonly<Record<"if" | "ifs", FunctionRow>> = {
  if: {
    kind: "lazy",
    count: { min: 3, max: 3 },
    result: (given) => (given[1] ?? 0) | (given[2] ?? 0),
    apply([condition, whenTrue, otherwise], frame, evaluate) {
      if (condition === undefined) return undefined;
      const chosen = evaluate(condition, frame) === true ? whenTrue : otherwise;
      return chosen === undefined ? undefined : evaluate(chosen, frame);
    },
  },
  ifs: {
    kind: "lazy",
    count: {
      min: 2,
      max: Number.POSITIVE_INFINITY,
      except: { accepts: (count) => count % 2 === 0, expected: "pairs of a condition and a value" },
    },
    result: (given) =>
      given.reduce((all, set, index) => (index % 2 === 1 ? all | set : all), kinds("undefined")),
    apply(expressions, frame, evaluate) {
      for (let index = 0; index + 1 < expressions.length; index += 2) {
        const [condition, value] = expressions.slice(index, index + 2);
        if (condition === undefined || value === undefined) return undefined;
        if (evaluate(condition, frame) === true) return evaluate(value, frame);
      }
      return undefined;
    },
  },
};

/** Functions of values. */
export const FUNCTIONS: Readonly<Record<FunctionName, FunctionRow>> = {
  ...CAST_FUNCTIONS,
  ...CHOICE_FUNCTIONS,
  ...TEXT_FUNCTIONS,
  ...NUMBER_FUNCTIONS,
  ...TIME_FUNCTIONS,
};

/** What a name calls, if it is one of a function. Case does not count. */
export type Callee =
  | { readonly kind: "function"; readonly name: FunctionName }
  | { readonly kind: "binding"; readonly name: BindingFunction };

/** Every function by its name in lower case. */
export const CALLEES: ReadonlyMap<string, Callee> = new Map<string, Callee>([
  ...Object.keys(FUNCTIONS).map(
    (name) => [name, { kind: "function", name: name as FunctionName }] as const,
  ),
  ...Object.keys(BINDING_FUNCTIONS).map(
    (name) => [name, { kind: "binding", name: name as BindingFunction }] as const,
  ),
]);
