/**
 * The events a store holds, as tests compare them.
 *
 * @module
 */
import type { Store } from "../../src/store/store.ts";

/** An event as it was stored. */
export interface StoredEvent {
  readonly event: string;
  readonly distinctId: string;
  readonly timeMs: number;
  readonly insertId: string;
  readonly properties: Readonly<Record<string, unknown>>;
}

/** Every event of a project, by time, then name. */
export async function storedEvents(
  store: Store,
  projectId: number = 1,
): Promise<readonly StoredEvent[]> {
  const events: StoredEvent[] = [];
  const rows = store.events({
    projectId,
    span: { fromSeconds: 0, toSeconds: 253_402_300_799 },
    names: undefined,
    distinctIds: undefined,
    selector: undefined,
    limit: undefined,
    asOfSeconds: 0,
    timeZone: "UTC",
  });
  for await (const batch of rows) {
    for (const { name, distinctId, timeMs, insertId, propertiesJson } of batch) {
      const properties = JSON.parse(propertiesJson);
      events.push({ event: name, distinctId, timeMs, insertId, properties });
    }
  }
  return events;
}

/** What they are called, and whose they are. */
export async function namesAndIds(
  store: Store,
  projectId: number = 1,
): Promise<readonly (readonly [name: string, distinctId: string])[]> {
  const events = await storedEvents(store, projectId);
  return events.map(({ event, distinctId }) => [event, distinctId] as const);
}
