/**
 * The columns of an event that its time decides.
 *
 * @module
 */
import { type Fragment, raw } from "./fragment.ts";

const DAY_MS = 86_400_000;

/** The day an event is kept under: whole days since 1970, UTC. */
export function dayOf(timeMs: number): number {
  return Math.floor(timeMs / DAY_MS);
}

/** The time goes round about every 25 days, so that both fit 64 bits. */
const TIME_TURN_MS = 2_147_483_648;
const KEY_COUNT = 4_294_967_296;

/** A number that few events share: of the time and the key of the person. */
export function eventCode(timeMs: number, key: number): bigint {
  return BigInt(timeMs % TIME_TURN_MS) * BigInt(KEY_COUNT) + BigInt(key);
}

/** The same of a stored event. */
export const EVENT_CODE: Fragment = raw(`((time_ms % ${TIME_TURN_MS}) * ${KEY_COUNT} + key)`);
