/**
 * The header of a table as what reads its rows: selectors, values and updates here, the others by their own modules.
 *
 * @module
 */
import {
  type Asked,
  baseOf,
  type Case,
  type Place,
  type Row,
  type TableReader,
  type ValueCase,
} from "./spec-case.ts";
import { fixtureProfile, kindOfSource, readJson, readList, readObject } from "./spec-cells.ts";
import { eventTableReader } from "./spec-event-tables.ts";
import { answerCase, requestReader, withBehaviors } from "./spec-requests.ts";
import { statisticReader } from "./spec-statistic-tables.ts";

/** How the rows under a header are read; columns before `example` are for the reader. */
export function tableReader(header: readonly string[]): TableReader | undefined {
  const [first = "", ...others] = header;
  const example = header.indexOf("example");
  if (example >= 0) return (row, place) => exampleRow(row, header[example + 1], example, place);
  switch (header.join(" | ")) {
    case "start | repeat | times | end | answer":
      return repeatedRow;
    case "before | update | after":
      return updateRow;
  }
  if (first === "expression") return valueReader(others, plainSubject);
  if (first === "behavior") return valueReader(others, behaviorSubject);
  if (first === "measure") return valueReader(others, measureSubject);
  if (/\bleft\b/.test(first) && /\bright\b/.test(first)) {
    return (row, place) => matrixRow(row, first, others, place);
  }
  return eventTableReader(header) ?? statisticReader(header) ?? requestReader(header);
}

/** A row of a page for users: perhaps an example in one column, and in the next its value or what it selects. */
function exampleRow(
  row: Row,
  column: string | undefined,
  index: number,
  place: Place,
): readonly Case[] {
  const [example = "", result = ""] = row.cells.slice(index);
  if (result === "") return [];
  const exampleOnly = { ...row, cells: [example, result] };
  if (column === "value") {
    return [valueCase(exampleOnly, plainSubject(exampleOnly, place), result, undefined, place)];
  }
  const asked = withBehaviors({ where: example }, place);
  return [answerCase(exampleOnly, place, asked, result)];
}

/** `start`, `repeat` so many times, `end`: how a chapter writes a selector of great length. */
function repeatedRow(row: Row, place: Place): readonly Case[] {
  const [start = "", repeat = "", times = "", end = "", answer = ""] = row.cells;
  const where = start + repeat.repeat(Number(times)) + end;
  const title = `${start} and ${times} times ${repeat} and ${end}  →  ${answer}`;
  return [answerCase(row, place, withBehaviors({ where }, place), answer, title)];
}

/** What the values of a row are values of. */
interface ValueSubject {
  readonly expression: string;
  asking(selector: string): Asked;
}

function plainSubject({ cells: [expression = ""] }: Row, place: Place): ValueSubject {
  return { expression, asking: (where) => withBehaviors({ where }, place) };
}

/** A behavior as a query has it, without its name. */
function behaviorSubject(row: Row): ValueSubject {
  const behavior = readObject(row, row.cells[0] ?? "");
  const behaviors = [{ ...behavior, name: "b" }];
  return { expression: 'behaviors["b"]', asking: (where) => ({ where, behaviors }) };
}

/** A behavior as a tree has it, which the selector of a cohort can read, too. */
function measureSubject(row: Row): ValueSubject {
  const behaviors = { b: readJson(row, row.cells[0] ?? "") };
  return {
    expression: 'behaviors["b"]',
    asking: (selector) => ({ filterByCohort: { raw_cohort: { selector, behaviors } } }),
  };
}

/** A column headed `value` is about the only profile of the fixture, any other about the one it names. */
function valueReader(
  columns: readonly string[],
  subjectOf: (row: Row, place: Place) => ValueSubject,
): TableReader {
  return (row, place) => {
    const subject = subjectOf(row, place);
    return row.cells.slice(1).map((value, index) => {
      const column = columns[index] ?? "value";
      const distinctId = column === "value" ? undefined : column;
      return valueCase(row, subject, value, distinctId, place);
    });
  };
}

/** One case a cell: the first header with `left` and `right` replaced by the cell's operands. */
function matrixRow(
  row: Row,
  template: string,
  columns: readonly string[],
  place: Place,
): readonly Case[] {
  const [left = "", ...values] = row.cells;
  return values.map((value, index) => {
    const operands: Record<string, string> = { left, right: columns[index] ?? "" };
    const expression = template.replace(/\b(left|right)\b/g, (name) => operands[name] ?? name);
    const subject = plainSubject({ ...row, cells: [expression] }, place);
    return valueCase(row, subject, value, undefined, place);
  });
}

/** @param column the distinct id of a profile or a stranger; undefined for the only profile */
function valueCase(
  row: Row,
  subject: ValueSubject,
  value: string,
  column: string | undefined,
  place: Place,
): ValueCase {
  const known = place.fixtures.at(-1)?.profiles.find(({ distinctId }) => distinctId === column);
  const profile = column === undefined ? fixtureProfile(row, place, undefined) : known;
  const subjectName = subject.expression === 'behaviors["b"]' ? row.cells[0] : subject.expression;
  const title = `${subjectName}  =  ${value}${column === undefined ? "" : ` for ${column}`}`;
  return {
    ...baseOf(row, place, title),
    kind: "value",
    distinctId: column ?? profile?.distinctId ?? "",
    ...subject,
    value,
    valueKind: kindOfSource(row, value, profile?.properties),
  };
}

function updateRow(row: Row, place: Place): readonly Case[] {
  const [before = "", update = "", after = ""] = row.cells;
  return [
    {
      ...baseOf(row, place, `${before}  ${update}  →  ${after}`),
      kind: "update",
      before: before === "none" ? undefined : new Map(Object.entries(readObject(row, before))),
      records: readList(row, update),
      after: after === "none" ? undefined : readObject(row, after),
    },
  ];
}
