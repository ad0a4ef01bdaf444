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
import {
  COLUMN_PROPERTIES_MAX,
  frequentPropertiesMax,
  isAskedFor,
  isFrequent,
} from "./column-policy.ts";

/**
 * A way to read a property.
 *
 * `text`: folded text. `instant`: epoch seconds of a text that is an ISO date, read as UTC when naive.
 * `list`: the equality keys of the elements. `object`: its equality key. `null`: true for JSON null.
 */
export type Reading = "text" | "number" | "truth" | "instant" | "list" | "object" | "null";

/** What a reading holds, once taken. */
export type ReadingValue = string | number | boolean | readonly string[];

/** A property of the catalog. */
export interface CatalogProperty {
  /** Names the columns, so that no user text ever does. */
  readonly id: number;
  readonly name: string;
  /** Whether its readings have columns, which hold it for every row. */
  readonly hasColumns: boolean;
  /**
   * Whether it has columns that do not hold it for every row yet: what is written goes into them and into the shared
   * column, and what is read comes from the shared column.
   */
  readonly isFilling: boolean;
  /** The readings that some profile has had; each has a column if `hasColumns` or `isFilling`. */
  readonly readings: ReadonlySet<Reading>;
}

/** A property or reading met for the first time, or a property that is stored in another way from now on. */
export interface CatalogAddition {
  readonly id: number;
  readonly name: string;
  readonly hasColumns: boolean;
  readonly isFilling: boolean;
  /** All readings of the property, old ones included. */
  readonly readings: readonly Reading[];
  /** Those among them that are new. */
  readonly added: readonly Reading[];
}

/** What some rows have. */
export interface Needed {
  readonly rowCount: number;
  readonly properties: ReadonlyMap<string, NeededProperty>;
}

/** What some rows have of one property. */
export interface NeededProperty {
  readonly readings: ReadonlySet<Reading>;
  /** Rows that have it. */
  readonly rowCount: number;
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

/** What takes the readings of values. */
export interface ReadingSink {
  /** @param row which of many values is read */
  take(row: number, reading: Reading, held: ReadingValue): void;
}

/** Gives each reading of a value to a sink. Nothing is made for it, as every value that is written comes by here. */
export function takeReadings(value: Value, row: number, sink: ReadingSink): void {
  switch (typeof value) {
    case "string": {
      sink.take(row, "text", fold(value));
      const instant = parseInstant(value, "UTC");
      if (instant !== undefined) sink.take(row, "instant", instant);
      return;
    }
    case "number":
      sink.take(row, "number", value);
      return;
    case "boolean":
      sink.take(row, "truth", value);
      return;
    default:
      if (value === null) sink.take(row, "null", true);
      else if (Array.isArray(value)) sink.take(row, "list", value.map(equalityKey));
      else sink.take(row, "object", equalityKey(value));
  }
}

/** How often selectors have named each property since the store was opened. */
export class Demand {
  readonly #counts = new Map<number, number>();

  /** Counts that a selector names a property. */
  ask(id: number): void {
    this.#counts.set(id, (this.#counts.get(id) ?? 0) + 1);
  }

  count(id: number): number {
    return this.#counts.get(id) ?? 0;
  }

  /** The properties that are asked for, most often first. */
  wanted(): readonly number[] {
    return [...this.#counts]
      .filter(([, count]) => isAskedFor(count))
      .sort(([, left], [, right]) => right - left)
      .map(([id]) => id);
  }
}

/** The properties of one scope. */
export class Catalog {
  readonly #entries = new Map<string, CatalogProperty>();
  #columnPropertyCount = 0;
  #writtenRowCount = 0;
  readonly #columnPropertiesMax: number;
  readonly #demand: Demand;

  constructor(
    properties: Iterable<CatalogProperty> = [],
    columnPropertiesMax: number = COLUMN_PROPERTIES_MAX,
    demand: Demand = new Demand(),
  ) {
    this.#columnPropertiesMax = columnPropertiesMax;
    this.#demand = demand;
    for (const property of properties) this.#put(property);
  }

