/**
 * Requests for events as statements.
 *
 * @module
 */
import type { Behavior, TimeSpan } from "../event/behavior.ts";
import type { EventQuery } from "../event/event-query.ts";
import type { EvaluationContext } from "../selector/selector.ts";
import { countedEvents, type EventGroups } from "./behavior.ts";
import type { SqlContext } from "./context.ts";
import type { Dialect } from "./dialect.ts";
import { EventNames, type EventSource, fromEvents, personKey, withinSpan } from "./event-names.ts";
import { conditionOf, conditionOrLooser, readingsOf } from "./expression.ts";
import { type Fragment, join, raw, sql } from "./fragment.ts";
import { all, any, TRUE } from "./readings.ts";

/** The columns of an event that is read, in this order. */
const EVENT_COLUMNS: readonly Fragment[] = [
  raw("e.name"),
  raw("e.key"),
  raw("e.time_ms"),
  raw("e.insert_id"),
  raw("e.received_ms"),
  raw("e.properties"),
];

/** A request for events, compiled. */
export interface EventStatement {
  /** Whether the selector is said in full. */
  readonly exact: boolean;
  /** Stretches of so many seconds, counted since 1970, and how many candidates of a span each has, in order. */
  readonly counts: (span: TimeSpan, stretchSeconds: number) => Fragment;
  /**
   * The candidates of a part of the span: name, key, time, insert id, time of arrival, properties, the key of the
   * person and, if it is asked for, the properties of the person's profile.
   *
   * @param page which of them, in the order of events; undefined for all, in no order
   */
  readonly rows: (part: TimeSpan, withProfile: boolean, page?: Page) => Fragment;
}

/** Some rows of an ordered list. */
export interface Page {
  readonly offset: number;
  readonly rowCount: number;
}

/** @param personKeys the people to read; undefined for all */
export function eventStatement(
  query: EventQuery,
  source: EventSource,
  dialect: Dialect,
  personKeys: Fragment | undefined,
): EventStatement {
  const names = new EventNames(source, dialect);
  const context = eventContext(names, dialect, {
    nowSeconds: query.asOfSeconds,
    timeZone: query.timeZone,
  });
  const selected =
    query.selector === undefined
      ? { condition: TRUE, exact: true }
      : conditionOrLooser(query.selector.expression, context);
  const conditions = [selected.condition];
  if (query.names !== undefined)
    conditions.push(any(query.names.map((name) => sql`e.name = ${name}`)));
  if (personKeys !== undefined) conditions.push(sql`${personKey(source)} in (${personKeys})`);
  const condition = all(conditions);
  const from = fromEvents(source, source.table, names.usesProfile);
  return {
    exact: selected.exact,
    counts: (span, stretchSeconds) =>
      sql`select cast(floor(e.time_ms / ${raw(`${stretchSeconds}000.0`)}) as bigint) as stretch, count(*) ${from} where ${withinSpan(span)} and ${condition} group by 1 order by 1`,
    rows: (part, withProfile, page) => {
      const joined = fromEvents(source, source.table, names.usesProfile || withProfile);
      const selection = sql`where ${withinSpan(part)} and ${condition}`;
      const columns = eventColumns(source, withProfile);
      if (page === undefined) return sql`select ${columns} ${joined} ${selection}`;
      return sql`select ${columns} ${joined} ${joinSender(source)} ${selection} ${inOrder(page)}`;
    },
  };
}

/** The distinct id that an event was sent with, as `s`. */
function joinSender({ people, users }: EventSource): Fragment {
  return sql`left join (select key, distinct_id from ${users.table} union select key, distinct_id from ${people}) s on s.key = e.key`;
}

function inOrder({ offset, rowCount }: Page): Fragment {
  const page = raw(`limit ${rowCount} offset ${offset}`);
  return sql`order by e.time_ms, e.name, coalesce(s.distinct_id, ''), e.insert_id ${page}`;
}

function eventColumns(source: EventSource, withProfile: boolean): Fragment {
  const profile = withProfile ? [raw("u.distinct_id"), raw("u.properties")] : [];
  return join([...EVENT_COLUMNS, personKey(source), ...profile], ", ");
}

/** How the events that a behavior may count are read, for whoever counts them. */
export interface BehaviorScan {
  /**
   * Candidates by the key they count for, within a range of such keys: the key, then the columns as
   * `EventStatement.rows` has them.
   */
  readonly rows: (fromKey: number, toKey: number) => Fragment;
}

/** @param group undefined for users */
export function behaviorScan(
  behavior: Behavior,
  source: EventSource,
  dialect: Dialect,
  evaluation: EvaluationContext,
  group: EventGroups | undefined,
): BehaviorScan {
  const names = new EventNames(source, dialect);
  const context = eventContext(names, dialect, evaluation);
  const tests = behavior.tests.map(({ event, selector }) => {
    const named = event === undefined ? TRUE : sql`e.name = ${event}`;
    if (selector === undefined) return named;
    return all([named, conditionOrLooser(selector.expression, context).condition]);
  });
  const where = sql`${withinSpan(behavior.span)} and ${any(tests)}`;
  const columns = eventColumns(source, true);
  const { key, from } = countedEvents(behavior, source, dialect, group, true);
  return {
    rows: (fromKey, toKey) => {
      const within = sql`${key} >= ${{ kind: "key", value: fromKey }} and ${key} < ${{ kind: "key", value: toKey }}`;
      return sql`select ${key}, ${columns} ${from} where ${where} and ${within}`;
    },
  };
}

function eventContext(
  names: EventNames,
  dialect: Dialect,
  evaluation: EvaluationContext,
): SqlContext {
  return {
    dialect,
    names,
    evaluation,
    variables: new Map(),
    readings: readingsOf,
    condition: conditionOf,
  };
}
