/**
 * What an expression is compiled against, and the compiler itself, so that its parts need not import
 * each other in a circle.
 *
 * @module
 */
import type { EvaluationContext } from "../selector/selector.ts";
import type { Binary, Expression } from "../selector/syntax.ts";
import type { Dialect } from "./dialect.ts";
import type { Fragment } from "./fragment.ts";
import type { Readings } from "./readings.ts";

/** What the names in an expression stand for, seen from one row. Each may throw `Unsupported`. */
export interface Names {
  /** `properties["…"]` */
  property(name: string): Readings;
  /** `user["…"]` */
  profile(name: string): Readings;
  /** `event["…"]` */
  event(name: string): Readings;
  /** `behaviors["…"]` */
  behavior(name: string): Readings;
  /** A comparison of a behavior with a number, where there is a shorter way to say it. */
  compareBehavior(expression: Binary): Fragment | undefined;
  /** Whether the profile is in a static cohort: never null. */
  isMember(cohortId: number): Fragment;
}

/** Everything a part of the compiler may ask. */
export interface SqlContext {
  readonly dialect: Dialect;
  readonly names: Names;
  readonly evaluation: EvaluationContext;
  /** Names bound by `any`, `let` and their kin. */
  readonly variables: ReadonlyMap<string, Readings>;
  /** `readingsOf` of `expression.ts`. */
  readonly readings: (expression: Expression, context: SqlContext) => Readings;
  /** `conditionOf` of `expression.ts`. */
  readonly condition: (expression: Expression, context: SqlContext) => Fragment;
}
