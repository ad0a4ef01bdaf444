/**
 * Functions that give a name to a value, or to each element of a list in turn.
 *
 * What is not a list is a list of one, as `list()` has it.
 *
 * @module
 */
import type { Computed } from "../values/value.ts";
import type { Bound, Evaluate, Frame } from "./context.ts";
import type { BindingRow } from "./function-row.ts";
import { toList } from "./functions-cast.ts";
import { ANY, kinds } from "./kinds.ts";
import type { Binding, BindingFunction } from "./syntax.ts";

const TRUTH = kinds("boolean", "undefined");
const LIST = kinds("list", "undefined");

/** Functions that bind a name. */
export const BINDING_FUNCTIONS: Readonly<Record<BindingFunction, BindingRow>> = {
  any: {
    result: TRUTH,
    apply: (binding, frame, evaluate) => search(binding, frame, evaluate, true),
  },
  all: {
    result: TRUTH,
    apply: (binding, frame, evaluate) => search(binding, frame, evaluate, false),
  },
  filter: {
    result: LIST,
    apply(binding, frame, evaluate) {
      return collect(binding, frame, evaluate, (result, element, kept) => {
        if (result === true) kept.push(element);
      });
    },
  },
  map: {
    result: LIST,
    apply(binding, frame, evaluate) {
      return collect(binding, frame, evaluate, (result, _element, kept) => {
        kept.push(result);
      });
    },
  },
  let: {
    result: ANY,
    apply(binding, frame, evaluate) {
      const bound = bind(binding, frame, evaluate(binding.source, frame));
      return evaluate(binding.body, { ...frame, bound });
    },
  },
};

/** `any` looks for an element whose body is true, `all` for one whose body is not. */
function search(
  binding: Binding,
  frame: Frame,
  evaluate: Evaluate,
  wanted: boolean,
): boolean | undefined {
  const elements = toList(evaluate(binding.source, frame));
  if (elements === undefined) return undefined;
  const bound = bind(binding, frame, undefined);
  const inner: Frame = { ...frame, bound };
  for (const element of elements) {
    if (!mayVisit(frame)) return undefined;
    bound.value = element;
    if ((evaluate(binding.body, inner) === true) === wanted) return wanted;
  }
  return !wanted;
}

function collect(
  binding: Binding,
  frame: Frame,
  evaluate: Evaluate,
  keep: (result: Computed, element: Computed, kept: Computed[]) => void,
): readonly Computed[] | undefined {
  const elements = toList(evaluate(binding.source, frame));
  if (elements === undefined) return undefined;
  const bound = bind(binding, frame, undefined);
  const inner: Frame = { ...frame, bound };
  const kept: Computed[] = [];
  for (const element of elements) {
    if (!mayVisit(frame)) return undefined;
    bound.value = element;
    keep(evaluate(binding.body, inner), element, kept);
  }
  return kept;
}

function bind(binding: Binding, frame: Frame, value: Computed): Bound {
  return { name: binding.variable, value, outer: frame.bound };
}

/** Counts a visit; lists in lists in lists would otherwise keep one profile busy for hours. */
function mayVisit({ budget }: Frame): boolean {
  budget.elementsLeft--;
  return budget.elementsLeft >= 0;
}
