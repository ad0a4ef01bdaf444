/**
 * An expression as SQL sees it: one fragment a kind, each null where the value is not of that kind.
 *
 * A kind that `kinds` names but that has no fragment cannot be said in SQL; asking for it throws
 * `Unsupported`, and the statement leaves that part of the selector to the reference evaluator.
 *
 * @module
 */
import type { Computed, Kind, Value } from "../values/value.ts";
import { type Fragment, join, raw, sql } from "./fragment.ts";
import { Unsupported } from "./unsupported.ts";

/** The kinds that have a fragment of their own. */
export type SqlKind = Exclude<Kind, "null" | "undefined">;

/** What is known about an expression. */
export interface Readings {
  /** Every kind the value can have. */
  readonly kinds: ReadonlySet<Kind>;
  /** Folded text. */
  readonly string?: Fragment;
  readonly number?: Fragment;
  /** The number before infinite results are taken out, for chains of arithmetic that do it once, at the end. */
  readonly uncheckedNumber?: Fragment;
  readonly boolean?: Fragment;
  /** Epoch seconds. */
  readonly datetime?: Fragment;
  /** The equality keys of the elements. */
  readonly list?: Fragment;
  /** The equality key. */
  readonly object?: Fragment;
  /** For a property in the shared column: the column, and the entry it has exactly when the property equals a value. */
  readonly shared?: { readonly column: Fragment; readonly entryOf: (value: Value) => string };
  /** The JSON text of an object, with folded texts, for reading its members. */
  readonly objectJson?: Fragment;
  /** Never null: whether the value is neither null nor undefined, where the kinds alone cannot tell. */
  readonly defined?: Fragment;
  /** Never null: whether the value is JSON null. */
  readonly null?: Fragment;
  /** The instant that a text stands for, null when it is no date. */
  readonly textInstant?: Fragment;
  /** Text as it was written, before folding. */
  readonly rawText?: Fragment;
  /** The value, when the expression is constant. */
  readonly constant?: { readonly value: Computed };
}

export const TRUE: Fragment = raw("true");
export const FALSE: Fragment = raw("false");

/** Whether the value can be of a kind. */
export function can(readings: Readings, kind: Kind): boolean {
  return readings.kinds.has(kind);
}

/** The readings of a value that is known to be no list. */
export function withoutLists(readings: Readings): Readings {
  const kinds = new Set(readings.kinds);
  kinds.delete("list");
  return { ...readings, kinds };
}

/** The fragment of a kind the value can have, or undefined if it cannot have it. */
export function reading(readings: Readings, kind: SqlKind): Fragment | undefined {
  if (!can(readings, kind)) return undefined;
  const fragment = readings[kind];
  if (fragment === undefined) throw new Unsupported(kind);
  return fragment;
}

/** The fragment that tells JSON null, or undefined if the value cannot be null. */
export function nullReading(readings: Readings): Fragment | undefined {
  if (!can(readings, "null")) return undefined;
  if (readings.null === undefined) throw new Unsupported("null");
  return readings.null;
}

/** The instant of a text that may be one. */
export function textInstant(readings: Readings): Fragment {
  if (readings.textInstant === undefined) throw new Unsupported("text as datetime");
  return readings.textInstant;
}

/** The kinds that have a fragment. */
export const SQL_KINDS: readonly SqlKind[] = [
  "string",
  "number",
  "boolean",
  "datetime",
  "list",
  "object",
];

/** True or false, never null: whether the value is neither undefined nor null. */
export function isDefined(readings: Readings): Fragment {
  if (readings.defined !== undefined) return readings.defined;
  if (!(can(readings, "undefined") || can(readings, "null"))) return TRUE;
  return any(
    SQL_KINDS.flatMap((kind) => {
      const fragment = reading(readings, kind);
      return fragment === undefined ? [] : [sql`${fragment} is not null`];
    }),
  );
}

/** True or false, never null: whether the value is undefined. */
export function isUndefined(readings: Readings): Fragment {
  if (!can(readings, "undefined")) return FALSE;
  if (readings.kinds.size === 1) return TRUE;
  const isNull = nullReading(readings);
  const defined = isDefined(readings);
  return isNull === undefined ? sql`not (${defined})` : sql`not (${defined} or ${isNull})`;
}

/** True when one of the conditions is. */
export function any(conditions: readonly Fragment[]): Fragment {
  const open = conditions.filter((condition) => condition !== FALSE);
  if (open.includes(TRUE)) return TRUE;
  if (open.length === 0) return FALSE;
  return open.length === 1 && open[0] !== undefined ? open[0] : sql`(${join(open, " or ")})`;
}

/** True when all of the conditions are. */
export function all(conditions: readonly Fragment[]): Fragment {
  const open = conditions.filter((condition) => condition !== TRUE);
  if (open.includes(FALSE)) return FALSE;
  if (open.length === 0) return TRUE;
  return open.length === 1 && open[0] !== undefined ? open[0] : sql`(${join(open, " and ")})`;
}

/** True or false: whether a condition is anything but true. */
export function isNotTrue(condition: Fragment): Fragment {
  if (condition === TRUE) return FALSE;
  if (condition === FALSE) return TRUE;
  return sql`((${condition}) is not true)`;
}

/** Readings of a value of one kind that may be undefined. */
export function maybe(kind: SqlKind, fragment: Fragment): Readings {
  return { kinds: new Set<Kind>([kind, "undefined"]), [kind]: fragment };
}

/** Readings of a truth value that is always there. */
export function truth(fragment: Fragment): Readings {
  return { kinds: new Set<Kind>(["boolean"]), boolean: fragment };
}

/** Readings of nothing. */
export const UNDEFINED: Readings = {
  kinds: new Set<Kind>(["undefined"]),
  constant: { value: undefined },
};
