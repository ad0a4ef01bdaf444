/**
 * A selector, compiled: what other layers import.
 *
 * @module
 */
import type { Computed, Value } from "../values/value.ts";
import type { Expression } from "./syntax.ts";

/** What a selector reads of one profile while it is evaluated. */
export interface Subject {
  /** The value of a property, pseudo-properties included; undefined when the profile lacks it. */
  property(name: string): Value | undefined;
  /** The value of a behavior. */
  behavior(name: string): number;
}

/** What a selector knows besides the profile. */
export interface EvaluationContext {
  /** The query's time in whole epoch seconds. */
  readonly nowSeconds: number;
  /** IANA name of the project's time zone. */
  readonly timeZone: string;
}

/** Where a selector stands: which accessors it may use. */
export interface SelectorScope {
  /** Names that `behaviors["…"]` may use. */
  readonly behaviors: ReadonlySet<string>;
  /** Whether `event["…"]` may be used. */
  readonly event: boolean;
}

/** The scope of `where` in a query without behaviors. */
export const PROFILE_SCOPE: SelectorScope = { behaviors: new Set(), event: false };

/** A parsed and checked selector. */
export interface Selector {
  /** The text it came from. */
  readonly source: string;
  readonly expression: Expression;
}

/**
 * Parses and checks a selector; the same text in the same scope gives the same object from a cache.
 *
 * @returns undefined for an empty or blank text, which selects everything
 * @throws `selector.*` with a span and the source
 */
export declare function compile(source: string, scope?: SelectorScope): Selector | undefined;

/** The value of an expression for one profile. Total: no data makes it throw. */
export declare function evaluate(
  expression: Expression,
  subject: Subject,
  context: EvaluationContext,
): Computed;

/** Whether a selector selects a profile: its value is exactly true. */
export declare function selects(
  selector: Selector,
  subject: Subject,
  context: EvaluationContext,
): boolean;

/** The canonical text of an expression. */
export declare function print(expression: Expression): string;
