/**
 * What an expression is compiled against, and the compiler itself, so that its parts need not import
 * each other in a circle.
 *
 * @module
 */
import type { Scope } from "../profile/profile.ts";
import type { EvaluationContext } from "../selector/selector.ts";
import type { Expression } from "../selector/syntax.ts";
import type { Catalog } from "../store/catalog.ts";
import type { Dialect } from "./dialect.ts";
import type { Fragment } from "./fragment.ts";
import type { Readings } from "./readings.ts";

/** Everything a part of the compiler may ask. */
export interface SqlContext {
  readonly scope: Scope;
  readonly catalog: Catalog;
  readonly dialect: Dialect;
  readonly evaluation: EvaluationContext;
  /** Names bound by `any`, `let` and their kin. */
  readonly variables: ReadonlyMap<string, Readings>;
  /** `readingsOf` of `expression.ts`. */
  readonly readings: (expression: Expression, context: SqlContext) => Readings;
  /** `conditionOf` of `expression.ts`. */
  readonly condition: (expression: Expression, context: SqlContext) => Fragment;
}