  /** The property of a name, or undefined if no profile ever had it. */
  property(name: string): CatalogProperty | undefined {
    return this.#entries.get(name);
  }

  /** Every property, in the order they were first met. */
  properties(): Iterable<CatalogProperty> {
    return this.#entries.values();
  }

  /** What selectors ask for; copies share it. */
  get demand(): Demand {
    return this.#demand;
  }

  /** Rows that additions were asked for since the store was opened. */
  get writtenRowCount(): number {
    return this.#writtenRowCount;
  }

  /** The same properties, whatever is added to these. */
  copy(): Catalog {
    const copied = new Catalog([], this.#columnPropertiesMax, this.#demand);
    // `accept` puts new entries in the place of old ones, so that these can be shared.
    for (const [name, entry] of this.#entries) copied.#entries.set(name, entry);
    copied.#columnPropertyCount = this.#columnPropertyCount;
    return copied;
  }

  /** How many properties there are. */
  get size(): number {
    return this.#entries.size;
  }

  /**
   * How many more properties may get columns.
   *
   * @param rowCount rows of the table, for those that are frequent; undefined for those that are asked for
   */
  room(rowCount: number | undefined): number {
    const max =
      rowCount === undefined
        ? this.#columnPropertiesMax
        : frequentPropertiesMax(this.#columnPropertiesMax, rowCount);
    return Math.max(0, max - this.#columnPropertyCount);
  }

  /**
   * What storing some rows would add; `accept` makes it so once the columns exist. A new property gets columns at
   * once if it is frequent among all rows.
   *
   * @param rowCount rows of the table with these, about
   */
  additionsFor(needed: Needed, rowCount: number): readonly CatalogAddition[] {
    this.#writtenRowCount += needed.rowCount;
    const additions: CatalogAddition[] = [];
    let nextId = this.#entries.size;
    const frequent = this.#frequentAmongNew(needed, rowCount);
    for (const [name, { readings }] of needed.properties) {
      const entry = this.#entries.get(name);
      const added = [...readings].filter((reading) => entry?.readings.has(reading) !== true);
      if (entry !== undefined && added.length === 0) continue;
      additions.push({
        id: entry?.id ?? nextId++,
        name,
        hasColumns: entry?.hasColumns ?? frequent.has(name),
        isFilling: entry?.isFilling ?? false,
        readings: [...(entry?.readings ?? []), ...added],
        added,
      });
    }
    return additions;
  }

  /** The new properties that get columns: the most frequent ones, while there is room. */
  #frequentAmongNew(needed: Needed, rowCount: number): ReadonlySet<string> {
    const room = this.room(rowCount);
    if (room === 0) return new Set();
    const ofRows = Math.max(rowCount, needed.rowCount);
    const frequent = [...needed.properties].filter(
      ([name, { rowCount: count }]) => !this.#entries.has(name) && isFrequent(count, ofRows),
    );
    if (frequent.length > room) frequent.sort(([, a], [, b]) => b.rowCount - a.rowCount);
    return new Set(frequent.slice(0, room).map(([name]) => name));
  }

  /** Takes additions in, after the engine has made their columns. */
  accept(additions: readonly CatalogAddition[]): void {
    for (const { id, name, hasColumns, isFilling, readings } of additions) {
      this.#put({ id, name, hasColumns, isFilling, readings: new Set(readings) });
    }
  }

  #put(property: CatalogProperty): void {
    if (takesColumns(this.#entries.get(property.name))) this.#columnPropertyCount--;
    if (takesColumns(property)) this.#columnPropertyCount++;
    this.#entries.set(property.name, property);
  }
}

/** Whether a property's readings have columns in the table, filled or not. */
export function takesColumns(
  property: Pick<CatalogProperty, "hasColumns" | "isFilling"> | undefined,
): boolean {
  return property !== undefined && (property.hasColumns || property.isFilling);
}
