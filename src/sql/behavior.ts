/**
 * Behaviors as tables of keys and values, each made of one pass over the events.
 *
 * A profile without an event is not in the table, so whoever reads it says what stands for it.
 *
 * @module
 */
import type { Behavior, Measure } from "../event/behavior.ts";
import type { EvaluationContext } from "../selector/selector.ts";
import { offsetRuns } from "../values/time.ts";
import type { SqlContext } from "./context.ts";
import type { Dialect } from "./dialect.ts";
import {
  type EventNames,
  type EventSource,
  fitsAny,
  fromEvents,
  personKey,
  withinSpan,
} from "./event-names.ts";
import { type Fragment, join, raw, seconds, sql } from "./fragment.ts";
import { type Readings, reading, SQL_KINDS } from "./readings.ts";
import { Unsupported } from "./unsupported.ts";

/** Groups whose events are counted. */
export interface EventGroups {
  /** Their keys and distinct ids. */
  readonly table: Fragment;
  /** The property of an event that names them. */
  readonly property: string;
}

/** What a behavior's table is made with. */
export interface BehaviorContext {
  readonly source: EventSource;
  readonly dialect: Dialect;
  readonly evaluation: EvaluationContext;
  /** Undefined for users. */
  readonly group: EventGroups | undefined;
  /** What compiles event selectors; it notes what they use. */
  readonly names: EventNames;
  readonly selectors: SqlContext;
}

/** What stands for profiles without a row: 0, or undefined. */
export function isZeroWithoutEvents({ kind }: Measure): boolean {
  return kind === "count" || kind === "days" || kind === "sum" || kind === "unique";
}

/**
 * A query for `key` and `value`, a row for each profile that has an event that counts.
 *
 * @throws Unsupported
 */
export function behaviorTable(behavior: Behavior, context: BehaviorContext): Fragment {
  const { source, names, selectors, group, dialect } = context;
  const value = aggregate(behavior, context);
  const tests = fitsAny(behavior.tests, selectors);
  const { key, from } = countedEvents(behavior, source, dialect, group, names.usesProfile);
  return sql`select ${key} as key, ${value} as value ${from} where ${withinSpan(behavior.span)} and ${tests} group by 1`;
}

/**
 * The events that a behavior may count, as `e`, and the key that each counts for.
 *
 * An event names any number of groups, and counts for each of them.
 *
 * @param withProfile whether profiles are joined as `u`
 */
export function countedEvents(
  { span }: Behavior,
  source: EventSource,
  dialect: Dialect,
  group: EventGroups | undefined,
  withProfile: boolean,
): { readonly key: Fragment; readonly from: Fragment } {
  if (group === undefined) {
    return { key: personKey(source), from: fromEvents(source, source.table, withProfile) };
  }
  const ids = dialect.eachElement(dialect.jsonIds(raw("e.properties"), group.property));
  // The span narrows the events down before their JSON is read.
  const events = sql`(select e.*, ${ids} as group_id from ${source.table} e where ${withinSpan(span)})`;
  const from = sql`${fromEvents(source, events, withProfile)} join ${group.table} g on g.distinct_id = e.group_id and g.distinct_id <> ''`;
  return { key: raw("g.key"), from };
}

function aggregate(behavior: Behavior, context: BehaviorContext): Fragment {
  const { dialect, names } = context;
  const { measure } = behavior;
  const instant = dialect.secondsOfMs(raw("e.time_ms"));
  switch (measure.kind) {
    case "count":
      return dialect.toNumber(raw("count(*)"));
    case "days":
      return dialect.toNumber(sql`count(distinct ${localDay(behavior, context)})`);
    case "first_time":
      return sql`min(${instant})`;
    case "last_time":
      return sql`max(${instant})`;
    case "unique":
      return dialect.toNumber(
        sql`count(distinct ${distinctValue(names.event(measure.property), dialect)})`,
      );
    case "most_frequent":
    case "first_value":
    case "last_value":
      throw new Unsupported(measure.kind);
    default:
      return numberAggregate(measure.kind, names.event(measure.property), dialect);
  }
}

function numberAggregate(
  kind: "sum" | "average" | "min" | "max" | "median",
  readings: Readings,
  dialect: Dialect,
): Fragment {
  const number = reading(readings, "number") ?? raw("cast(null as double)");
  switch (kind) {
    case "sum":
      return dialect.finite(sql`coalesce(sum(${number}), 0)`);
    case "average":
      return dialect.finite(sql`sum(${number}) / count(${number})`);
    case "min":
      return sql`min(${number})`;
    case "max":
      return sql`max(${number})`;
    case "median": {
      const lower = dialect.lowerMedian(number);
      const upper = sql`(-${dialect.lowerMedian(sql`(-${number})`)})`;
      return sql`case when ${lower} = ${upper} then ${lower} else ${lower} / 2 + ${upper} / 2 end`;
    }
  }
}

/** A span so long would need the offsets of a zone for ages. */
const ZONED_SPAN_SECONDS_MAX: number = 40 * 366 * 86_400;

/** The local day of an event as a number, by the offsets that the zone has within the span. */
function localDay({ span }: Behavior, { dialect, evaluation }: BehaviorContext): Fragment {
  const instant = dialect.secondsOfMs(raw("e.time_ms"));
  const { timeZone } = evaluation;
  if (timeZone === "UTC") return sql`floor(${instant} / 86400.0)`;
  if (span.toSeconds - span.fromSeconds > ZONED_SPAN_SECONDS_MAX)
    throw new Unsupported("long span");
  const runs = offsetRuns(span.fromSeconds, span.toSeconds, timeZone);
  const cases = runs
    .toReversed()
    .map(
      ({ fromSeconds, offsetSeconds }) =>
        sql`when ${instant} >= ${seconds(fromSeconds)} then ${raw(String(offsetSeconds))}`,
    );
  return sql`floor((${instant} + case ${join(cases, " ")} end) / 86400.0)`;
}

/** A text that two values share exactly when they are equal; null for null and missing. */
function distinctValue(readings: Readings, dialect: Dialect): Fragment {
  const cases = SQL_KINDS.flatMap((kind) => {
    const fragment = reading(readings, kind);
    if (fragment === undefined) return [];
    const prefix = raw(`'${kind}'`);
    const text = kind === "string" || kind === "object" ? fragment : dialect.distinctText(fragment);
    return [sql`when ${fragment} is not null then ${prefix} || ${text}`];
  });
  return cases.length === 0 ? raw("cast(null as varchar)") : sql`case ${join(cases, " ")} end`;
}
