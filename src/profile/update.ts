/**
 * One change of one profile: the closed union of operations, decoded and checked.
 *
 * @module
 */
import type { Value } from "../values/value.ts";

/** Named values, in the order they were sent. */
export type NamedValues = ReadonlyMap<string, Value>;

/** What one record does to a profile. */
export type Operation =
  | { readonly kind: "set"; readonly values: NamedValues }
  | { readonly kind: "set_once"; readonly values: NamedValues }
  | { readonly kind: "add"; readonly amounts: ReadonlyMap<string, number> }
  | { readonly kind: "append"; readonly values: NamedValues }
  | { readonly kind: "union"; readonly values: ReadonlyMap<string, readonly Value[]> }
  | { readonly kind: "remove"; readonly values: NamedValues }
  | { readonly kind: "unset"; readonly names: readonly string[] }
  | { readonly kind: "delete" };

/** The operations of one record, in the order they apply. */
export interface ProfileUpdate {
  readonly distinctId: string;
  /** What `$last_seen` becomes, in epoch seconds UTC. */
  readonly seenAtSeconds: number;
  /** Leaves `$last_seen` as it is, but for a profile that has none. */
  readonly ignoreTime: boolean;
  /** Goes to the profile of this very id, even where the id belongs to another's cluster. */
  readonly ignoreAlias: boolean;
  readonly operations: readonly Operation[];
}
