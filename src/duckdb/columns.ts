/**
 * Profiles as columns: what a batch appends to its table.
 *
 * @module
 */
import { type DuckDBType, type DuckDBValue, LIST, listValue, VARCHAR } from "@duckdb/node-api";
import type { Profile } from "../profile/profile.ts";
import { propertiesToJson } from "../profile/record.ts";
import { type Reading, type ReadingValue, readingsOf, sharedEntries } from "../store/catalog.ts";
import { fold } from "../values/text.ts";
import type { Value } from "../values/value.ts";
import type { ProfileTable } from "./schema.ts";

/** The types of the columns between the key and those of the catalog. */
export const FIXED_TYPES: readonly DuckDBType[] = [VARCHAR, VARCHAR, VARCHAR, LIST(VARCHAR)];

type Column = DuckDBValue[];

/** One property of every profile of a batch, by reading. */
interface PropertyColumns {
  readonly readings: Map<Reading, Column>;
  /** Row and value of each profile that has it, for a property that turns out to share a column. */
  readonly values: (readonly [number, Value])[];
}

/** The rows that a batch writes, gathered property by property. */
export class NewRows {
  readonly #profiles: readonly Profile[];
  readonly #properties = new Map<string, PropertyColumns>();

  constructor(profiles: readonly Profile[]) {
    this.#profiles = profiles;
    profiles.forEach((profile, row) => {
      for (const [name, value] of profile.properties) this.#add(name, row, value);
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
        column = new Array<null>(this.#profiles.length).fill(null);
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

  /** Every column of the table but the key, in its order; the catalog knows all properties by now. */
  columns(table: ProfileTable): readonly Column[] {
    const nulls: Column = new Array<null>(this.#profiles.length).fill(null);
    return [
      this.#profiles.map(({ distinctId }) => distinctId),
      this.#profiles.map(({ distinctId }) => {
        const folded = fold(distinctId);
        return folded === distinctId ? null : folded;
      }),
      this.#profiles.map(({ properties }) => propertiesToJson(properties)),
      this.#shared(table),
      ...table.columns.map(
        ({ propertyName, reading }) =>
          this.#properties.get(propertyName)?.readings.get(reading) ?? nulls,
      ),
    ];
  }

  #shared(table: ProfileTable): Column {
    const entries: (string[] | undefined)[] = new Array(this.#profiles.length);
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

function toDuckdb(reading: Reading, held: ReadingValue): DuckDBValue {
  if (reading === "instant") return BigInt(held as number);
  return typeof held === "object" ? listValue([...held]) : held;
}
