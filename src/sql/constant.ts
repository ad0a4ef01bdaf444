/**
 * Parts of a selector whose value does not depend on the profile, computed once by the reference.
 *
 * @module
 */
import { type EvaluationContext, evaluate, type Subject } from "../selector/selector.ts";
import type { Binary, Expression } from "../selector/syntax.ts";
import { equalityKey } from "../values/equality.ts";
import { fold } from "../values/text.ts";
import { parseInstant } from "../values/time.ts";
import { type Computed, Datetime, isList, kindOf, type Value } from "../values/value.ts";
import { raw, seconds, sql, texts } from "./fragment.ts";
import { FALSE, type Readings, TRUE } from "./readings.ts";

const NOBODY: Subject = { property: () => undefined, behavior: () => 0 };

/** Whether an expression has the same value for every profile. */
export function isConstant(
  expression: Expression,
  bound: ReadonlySet<string> = new Set(),
): boolean {
  switch (expression.kind) {
    case "literal":
    case "now":
      return true;
    case "accessor":
    case "cohort":
      return false;
    case "variable":
      return bound.has(expression.name);
    case "list":
      return expression.items.every((item) => isConstant(item, bound));
    case "index":
      return isConstant(expression.object, bound) && isConstant(expression.index, bound);
    case "unary":
      return isConstant(expression.operand, bound);
    case "binary":
      return isConstantChain(expression, bound);
    case "call":
      return expression.arguments.every((argument) => isConstant(argument, bound));
    case "binding":
      return (
        isConstant(expression.source, bound) &&
        isConstant(expression.body, new Set([...bound, expression.variable]))
      );
  }
}

/** Walks down the left side, because chains of operators may be thousands long. */
function isConstantChain(chain: Binary, bound: ReadonlySet<string>): boolean {
  let expression: Expression = chain;
  while (expression.kind === "binary") {
    if (!isConstant(expression.right, bound)) return false;
    expression = expression.left;
  }
  return isConstant(expression, bound);
}

/** The value of a constant expression. */
export function constantValue(expression: Expression, context: EvaluationContext): Computed {
  return evaluate(expression, NOBODY, context);
}

/** A known value as readings. */
export function constantReadings(value: Computed): Readings {
  const known = { kinds: new Set([kindOf(value)]), constant: { value } };
  if (value === undefined) return known;
  if (value === null) return { ...known, null: TRUE };
  if (typeof value === "string") {
    const instant = parseInstant(value, "UTC");
    return {
      ...known,
      string: sql`${fold(value)}`,
      rawText: sql`${value}`,
      textInstant: instant === undefined ? raw("cast(null as bigint)") : seconds(instant),
    };
  }
  if (typeof value === "number") return { ...known, number: sql`${value}` };
  if (typeof value === "boolean") return { ...known, boolean: value ? TRUE : FALSE };
  if (value instanceof Datetime) return { ...known, datetime: seconds(value.seconds) };
  if (isList(value)) {
    return isStorable(value)
      ? { ...known, list: texts((value as readonly Value[]).map(equalityKey)) }
      : known;
  }
  return { ...known, object: sql`${equalityKey(value)}` };
}

/** Whether a computed value could stand in a profile: no instant or undefined in it. */
export function isStorable(value: Computed): value is Value {
  if (value === undefined || value instanceof Datetime) return false;
  return isList(value) ? value.every(isStorable) : true;
}
