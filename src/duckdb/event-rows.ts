/**
 * Stored events as the reference sees them, for what SQL cannot say.
 *
 * @module
 */
import type { DuckDBConnection, DuckDBValue } from "@duckdb/node-api";
import type { Behavior } from "../event/behavior.ts";
import type { Event } from "../event/event.ts";
import { behaviorValue } from "../event/measure.ts";
import type { ReadProfile } from "../event/subject.ts";
import { propertiesFromJson } from "../profile/record.ts";
import type { ProfileQuery } from "../query/query.ts";
import { behaviorScan } from "../sql/event-statement.ts";
import { groupsOf } from "../sql/profile-names.ts";
import { profileSubject } from "../store/subject.ts";
import type { Computed } from "../values/value.ts";
import { DUCKDB } from "./dialect.ts";
import { readIds } from "./ids.ts";
import { run } from "./run.ts";
import { eventSource } from "./scope-table.ts";
import type { ProfileTable } from "./tables.ts";

/** Keys whose events are counted at a time, so that memory stays flat. */
const KEYS_PER_SCAN = 16_384;

/** One row of `EventStatement.rows`, taken apart. */
export interface RawEvent {
  readonly name: string;
  readonly key: number;
  readonly timeMs: number;
  readonly insertId: string;
  readonly receivedAtMs: number;
  readonly propertiesJson: string;
  readonly personKey: number;
  /** Undefined where they were not asked for or there is no profile. */
  readonly profileId: string | undefined;
  readonly profileJson: string | undefined;
}

/** Takes a row apart. */
export function readRow(row: readonly DuckDBValue[], from = 0): RawEvent {
  const text = (index: number): string => String(row[from + index]);
  const textOrNone = (index: number): string | undefined => {
    const value = row[from + index];
    return value === null || value === undefined ? undefined : String(value);
  };
  return {
    name: text(0),
    key: Number(row[from + 1]),
    timeMs: Number(row[from + 2]),
    insertId: text(3),
    receivedAtMs: Number(row[from + 4]),
    propertiesJson: text(5),
    personKey: Number(row[from + 6]),
    profileId: textOrNone(7),
    profileJson: textOrNone(8),
  };
}

/** What `user["…"]` reads beside an event. */
export function readProfileOf(raw: RawEvent, projectId: number): ReadProfile {
  if (raw.profileJson === undefined || raw.profileId === undefined) return () => undefined;
  const properties = propertiesFromJson(raw.profileJson);
  const profile = { distinctId: raw.profileId, properties };
  const subject = profileSubject(profile, { projectId, groupKey: undefined });
  return (name) => subject.property(name);
}

/** An event as selectors see it. */
export function toEvent(raw: RawEvent, distinctId: string): Event {
  const { name, timeMs, insertId, receivedAtMs } = raw;
  const properties = propertiesFromJson(raw.propertiesJson);
  return { name, distinctId, timeMs, insertId, receivedAtMs, properties };
}

/** The values of a behavior by key, worked out by the reference; keys without events are left out. */
export async function computeBehavior(
  connection: DuckDBConnection,
  behavior: Behavior,
  query: ProfileQuery,
  table: ProfileTable,
  users: ProfileTable | undefined,
  signal: AbortSignal | undefined,
): Promise<ReadonlyMap<number, Computed>> {
  const values = new Map<number, Computed>();
  const source = users === undefined ? undefined : eventSource(users);
  if (source === undefined || users === undefined) return values;
  const evaluation = { nowSeconds: query.asOfSeconds, timeZone: query.timeZone };
  const group = groupsOf(query, { table: table.table, people: table.people.table });
  const scan = behaviorScan(behavior, source, DUCKDB, evaluation, group);
  for (let from = 0; from < table.nextKey; from += KEYS_PER_SCAN) {
    signal?.throwIfAborted();
    const result = await run(connection, scan.rows(from, from + KEYS_PER_SCAN));
    const rows = (await result.getRows()).map((row) => ({
      key: Number(row[0]),
      raw: readRow(row, 1),
    }));
    const ids = await readIds(connection, users, new Set(rows.map(({ raw }) => raw.key)));
    const byKey = new Map<number, Event[]>();
    const profiles = new Map<Event, ReadProfile>();
    for (const { key, raw } of rows) {
      const event = toEvent(raw, ids.get(raw.key) ?? "");
      profiles.set(event, readProfileOf(raw, source.projectId));
      const events = byKey.get(key);
      if (events === undefined) byKey.set(key, [event]);
      else events.push(event);
    }
    const profileOf = (event: Event): ReadProfile => profiles.get(event) ?? (() => undefined);
    for (const [key, events] of byKey) {
      values.set(key, behaviorValue(behavior, events, profileOf, evaluation));
    }
  }
  return values;
}
