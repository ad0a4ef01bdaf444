/**
 * The event records of a request as events, by the token they name.
 *
 * A record that cannot be read is reported and left out; the others go on.
 *
 * @module
 */
import { type Event, NOBODY } from "../event/event.ts";
import type { IdentityMode } from "../event/identity.ts";
import { isObject, member, type Value, type ValueObject } from "../values/value.ts";
import { decodeEvent, INSERT_ID, isIgnored, propertiesOf, TOKEN } from "./event-record.ts";
import type { EventEndpoint, EventRules } from "./event-rules.ts";
import { readableId, readId } from "./ids.ts";
import { InvalidField } from "./invalid-field.ts";

/** What decoding must know of a project. */
export interface EventProject {
  readonly identity: IdentityMode;
  /** The distinct id of events that name nobody; `NOBODY` if left out. */
  readonly fallbackId?: string;
}

/** What decoding knows besides the records. */
export interface EventContext {
  readonly endpoint: EventEndpoint;
  /** When the records arrived, in epoch milliseconds: the time of those that say none. */
  readonly nowMs: number;
  /** Refuses what the import endpoint's validation refuses; otherwise all is taken that can be stored. */
  readonly isStrict: boolean;
  /** Whether `$merge` is taken, which joins any two users for good; unless said, of what is imported. */
  readonly mayMerge?: boolean;
  /** The project of records that name none; undefined refuses them. */
  readonly token?: string | undefined;
  /** Asked once for each token of the records; undefined for one of no project. */
  projectOf(token: string): EventProject | undefined;
}

/** Events of one project, in the order of their records. */
export interface DecodedEvents {
  readonly token: string;
  readonly events: readonly Event[];
  /** The index of each event's record. */
  readonly indexes: readonly number[];
}

/** Why a record was left out. */
export interface EventFailure {
  readonly index: number;
  /** As it was sent, if it can be told. */
  readonly insertId: string | undefined;
  readonly field: string;
  readonly message: string;
}

/** All records of a request. Those that asked to be ignored are in neither. */
export interface DecodedEventRecords {
  readonly batches: readonly DecodedEvents[];
  readonly failures: readonly EventFailure[];
}

interface OpenBatch extends DecodedEvents {
  readonly rules: EventRules;
  readonly events: Event[];
  readonly indexes: number[];
}

/** Decodes records in order. */
export function decodeEvents(
  records: readonly unknown[],
  context: EventContext,
): DecodedEventRecords {
  const decoder = createEventDecoder(context);
  for (const record of records) decoder.add(record);
  return decoder.decoded;
}

/** Decodes records one by one, for whoever has other work between them. */
export interface EventDecoder {
  readonly decoded: DecodedEventRecords;
  /** Decodes the next record of the request. */
  add(record: unknown): void;
}

/** A decoder for the records of one request. */
export function createEventDecoder(context: EventContext): EventDecoder {
  const batches: OpenBatch[] = [];
  const failures: EventFailure[] = [];
  let index = 0;
  // Neighbouring records mostly share their project.
  let batch: OpenBatch | undefined;

  function decode(record: Value): void {
    const properties = propertiesOf(record);
    const token = readToken(properties, context.token);
    if (batch?.token !== token) batch = openBatch(batches, token, context);
    if (isIgnored(properties)) return;
    batch.events.push(decodeEvent(record, properties, batch.rules));
    batch.indexes.push(index);
  }

  return {
    decoded: { batches, failures },
    add: (record) => {
      try {
        decode(record as Value);
      } catch (error) {
        if (!(error instanceof InvalidField)) throw error;
        const { field, message } = error;
        failures.push({ index, insertId: sentInsertId(record as Value), field, message });
      }
      index++;
    },
  };
}

function openBatch(batches: OpenBatch[], token: string, context: EventContext): OpenBatch {
  const open = batches.find((batch) => batch.token === token);
  if (open !== undefined) return open;
  const { endpoint, nowMs, isStrict, mayMerge = endpoint === "import" } = context;
  const { identity, fallbackId = NOBODY } = context.projectOf(token) ?? { identity: "simplified" };
  const rules: EventRules = { endpoint, nowMs, isStrict, identity, mayMerge, fallbackId };
  const batch: OpenBatch = { token, rules, events: [], indexes: [] };
  batches.push(batch);
  return batch;
}

function readToken(properties: ValueObject, otherwise: string | undefined): string {
  const token = member(properties, TOKEN);
  if (token === undefined || token === null || token === "") {
    if (otherwise === undefined) {
      throw new InvalidField(`properties.${TOKEN}`, "must not be missing");
    }
    return otherwise;
  }
  return token === otherwise ? otherwise : readId(token, `properties.${TOKEN}`);
}

function sentInsertId(record: Value): string | undefined {
  const properties = isObject(record) ? member(record, "properties") : undefined;
  if (properties === undefined || !isObject(properties)) return undefined;
  return readableId(member(properties, INSERT_ID));
}
