/**
 * A tree to the first thing in it that cannot be meant: a name nothing binds, a wrong number of arguments, a
 * text where a condition belongs.
 *
 * Data decides nothing here: what only some profiles make wrong is undefined for them, not an error.
 *
 * @module
 */
import { fail } from "../errors/error.ts";
import type { ArgumentCount, LiteralRule } from "./function-row.ts";
import { CALLEES, FUNCTIONS } from "./functions.ts";
import { CONDITION, describeKinds } from "./kinds.ts";
import { ACCESSOR_NAMES, COHORT_NAME, RESERVED_NAMES } from "./names.ts";
import { leftSpine } from "./spine.ts";
import { suggest } from "./suggestion.ts";
import type { Accessor, Binary, Call, Expression, Variable } from "./syntax.ts";
import { kindsOf } from "./types.ts";

/** Where a selector stands: which accessors it may use. */
export interface SelectorScope {
  /** Names that `behaviors["…"]` may use. */
  readonly behaviors: ReadonlySet<string>;
  /** Whether `event["…"]` may be used. */
  readonly event: boolean;
}

/**
 * Checks a tree.
 *
 * @throws `selector.*` with the span of the part that is wrong
 */
export function check(expression: Expression, scope: SelectorScope): void {
  checkPart(expression, { scope, bound: undefined });
}

interface CheckContext {
  readonly scope: SelectorScope;
  readonly bound: BoundName | undefined;
}

interface BoundName {
  readonly name: string;
  readonly outer: BoundName | undefined;
}

function checkPart(expression: Expression, context: CheckContext): void {
  switch (expression.kind) {
    case "literal":
    case "now":
      return;
    case "list":
      checkAll(expression.items, context);
      return;
    case "accessor":
      checkAccessor(expression, context.scope);
      return;
    case "variable":
      checkVariable(expression, context.bound);
      return;
    case "index":
      checkAll([expression.object, expression.index], context);
      return;
    case "unary":
      checkPart(expression.operand, context);
      return;
    case "binary":
      checkBinary(expression, context);
      return;
    case "call":
      checkCall(expression, context);
      return;
    case "binding": {
      checkPart(expression.source, context);
      const bound = { name: expression.variable, outer: context.bound };
      checkPart(expression.body, { ...context, bound });
      return;
    }
    case "cohort":
      if (context.scope.event) {
        throw fail("selector.not_available_here", { accessor: COHORT_NAME }, expression.span);
      }
      return;
  }
}

function checkAll(expressions: readonly Expression[], context: CheckContext): void {
  for (const expression of expressions) checkPart(expression, context);
}

function checkBinary(expression: Binary, context: CheckContext): void {
  const { first, links } = leftSpine(expression);
  checkPart(first, context);
  for (const { operator, left, right } of links) {
    checkPart(right, context);
    if (operator !== "and" && operator !== "or") continue;
    checkCondition(left, operator);
    // A constant that decides alone leaves the right side unread, whatever it is.
    if (!isDecided(left, operator)) checkCondition(right, operator);
  }
}

function isDecided(left: Expression, operator: "and" | "or"): boolean {
  if (left.kind !== "literal") return false;
  return operator === "or" ? left.value === true : left.value !== true;
}

function checkCondition(operand: Expression, operator: "and" | "or"): void {
  const given = kindsOf(operand);
  if ((given & CONDITION) !== 0) return;
  throw fail("selector.wrong_type", { operator, found: describeKinds(given) }, operand.span);
}

function checkAccessor({ scope: accessor, name, span }: Accessor, scope: SelectorScope): void {
  if (accessor === "event" && !scope.event) {
    throw fail("selector.not_available_here", { accessor }, span);
  }
  if (accessor !== "behaviors") return;
  if (scope.event) throw fail("selector.not_available_here", { accessor }, span);
  if (!scope.behaviors.has(name)) throw fail("selector.unknown_behavior", { name }, span);
}

function checkVariable({ name, span }: Variable, bound: BoundName | undefined): void {
  const names: string[] = [];
  for (let at = bound; at !== undefined; at = at.outer) {
    if (at.name === name) return;
    names.push(at.name);
  }
  throw fail("selector.unknown_name", { name, suggestion: suggestName(name, names) }, span);
}

/** The name as somebody would have to write it: a function with its parentheses, an accessor with brackets. */
function suggestName(name: string, bound: readonly string[]): string | undefined {
  const known = new Map<string, string>();
  for (const accessor of ACCESSOR_NAMES) known.set(accessor, `${accessor}["…"]`);
  for (const word of RESERVED_NAMES) known.set(word, word === "now" ? "NOW" : word);
  for (const callee of CALLEES.keys()) {
    // Only a function's exact name: `name` is nearer to a forgotten property than to `round`.
    if (callee === name.toLowerCase()) known.set(callee, `${callee}(…)`);
  }
  for (const variable of bound) known.set(variable, variable);
  const nearest = suggest(name, [...known.keys()]);
  return nearest === undefined ? undefined : known.get(nearest);
}

function checkCall(call: Call, context: CheckContext): void {
  const { count, literal } = FUNCTIONS[call.name];
  const given = call.arguments.length;
  const accepts =
    given >= count.min && given <= count.max && (count.except?.accepts(given) ?? true);
  if (!accepts) {
    const facts = { name: call.name, expected: describeCount(count), found: given };
    throw fail("selector.wrong_argument_count", facts, call.span);
  }
  checkAll(call.arguments, context);
  if (literal !== undefined) checkLiteral(call, literal);
}

function checkLiteral({ name, arguments: expressions }: Call, rule: LiteralRule): void {
  const argument = expressions[rule.index];
  if (argument?.kind !== "literal" || typeof argument.value !== "string") return;
  const reason = rule.problem(argument.value);
  if (reason === undefined) return;
  throw rule.code === "selector.invalid_regex"
    ? fail(rule.code, { reason }, argument.span)
    : fail(rule.code, { name, reason }, argument.span);
}

function describeCount({ min, max, except }: ArgumentCount): string {
  if (except !== undefined) return except.expected;
  if (max === 0) return "no arguments";
  if (min === max) return `${min} argument${min === 1 ? "" : "s"}`;
  return `${min}${max === min + 1 ? " or " : " to "}${max} arguments`;
}
