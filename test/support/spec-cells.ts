/**
 * The cells of a specification table: answers, refusals, values and JSON.
 *
 * @module
 */
import { type Kind, kindOf, type Value } from "../../src/values/value.ts";
import {
  baseOf,
  type FailsCase,
  type Fixture,
  type FixtureProfile,
  type Place,
  type Question,
  type Row,
} from "./spec-case.ts";

const REFUSAL = /^`?([a-z_]+\.[a-z_]+)`?(?: (\d+)[–-](\d+))?(?: (\S.*))?$/;

/** A case of what an answer says is refused; undefined for any other answer. */
export function readRefusal(
  row: Row,
  place: Place,
  answer: string,
  question: Question,
): FailsCase | undefined {
  const [, code, start, end, named] = REFUSAL.exec(answer) ?? [];
  if (code === undefined) return undefined;
  const span = start === undefined ? undefined : { start: Number(start), end: Number(end) };
  return { ...baseOf(row, place), kind: "fails", question, code, span, named };
}

/** The ids of an answer; `none` for no ids. */
export function readIds(answer: string): readonly string[] {
  return answer === "none" ? [] : answer.split(" ");
}

/** Checks that ids are those of profiles, strangers or groups of the fixture. */
export function checkIds(row: Row, { fixtures }: Place, ids: readonly string[]): void {
  const known = idsOf(fixtures.at(-1));
  for (const id of ids) {
    if (!known.has(id)) throw new Error(`line ${row.line}: the fixture has no profile ${id}`);
  }
}

function idsOf(fixture: Fixture | undefined): ReadonlySet<string> {
  const ids = new Set<string>();
  if (fixture === undefined) return ids;
  for (const { distinctId } of [...fixture.profiles, ...[...fixture.groups.values()].flat()]) {
    ids.add(distinctId);
  }
  for (const { event } of fixture.events) ids.add(event.distinctId);
  for (const { members } of fixture.cohorts) for (const id of members ?? []) ids.add(id);
  return ids;
}

/** The profile a row is about: the one a column names, or the only one there is. */
export function fixtureProfile(
  row: Row,
  { fixtures }: Place,
  distinctId: string | undefined,
): FixtureProfile {
  const profiles = fixtures.at(-1)?.profiles ?? [];
  const found =
    distinctId === undefined
      ? profiles
      : profiles.filter((profile) => profile.distinctId === distinctId);
  const [profile] = found;
  if (profile === undefined || found.length !== 1) {
    throw new Error(`line ${row.line}: the fixture has no single profile ${distinctId ?? ""}`);
  }
  return profile;
}

const PROPERTY = /^properties\["([^"]*)"\]$/;

/** The kind a written value has; a property stands for its own value, as objects cannot be written. */
export function kindOfSource(
  row: Row,
  source: string,
  properties: ReadonlyMap<string, Value> | undefined,
): Kind {
  const [, name] = PROPERTY.exec(source) ?? [];
  if (name !== undefined && properties !== undefined) return kindOf(properties.get(name));
  if (source.startsWith('"')) return "string";
  if (source.startsWith("[")) return "list";
  if (source.startsWith("datetime(")) return "datetime";
  if (source === "true" || source === "false") return "boolean";
  if (source === "null" || source === "undefined") return source;
  if (/^-?\d/.test(source)) return "number";
  throw new Error(`line ${row.line}: ${source} is not a value`);
}

/** The JSON of a cell. */
export function readJson(row: Row, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Error(`line ${row.line}: ${text} is not JSON`, { cause });
  }
}

/** The JSON object of a cell. */
export function readObject(row: Row, text: string): Readonly<Record<string, Value>> {
  return readJson(row, text) as Record<string, Value>;
}

/** The JSON list of a cell; a single value is a list of one. */
export function readList(row: Row, text: string): readonly unknown[] {
  const json = readJson(row, text);
  return Array.isArray(json) ? json : [json];
}
