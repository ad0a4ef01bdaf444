/**
 * The selector language: what other layers import.
 *
 * @module
 */

import type { Selector } from "./compile.ts";
import type { EvaluationContext, Subject } from "./context.ts";
import { evaluate } from "./evaluator.ts";

export type { SelectorScope } from "./checker.ts";
export { compile, EVENT_SCOPE, PROFILE_SCOPE, type Selector } from "./compile.ts";
export type { EvaluationContext, Subject } from "./context.ts";
export { evaluate } from "./evaluator.ts";
export { frame } from "./frame.ts";
export { print } from "./printer.ts";

/** Whether a selector selects a profile: its value is exactly true. */
export function selects(selector: Selector, subject: Subject, context: EvaluationContext): boolean {
  return evaluate(selector.expression, subject, context) === true;
}
