/**
 * The properties of profiles or events as columns: what a batch appends to its table.
 *
 * @module
 */
import { BOOLEAN, DOUBLE } from "@duckdb/node-api";
import {
  type Catalog,
  type Needed,
  type NeededProperty,
  type Reading,
  type ReadingSink,
  type ReadingValue,
  sharedEntries,
  takeReadings,
} from "../store/catalog.ts";
import type { Properties, Value } from "../values/value.ts";
import {
  type Column,
  IntegerColumn,
  NullColumn,
  NumberColumn,
  type SparseColumn,
  TextColumn,
  TextListColumn,
} from "./column.ts";
import { COLUMN_TYPES, type PropertyColumn, type PropertyTable } from "./tables.ts";

const NEW_COLUMN: Readonly<Record<Reading, (rowCount: number) => SparseColumn>> = {
  text: (rowCount) => new TextColumn(rowCount),
  number: (rowCount) => new NumberColumn(DOUBLE, rowCount),
  truth: (rowCount) => new NumberColumn(BOOLEAN, rowCount),
  instant: (rowCount) => new IntegerColumn(rowCount),
  list: (rowCount) => new TextListColumn(rowCount),
  object: (rowCount) => new TextColumn(rowCount),
  null: (rowCount) => new NumberColumn(BOOLEAN, rowCount),
};

/** The readings of one property, each a column. */
class ReadingColumns implements ReadingSink {
  readonly columns = new Map<Reading, SparseColumn>();
  readonly #length: number;
  /** Rows that have the property. */
  rowCount = 0;

  constructor(length: number) {
    this.#length = length;
  }

  add(row: number, value: Value): void {
    this.rowCount++;
    takeReadings(value, row, this);
  }

  take(row: number, reading: Reading, held: ReadingValue): void {
    let column = this.columns.get(reading);
    if (column === undefined) {
      column = NEW_COLUMN[reading](this.#length);
      this.columns.set(reading, column);
    }
    column.set(row, held);
  }

  readings(): ReadonlySet<Reading> {
    return new Set(this.columns.keys());
  }
}

/** The values of one property that may turn out to share a column, or to have columns after all. */
class KeptValues implements ReadingSink {
  readonly rows: number[] = [];
  readonly values: Value[] = [];
  readonly #readings = new Set<Reading>();
  readonly #length: number;
  #columns: ReadingColumns | undefined;

  constructor(length: number) {
    this.#length = length;
  }

  get rowCount(): number {
    return this.rows.length;
  }

  add(row: number, value: Value): void {
    this.rows.push(row);
    this.values.push(value);
    takeReadings(value, row, this);
  }

  take(_row: number, reading: Reading): void {
    this.#readings.add(reading);
  }

  readings(): ReadonlySet<Reading> {
    return this.#readings;
  }

  get columns(): ReadonlyMap<Reading, SparseColumn> {
    if (this.#columns === undefined) {
      this.#columns = new ReadingColumns(this.#length);
      for (const [index, row] of this.rows.entries()) {
        this.#columns.add(row, this.values[index] as Value);
      }
    }
    return this.#columns.columns;
  }
}

/** The properties that a batch writes, gathered property by property. */
export class PropertyRows {
  readonly #catalog: Catalog | undefined;
  readonly #rowCountMax: number;
  #rowCount = 0;
  readonly #properties = new Map<string, ReadingColumns | KeptValues>();

  /**
   * @param catalog what the table has: a property that has columns there has them from now on
   * @param rowCountMax rows that may be added
   */
  constructor(catalog: Catalog | undefined, rowCountMax: number) {
    this.#catalog = catalog;
    this.#rowCountMax = rowCountMax;
  }

  /** Adds a row. */
  add(properties: Properties): void {
    const row = this.#rowCount++;
    for (const [name, value] of properties) {
      let property = this.#properties.get(name);
      if (property === undefined) {
        const hasColumns = this.#catalog?.property(name)?.hasColumns === true;
        const length = this.#rowCountMax;
        property = hasColumns ? new ReadingColumns(length) : new KeptValues(length);
        this.#properties.set(name, property);
      }
      property.add(row, value);
    }
  }

  /** The properties and readings that the catalog must have for these rows. */
  needed(): Needed {
    const properties = new Map<string, NeededProperty>();
    for (const [name, property] of this.#properties) {
      properties.set(name, { readings: property.readings(), rowCount: property.rowCount });
    }
    return { rowCount: this.#rowCount, properties };
  }

  /** The columns of the catalog, in the table's order; it knows all properties by now. */
  columns(table: PropertyTable): readonly Column[] {
    return table.columns.map((column) => this.#column(column));
  }

  #column({ propertyName, reading, type }: PropertyColumn): Column {
    const column = this.#properties.get(propertyName)?.columns.get(reading);
    if (column === undefined) return new NullColumn(type);
    // A list stands as a text in a column that is still being filled.
    const isText = column instanceof TextListColumn && type !== COLUMN_TYPES.list;
    return isText ? column.asTexts() : column;
  }

  /** The column of the properties without columns of their own. */
  shared(table: PropertyTable): Column {
    const entries = new Map<number, string[]>();
    for (const [name, property] of this.#properties) {
      if (property instanceof ReadingColumns) continue;
      const known = table.catalog.property(name);
      if (known === undefined || known.hasColumns) continue;
      for (const [index, row] of property.rows.entries()) {
        let list = entries.get(row);
        if (list === undefined) {
          list = [];
          entries.set(row, list);
        }
        list.push(...sharedEntries(known.id, property.values[index] as Value));
      }
    }
    const column = new TextListColumn(this.#rowCount);
    const rows = [...entries].sort(([left], [right]) => left - right);
    for (const [row, list] of rows) column.set(row, list);
    return column;
  }
}
