/**
 * Event records decoded in few words.
 *
 * @module
 */
import { expect } from "vitest";
import type { Event } from "../../src/event/event.ts";
import {
  type DecodedEventRecords,
  decodeEvents,
  type EventContext,
  type EventFailure,
} from "../../src/ingest/decode-events.ts";

/** When the records arrive. */
export const NOW_MS = 1_714_557_600_123;

const CONTEXT: EventContext = {
  endpoint: "track",
  nowMs: NOW_MS,
  isStrict: false,
  projectOf: () => ({ identity: "simplified" }),
};
/** To the import endpoint, leniently. */
export const IMPORT: Partial<EventContext> = { endpoint: "import", token: "tok" };
/** To the import endpoint, strictly. */
export const STRICT: Partial<EventContext> = { ...IMPORT, isStrict: true };

/** The least that every endpoint takes. */
export const ANY: object = {
  token: "tok",
  distinct_id: "ada",
  time: 1_700_000_000,
  $insert_id: "i-1",
};

/** Decodes records that are tracked, or as the context says. */
export function decode(
  records: readonly unknown[],
  context: Partial<EventContext> = {},
): DecodedEventRecords {
  return decodeEvents(records, { ...CONTEXT, ...context });
}

/** The event of one record that must be taken. */
export function event(
  properties: object,
  context: Partial<EventContext> = {},
  name: unknown = "Signup",
): Event {
  const { batches, failures } = decode([{ event: name, properties }], context);
  expect(failures).toEqual([]);
  return batches[0]?.events[0] as Event;
}

/** Why one record is not taken. */
export function problem(
  record: unknown,
  context: Partial<EventContext> = {},
): EventFailure | undefined {
  const { batches, failures } = decode([record], context);
  expect(batches.flatMap(({ events }) => events)).toEqual([]);
  return failures[0];
}

/** Why a record with these properties is not taken, otherwise the best there is. */
export function refused(
  properties: object,
  context: Partial<EventContext> = STRICT,
): string | undefined {
  return problem({ event: "Signup", properties: { ...ANY, ...properties } }, context)?.message;
}
