/**
 * An event's row as the names of an event selector, and the condition under which it counts.
 *
 * @module
 */
import type { EventTest, TimeSpan } from "../event/behavior.ts";
import type { Scope } from "../profile/profile.ts";
import type { Catalog } from "../store/catalog.ts";
import type { Kind } from "../values/value.ts";
import type { Names, SqlContext } from "./context.ts";
import type { Dialect } from "./dialect.ts";
import { dayOf } from "./event-columns.ts";
import { type Fragment, join, raw, seconds, sql } from "./fragment.ts";
import { column, profileProperty, storedProperty } from "./property.ts";
import { any, FALSE, type Readings, TRUE } from "./readings.ts";
import { Unsupported } from "./unsupported.ts";

/** What stands for a project's events in SQL. */
export interface EventSource {
  readonly projectId: number;
  readonly table: Fragment;
  readonly catalog: Catalog;
  /** The ids without a profile of their own, and the clusters. */
  readonly people: Fragment;
  /** Whether any id belongs to the cluster of another. */
  readonly hasAliases: boolean;
  /** The profiles of users. */
  readonly users: { readonly table: Fragment; readonly catalog: Catalog };
}

/** The columns of events and of what is joined to them. */
const EVENT = "e.";
const PROFILE = "u.";

/** The names of an event selector; what they use decides what has to be joined. */
export class EventNames implements Names {
  readonly #source: EventSource;
  readonly #dialect: Dialect;
  /** Whether profiles have to be joined as `u`. */
  usesProfile: boolean = false;

  constructor(source: EventSource, dialect: Dialect) {
    this.#source = source;
    this.#dialect = dialect;
  }

  property(name: string): Readings {
    return this.event(name);
  }

  profile(name: string): Readings {
    this.usesProfile = true;
    const { users, projectId } = this.#source;
    const scope: Scope = { projectId, groupKey: undefined };
    const readings = profileProperty(name, scope, {
      catalog: users.catalog,
      dialect: this.#dialect,
      qualifier: PROFILE,
    });
    // Where nobody has a profile its id is missing, too.
    return { ...readings, kinds: new Set<Kind>([...readings.kinds, "undefined"]) };
  }

  event(name: string): Readings {
    const dialect = this.#dialect;
    switch (name) {
      case "$time": {
        const instant = dialect.secondsOfMs(column(EVENT, "time_ms"));
        const text = dialect.instantText(instant);
        return { ...oneKind("string", sql`lower(${text})`), rawText: text, textInstant: instant };
      }
      case "time":
        return oneKind("number", dialect.toNumber(dialect.secondsOfMs(column(EVENT, "time_ms"))));
      case "mp_processing_time_ms":
        return oneKind("number", dialect.toNumber(column(EVENT, "received_ms")));
      // Folding is not the engine's: as constants that are compared would have to be folded the same way.
      case "$distinct_id":
      case "distinct_id":
      case "$insert_id":
      case "$event_name":
        throw new Unsupported(name);
      default:
        return storedProperty(name, {
          catalog: this.#source.catalog,
          dialect,
          qualifier: EVENT,
        });
    }
  }

  behavior(): Readings {
    throw new Unsupported("behavior of an event");
  }

  compareBehavior(): undefined {
    return undefined;
  }

  isMember(): Fragment {
    return FALSE;
  }
}

function oneKind(kind: "string" | "number", fragment: Fragment): Readings {
  return { kinds: new Set<Kind>([kind]), [kind]: fragment };
}

/** The condition that an event happened within a span: a range of days narrows it down first. */
export function withinSpan({ fromSeconds, toSeconds }: TimeSpan): Fragment {
  const days = `e.day between ${dayOf(fromSeconds * 1000)} and ${dayOf(toSeconds * 1000)}`;
  return sql`${raw(days)} and e.time_ms >= ${seconds(fromSeconds * 1000)} and e.time_ms < ${seconds((toSeconds + 1) * 1000)}`;
}

/** The condition that one of several tests fits an event. @throws Unsupported */
export function fitsAny(tests: readonly EventTest[], context: SqlContext): Fragment {
  return any(tests.map((test) => fits(test, context)));
}

function fits({ event, selector }: EventTest, context: SqlContext): Fragment {
  const named = event === undefined ? TRUE : sql`e.name = ${event}`;
  if (selector === undefined) return named;
  return sql`(${named} and coalesce(${context.condition(selector.expression, context)}, false))`;
}

/** The key of the profile an event belongs to. */
export function personKey({ hasAliases }: EventSource): Fragment {
  return raw(hasAliases ? "coalesce(a.canonical, e.key)" : "e.key");
}

/** `from` and what is joined: the events `e`, and as they are needed clusters `a` and profiles `u`. */
export function fromEvents(source: EventSource, events: Fragment, withProfile: boolean): Fragment {
  const { people, hasAliases, users } = source;
  const parts = [sql`from ${events} e`];
  if (hasAliases) {
    parts.push(sql`left join ${people} a on a.key = e.key and a.canonical is not null`);
  }
  if (withProfile) {
    parts.push(sql`left join ${users.table} u on u.key = ${personKey(source)}`);
  }
  return join(parts, " ");
}
