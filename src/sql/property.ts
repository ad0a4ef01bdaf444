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

/** A column by name, of the row that a qualifier such as `p.` names. */
export function column(qualifier: string, name: string): Fragment {
  return raw(qualifier + name);
}

/** Names that stand for the distinct id in any scope. */
const DISTINCT_ID_NAMES: ReadonlySet<string> = new Set([DISTINCT_ID_NAME, DISTINCT_ID_SHORT]);

/** Rows of a table whose properties are read. */
export interface PropertySource {
  readonly catalog: Catalog;
  readonly dialect: Dialect;
  /** What stands before the names of its columns: `p.`. */
  readonly qualifier: string;
}

/** A property of a profile: its names for the distinct id win. */
export function profileProperty(name: string, scope: Scope, source: PropertySource): Readings {
  if (DISTINCT_ID_NAMES.has(name)) return distinctIdReadings(source.qualifier);
  if (scope.groupKey !== undefined) {
    if (name === GROUP_ID) return distinctIdReadings(source.qualifier);
    if (name === GROUP_KEY) return constantReadings(scope.groupKey);
  }
  return storedProperty(name, source);
}

/** A property as the catalog has it. */
export function storedProperty(name: string, source: PropertySource): Readings {
  const property = source.catalog.property(name);
  if (property === undefined) return UNDEFINED;
  return property.hasColumns ? columnReadings(property, source) : sharedReadings(property, source);
}

/** The folded distinct id is null where folding changes nothing. */
function distinctIdReadings(qualifier: string): Readings {
  const distinctId = column(qualifier, "distinct_id");
  return {
    kinds: new Set<Kind>(["string"]),
    string: sql`coalesce(${column(qualifier, "distinct_id_folded")}, ${distinctId})`,
    rawText: distinctId,
  };
}

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
function sharedReadings(
  property: CatalogProperty,
  { dialect, qualifier }: PropertySource,
): Readings {
  const prefix = `${property.id}:`;
  const shared = column(qualifier, "shared");
  const entries = dialect.listFilter(shared, "s", dialect.startsWith(raw("s"), raw(`'${prefix}'`)));
  const key = dialect.textFrom(dialect.listElement(entries, 1), prefix.length + 1);
  const instant = dialect.textFrom(dialect.listElement(entries, 2), prefix.length + 2);
  return {
    ...keyReadings(key, dialect),
    kinds: kindsOf(property),
    list: sql`case when ${dialect.startsWith(key, raw("'l'"))} then ${dialect.jsonTexts(dialect.textFrom(key, 2))} end`,
    rawText: dialect.jsonText(column(qualifier, "properties"), property.name),
    textInstant: dialect.toSeconds(instant),
    defined: sql`coalesce(${key} <> 'z', false)`,
    shared: { column: shared, entryOf: (value) => sharedEntries(property.id, value)[0] ?? "" },
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

function columnReadings(
  property: CatalogProperty,
  { dialect, qualifier }: PropertySource,
): Readings {
  const fragments: Partial<Record<Reading, Fragment>> = {};
  for (const reading of property.readings) {
    fragments[reading] = column(qualifier, columnName(property, reading));
  }
  return {
    kinds: kindsOf(property),
    ...(fragments.text && {
      string: fragments.text,
      rawText: dialect.jsonText(column(qualifier, "properties"), property.name),
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
