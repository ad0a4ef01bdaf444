/**
 * The properties of many profiles as a list of names, each with its most frequent type.
 *
 * @module
 */
import { orderText } from "../values/text.ts";
import { parseInstant } from "../values/time.ts";
import type { Properties, Value } from "../values/value.ts";
import type { PropertySummary, PropertyType } from "./store.ts";

/** Values of one property, counted by type; null is none. */
export interface TypeCounts {
  /** Texts, those that are instants included. */
  string: number;
  number: number;
  boolean: number;
  /** Texts that are instants. */
  datetime: number;
  list: number;
  object: number;
}

/** The types, as a tie prefers them. */
const TYPES: readonly PropertyType[] = [
  "string",
  "number",
  "boolean",
  "datetime",
  "list",
  "object",
];

/** Counts every property, most frequent first, then by name. */
export function summarizeProperties(profiles: Iterable<Properties>): readonly PropertySummary[] {
  const countsByName = new Map<string, TypeCounts>();
  for (const properties of profiles) {
    for (const [name, value] of properties) {
      if (value === null) continue;
      let counts = countsByName.get(name);
      if (counts === undefined) {
        counts = { string: 0, number: 0, boolean: 0, datetime: 0, list: 0, object: 0 };
        countsByName.set(name, counts);
      }
      countValue(counts, value);
    }
  }
  return orderSummaries(
    Array.from(countsByName, ([name, counts]) => summarizeProperty(name, counts)),
  );
}

/** The summary of one property. When most of its texts are instants, all its texts count as `datetime`. */
export function summarizeProperty(name: string, counts: TypeCounts): PropertySummary {
  const isDatetime = counts.datetime * 2 > counts.string;
  const values = {
    ...counts,
    string: isDatetime ? 0 : counts.string,
    datetime: isDatetime ? counts.string : 0,
  };
  let type: PropertyType = "string";
  for (const other of TYPES) if (values[other] > values[type]) type = other;
  const count = counts.string + counts.number + counts.boolean + counts.list + counts.object;
  return { name, count, type };
}

/** Most frequent first, then by name. */
export function orderSummaries(summaries: readonly PropertySummary[]): readonly PropertySummary[] {
  return summaries.toSorted(
    (left, right) => right.count - left.count || orderText(left.name, right.name),
  );
}

function countValue(counts: TypeCounts, value: Exclude<Value, null>): void {
  switch (typeof value) {
    case "string":
      counts.string++;
      if (parseInstant(value, "UTC") !== undefined) counts.datetime++;
      break;
    case "number":
      counts.number++;
      break;
    case "boolean":
      counts.boolean++;
      break;
    default:
      if (Array.isArray(value)) counts.list++;
      else counts.object++;
  }
}
