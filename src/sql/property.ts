/**
 * A property as readings: what the catalog decided, seen from an expression.
 *
 * @module
 */
import type { Scope } from "../profile/profile.ts";
import { standInOf } from "../profile/reserved.ts";
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

/** Rows of a table whose properties are read. */
export interface PropertySource {
  readonly catalog: Catalog;
  readonly dialect: Dialect;
  /** What stands before the names of its columns: `p.`. */
  readonly qualifier: string;
}

/** A property of a profile; a stored one does not show where its name stands for something else. */
export function profileProperty(name: string, scope: Scope, source: PropertySource): Readings {
  switch (standInOf(name, scope)) {
    case "distinctId":
      return distinctIdReadings(source.qualifier);
    case "groupKey":
      return constantReadings(scope.groupKey);
    case undefined:
      return storedProperty(name, source);
  }
}

/** A property as the catalog has it. */
export function storedProperty(name: string, source: PropertySource): Readings {
  const property = source.catalog.property(name);
  if (property === undefined) return UNDEFINED;
  source.catalog.demand.ask(property.id);
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

/** What the shared column has of a property: a list of texts, the key first and after it perhaps an instant. */
export function sharedEntriesOf(
  property: { readonly id: number },
  source: PropertySource,
): Entries {
  const { dialect, qualifier } = source;
  const prefix = `${property.id}:`;
  const isOfProperty = dialect.startsWith(raw("s"), raw(`'${prefix}'`));
  const entries = dialect.listFilter(column(qualifier, "shared"), "s", isOfProperty);
  return {
    key: dialect.textFrom(dialect.listElement(entries, 1), prefix.length + 1),
    instant: dialect.textFrom(dialect.listElement(entries, 2), prefix.length + 2),
  };
}

/** What a row has of a property in the shared column; null where it has nothing. */
export interface Entries {
  /** The equality key. */
  readonly key: Fragment;
  /** Epoch seconds as text, of a text that is a date. */
  readonly instant: Fragment;
}

/** What the columns of a property hold where the shared column has these entries; a list is the JSON of its keys. */
export function columnsOfEntries(
  { key, instant }: Entries,
  dialect: Dialect,
): Readonly<Record<Reading, Fragment>> {
  const { string, number, boolean, object } = keyReadings(key, dialect);
  const isList = dialect.startsWith(key, raw("'l'"));
  return {
    text: string,
    instant: dialect.toSeconds(instant),
    number,
    truth: boolean,
    list: sql`case when ${isList} then ${dialect.textFrom(key, 2)} end`,
    object,
    null: sql`case when ${key} = 'z' then true end`,
  };
}

/** A property out of the shared column. */
function sharedReadings(property: CatalogProperty, source: PropertySource): Readings {
  const { dialect, qualifier } = source;
  const shared = column(qualifier, "shared");
  const { key, instant } = sharedEntriesOf(property, source);
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

type KeyReadings = Readings &
  Readonly<Record<"string" | "number" | "boolean" | "object", Fragment>>;

/** The readings of a value out of its equality key; a list in it cannot be taken apart. */
export function keyReadings(key: Fragment, dialect: Dialect): KeyReadings {
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
