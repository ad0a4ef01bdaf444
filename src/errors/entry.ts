/**
 * The shape of one row of the catalogue.
 *
 * @module
 */

/**
 * Who can act on an error.
 *
 * `invalid`: the caller, by asking differently. `denied`: the caller, by proving who they are.
 * `forbidden`: the owner of the project. `missing`: the thing is not there. `conflict`: it is already there.
 * `large`: too big. `limited`: asked too often. `busy`: the operator, or time. `bug`: we.
 */
export type ErrorKind =
  | "invalid"
  | "denied"
  | "forbidden"
  | "missing"
  | "conflict"
  | "large"
  | "limited"
  | "busy"
  | "bug";

/** One row of the catalogue: what was found and what to do about it. */
export interface ErrorEntry<Facts> {
  readonly kind: ErrorKind;
  readonly message: (facts: Facts) => string;
  readonly hint: (facts: Facts) => string;
}

/** A table with exactly one row for each code of `Facts`. */
export type ErrorTable<Facts> = { readonly [Code in keyof Facts]: ErrorEntry<Facts[Code]> };
