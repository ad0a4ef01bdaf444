/**
 * The events that one transaction adds to a project: each replaces an equal one.
 *
 * @module
 */
import { BIGINT, BOOLEAN, type DuckDBConnection, INTEGER } from "@duckdb/node-api";
import { type Event, eventIdentity, NOBODY } from "../event/event.ts";
import { propertiesToJson } from "../profile/record.ts";
import { dayOf, EVENT_CODE, eventCode } from "../sql/event-columns.ts";
import { type Fragment, raw, sql } from "../sql/fragment.ts";
import { appendColumns, slices } from "./append.ts";
import { addProperties } from "./catalog-table.ts";
import { keyColumn, PlainColumn, textColumn } from "./column.ts";
import { PropertyRows } from "./columns.ts";
import { Pacer } from "./pacer.ts";
import { idLists, type People } from "./people.ts";
import { run } from "./run.ts";
import type { EventTable, ProfileTable } from "./tables.ts";

/** A key that nobody is given. */
const KEY_OF_NOBODY = 4_294_967_295;

/** Events looked for by one statement. */
const CODES_PER_STATEMENT = 10_000;

/** The events of one write. */
export class EventWrite {
  readonly #table: ProfileTable;
  readonly #byIdentity = new Map<string, Event>();
  readonly #ids = new Set<string>();
  /** Keys of profiles that the batch does not change. */
  readonly #profileKeys = new Map<string, number>();
  readonly #keys = new Map<string, number>();
  #rows = new PropertyRows(undefined, 0);
  #replacedCount = 0;

  constructor(table: ProfileTable) {
    this.#table = table;
  }

  add(event: Event): void {
    this.#byIdentity.set(eventIdentity(event), event);
    this.#ids.add(event.distinctId);
  }

  get count(): number {
    return this.#byIdentity.size;
  }

  distinctIds(): ReadonlySet<string> {
    return this.#ids;
  }

  /** Whether an event is of this very id. */
  names(id: string): boolean {
    return this.#ids.has(id);
  }

