/**
 * Events put in the order that behaviors are counted fastest in: by day, name and person.
 *
 * What arrives is appended as it comes. Once enough has, the days it fell on are written anew, some at a time.
 *
 * @module
 */
import type { DuckDBConnection } from "@duckdb/node-api";
import type { EventTable } from "./tables.ts";

/** Events written anew by one transaction, unless a single day has more. */
const EVENTS_PER_STEP = 1_000_000;

/** Events out of order that are put up with in any case. */
const UNSORTED_MIN = 100_000;

/** The part of all events that may be out of order. */
const UNSORTED_PART = 0.1;

/** Whether so many events are out of order that it is worth the work. */
export function isUnsorted({ rowCount, unsortedCount }: EventTable): boolean {
  return unsortedCount > Math.max(UNSORTED_MIN, rowCount * UNSORTED_PART);
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
  await connection.run("begin");
  let sortedCount = 0;
  try {
    await connection.run(
      `create temp table events_to_sort as select * from ${table.name} where ${within}`,
    );
    const counted = await connection.runAndReadAll(
      "select count(*) filter (not sorted) from events_to_sort",
    );
    sortedCount = Number(counted.getRows()[0]?.[0] ?? 0);
    await connection.run(`delete from ${table.name} where ${within}`);
    await connection.run(
      `insert into ${table.name} select * replace (true as sorted) from events_to_sort order by ${EVENT_ORDER}`,
    );
    await connection.run("drop table events_to_sort");
    await connection.run("commit");
  } catch (error) {
    await connection.run("rollback").catch(() => undefined);
    throw error;
  }
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
