/**
 * The events that one transaction adds to a project: each replaces an equal one.
 *
 * @module
 */
import {
  BIGINT,
  BOOLEAN,
  type DuckDBConnection,
  type DuckDBType,
  INTEGER,
  LIST,
  UINTEGER,
  VARCHAR,
} from "@duckdb/node-api";
import { type Event, eventIdentity, NOBODY } from "../event/event.ts";
import { propertiesToJson } from "../profile/record.ts";
import { dayOf, EVENT_CODE, eventCode } from "../sql/event-columns.ts";
import { join, raw, sql } from "../sql/fragment.ts";
import { appendColumns, slices } from "./append.ts";
import { addProperties } from "./catalog-table.ts";
import { columnTypes, PropertyRows } from "./columns.ts";
import { run } from "./connection.ts";
import { idLists, type People } from "./people.ts";
import type { ProfileTable } from "./tables.ts";

/** The columns of an event before those of the catalog. */
const FIXED_TYPES: readonly DuckDBType[] = [
  INTEGER,
  VARCHAR,
  UINTEGER,
  BIGINT,
  VARCHAR,
  BIGINT,
  BOOLEAN,
  VARCHAR,
  LIST(VARCHAR),
];

/** A key that nobody is given. */
const KEY_OF_NOBODY = 4_294_967_295;

/** Events looked for by one statement, and rows that one deletes. */
const CODES_PER_STATEMENT = 10_000;

/** The events of one write. */
export class EventWrite {
  readonly #table: ProfileTable;
  readonly #byIdentity = new Map<string, Event>();
  readonly #ids = new Set<string>();
  /** Keys of profiles that the batch does not change. */
  readonly #profileKeys = new Map<string, number>();
  readonly #keys = new Map<string, number>();
  #rows = new PropertyRows([]);
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

  /** Finds the keys of ids that have a profile and neither a row among people nor a change. */
  async load(
    connection: DuckDBConnection,
    people: People,
    changes: { has(id: string): boolean },
  ): Promise<void> {
    if (this.#table.nextKey === 0) return;
    const open = [...this.#ids].filter((id) => people.key(id) === undefined && !changes.has(id));
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
    this.#rows = new PropertyRows(
      Array.from(this.#byIdentity.values(), ({ properties }) => properties),
    );
    await addProperties(connection, events, events.catalog.additionsFor(this.#rows.needed()));
  }

  /** Writes inside the transaction that the caller has begun. */
  async write(connection: DuckDBConnection): Promise<void> {
    const { events: table } = this.#table;
    if (table === undefined || this.count === 0) return;
    await this.#removeReplaced(connection);
    const events = [...this.#byIdentity.values()];
    const unsorted = new Array<boolean>(events.length).fill(false);
    await appendColumns(
      connection,
      table.name,
      [...FIXED_TYPES, ...columnTypes(table)],
      [
        events.map(({ timeMs }) => dayOf(timeMs)),
        events.map(({ name }) => name),
        events.map((event) => this.#keyOf(event)),
        events.map(({ timeMs }) => BigInt(timeMs)),
        events.map(({ insertId }) => insertId),
        events.map(({ receivedAtMs }) => BigInt(receivedAtMs)),
        unsorted,
        events.map(({ properties }) => propertiesToJson(properties)),
        this.#rows.shared(table),
        ...this.#rows.columns(table),
      ],
    );
  }

  #keyOf({ distinctId }: Event): number {
    return this.#keys.get(distinctId) ?? 0;
  }

  /** Deletes the stored events that new ones equal: few are looked at, by a code of person and instant. */
  async #removeReplaced(connection: DuckDBConnection): Promise<void> {
    const { events: table } = this.#table;
    if (table === undefined || table.rowCount === 0) return;
    const rowIds: bigint[] = [];
    for (const part of slices([...this.#byIdentity.values()], CODES_PER_STATEMENT)) {
      let dayMin = Number.POSITIVE_INFINITY;
      let dayMax = Number.NEGATIVE_INFINITY;
      const codes = part.map((event) => {
        const day = dayOf(event.timeMs);
        dayMin = Math.min(dayMin, day);
        dayMax = Math.max(dayMax, day);
        return eventCode(event.timeMs, this.#keyOf(event));
      });
      const result = await run(
        connection,
        sql`select rowid, name, key, time_ms, insert_id from ${table.table} where day between ${raw(String(dayMin))} and ${raw(String(dayMax))} and ${EVENT_CODE} in (select unnest(${{ kind: "integers", value: codes }}))`,
      );
      if (result.rowCount === 0) continue;
      const identities = new Set(
        part.map((event) =>
          storedIdentity(event.name, this.#keyOf(event), event.timeMs, event.insertId),
        ),
      );
      for (const [rowId, name, key, timeMs, insertId] of await result.getRows()) {
        const found = storedIdentity(String(name), Number(key), Number(timeMs), String(insertId));
        if (identities.has(found)) rowIds.push(rowId as bigint);
      }
    }
    this.#replacedCount = rowIds.length;
    for (const part of slices(rowIds, CODES_PER_STATEMENT)) {
      const list = join(
        part.map((rowId) => raw(String(rowId))),
        ", ",
      );
      await run(connection, sql`delete from ${table.table} where rowid in (${list})`);
    }
  }

  settle(): void {
    const { events: table } = this.#table;
    if (table === undefined) return;
    table.rowCount += this.count - this.#replacedCount;
    table.unsortedCount += this.count;
  }
}

function storedIdentity(name: string, key: number, timeMs: number, insertId: string): string {
  return `${timeMs} ${key} ${name.length} ${name}${insertId}`;
}
