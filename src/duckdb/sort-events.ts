/**
 * Events put in the order that behaviors are counted fastest in: by day, name and person.
 *
 * What arrives is appended as it comes. Once enough has, the days it fell on are written anew, some at a time.
 *
 * @module
 */
import type { DuckDBConnection } from "@duckdb/node-api";
import type { EventTable } from "./tables.ts";
import { inTransaction } from "./transaction.ts";

/** Events written anew by one transaction, unless a single day has more. */
const EVENTS_PER_STEP = 1_000_000;

/** Events out of order that are put up with in any case. */
const UNSORTED_MIN = 100_000;

/** The part of all events that may be out of order while there is time to put them in order. */
const UNSORTED_PART = 0.1;

/** Events out of order that are put up with while writes keep coming: so many, or half of all if that is more. */
const UNSORTED_UNDER_LOAD_MIN = 1_000_000;
const UNSORTED_UNDER_LOAD_PART = 0.5;

/** How long nothing is written before it counts as quiet. */
const QUIET_MS = 2_000;

/** Whether so many events are out of order that it is worth the work. */
export function isWorthSorting({ rowCount, unsortedCount }: EventTable): boolean {
  return unsortedCount > Math.max(UNSORTED_MIN, rowCount * UNSORTED_PART);
}

/** Sees to it that events get in order: at once when many are out of it, else when it is quiet. */
export class EventSorter {
  readonly #exclusively: (work: (writer: DuckDBConnection) => Promise<void>) => Promise<void>;
  readonly #timers = new Map<EventTable, NodeJS.Timeout>();
  readonly #busy = new Set<EventTable>();

  /** @param exclusively runs work while nothing else writes */
  constructor(exclusively: (work: (writer: DuckDBConnection) => Promise<void>) => Promise<void>) {
    this.#exclusively = exclusively;
  }

  /** Looks at a table that was just written. */
  look(table: EventTable): void {
    clearTimeout(this.#timers.get(table));
    this.#timers.delete(table);
    if (!isWorthSorting(table)) return;
    const { rowCount, unsortedCount } = table;
    if (unsortedCount > Math.max(UNSORTED_UNDER_LOAD_MIN, rowCount * UNSORTED_UNDER_LOAD_PART)) {
      this.#sort(table);
      return;
    }
    const timer = setTimeout(() => this.#sort(table), QUIET_MS);
    // A process that has nothing else to do need not wait for it.
    timer.unref();
    this.#timers.set(table, timer);
  }

  /** Starts nothing more. */
  stop(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
  }

  /** Writes that come meanwhile wait for one step at most. */
  #sort(table: EventTable): void {
    if (this.#busy.has(table)) return;
    this.#busy.add(table);
    this.#exclusively((connection) => sortStep(connection, table))
      .then(() => this.#busy.delete(table) && this.look(table))
      // Events out of order are as right as in order, so that a failure can wait for the next write.
      .catch(() => this.#busy.delete(table));
  }
}

/** The order of the table. */
export const EVENT_ORDER = "day, name, key";

interface DayRange {
  readonly from: number;
  readonly to: number;
}

/** Puts the first days that need it in order; the caller has nothing else to write meanwhile. */
export async function sortStep(connection: DuckDBConnection, table: EventTable): Promise<void> {
  const range = await nextRange(connection, table);
  if (range === undefined) {
    table.unsortedCount = 0;
    return;
  }
  const within = `day between ${range.from} and ${range.to}`;
  const sortedCount = await inTransaction(connection, async () => {
    await connection.run(
      `create temp table events_to_sort as select * from ${table.name} where ${within}`,
    );
    const counted = await connection.runAndReadAll(
      "select count(*) filter (not sorted) from events_to_sort",
    );
    await connection.run(`delete from ${table.name} where ${within}`);
    await connection.run(
      `insert into ${table.name} select * replace (true as sorted) from events_to_sort order by ${EVENT_ORDER}`,
    );
    await connection.run("drop table events_to_sort");
    return Number(counted.getRows()[0]?.[0] ?? 0);
  });
  table.unsortedCount -= sortedCount;
}

async function nextRange(
  connection: DuckDBConnection,
  table: EventTable,
): Promise<DayRange | undefined> {
  const days = await connection.runAndReadAll(
    `select day, count(*) from ${table.name} where day >= (select min(day) from ${table.name} where not sorted) group by day order by day`,
  );
  let range: DayRange | undefined;
  let count = 0;
  for (const [day, dayCount] of days.getRows()) {
    count += Number(dayCount);
    if (range !== undefined && count > EVENTS_PER_STEP) break;
    range = { from: range?.from ?? Number(day), to: Number(day) };
  }
  return range;
}
