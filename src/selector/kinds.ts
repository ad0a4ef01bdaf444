/**
 * Sets of kinds, as the checker reasons about them: a number with a bit for each kind.
 *
 * @module
 */
import type { Kind } from "../values/value.ts";

/** A set of kinds. */
export type Kinds = number;

const BITS: Readonly<Record<Kind, Kinds>> = {
  string: 1,
  number: 2,
  boolean: 4,
  datetime: 8,
  list: 16,
  object: 32,
  null: 64,
  undefined: 128,
};

const ALL = Object.keys(BITS) as readonly Kind[];

/** The set of these kinds. */
export function kinds(...members: readonly Kind[]): Kinds {
  let set = 0;
  for (const member of members) set |= BITS[member];
  return set;
}

/** Every kind. */
export const ANY: Kinds = kinds(...ALL);

/** What a property can hold, and undefined for a profile that lacks it. */
export const PROPERTY: Kinds = ANY & ~BITS.datetime;

/** What `and` and `or` accept; undefined and null count as false. */
export const CONDITION: Kinds = kinds("boolean", "null", "undefined");

/** The kinds of a set, as a sentence lists them: `string or number`. */
export function describeKinds(set: Kinds): string {
  const names = listKinds(set);
  const last = names.at(-1) ?? "nothing";
  return names.length < 2 ? last : `${names.slice(0, -1).join(", ")} or ${last}`;
}

/** The kinds of a set, in the order of the reference. */
export function listKinds(set: Kinds): readonly Kind[] {
  return ALL.filter((kind) => (set & BITS[kind]) !== 0);
}
