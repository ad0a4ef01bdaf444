/**
 * What an evaluation reads besides the tree: the profile, the query's time, and what is bound so far.
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
  behavior(name: string): Computed;
  /** Whether it is in a static cohort; without it, in none. */
  isMember?(cohortId: number): boolean;
  /** The value of a property of the event, where an event is selected: `properties[…]` reads it, too. */
  eventProperty?(name: string): Value | undefined;
}

/** What a selector knows besides the profile. */
export interface EvaluationContext {
  /** The query's time in whole epoch seconds. */
  readonly nowSeconds: number;
  /** IANA name of the project's time zone. */
  readonly timeZone: string;
}

/** A name and its value; the value changes while a function goes through a list. */
export interface Bound {
  readonly name: string;
  value: Computed;
  readonly outer: Bound | undefined;
}

/** What an evaluation may still use; below zero it is undefined as a whole. */
export interface Budget {
  /** List elements that may be visited or made. */
  elementsLeft: number;
  /** UTF-16 units of text that may be made. */
  textLeft: number;
}

/** One evaluation under way. */
export interface Frame {
  readonly subject: Subject;
  readonly context: EvaluationContext;
  /** Shared by all frames of one evaluation. */
  readonly budget: Budget;
  readonly bound: Bound | undefined;
}

/** Evaluates a part of the tree; given to functions that choose what to evaluate. */
export type Evaluate = (expression: Expression, frame: Frame) => Computed;
