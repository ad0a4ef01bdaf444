/**
 * `==`, ordering and `in` between readings, cell by cell as the reference has them.
 *
 * A *condition* is true exactly where the expression is true, and false or null elsewhere: that is all
 * that selecting needs, and it lets engines push simple comparisons into their scans.
 *
 * @module
 */
import type { Computed } from "../values/value.ts";
import { isList } from "../values/value.ts";
import { constantReadings } from "./constant.ts";
import type { Dialect } from "./dialect.ts";
import { type Fragment, join, raw, sql } from "./fragment.ts";
import {
  all,
  any,
  can,
  FALSE,
  isUndefined,
  nullReading,
  type Readings,
  reading,
  type SqlKind,
  TRUE,
  textInstant,
} from "./readings.ts";
import { Unsupported } from "./unsupported.ts";

const SAME_KINDS: readonly SqlKind[] = [
  "string",
  "number",
  "boolean",
  "datetime",
  "list",
  "object",
];

/** The condition that two values are equal. */
export function equals(left: Readings, right: Readings): Fragment {
  const cases: Fragment[] = [];
  for (const kind of SAME_KINDS) {
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

/** The value of `left in right` as a truth value, null where the reference says undefined. */
export function contains(left: Readings, right: Readings, dialect: Dialect): Fragment {
  const cases: Fragment[] = [];
  const text = reading(left, "string");
  const textRight = reading(right, "string");
  if (text !== undefined && textRight !== undefined) {
    cases.push(dialect.contains(textRight, text));
  }
  if (can(right, "list")) cases.push(inList(left, right, dialect));
  return firstOf(cases);
}

function inList(left: Readings, right: Readings, dialect: Dialect): Fragment {
  const constant = right.constant?.value;
  if (isList(constant)) return inConstantList(left, constant, dialect);
  const list = reading(right, "list");
  if (list === undefined) return FALSE;
  const single = any(memberCases(left, list, dialect));
  const overlap = listOverlap(left, list, dialect);
  const member = overlap === undefined ? single : any([single, overlap]);
  return sql`case when ${list} is not null then coalesce(${member}, false) end`;
}

/** A known value, or a property, as an element of a stored list. */
function memberCases(left: Readings, list: Fragment, dialect: Dialect): readonly Fragment[] {
  if (left.constant !== undefined && !can(left, "datetime"))
    return constantMember(left, list, dialect);
  const cases: Fragment[] = [];
  const text = reading(left, "string");
  if (text !== undefined) cases.push(dialect.listContains(list, sql`('s' || ${text})`));
  const truth = reading(left, "boolean");
  if (truth !== undefined) {
    cases.push(
      dialect.listContains(
        list,
        sql`case when ${truth} then 'btrue' when not ${truth} then 'bfalse' end`,
      ),
    );
  }
  const object = reading(left, "object");
  if (object !== undefined) cases.push(dialect.listContains(list, object));
  const isNull = nullReading(left);
  if (isNull !== undefined && isNull !== FALSE) {
    cases.push(sql`(${isNull} and ${dialect.listContains(list, raw("'z'"))})`);
  }
  // A number's key is its JavaScript text, and an instant may equal a text: neither can be made in SQL.
  if (can(left, "number") || can(left, "datetime")) throw new Unsupported("in list");
  return cases;
}

function constantMember(left: Readings, list: Fragment, dialect: Dialect): readonly Fragment[] {
  const value = left.constant?.value;
  if (value === undefined || isList(value)) return [];
  const keys = constantReadings([value]).list;
  if (keys === undefined) throw new Unsupported("in list");
  return [dialect.listsOverlap(list, keys)];
}

/** `list in list`: whether any element of the left is an element of the right. */
function listOverlap(left: Readings, list: Fragment, dialect: Dialect): Fragment | undefined {
  const elements = reading(left, "list");
  return elements === undefined ? undefined : dialect.listsOverlap(elements, list);
}

function inConstantList(left: Readings, items: readonly Computed[], dialect: Dialect): Fragment {
  const cases: Fragment[] = [];
  if (can(left, "list")) {
    const keys = constantReadings(items).list;
    const elements = reading(left, "list");
    if (keys === undefined || elements === undefined) throw new Unsupported("list in list");
    cases.push(dialect.listsOverlap(elements, keys));
  }
  const single = withoutLists(left);
  const [texts, numbers, others] = partition(items);
  const text = reading(single, "string");
  if (text !== undefined && texts.length > 0) cases.push(oneOf(text, texts));
  const number = reading(single, "number");
  if (number !== undefined && numbers.length > 0) cases.push(oneOf(number, numbers));
  if (can(single, "datetime")) {
    for (const item of texts) cases.push(equals(only(single, "datetime"), item));
  }
  for (const item of others) {
    // An undefined left is never a member, not even of a list that holds undefined.
    if (!can(item, "undefined")) cases.push(equals(single, item));
  }
  return sql`coalesce(${any(cases)}, false)`;
}

function partition(
  items: readonly Computed[],
): readonly [readonly Readings[], readonly Readings[], readonly Readings[]] {
  const texts: Readings[] = [];
  const numbers: Readings[] = [];
  const others: Readings[] = [];
  for (const item of items) {
    const readings = constantReadings(item);
    if (typeof item === "string") texts.push(readings);
    else if (typeof item === "number") numbers.push(readings);
    else others.push(readings);
  }
  return [texts, numbers, others];
}

function oneOf(value: Fragment, items: readonly Readings[]): Fragment {
  const values = items.flatMap((item) => item.string ?? item.number ?? []);
  return sql`${value} in (${join(values, ", ")})`;
}

function withoutLists(readings: Readings): Readings {
  const kinds = new Set(readings.kinds);
  kinds.delete("list");
  return { ...readings, kinds };
}

function only(readings: Readings, kind: SqlKind): Readings {
  return { ...readings, kinds: new Set([kind]) };
}

/** `left in [a, b]` where an element is not constant: equal to one of them. */
export function inItems(left: Readings, items: readonly Readings[]): Fragment {
  if (can(left, "list")) throw new Unsupported("list in list");
  const defined = can(left, "undefined") ? sql`not ${isUndefined(left)}` : TRUE;
  return all([defined, sql`coalesce(${any(items.map((item) => equals(left, item)))}, false)`]);
}
