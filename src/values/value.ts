/**
 * The closed union of what a property can hold, and of what an expression can become.
 *
 * A stored value is plain JSON data. Its objects come from `JSON.parse` and their keys are user text:
 * read them only through `member`, write them only through `makeObject`.
 *
 * @module
 */

/** What a property can hold. */
export type Value = string | number | boolean | null | readonly Value[] | ValueObject;

/** A nested object; its keys are user text, so `__proto__` and `constructor` are ordinary. */
export interface ValueObject {
  readonly [key: string]: Value;
}

/** The properties of a profile, by name. */
export type Properties = ReadonlyMap<string, Value>;

/** An instant in whole seconds since 1970 UTC. */
export class Datetime {
  readonly seconds: number;

  constructor(seconds: number) {
    this.seconds = seconds;
  }
}

/** What an expression can become: a value, an instant, a list of such, or undefined. */
export type Computed = Value | Datetime | undefined | readonly Computed[];

/** The name of each kind, as `typeof()` in the language gives it. */
export type Kind =
  | "string"
  | "number"
  | "boolean"
  | "datetime"
  | "list"
  | "object"
  | "null"
  | "undefined";

/** The kind of a computed value. */
export function kindOf(value: Computed): Kind {
  switch (typeof value) {
    case "string":
      return "string";
    case "number":
      return "number";
    case "boolean":
      return "boolean";
    case "undefined":
      return "undefined";
    default:
      if (value === null) return "null";
      if (value instanceof Datetime) return "datetime";
      return Array.isArray(value) ? "list" : "object";
  }
}

/** Whether a computed value is a list. */
export function isList(value: Computed): value is readonly Computed[] {
  return Array.isArray(value);
}

/** Whether a computed value is an object. */
export function isObject(value: Computed): value is ValueObject {
  return kindOf(value) === "object";
}

/** The member of an object named by user text; undefined when it has none of its own. */
export function member(object: ValueObject, key: string): Value | undefined {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

/** An object of user-named members that no prototype shows through. */
export function makeObject(entries: Iterable<readonly [string, Value]>): ValueObject {
  const object: Record<string, Value> = Object.create(null);
  for (const [key, value] of entries) object[key] = value;
  return object;
}
