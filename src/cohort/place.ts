/**
 * A place in the JSON of a definition: a value and the path to it, for errors that say where something is wrong.
 *
 * @module
 */
import { fail, type WhomError } from "../errors/error.ts";
import { DEFINITION_DEPTH_MAX } from "./limits.ts";

const FOUND_LENGTH_MAX = 60;

/** A value somewhere in a definition. */
export interface Place {
  readonly value: unknown;
  /** `groups[0].filters`; empty for the definition itself. */
  readonly path: string;
  readonly depth: number;
}

/** The place of a whole definition. */
export function placeOf(value: unknown): Place {
  return { value, path: "", depth: 0 };
}

/** The member of an object; its value is undefined where there is none. */
export function at(place: Place, key: string): Place {
  const { value } = place;
  const isObject = typeof value === "object" && value !== null;
  const member =
    isObject && Object.hasOwn(value, key) ? (value as { [key: string]: unknown })[key] : undefined;
  return below(place, member, place.path === "" ? key : `${place.path}.${key}`);
}

/** The first of some members that is not absent, else the first. */
export function atAny(place: Place, first: string, ...others: readonly string[]): Place {
  for (const key of [first, ...others]) {
    const found = at(place, key);
    if (!isAbsent(found)) return found;
  }
  return at(place, first);
}

/**
 * The items of a list; none where there is no list.
 *
 * @throws `cohort.invalid_definition` for anything else
 */
export function items(place: Place): readonly Place[] {
  if (isAbsent(place)) return [];
  const { value } = place;
  if (!Array.isArray(value)) throw invalid(place, "a list");
  return value.map((item: unknown, index) => below(place, item, `${place.path}[${index}]`));
}

/** The items of a list, or the value itself. */
export function itemsOrOne(place: Place): readonly Place[] {
  return Array.isArray(place.value) ? items(place) : [place];
}

/** The members of an object. */
export function members(place: Place): readonly (readonly [string, Place])[] {
  if (isAbsent(place)) return [];
  if (!isObjectAt(place)) throw invalid(place, "an object");
  return Object.keys(place.value as object).map((key) => [key, at(place, key)] as const);
}

/** Whether a value says nothing: JSON writers leave members out, or write null or an empty text. */
export function isAbsent({ value }: Place): boolean {
  return value === undefined || value === null || value === "";
}

/** Whether a value is an object, and no list. */
export function isObjectAt({ value }: Place): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * A text that is there.
 *
 * @throws `cohort.invalid_definition`
 */
export function textAt(place: Place, expected = "a text"): string {
  if (typeof place.value === "string" && place.value !== "") return place.value;
  throw invalid(place, expected);
}

/** A text, or undefined where nothing is. */
export function optionalTextAt(place: Place): string | undefined {
  return isAbsent(place) ? undefined : textAt(place);
}

/** What is wrong at a place. */
export function invalid({ path, value }: Place, expected: string): WhomError {
  const facts = { path: path === "" ? "the definition" : path, expected, found: shown(value) };
  return fail("cohort.invalid_definition", facts);
}

/** Something that Mixpanel has and Whom lacks. */
export function notAvailable({ path }: Place, feature: string): WhomError {
  return fail("cohort.not_available", { path, feature });
}

function below({ depth }: Place, value: unknown, path: string): Place {
  if (depth >= DEFINITION_DEPTH_MAX)
    throw fail("cohort.too_deep", { depthMax: DEFINITION_DEPTH_MAX });
  return { value, path, depth: depth + 1 };
}

function shown(value: unknown): string {
  if (value === undefined) return "nothing";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object" && value !== null) return "an object";
  const text = JSON.stringify(value);
  return text.length > FOUND_LENGTH_MAX ? `${text.slice(0, FOUND_LENGTH_MAX)}…` : text;
}
