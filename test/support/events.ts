/**
 * Events, behaviors and what is asked about them in few words.
 *
 * @module
 */
import type { Behavior, EventTest, Measure, TimeSpan } from "../../src/event/behavior.ts";
import type { Event, EventRow } from "../../src/event/event.ts";
import type { EventQuery } from "../../src/event/event-query.ts";
import type { IdentityMode } from "../../src/event/identity.ts";
import { compile, type Selector, type SelectorScope } from "../../src/selector/selector.ts";
import type { ProjectEvents, Store } from "../../src/store/store.ts";
import type { Computed } from "../../src/values/value.ts";
import { type Named, named, query, SEEN_AT_SECONDS } from "./updates.ts";

/** The time of events that do not say another. */
export const AT: number = SEEN_AT_SECONDS;

/** When events arrive that do not say another. */
export const RECEIVED_AT_MS = 1_714_600_000_123;

/** All time. */
const ALWAYS: TimeSpan = { fromSeconds: -1e12, toSeconds: 1e12 };

let madeCount = 0;

/** An event with an insert id of its own, or what the members say instead. */
export function event(
  name: string,
  distinctId: string,
  properties: Named = {},
  members: Partial<Event> = {},
): Event {
  madeCount++;
  return {
    name,
    distinctId,
    timeMs: AT * 1000,
    insertId: `made-${madeCount}`,
    receivedAtMs: RECEIVED_AT_MS,
    properties: named(properties),
    ...members,
  };
}

/** Events of project 1 as one batch. */
export function events(
  list: readonly Event[],
  identity: IdentityMode = "simplified",
  projectId: number = 1,
): ProjectEvents {
  return { projectId, identity, events: list };
}

/** An event selector. */
export function eventSelector(source: string): Selector {
  return compiled(source, { behaviors: new Set(), event: true });
}

/** A selector or expression that reads behaviors. */
export function behaviorSelector(source: string, ...names: readonly string[]): Selector {
  return compiled(source, { behaviors: new Set(names), event: false });
}

function compiled(source: string, scope: SelectorScope): Selector {
  const selector = compile(source, scope);
  if (selector === undefined) throw new Error("the selector is empty");
  return selector;
}

/** A test of events of a name, and perhaps by a selector. */
export function eventTest(name: string | undefined, source?: string): EventTest {
  return { event: name, selector: source === undefined ? undefined : eventSelector(source) };
}

/** A behavior of all time over events of any name, or what the members say instead. */
export function behavior(measure: Measure, members: Partial<Behavior> = {}): Behavior {
  return { tests: [eventTest(undefined)], span: ALWAYS, measure, ...members };
}

/** How many events of a name there are. */
export function countOf(name: string, members: Partial<Behavior> = {}): Behavior {
  return behavior({ kind: "count" }, { tests: [eventTest(name)], ...members });
}

/** A query of all events of project 1, or what the members say instead. */
export function eventQuery(members: Partial<EventQuery> = {}): EventQuery {
  return {
    projectId: 1,
    span: ALWAYS,
    names: undefined,
    distinctIds: undefined,
    selector: undefined,
    limit: undefined,
    asOfSeconds: SEEN_AT_SECONDS,
    timeZone: "UTC",
    ...members,
  };
}

/** The events a query selects, in order. */
export async function rowsOf(
  store: Store,
  members: Partial<EventQuery> = {},
): Promise<readonly EventRow[]> {
  const rows: EventRow[] = [];
  for await (const batch of store.events(eventQuery(members))) rows.push(...batch);
  return rows;
}

/** The names of the events a query selects, in order. */
export async function namesOf(
  store: Store,
  members: Partial<EventQuery> = {},
): Promise<readonly string[]> {
  return (await rowsOf(store, members)).map(({ name }) => name);
}

/** What an expression comes to for each profile of a query, by distinct id. */
export async function valuesById(
  store: Store,
  source: string,
  members: Parameters<typeof query>[0] = {},
): Promise<Readonly<Record<string, Computed>>> {
  const asked = query(members);
  const names = [...asked.behaviors.keys()];
  const expressions = ['properties["$distinct_id"]', source].map(
    (text) => behaviorSelector(text, ...names).expression,
  );
  const found: [string, Computed][] = [];
  for await (const batch of store.values(asked, expressions)) {
    for (const [id, value] of batch) found.push([String(id), value]);
  }
  found.sort(([left], [right]) => (left < right ? -1 : 1));
  return Object.fromEntries(found);
}

/** What an expression comes to for one profile of a query. */
export async function valueFor(
  distinctId: string,
  ...asked: Parameters<typeof valuesById>
): Promise<Computed> {
  const found = await valuesById(...asked);
  return found[distinctId];
}
