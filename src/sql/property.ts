/**
 * A property as readings: what the catalog decided, seen from an expression.
 *
 * @module
 */
import type { Scope } from "../profile/profile.ts";
import {
  DISTINCT_ID as DISTINCT_ID_NAME,
  DISTINCT_ID_SHORT,
  GROUP_ID,
  GROUP_KEY,
} from "../profile/reserved.ts";
import {
  type Catalog,
  type CatalogProperty,
  type Reading,
  sharedEntries,
} from "../store/catalog.ts";
import type { Kind } from "../values/value.ts";
import { constantReadings } from "./constant.ts";
import type { Dialect } from "./dialect.ts";
import { type Fragment, raw, sql } from "./fragment.ts";
import { FALSE, type Readings, UNDEFINED } from "./readings.ts";

/** The column a reading of a property is kept in. */
export function columnName(property: { readonly id: number }, reading: Reading): string {
  return `p${property.id}_${reading}`;
}

/** Columns every profile has. */
export const KEY: Fragment = raw("key");
export const DISTINCT_ID: Fragment = raw("distinct_id");
/** The folded distinct id, null where folding changes nothing. */
const DISTINCT_ID_FOLDED: Fragment = raw("distinct_id_folded");
export const PROPERTIES: Fragment = raw("properties");
/** Entries of every property without columns of its own. */
export const SHARED: Fragment = raw("shared");

/** Names that stand for the distinct id in any scope. */
const DISTINCT_ID_NAMES: ReadonlySet<string> = new Set([DISTINCT_ID_NAME, DISTINCT_ID_SHORT]);

/** The readings of a property by name. */
export function propertyReadings(
  name: string,
  scope: Scope,
  catalog: Catalog,
  dialect: Dialect,
): Readings {
  if (DISTINCT_ID_NAMES.has(name)) return DISTINCT_ID_READINGS;
  if (scope.groupKey !== undefined) {
    if (name === GROUP_ID) return DISTINCT_ID_READINGS;
    if (name === GROUP_KEY) return constantReadings(scope.groupKey);
  }
  const property = catalog.property(name);
  if (property === undefined) return UNDEFINED;
  return property.hasColumns
    ? columnReadings(property, dialect)
    : sharedReadings(property, dialect);
}

const DISTINCT_ID_READINGS: Readings = {
  kinds: new Set<Kind>(["string"]),
  string: sql`coalesce(${DISTINCT_ID_FOLDED}, ${DISTINCT_ID})`,
  rawText: DISTINCT_ID,
};

const KIND_OF_READING: Readonly<Record<Exclude<Reading, "instant">, Kind>> = {
  text: "string",
  number: "number",
  truth: "boolean",
  list: "list",
  object: "object",
  null: "null",
};

/** The kinds a property has had. */
function kindsOf(property: CatalogProperty): ReadonlySet<Kind> {
  const kinds = new Set<Kind>(["undefined"]);
  for (const reading of property.readings) {
    if (reading !== "instant") kinds.add(KIND_OF_READING[reading]);
  }
  return kinds;
}

/** A property out of the shared column: its first entry is its equality key, its second an instant. */
function sharedReadings(property: CatalogProperty, dialect: Dialect): Readings {
  const prefix = `${property.id}:`;
  const entries = dialect.listFilter(SHARED, "s", dialect.startsWith(raw("s"), raw(`'${prefix}'`)));
  const key = dialect.textFrom(dialect.listElement(entries, 1), prefix.length + 1);
  const instant = dialect.textFrom(dialect.listElement(entries, 2), prefix.length + 2);
  return {
    ...keyReadings(key, dialect),
    kinds: kindsOf(property),
    list: sql`case when ${dialect.startsWith(key, raw("'l'"))} then ${dialect.jsonTexts(dialect.textFrom(key, 2))} end`,
    rawText: dialect.jsonText(PROPERTIES, property.name),
    textInstant: dialect.toSeconds(instant),
    defined: sql`coalesce(${key} <> 'z', false)`,
    entryOf: (value) => sharedEntries(property.id, value)[0] ?? "",
  };
}

/** The readings of a value out of its equality key; a list in it cannot be taken apart. */
export function keyReadings(key: Fragment, dialect: Dialect): Readings {
  const rest = dialect.textFrom(key, 2);
  const is = (prefix: string): Fragment => dialect.startsWith(key, raw(`'${prefix}'`));
  return {
    kinds: new Set<Kind>(["string", "number", "boolean", "null", "list", "object"]),
    string: sql`case when ${is("s")} then ${rest} end`,
    number: sql`case when ${is("n")} then ${dialect.decimal(rest)} end`,
    boolean: sql`case when ${is("b")} then ${key} = 'btrue' end`,
    object: sql`case when ${is("o")} then ${key} end`,
    objectJson: sql`case when ${is("o")} then ${rest} end`,
    null: sql`coalesce(${key} = 'z', false)`,
  };
}

function columnReadings(property: CatalogProperty, dialect: Dialect): Readings {
  const fragments: Partial<Record<Reading, Fragment>> = {};
  for (const reading of property.readings) fragments[reading] = raw(columnName(property, reading));
  return {
    kinds: kindsOf(property),
    ...(fragments.text && {
      string: fragments.text,
      rawText: dialect.jsonText(PROPERTIES, property.name),
      textInstant: fragments.instant ?? raw("cast(null as bigint)"),
    }),
    ...(fragments.number && { number: fragments.number }),
    ...(fragments.truth && { boolean: fragments.truth }),
    ...(fragments.list && { list: fragments.list }),
    ...(fragments.object && {
      object: fragments.object,
      objectJson: dialect.textFrom(fragments.object, 2),
    }),
    null: fragments.null ? sql`(${fragments.null} is not null)` : FALSE,
  };
}
