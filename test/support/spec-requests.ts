/**
 * Tables whose columns are parameters of a request, and what follows from them.
 *
 * A column is a parameter by its name on the wire. Columns with the names of a filter's members make one filter, which is
 * asked as a cohort of one group. An empty cell leaves the parameter out.
 *
 * @module
 */
import { groupOf } from "../cohort/support.ts";
import {
  type Asked,
  baseOf,
  type Case,
  type Place,
  type Row,
  type TableReader,
} from "./spec-case.ts";
import { checkIds, readIds, readJson, readRefusal } from "./spec-cells.ts";

type ReadColumn = (cell: string, row: Row, place: Place) => Asked;

const COLUMNS: ReadonlyMap<string, ReadColumn> = new Map<string, ReadColumn>([
  ["selector", (cell) => ({ where: cell })],
  ["behaviors", (cell, row) => ({ behaviors: readJson(row, cell) })],
  ["as_of_timestamp", (cell) => ({ asOfSeconds: Number(cell) })],
  ["data_group_id", (cell) => ({ dataGroup: cell })],
  ["distinct_ids", (cell, row) => ({ distinctIds: readJson(row, cell) as readonly string[] })],
  ["sort_key", (cell) => ({ sortKey: cell })],
  ["sort_order", (cell) => ({ descending: cell === "descending" })],
  ["limit", (cell) => ({ limit: Number(cell) })],
  ["filter_by_cohort", (cell, row) => ({ filterByCohort: readJson(row, cell) })],
  ["cohort", (cell, row) => rawCohort(readJson(row, cell))],
  ["groups", (cell, row) => rawCohort({ groups: readJson(row, cell) })],
  ["filter", (cell, row) => rawCohort(groupOf(readJson(row, cell)))],
  ["tree", (cell, row, { behaviors }) => rawCohort({ selector: readJson(row, cell), behaviors })],
]);

const TEXT_MEMBERS: ReadonlySet<string> = new Set([
  "resourceType",
  "propertyName",
  "propertyType",
  "propertyDefaultType",
  "propertyObjectKey",
  "filterOperator",
  "filterDateUnit",
  "listQuantifier",
]);
const JSON_MEMBERS: ReadonlySet<string> = new Set(["filterValue", "listItemFilters"]);

/** Whether columns make a request. */
export function areRequest(names: readonly string[]): boolean {
  return names.every((name) => COLUMNS.has(name) || isMember(name));
}

/** The request of a row, its cells by the names of their columns. */
export function readRequest(row: Row, names: readonly string[], place: Place): Asked {
  let asked: Asked = {};
  const filter: Record<string, unknown> = {};
  for (const [index, name] of names.entries()) {
    const cell = row.cells[index] ?? "";
    if (cell === "") continue;
    const read = COLUMNS.get(name);
    if (read !== undefined) asked = { ...asked, ...read(cell, row, place) };
    else filter[name] = JSON_MEMBERS.has(name) ? readJson(row, cell) : cell;
  }
  if (Object.keys(filter).length > 0) {
    asked = { ...asked, ...rawCohort(groupOf({ resourceType: "user", ...filter })) };
  }
  return withBehaviors(asked, place);
}

/** A request with the behaviors of the fixture, where it may have any. */
export function withBehaviors(asked: Asked, { behaviors }: Place): Asked {
  if (!Array.isArray(behaviors) || asked.filterByCohort !== undefined) return asked;
  return { behaviors, ...asked };
}

/**
 * The reader of a table of requests and the profiles they select, if it is one: its last column is `answer`, or
 * `answer` and `with strangers`, which is what members without a profile are left out of and included in.
 */
export function requestReader(header: readonly string[]): TableReader | undefined {
  const end = header.indexOf("answer");
  const names = header.slice(0, end);
  const rest = header.slice(end + 1);
  const isKnown = rest.length === 0 || (rest.length === 1 && rest[0] === "with strangers");
  if (end < 1 || !isKnown || !areRequest(names)) return undefined;
  return (row, place) => {
    const asked = readRequest(row, names, place);
    const [answer = "", everybody] = row.cells.slice(end);
    const given =
      everybody === undefined
        ? [[answer, false] as const]
        : [[answer, false] as const, [everybody, true] as const];
    return given.map(([text, includeAllUsers]) =>
      answerCase(row, place, { ...asked, includeAllUsers }, text),
    );
  };
}

/** A request, and the profiles it selects or how it is refused. */
export function answerCase(
  row: Row,
  place: Place,
  asked: Asked,
  answer: string,
  title?: string,
): Case {
  const isSelector = asked.filterByCohort === undefined && asked.sortKey === undefined;
  const source = isSelector ? asked.where : undefined;
  const refused = readRefusal(row, place, answer, { kind: "request", asked, source });
  if (refused !== undefined) return title === undefined ? refused : { ...refused, title };
  const distinctIds = readIds(answer);
  checkIds(row, place, distinctIds);
  return { ...baseOf(row, place, title), kind: "selects", asked, distinctIds };
}

function isMember(name: string): boolean {
  return TEXT_MEMBERS.has(name) || JSON_MEMBERS.has(name);
}

function rawCohort(definition: unknown): Asked {
  return { filterByCohort: { raw_cohort: definition }, includeAllUsers: false };
}
