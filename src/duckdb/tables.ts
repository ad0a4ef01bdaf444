/**
 * The tables of a database file as the engine knows them while it runs.
 *
 * A table is named by a number and its columns by the catalog, so no user text names anything.
 *
 * @module
 */
import type { DuckDBType } from "@duckdb/node-api";
import { BIGINT, BOOLEAN, DOUBLE, LIST, VARCHAR } from "@duckdb/node-api";
import type { Scope } from "../profile/profile.ts";
import type { Fragment } from "../sql/fragment.ts";
import type { Catalog, Reading } from "../store/catalog.ts";
import type { Layout } from "./layout.ts";

/** The type of each reading's column. */
export const COLUMN_TYPES: Readonly<Record<Reading, DuckDBType>> = {
  text: VARCHAR,
  number: DOUBLE,
  truth: BOOLEAN,
  instant: BIGINT,
  list: LIST(VARCHAR),
  object: VARCHAR,
  null: BOOLEAN,
};

/** A column of a property. */
export interface PropertyColumn {
  readonly propertyName: string;
  readonly reading: Reading;
  /** What the reading has, but for a list whose column is being filled: the JSON of the list. */
  readonly type: DuckDBType;
}

/** A table whose rows have properties. */
export interface PropertyTable {
  /** The scope's number. */
  readonly id: number;
  readonly name: string;
  readonly table: Fragment;
  /** Where its catalog is kept. */
  readonly catalogTable: "properties" | "event_properties";
  readonly catalog: Catalog;
  /** The columns after the fixed ones, in the table's order. */
  readonly columns: PropertyColumn[];
  /** How often that and the catalog have changed, for a scope's profiles and events together. */
  readonly layout: Layout;
}

/** The distinct ids of a scope that are known without a profile of their own, and the clusters of ids. */
export interface PeopleTable {
  readonly name: string;
  readonly table: Fragment;
  rowCount: number;
  /** Rows that belong to the cluster of another id. */
  aliasCount: number;
}

/** The events of a project. */
export interface EventTable extends PropertyTable {
  readonly catalogTable: "event_properties";
  rowCount: number;
  /** Rows appended since the table was last put in order. */
  unsortedCount: number;
}

/** One scope's profiles, and what belongs to them. */
export interface ProfileTable extends PropertyTable {
  readonly catalogTable: "properties";
  readonly scope: Scope;
  readonly people: PeopleTable;
  /** Undefined until the first event, and always for groups. */
  events: EventTable | undefined;
  /** Keys below this are or were in use. */
  nextKey: number;
  /** Keys below this are set aside on disk, so that none is given twice after a restart. */
  keysReserved: number;
}

/** Whether a table is one of events. */
export function isEventTable(table: ProfileTable | EventTable): table is EventTable {
  return table.catalogTable === "event_properties";
}

/** How many rows a table has, about: profiles that were deleted count. */
export function rowsOf(table: ProfileTable | EventTable): number {
  return isEventTable(table) ? table.rowCount : table.nextKey;
}

/**
 * A scope's tables as they are known now, for a reader that runs several statements: a column that is made
 * meanwhile is not in the state of the file that it sees.
 */
export function asKnownNow(table: ProfileTable): ProfileTable {
  const { events } = table;
  return {
    ...table,
    catalog: table.catalog.copy(),
    people: { ...table.people },
    events: events && { ...events, catalog: events.catalog.copy() },
  };
}
