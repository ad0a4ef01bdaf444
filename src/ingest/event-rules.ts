/**
 * By what rules event records are decoded: how large an event may be, and when it may have happened.
 *
 * @module
 */
import type { IdentityMode } from "../event/identity.ts";

/** Where events come in: as they happen and by token alone, or with a credential and from any time. */
export type EventEndpoint = "track" | "import";

/** The rules for the records of one project in one request. */
export interface EventRules {
  readonly endpoint: EventEndpoint;
  /** When the records arrived, in epoch milliseconds. */
  readonly nowMs: number;
  /** Refuses what the import endpoint's validation refuses. */
  readonly isStrict: boolean;
  readonly identity: IdentityMode;
  /** Takes `$merge`, which joins any two users for good. */
  readonly mayMerge: boolean;
  /** The distinct id of an event that has none. */
  readonly fallbackId: string;
}

/** UTF-8 bytes of an event's name and properties, as JSON. */
export const EVENT_BYTES_MAX = 1_048_576;

/** Properties of an event that is validated strictly. */
export const EVENT_PROPERTIES_MAX = 255;

/** Lists and objects inside each other in an event that is validated strictly. */
export const EVENT_DEPTH_MAX = 3;

/** Characters of the insert id of an event that is validated strictly. */
export const INSERT_ID_LENGTH_MAX = 36;

/** 1971-01-01 UTC: no event that is validated strictly is older. */
export const EVENT_TIME_MS_MIN = 31_536_000_000;

/** How far a strictly validated event's clock may be ahead. */
export const EVENT_AHEAD_MS_MAX = 3_600_000;

/** The end of the year 9999: the last instant whose text has a year of four digits. */
export const EVENT_TIME_MS_MAX = 253_402_300_799_999;
