/**
 * The records of a request as updates, by the token and group key they name.
 *
 * A record that cannot be read is reported and left out; the others go on. The operations of one record
 * apply in a fixed order, whatever order they were written in.
 *
 * @module
 */
import { DISTINCT_ID, GROUP_ID, GROUP_KEY, LAST_SEEN_SECONDS_MAX } from "../profile/reserved.ts";
import type { ProfileUpdate } from "../profile/update.ts";
import { parseNumber } from "../values/json.ts";
import { parseInstant, UNIX_SECONDS_MAX } from "../values/time.ts";
import { isObject, member, type Value, type ValueObject } from "../values/value.ts";
import { readableId, readId } from "./ids.ts";
import { InvalidField } from "./invalid-field.ts";
import { readOperations } from "./operations.ts";

/** Which profiles records are about: those of users, or of groups. */
export type RecordTarget = "engage" | "groups";

/** What decoding knows besides the records. */
export interface DecodeContext {
  readonly target: RecordTarget;
  /** When the records arrived, in epoch milliseconds: the time of those that say none. */
  readonly nowMs: number;
  /** The project of records that name none; undefined refuses them. */
  readonly token?: string | undefined;
}

/** Updates of one project and group key, in the order of their records. */
export interface DecodedBatch {
  readonly token: string;
  readonly groupKey: string | undefined;
  readonly updates: readonly ProfileUpdate[];
  /** The index of each update's record. */
  readonly indexes: readonly number[];
}

/** Why a record was left out. */
export interface RecordFailure {
  readonly index: number;
  /** The distinct id or group id, if the record has a readable one. */
  readonly distinctId: string | undefined;
  readonly field: string;
  readonly message: string;
}

/** All records of a request. */
export interface Decoded {
  readonly batches: readonly DecodedBatch[];
  readonly failures: readonly RecordFailure[];
}

const TRUE_VALUES: ReadonlySet<Value | undefined> = new Set([true, "true", "True", 1, "1"]);

/** Decodes records in order. */
export function decodeRecords(records: readonly unknown[], context: DecodeContext): Decoded {
  const decoder = createRecordDecoder(context);
  for (const record of records) decoder.add(record);
  return decoder.decoded;
}

/** Decodes records one by one, for whoever has other work between them. */
export interface RecordDecoder {
  readonly decoded: Decoded;
  /** Decodes the next record of the request. */
  add(record: unknown): void;
}

/** A decoder for the records of one request. */
export function createRecordDecoder(context: DecodeContext): RecordDecoder {
  const batches = new Batches();
  const failures: RecordFailure[] = [];
  let index = 0;
  return {
    decoded: { batches: batches.all, failures },
    add: (record) => {
      try {
        batches.add(index, decodeRecord(record as Value, context));
      } catch (error) {
        if (!(error instanceof InvalidField)) throw error;
        const distinctId = refusedId(record as Value, context.target);
        failures.push({ index, distinctId, field: error.field, message: error.message });
      }
      index++;
    },
  };
}

interface DecodedRecord {
  readonly token: string;
  readonly groupKey: string | undefined;
  readonly update: ProfileUpdate;
}

interface OpenBatch extends DecodedBatch {
  readonly updates: ProfileUpdate[];
  readonly indexes: number[];
}

/** Gathers records by token and group key. */
class Batches {
  readonly all: OpenBatch[] = [];
  /** Neighbouring records mostly share their project. */
  #last: OpenBatch | undefined;

  add(index: number, { token, groupKey, update }: DecodedRecord): void {
    const isIts = (batch: OpenBatch): boolean =>
      batch.token === token && batch.groupKey === groupKey;
    let batch = this.#last;
    if (batch === undefined || !isIts(batch)) batch = this.all.find(isIts);
    if (batch === undefined) {
      batch = { token, groupKey, updates: [], indexes: [] };
      this.all.push(batch);
    }
    batch.updates.push(update);
    batch.indexes.push(index);
    this.#last = batch;
  }
}

function decodeRecord(record: Value, context: DecodeContext): DecodedRecord {
  if (!isObject(record)) throw new InvalidField("record", "must be an object");
  const token = readRequiredId(record, "$token", context.token);
  const isGroup = context.target === "groups";
  const groupKey = isGroup ? readRequiredId(record, GROUP_KEY) : undefined;
  const distinctId = readRequiredId(record, isGroup ? GROUP_ID : DISTINCT_ID);
  const update: ProfileUpdate = {
    distinctId,
    seenAtSeconds: readTime(member(record, "$time"), context.nowMs),
    ignoreTime: TRUE_VALUES.has(member(record, "$ignore_time")),
    ignoreAlias: TRUE_VALUES.has(member(record, "$ignore_alias")),
    operations: readOperations(record),
  };
  return { token, groupKey, update };
}

/** The text of a token, key or id that the record must have. */
function readRequiredId(record: ValueObject, field: string, otherwise?: string): string {
  const value = member(record, field) ?? otherwise;
  if (value === undefined || value === "") throw new InvalidField(field, "must not be missing");
  return readId(value, field);
}

/** The id of a record that was refused, so far as it has one. */
function refusedId(record: Value, target: RecordTarget): string | undefined {
  if (!isObject(record)) return undefined;
  return readableId(member(record, target === "groups" ? GROUP_ID : DISTINCT_ID));
}

/** Seconds or milliseconds as a number or the text of one, or an ISO date and time. */
function readTime(time: Value | undefined, nowMs: number): number {
  if (time === undefined || time === null || time === "") return Math.floor(nowMs / 1000);
  const seconds = secondsOfTime(time);
  if (seconds === undefined || seconds < 0 || seconds > LAST_SEEN_SECONDS_MAX) {
    throw new InvalidField("$time", "must be specified as seconds or milliseconds since epoch");
  }
  return seconds;
}

function secondsOfTime(time: Value): number | undefined {
  const number = typeof time === "string" ? parseNumber(time) : time;
  if (typeof number === "number") {
    return Math.floor(number > UNIX_SECONDS_MAX ? number / 1000 : number);
  }
  return typeof time === "string" ? parseInstant(time, "UTC") : undefined;
}
