/**
 * Events in their order, part by part of their span, so that memory stays flat.
 *
 * @module
 */
import type { DuckDBConnection } from "@duckdb/node-api";
import type { TimeSpan } from "../event/behavior.ts";
import { type EventRow, NOBODY } from "../event/event.ts";
import type { EventQuery } from "../event/event-query.ts";
import { orderEvents } from "../event/order.ts";
import { eventSubject } from "../event/subject.ts";
import { selects } from "../selector/selector.ts";
import { usesOf } from "../selector/uses.ts";
import { type EventStatement, eventStatement, type Page } from "../sql/event-statement.ts";
import { type Fragment, sql } from "../sql/fragment.ts";
import { DUCKDB } from "./dialect.ts";
import { type RawEvent, readProfileOf, readRow, toEvent } from "./event-rows.ts";
import { readCanonicalIds, readIds, readKeys } from "./ids.ts";
import { keyList } from "./people.ts";
import { run } from "./run.ts";
import { eventSource } from "./scope-table.ts";
import type { ProfileTable } from "./tables.ts";

/** Candidates of one part. */
const EVENTS_PER_PART = 20_000;

/** Events handed over together. */
const EVENTS_PER_BATCH = 2_000;

/** The span is cut into hours, and an hour with too many events into seconds. */
const STRETCHES_SECONDS = [3_600, 1];

/** So many candidates at most, unless they are of one second. */
interface Part extends TimeSpan {
  readonly count: number;
}

/** The events a query selects. */
export async function* readEvents(
  connection: DuckDBConnection,
  users: ProfileTable,
  query: EventQuery,
  signal: AbortSignal | undefined,
): AsyncGenerator<readonly EventRow[]> {
  const source = eventSource(users);
  if (source === undefined) return;
  const people = await peopleOf(connection, users, query);
  const statement = eventStatement(query, source, DUCKDB, people);
  let left = query.limit ?? Number.POSITIVE_INFINITY;
  for await (const part of partsOf(connection, statement, query.span, STRETCHES_SECONDS)) {
    for (const page of pagesOf(part)) {
      if (left <= 0) return;
      signal?.throwIfAborted();
      const rows = await readPart(connection, users, query, statement, part, page);
      const wanted = rows.slice(0, left);
      left -= wanted.length;
      for (let start = 0; start < wanted.length; start += EVENTS_PER_BATCH) {
        yield wanted.slice(start, start + EVENTS_PER_BATCH);
      }
    }
  }
}

/** One second may have any number of events: those are read by their place in the order. */
function* pagesOf({ count }: Part): Generator<Page | undefined> {
  if (count <= EVENTS_PER_PART) yield undefined;
  else {
    for (let offset = 0; offset < count; offset += EVENTS_PER_PART) {
      yield { offset, rowCount: EVENTS_PER_PART };
    }
  }
}

/** The keys of the people a query is about; undefined for all. */
async function peopleOf(
  connection: DuckDBConnection,
  users: ProfileTable,
  { distinctIds }: EventQuery,
): Promise<Fragment | undefined> {
  if (distinctIds === undefined) return undefined;
  const asked = distinctIds.filter((id) => id !== NOBODY);
  const keys = await readKeys(connection, users, await readCanonicalIds(connection, users, asked));
  return keys.size === 0 ? sql`select 0 where false` : keyList([...keys.values()]);
}

/** Parts of a span with a bounded number of candidates each, in order. */
async function* partsOf(
  connection: DuckDBConnection,
  statement: EventStatement,
  span: TimeSpan,
  [stretchSeconds = 1, ...finer]: readonly number[],
): AsyncGenerator<Part> {
  const counted = await run(connection, statement.counts(span, stretchSeconds));
  let open: Part | undefined;
  for (const [number, stretchCount] of await counted.getRows()) {
    const start = Number(number) * stretchSeconds;
    const stretch = {
      fromSeconds: Math.max(span.fromSeconds, start),
      toSeconds: Math.min(span.toSeconds, start + stretchSeconds - 1),
      count: Number(stretchCount),
    };
    if (open !== undefined && open.count + stretch.count > EVENTS_PER_PART) {
      yield open;
      open = undefined;
    }
    if (stretch.count > EVENTS_PER_PART && finer.length > 0) {
      yield* partsOf(connection, statement, stretch, finer);
    } else {
      open = {
        fromSeconds: open?.fromSeconds ?? stretch.fromSeconds,
        toSeconds: stretch.toSeconds,
        count: (open?.count ?? 0) + stretch.count,
      };
    }
  }
  if (open !== undefined) yield open;
}

async function readPart(
  connection: DuckDBConnection,
  users: ProfileTable,
  query: EventQuery,
  statement: EventStatement,
  part: TimeSpan,
  page: Page | undefined,
): Promise<readonly EventRow[]> {
  const { selector } = query;
  const isResidual = selector !== undefined && !statement.exact;
  const withProfile = isResidual && usesOf([selector.expression]).user;
  const result = await run(connection, statement.rows(part, withProfile, page));
  const found = (await result.getRows()).map((row) => readRow(row));
  const ids = await readIds(
    connection,
    users,
    new Set(found.flatMap(({ key, personKey }) => [key, personKey])),
  );
  const selected = isResidual
    ? found.filter((raw) => isSelected(raw, ids.get(raw.key) ?? NOBODY, query))
    : found;
  const rows = selected.map((raw) => toEventRow(raw, ids));
  return rows.sort(orderEvents);
}

function isSelected(raw: RawEvent, distinctId: string, query: EventQuery): boolean {
  if (query.selector === undefined) return true;
  const subject = eventSubject(toEvent(raw, distinctId), readProfileOf(raw, query.projectId));
  const context = { nowSeconds: query.asOfSeconds, timeZone: query.timeZone };
  return selects(query.selector, subject, context);
}

function toEventRow(raw: RawEvent, ids: ReadonlyMap<number, string>): EventRow {
  const { name, timeMs, insertId, receivedAtMs, propertiesJson } = raw;
  return {
    name,
    distinctId: ids.get(raw.key) ?? NOBODY,
    canonicalId: ids.get(raw.personKey) ?? NOBODY,
    timeMs,
    insertId,
    receivedAtMs,
    propertiesJson,
  };
}