  /**
   * Finds the keys of ids that have a profile but no row among people.
   *
   * @param profiles those whose profiles were looked for already
   */
  async load(
    connection: DuckDBConnection,
    people: People,
    profiles: { has(id: string): boolean },
  ): Promise<void> {
    if (this.#table.nextKey === 0) return;
    const open = [...this.#ids].filter((id) => people.key(id) === undefined && !profiles.has(id));
    for (const list of idLists(open)) {
      const result = await run(
        connection,
        sql`select distinct_id, key from ${this.#table.table} where distinct_id in (${list})`,
      );
      for (const [id, key] of await result.getRows()) {
        this.#profileKeys.set(String(id), Number(key));
      }
    }
  }

  profileKey(id: string): number | undefined {
    return this.#profileKeys.get(id);
  }

  giveKeys(keyOf: (id: string) => number): void {
    for (const id of this.#ids) this.#keys.set(id, id === NOBODY ? KEY_OF_NOBODY : keyOf(id));
  }

  /** Makes the columns that the events need. */
  async prepare(connection: DuckDBConnection): Promise<void> {
    const { events } = this.#table;
    if (events === undefined || this.count === 0) return;
    this.#rows = new PropertyRows(events.catalog, this.count);
    const pacer = new Pacer();
    for (const { properties } of this.#byIdentity.values()) {
      this.#rows.add(properties);
      if (pacer.isDue()) await pacer.rest();
    }
    const rowCount = events.rowCount + this.count;
    const additions = events.catalog.additionsFor(this.#rows.needed(), rowCount);
    await addProperties(connection, events, additions);
  }

  /** Writes inside the transaction that the caller has begun. */
  async write(connection: DuckDBConnection): Promise<void> {
    const { events: table } = this.#table;
    if (table === undefined || this.count === 0) return;
    await this.#removeReplaced(connection);
    const events = [...this.#byIdentity.values()];
    const integers = (values: readonly number[]): PlainColumn =>
      new PlainColumn(BIGINT, BigInt64Array.from(values, BigInt));
    await appendColumns(connection, table.name, events.length, [
      new PlainColumn(
        INTEGER,
        Int32Array.from(events, ({ timeMs }) => dayOf(timeMs)),
      ),
      textColumn(events.map(({ name }) => name)),
      keyColumn(events.map((event) => this.#keyOf(event))),
      integers(events.map(({ timeMs }) => timeMs)),
      textColumn(events.map(({ insertId }) => insertId)),
      integers(events.map(({ receivedAtMs }) => receivedAtMs)),
      // None of them stands in the table's order yet.
      new PlainColumn(BOOLEAN, new Uint8Array(events.length)),
      textColumn(events.map(({ properties }) => propertiesToJson(properties))),
      this.#rows.shared(table),
      ...this.#rows.columns(table),
    ]);
  }

  #keyOf({ distinctId }: Event): number {
    return this.#keys.get(distinctId) ?? 0;
  }

  /** Deletes the stored events that new ones equal. */
  async #removeReplaced(connection: DuckDBConnection): Promise<void> {
    const { events: table } = this.#table;
    if (table === undefined || table.rowCount === 0) return;
    const replaced: bigint[] = [];
    for (const part of slices([...this.#byIdentity.values()], CODES_PER_STATEMENT)) {
      const candidates = await this.#rowsLike(connection, table, part);
      if (candidates.length > 0) {
        replaced.push(...(await this.#equalRows(connection, table, part, candidates)));
      }
    }
    this.#replacedCount = replaced.length;
    if (replaced.length === 0) return;
    await run(connection, sql`delete from ${table.table} where ${oneOfRows(replaced)}`);
  }

  /** The rows that have a person and an instant of one of some events: few columns are read for it. */
  async #rowsLike(
    connection: DuckDBConnection,
    table: EventTable,
    events: readonly Event[],
  ): Promise<readonly bigint[]> {
    let dayMin = Number.POSITIVE_INFINITY;
    let dayMax = Number.NEGATIVE_INFINITY;
    const codes = events.map((event) => {
      const day = dayOf(event.timeMs);
      dayMin = Math.min(dayMin, day);
      dayMax = Math.max(dayMax, day);
      return eventCode(event.timeMs, this.#keyOf(event));
    });
    const result = await run(
      connection,
      sql`select rowid from ${table.table} where day between ${raw(String(dayMin))} and ${raw(String(dayMax))} and ${EVENT_CODE} in (select unnest(${{ kind: "integers", value: codes }}))`,
    );
    return (await result.getRows()).map(([rowId]) => rowId as bigint);
  }

  async #equalRows(
    connection: DuckDBConnection,
    table: EventTable,
    events: readonly Event[],
    rowIds: readonly bigint[],
  ): Promise<readonly bigint[]> {
    const identities = new Set(
      events.map((event) =>
        storedIdentity(event.name, this.#keyOf(event), event.timeMs, event.insertId),
      ),
    );
    const result = await run(
      connection,
      sql`select rowid, name, key, time_ms, insert_id from ${table.table} where ${oneOfRows(rowIds)}`,
    );
    return (await result.getRows()).flatMap(([rowId, name, key, timeMs, insertId]) => {
      const found = storedIdentity(String(name), Number(key), Number(timeMs), String(insertId));
      return identities.has(found) ? [rowId as bigint] : [];
    });
  }

  settle(): void {
    const { events: table } = this.#table;
    if (table === undefined) return;
    table.rowCount += this.count - this.#replacedCount;
    table.unsortedCount += this.count;
  }
}

function oneOfRows(rowIds: readonly bigint[]): Fragment {
  return sql`rowid in (select unnest(${{ kind: "integers", value: rowIds }}))`;
}

function storedIdentity(name: string, key: number, timeMs: number, insertId: string): string {
  return `${timeMs} ${key} ${name.length} ${name}${insertId}`;
}
