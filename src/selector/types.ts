/**
 * The kinds an expression can have, told from its text alone.
 *
 * It errs on the wide side: an expression never has a kind outside its set, but may never have one inside it.
 *
 * @module
 */
import { kindOf } from "../values/value.ts";
import { BINDING_FUNCTIONS, FUNCTIONS } from "./functions.ts";
import { ANY, type Kinds, kinds, PROPERTY } from "./kinds.ts";
import { OPERATORS, UNARY_OPERATORS } from "./operators.ts";
import type { Call, Expression, Unary } from "./syntax.ts";

const NUMBER = kinds("number");
const LIST = kinds("list");

/** The kinds an expression can have. */
export function kindsOf(expression: Expression): Kinds {
  switch (expression.kind) {
    case "literal":
      return kinds(kindOf(expression.value));
    case "now":
      return NUMBER;
    case "list":
      return LIST;
    case "accessor":
      return expression.scope === "behaviors" ? NUMBER : PROPERTY;
    case "variable":
    case "index":
      return ANY;
    case "unary":
      return unaryKinds(expression);
    case "binary":
      return OPERATORS[expression.operator].result;
    case "call":
      return callKinds(expression);
    case "binding":
      return BINDING_FUNCTIONS[expression.function].result;
    case "cohort":
      return kinds("boolean");
  }
}

/** A negated number stays a number, so that `-5 and true` is seen to be wrong. */
function unaryKinds({ operator, operand }: Unary): Kinds {
  const isNumber = operator === "-" && kindsOf(operand) === NUMBER;
  return isNumber ? NUMBER : UNARY_OPERATORS[operator].result;
}

function callKinds({ name, arguments: expressions }: Call): Kinds {
  const { result } = FUNCTIONS[name];
  return typeof result === "number" ? result : result(expressions.map(kindsOf));
}
