/**
 * A profile and an update as the profile the update leaves: the reference meaning of every operation.
 *
 * JSON null is a value like any other: `set_once` finds it present, `add` finds no number, `append` puts
 * it first in the new list. A record applies whole or not at all.
 *
 * @module
 */
import { orderText } from "../values/text.ts";
import { isList, type Value, type ValueObject } from "../values/value.ts";
import {
  boundBytes,
  boundTextBytes,
  exceedsBytes,
  PROFILE_BYTES_MAX,
  PROPERTIES_MAX,
  VALUE_BYTES_MAX,
} from "./limits.ts";
import type { Profile } from "./profile.ts";
import { propertiesToJson } from "./record.ts";
import { formatLastSeen, LAST_SEEN } from "./reserved.ts";
import type { NamedValues, Operation, ProfileUpdate } from "./update.ts";

/** What an update leaves: a profile, none, or all as it was because a limit forbids the update. */
export type Applied =
  | { readonly kind: "applied"; readonly profile: Profile | undefined }
  | { readonly kind: "rejected"; readonly message: string };

type Draft = Map<string, Value>;

/** Why an operation cannot be done, or undefined once it is. */
type Problem = string | undefined;

/** Whether an operation makes the profile it finds missing. */
const CREATES: Readonly<Record<Operation["kind"], boolean>> = {
  set: true,
  set_once: true,
  add: true,
  append: true,
  union: true,
  remove: false,
  unset: false,
  delete: false,
};

/**
 * Applies the operations of one update in order.
 *
 * `$last_seen` becomes the update's time whatever the operations say of it. An update that ignores time
 * leaves `$last_seen` to its operations; only a profile that would have none gets the update's time.
 */
export function applyUpdate(profile: Profile | undefined, update: ProfileUpdate): Applied {
  let draft: Draft | undefined = profile === undefined ? undefined : new Map(profile.properties);
  const countBefore = draft === undefined ? 0 : countOwn(draft);
  for (const operation of update.operations) {
    if (draft === undefined && !CREATES[operation.kind]) continue;
    draft ??= new Map();
    const problem = applyOperation(draft, operation);
    if (problem !== undefined) return { kind: "rejected", message: problem };
    if (operation.kind === "delete") draft = undefined;
  }
  if (draft === undefined) return { kind: "applied", profile: undefined };
  if (!update.ignoreTime || !draft.has(LAST_SEEN)) {
    draft.set(LAST_SEEN, formatLastSeen(update.seenAtSeconds));
  }
  const problem = tooLarge(draft, countBefore);
  if (problem !== undefined) return { kind: "rejected", message: problem };
  return { kind: "applied", profile: { distinctId: update.distinctId, properties: draft } };
}

/** A profile of too many properties may still change, but not grow. */
function tooLarge(draft: Draft, countBefore: number): Problem {
  const count = countOwn(draft);
  if (count > PROPERTIES_MAX && count > countBefore) {
    return `a profile holds at most ${PROPERTIES_MAX} properties, this would make ${count}`;
  }
  return exceedsProfileBytes(draft)
    ? `a profile holds at most ${PROFILE_BYTES_MAX} bytes, this would make more`
    : undefined;
}

/** The exact length costs a whole encoding, so that only profiles near the limit pay for it. */
function exceedsProfileBytes(draft: Draft): boolean {
  let bound = 0;
  for (const [name, value] of draft) bound += boundTextBytes(name) + boundBytes(value);
  return (
    bound > PROFILE_BYTES_MAX && Buffer.byteLength(propertiesToJson(draft)) > PROFILE_BYTES_MAX
  );
}

function countOwn(draft: Draft): number {
  return draft.has(LAST_SEEN) ? draft.size - 1 : draft.size;
}

function applyOperation(draft: Draft, operation: Operation): Problem {
  switch (operation.kind) {
    case "set":
      for (const [name, value] of operation.values) draft.set(name, value);
      return undefined;
    case "set_once":
      for (const [name, value] of operation.values) if (!draft.has(name)) draft.set(name, value);
      return undefined;
    case "add":
      for (const [name, amount] of operation.amounts) addAmount(draft, name, amount);
      return undefined;
    case "append":
      return appendValues(draft, operation.values);
    case "union":
      return uniteValues(draft, operation.values);
    case "remove":
      for (const [name, value] of operation.values) removeValue(draft, name, value);
      return undefined;
    case "unset":
      for (const name of operation.names) draft.delete(name);
      return undefined;
    case "delete":
      draft.clear();
      return undefined;
  }
}

/** A sum that no number can hold changes nothing, as JSON could not write it. */
function addAmount(draft: Draft, name: string, amount: number): void {
  const before = draft.has(name) ? draft.get(name) : 0;
  if (typeof before !== "number") return;
  const sum = before + amount;
  if (Number.isFinite(sum)) draft.set(name, sum);
}

function appendValues(draft: Draft, values: NamedValues): Problem {
  for (const [name, value] of values) {
    const problem = setList(draft, name, [...elementsOf(draft, name), value]);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function uniteValues(draft: Draft, values: ReadonlyMap<string, readonly Value[]>): Problem {
  for (const [name, additions] of values) {
    const before = elementsOf(draft, name);
    const met = new ValueSet(before);
    const added = additions.filter((value) => met.add(value));
    const problem = setList(draft, name, [...before, ...added]);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function removeValue(draft: Draft, name: string, value: Value): void {
  const before = draft.get(name);
  if (!isList(before)) return;
  const removed = new ValueSet(isList(value) ? (value as readonly Value[]) : [value]);
  const left = (before as readonly Value[]).filter((element) => !removed.has(element));
  if (left.length < before.length) draft.set(name, left);
}

/** The list a property holds; a value that is no list counts as the list of it alone. */
function elementsOf(draft: Draft, name: string): readonly Value[] {
  const value = draft.get(name);
  if (value === undefined) return [];
  return isList(value) ? (value as readonly Value[]) : [value];
}

function setList(draft: Draft, name: string, list: readonly Value[]): Problem {
  if (exceedsBytes(list, VALUE_BYTES_MAX)) {
    return `the list ${JSON.stringify(name)} would exceed ${VALUE_BYTES_MAX} bytes`;
  }
  draft.set(name, list);
  return undefined;
}

/** Values told apart by type, case and every member, whatever the order of members. */
class ValueSet {
  readonly #scalars = new Set<Value>();
  /** Lists and objects, as JSON with sorted members. */
  readonly #composites = new Set<string>();

  constructor(values: readonly Value[]) {
    for (const value of values) this.add(value);
  }

  has(value: Value): boolean {
    return isComposite(value) ? this.#composites.has(sortedJson(value)) : this.#scalars.has(value);
  }

  /** Whether the value was new. */
  add(value: Value): boolean {
    if (this.has(value)) return false;
    if (isComposite(value)) this.#composites.add(sortedJson(value));
    else this.#scalars.add(value);
    return true;
  }
}

function isComposite(value: Value): value is readonly Value[] | ValueObject {
  return typeof value === "object" && value !== null;
}

function sortedJson(value: Value): string {
  if (!isComposite(value)) return JSON.stringify(value);
  if (isList(value)) return `[${(value as readonly Value[]).map(sortedJson).join(",")}]`;
  const members = Object.entries(value as ValueObject)
    .sort(([left], [right]) => orderText(left, right))
    .map(([name, member]) => `${JSON.stringify(name)}:${sortedJson(member)}`);
  return `{${members.join(",")}}`;
}
