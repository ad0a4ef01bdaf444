/**
 * The properties of profiles or events as columns: what a batch appends to its table.
 *
 * @module
 */
import { type DuckDBType, type DuckDBValue, listValue } from "@duckdb/node-api";
import { type Reading, type ReadingValue, readingsOf, sharedEntries } from "../store/catalog.ts";
import type { Properties, Value } from "../values/value.ts";
import { COLUMN_TYPES, type PropertyTable } from "./tables.ts";

/** What one column holds of every row. */
export type Column = readonly DuckDBValue[];

/** One property of every row of a batch, by reading. */
interface PropertyColumns {
  readonly readings: Map<Reading, DuckDBValue[]>;
  /** Row and value of each that has it, for a property that turns out to share a column. */
  readonly values: (readonly [number, Value])[];
}

/** The properties that a batch writes, gathered property by property. */
export class PropertyRows {
  readonly #rowCount: number;
  readonly #properties = new Map<string, PropertyColumns>();

  constructor(rows: readonly Properties[]) {
    this.#rowCount = rows.length;
    rows.forEach((properties, row) => {
      for (const [name, value] of properties) this.#add(name, row, value);
    });
  }

  #add(name: string, row: number, value: Value): void {
    let property = this.#properties.get(name);
    if (property === undefined) {
      property = { readings: new Map(), values: [] };
      this.#properties.set(name, property);
    }
    property.values.push([row, value]);
    for (const [reading, held] of readingsOf(value)) {
      let column = property.readings.get(reading);
      if (column === undefined) {
        column = new Array<null>(this.#rowCount).fill(null);
        property.readings.set(reading, column);
      }
      column[row] = toDuckdb(reading, held);
    }
  }

  /** The properties and readings that the catalog must have for these rows. */
  needed(): ReadonlyMap<string, ReadonlySet<Reading>> {
    const needed = new Map<string, ReadonlySet<Reading>>();
    for (const [name, { readings }] of this.#properties) needed.set(name, new Set(readings.keys()));
    return needed;
  }

  /** The columns of the catalog, in the table's order; it knows all properties by now. */
  columns(table: PropertyTable): readonly Column[] {
    const nulls: Column = new Array<null>(this.#rowCount).fill(null);
    return table.columns.map(
      ({ propertyName, reading }) =>
        this.#properties.get(propertyName)?.readings.get(reading) ?? nulls,
    );
  }

  /** The column of the properties without columns of their own. */
  shared(table: PropertyTable): Column {
    const entries: (string[] | undefined)[] = new Array(this.#rowCount);
    for (const [name, { values }] of this.#properties) {
      const property = table.catalog.property(name);
      if (property === undefined || property.hasColumns) continue;
      for (const [row, value] of values) {
        let list = entries[row];
        if (list === undefined) {
          list = [];
          entries[row] = list;
        }
        list.push(...sharedEntries(property.id, value));
      }
    }
    return Array.from(entries, (list) => (list === undefined ? null : listValue(list)));
  }
}

/** The types of the columns of the catalog, in the table's order. */
export function columnTypes(table: PropertyTable): readonly DuckDBType[] {
  return table.columns.map(({ reading }) => COLUMN_TYPES[reading]);
}

function toDuckdb(reading: Reading, held: ReadingValue): DuckDBValue {
  if (reading === "instant") return BigInt(held as number);
  return typeof held === "object" ? listValue([...held]) : held;
}
