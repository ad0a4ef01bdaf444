/**
 * `in` between readings: text in text, and values in lists.
 *
 * @module
 */
import { equalityKey } from "../values/equality.ts";
import { type Computed, isList } from "../values/value.ts";
import { equals, firstOf } from "./comparison.ts";
import { constantReadings, isStorable } from "./constant.ts";
import type { Dialect } from "./dialect.ts";
import { type Fragment, join, raw, sql, texts } from "./fragment.ts";
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
  withoutLists,
} from "./readings.ts";
import { Unsupported } from "./unsupported.ts";

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
  const value = left.constant?.value;
  // Null where there is no list, as the case below is.
  if (isStorable(value) && !isList(value)) {
    return dialect.listContains(list, sql`${equalityKey(value)}`);
  }
  const single = any(memberCases(left, list, dialect));
  const overlap = listOverlap(left, list, dialect);
  const member = overlap === undefined ? single : any([single, overlap]);
  return sql`case when ${list} is not null then coalesce(${member}, false) end`;
}

/** A value of each kind it can have as an element of a stored list. */
function memberCases(left: Readings, list: Fragment, dialect: Dialect): readonly Fragment[] {
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
  const number = reading(left, "number");
  if (number !== undefined) cases.push(numberInList(number, list, dialect));
  // An instant may equal a text, and SQL cannot read instants out of texts.
  if (can(left, "datetime")) throw new Unsupported("in list");
  return cases;
}

/** A number's key is its JavaScript text, which SQL does not write; so the keys are read as numbers. */
function numberInList(number: Fragment, list: Fragment, dialect: Dialect): Fragment {
  const element = raw("n");
  const isNumber = dialect.startsWith(element, raw("'n'"));
  const equal = sql`${isNumber} and ${dialect.decimal(dialect.textFrom(element, 2))} = ${number}`;
  return sql`(${dialect.listLength(dialect.listFilter(list, "n", sql`coalesce(${equal}, false)`))} > 0)`;
}

/** `list in list`: whether any element of the left is an element of the right. */
function listOverlap(left: Readings, list: Fragment, dialect: Dialect): Fragment | undefined {
  const elements = reading(left, "list");
  return elements === undefined ? undefined : dialect.listsOverlap(elements, list);
}

function inConstantList(left: Readings, items: readonly Computed[], dialect: Dialect): Fragment {
  const { shared } = left;
  if (shared !== undefined && !can(left, "list") && items.every(isStorable)) {
    const entries = texts(items.map((item) => shared.entryOf(item)));
    return sql`coalesce(${dialect.listsOverlap(shared.column, entries)}, false)`;
  }
  const single = withoutLists(left);
  const [textItems, numberItems, others] = partition(items);
  const cases = [
    ...overlapsConstants(left, items, dialect),
    ...oneOf(reading(single, "string"), textItems),
    ...oneOf(reading(single, "number"), numberItems),
    // An undefined left is never a member, not even of a list that holds undefined.
    ...others.flatMap((item) => (can(item, "undefined") ? [] : equals(single, item, dialect))),
  ];
  if (can(single, "datetime")) {
    for (const item of textItems) cases.push(equals(only(single, "datetime"), item, dialect));
  }
  return sql`coalesce(${any(cases)}, false)`;
}

function overlapsConstants(
  left: Readings,
  items: readonly Computed[],
  dialect: Dialect,
): readonly Fragment[] {
  if (!can(left, "list")) return [];
  const keys = constantReadings(items).list;
  const elements = reading(left, "list");
  if (keys === undefined || elements === undefined) throw new Unsupported("list in list");
  return [dialect.listsOverlap(elements, keys)];
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

function oneOf(value: Fragment | undefined, items: readonly Readings[]): readonly Fragment[] {
  if (value === undefined || items.length === 0) return [];
  const values = items.flatMap((item) => item.string ?? item.number ?? []);
  return [sql`${value} in (${join(values, ", ")})`];
}

function only(readings: Readings, kind: SqlKind): Readings {
  return { ...readings, kinds: new Set([kind]) };
}

/** `left in [a, b]` where an element is not constant: equal to one of them. */
export function inItems(left: Readings, items: readonly Readings[], dialect: Dialect): Fragment {
  if (can(left, "list")) throw new Unsupported("list in list");
  const defined = can(left, "undefined") ? sql`not ${isUndefined(left)}` : TRUE;
  return all([
    defined,
    sql`coalesce(${any(items.map((item) => equals(left, item, dialect)))}, false)`,
  ]);
}
