/**
 * An event: something that somebody did at an instant.
 *
 * @module
 */
import type { Properties } from "../values/value.ts";

/** Stands for nobody: an event with this distinct id is kept and exported, but counts for no profile. */
export const NOBODY = "";

/** One event, decoded. */
export interface Event {
  /** Exact and case-sensitive. */
  readonly name: string;
  /** As sent, or as `identity.ts` derives it; `NOBODY` for none. */
  readonly distinctId: string;
  /** Epoch milliseconds, whole. */
  readonly timeMs: number;
  /** As sent, or made up, so that the event never equals another. */
  readonly insertId: string;
  /** When it arrived, in epoch milliseconds. */
  readonly receivedAtMs: number;
  /** Every property but the token, the distinct id, the time and the insert id. */
  readonly properties: Properties;
}

/** An event as it is read out: its properties are the text of a JSON object. */
export interface EventRow {
  readonly name: string;
  /** As it was stored with. */
  readonly distinctId: string;
  /** The id that the cluster of `distinctId` goes by. */
  readonly canonicalId: string;
  readonly timeMs: number;
  readonly insertId: string;
  readonly receivedAtMs: number;
  readonly propertiesJson: string;
}

/** A text that two events of a project share exactly when the later one replaces the earlier. */
export function eventIdentity({ name, distinctId, timeMs, insertId }: Event): string {
  // The lengths keep apart texts that would run into each other.
  return `${timeMs} ${name.length} ${distinctId.length} ${name}${distinctId}${insertId}`;
}
