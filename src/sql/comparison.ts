/**
 * `==` and ordering between readings, cell by cell as the reference has them.
 *
 * A *condition* is true exactly where the expression is true, and false or null elsewhere: that is all
 * that selecting needs, and it lets engines push simple comparisons into their scans.
 *
 * @module
 */
import { kindOf } from "../values/value.ts";
import { isStorable } from "./constant.ts";
import type { Dialect } from "./dialect.ts";
import { type Fragment, join, raw, sql } from "./fragment.ts";
import {
  all,
  any,
  can,
  isUndefined,
  nullReading,
  type Readings,
  reading,
  SQL_KINDS,
  type SqlKind,
  textInstant,
} from "./readings.ts";

/** The condition that two values are equal. */
export function equals(left: Readings, right: Readings, dialect: Dialect): Fragment {
  const entry = entryEquals(left, right, dialect) ?? entryEquals(right, left, dialect);
  if (entry !== undefined) return entry;
  const cases: Fragment[] = [];
  for (const kind of SQL_KINDS) {
    if (!(can(left, kind) && can(right, kind))) continue;
    const [a, b] = [reading(left, kind), reading(right, kind)];
    if (a !== undefined && b !== undefined) cases.push(sql`${a} = ${b}`);
  }
  for (const [text, instant] of textAndInstant(left, right)) cases.push(sql`${text} = ${instant}`);
  const [leftNull, rightNull] = [nullReading(left), nullReading(right)];
  if (leftNull !== undefined && rightNull !== undefined) cases.push(all([leftNull, rightNull]));
  if (can(left, "undefined") && can(right, "undefined")) {
    cases.push(all([isUndefined(left), isUndefined(right)]));
  }
  return any(cases);
}

/** A property of the shared column equals a known value where the value's entry is in the column. */
function entryEquals(
  property: Readings,
  { constant }: Readings,
  dialect: Dialect,
): Fragment | undefined {
  const value = constant?.value;
  if (property.shared === undefined || !isStorable(value)) return undefined;
  // A caller may have set a kind aside, as membership does with lists.
  if (!can(property, kindOf(value))) return undefined;
  return dialect.listContains(property.shared.column, sql`${property.shared.entryOf(value)}`);
}

/** How `<` and its kin compare two SQL values of one kind. */
export type OrderOperator = "<" | "<=" | ">" | ">=";

const ORDERED_KINDS: readonly SqlKind[] = ["string", "number", "datetime"];

/** The condition that one value comes before another; null where the reference says undefined. */
export function orders(operator: OrderOperator, left: Readings, right: Readings): Fragment {
  const symbol = raw(` ${operator} `);
  const cases: Fragment[] = [];
  for (const kind of ORDERED_KINDS) {
    if (!(can(left, kind) && can(right, kind))) continue;
    const [a, b] = [reading(left, kind), reading(right, kind)];
    if (a !== undefined && b !== undefined) cases.push(sql`(${a}${symbol}${b})`);
  }
  for (const [a, b] of textAndInstant(left, right)) cases.push(sql`(${a}${symbol}${b})`);
  return firstOf(cases);
}

/** The first case that is not null; at most one is, because each needs other kinds. */
export function firstOf(cases: readonly Fragment[]): Fragment {
  if (cases.length === 0) return raw("cast(null as boolean)");
  return cases.length === 1 && cases[0] !== undefined
    ? cases[0]
    : sql`coalesce(${join(cases, ", ")})`;
}

/** Pairs of instants, in the order left, right, where one side is a text and the other a datetime. */
function textAndInstant(
  left: Readings,
  right: Readings,
): readonly (readonly [Fragment, Fragment])[] {
  const pairs: [Fragment, Fragment][] = [];
  const rightInstant = reading(right, "datetime");
  const leftInstant = reading(left, "datetime");
  if (can(left, "string") && rightInstant !== undefined) {
    pairs.push([textInstant(left), rightInstant]);
  }
  if (can(right, "string") && leftInstant !== undefined) {
    pairs.push([leftInstant, textInstant(right)]);
  }
  return pairs;
}
