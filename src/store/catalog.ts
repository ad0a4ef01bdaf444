/**
 * What a scope's properties are stored as: the one place that decides it.
 *
 * A value is kept as one or two *readings*, each in a nullable column of its own. A profile that lacks
 * a property has null in all of them; JSON null has a reading of its own, so the two stay apart.
 *
 * @module
 */
import { equalityKey } from "../values/equality.ts";
import { fold } from "../values/text.ts";
import { parseInstant } from "../values/time.ts";
import type { Value } from "../values/value.ts";

/**
 * A way to read a property.
 *
 * `text`: folded text. `instant`: epoch seconds of a text that is an ISO date, read as UTC when naive.
 * `list`: the equality keys of the elements. `object`: its equality key. `null`: true for JSON null.
 */
export type Reading = "text" | "number" | "truth" | "instant" | "list" | "object" | "null";

/** What a reading holds, once taken. */
export type ReadingValue = string | number | boolean | readonly string[];

/**
 * Properties of one scope that get columns of their own; the others share one column.
 *
 * Reading does not mind more columns, writing does: each costs every batch.
 */
export const COLUMN_PROPERTIES_MAX = 48;

/** A property of the catalog. */
export interface CatalogProperty {
  /** Names the columns, so that no user text ever does. */
  readonly id: number;
  readonly name: string;
  /** Whether its readings have columns. */
  readonly hasColumns: boolean;
  /** The readings that some profile has had; each has a column if `hasColumns`. */
  readonly readings: ReadonlySet<Reading>;
}

/** A property or reading met for the first time. */
export interface CatalogAddition {
  readonly id: number;
  readonly name: string;
  readonly hasColumns: boolean;
  /** All readings of the property, old ones included. */
  readonly readings: readonly Reading[];
  /** Those among them that are new. */
  readonly added: readonly Reading[];
}

/**
 * A value as entries of the column that properties without columns share: the property's id and the
 * equality key; after it, for a text that is a date, the instant. A list stands as the JSON of its
 * elements' keys.
 */
export function sharedEntries(id: number, value: Value): readonly string[] {
  if (Array.isArray(value)) {
    return [`${id}:l${JSON.stringify((value as readonly Value[]).map(equalityKey))}`];
  }
  const key = `${id}:${equalityKey(value)}`;
  const instant = typeof value === "string" ? parseInstant(value, "UTC") : undefined;
  return instant === undefined ? [key] : [key, `${id}:t${instant}`];
}

/** The readings of a value, each with what it holds. */
export function readingsOf(value: Value): readonly (readonly [Reading, ReadingValue])[] {
  switch (typeof value) {
    case "string": {
      const instant = parseInstant(value, "UTC");
      return instant === undefined
        ? [["text", fold(value)]]
        : [
            ["text", fold(value)],
            ["instant", instant],
          ];
    }
    case "number":
      return [["number", value]];
    case "boolean":
      return [["truth", value]];
    default:
      if (value === null) return [["null", true]];
      if (Array.isArray(value)) return [["list", value.map(equalityKey)]];
      return [["object", equalityKey(value)]];
  }
}

interface Entry {
  readonly id: number;
  readonly name: string;
  hasColumns: boolean;
  readonly readings: Set<Reading>;
}

/** The properties of one scope. */
export class Catalog {
  readonly #entries = new Map<string, Entry>();
  #columnPropertyCount = 0;
  readonly #columnPropertiesMax: number;

  constructor(
    properties: Iterable<CatalogProperty> = [],
    columnPropertiesMax: number = COLUMN_PROPERTIES_MAX,
  ) {
    this.#columnPropertiesMax = columnPropertiesMax;
    for (const property of properties) {
      this.#entries.set(property.name, { ...property, readings: new Set(property.readings) });
      if (property.hasColumns) this.#columnPropertyCount++;
    }
  }

  /** The property of a name, or undefined if no profile ever had it. */
  property(name: string): CatalogProperty | undefined {
    return this.#entries.get(name);
  }

  /** Every property, in the order they were first met. */
  properties(): Iterable<CatalogProperty> {
    return this.#entries.values();
  }

  /** The same properties, whatever is added to these. */
  copy(): Catalog {
    const copied = new Catalog([], this.#columnPropertiesMax);
    // `accept` puts new entries in the place of old ones, so that these can be shared.
    for (const [name, entry] of this.#entries) copied.#entries.set(name, entry);
    copied.#columnPropertyCount = this.#columnPropertyCount;
    return copied;
  }

  /** How many properties there are. */
  get size(): number {
    return this.#entries.size;
  }

  /** What storing these readings would add; `accept` makes it so once the columns exist. */
  additionsFor(needed: ReadonlyMap<string, ReadonlySet<Reading>>): readonly CatalogAddition[] {
    const additions: CatalogAddition[] = [];
    let nextId = this.#entries.size;
    let columnPropertyCount = this.#columnPropertyCount;
    for (const [name, readings] of needed) {
      const entry = this.#entries.get(name);
      const added = [...readings].filter((reading) => entry?.readings.has(reading) !== true);
      if (entry !== undefined && added.length === 0) continue;
      const hasColumns = entry?.hasColumns ?? columnPropertyCount < this.#columnPropertiesMax;
      if (entry === undefined && hasColumns) columnPropertyCount++;
      additions.push({
        id: entry?.id ?? nextId++,
        name,
        hasColumns,
        readings: [...(entry?.readings ?? []), ...added],
        added,
      });
    }
    return additions;
  }

  /** Takes additions in, after the engine has made their columns. */
  accept(additions: readonly CatalogAddition[]): void {
    for (const { id, name, hasColumns, readings } of additions) {
      if (!this.#entries.has(name) && hasColumns) this.#columnPropertyCount++;
      this.#entries.set(name, { id, name, hasColumns, readings: new Set(readings) });
    }
  }
}
