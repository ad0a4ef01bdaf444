/**
 * Behaviors: what somebody's events of a span of time come to.
 *
 * @module
 */
import type { Selector } from "../selector/selector.ts";

/** Which events count: those of this name that the selector selects. */
export interface EventTest {
  /** Undefined for an event of any name. */
  readonly event: string | undefined;
  /** Compiled in the scope of events; undefined for none. */
  readonly selector: Selector | undefined;
}

/** What is made of the events that count. */
export type Measure =
  /** How many there are; 0 for none. */
  | { readonly kind: "count" }
  /** On how many calendar days of the project's zone there is one; 0 for none. */
  | { readonly kind: "days" }
  /** The instant of the first or last of them, as a datetime; undefined for none. */
  | { readonly kind: "first_time" | "last_time" }
  /** Of the values of a property that are numbers: 0 for none. */
  | { readonly kind: "sum"; readonly property: string }
  /** How many different values a property has, null and missing not counted: 0 for none. */
  | { readonly kind: "unique"; readonly property: string }
  /** Of the values of a property that are numbers: undefined for none. The median of an even count is the middle of two. */
  | { readonly kind: "average" | "min" | "max" | "median"; readonly property: string }
  /**
   * One value of a property, of any kind but null; undefined for none. Events go by time, then by name, then
   * by insert id, in UTF-8 byte order; of values equally frequent, the one that came first.
   */
  | {
      readonly kind: "most_frequent" | "first_value" | "last_value";
      readonly property: string;
    };

/** A time span of whole seconds, both ends included: an event counts by the second it happened in. */
export interface TimeSpan {
  readonly fromSeconds: number;
  readonly toSeconds: number;
}

/** A behavior of one query: its window is a span already. */
export interface Behavior {
  /** An event counts once if any of these fits it. */
  readonly tests: readonly EventTest[];
  readonly span: TimeSpan;
  readonly measure: Measure;
}

/** A window as it is written, before a query's as-of time is known. */
export type Window =
  /** The last so many seconds before the as-of time. */
  | { readonly kind: "last"; readonly seconds: number }
  /** Calendar days of the project's zone, `YYYY-MM-DD`, both included; without `to` up to the as-of time. */
  | { readonly kind: "days"; readonly from: string | undefined; readonly to: string | undefined };

/** A behavior as it is written and saved. */
export interface BehaviorDefinition {
  readonly tests: readonly EventTest[];
  readonly window: Window;
  readonly measure: Measure;
}
