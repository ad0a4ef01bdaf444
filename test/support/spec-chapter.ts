/**
 * A chapter of the specification as the cases its tables state.
 *
 * A chapter is Markdown: prose, profiles in a block marked `json fixture`, optionally a time and a zone in
 * one marked `json context`, and tables. The header of a table says what its rows are. A table with an
 * unknown header is an error, so that no row is silently left out; only a page for users may have tables
 * that do not run. `spec/README.md` describes the format.
 *
 * @module
 */
import type { EvaluationContext } from "../../src/selector/selector.ts";
import { type Kind, kindOf, type Value } from "../../src/values/value.ts";

/** A profile of a fixture. */
export interface FixtureProfile {
  readonly distinctId: string;
  readonly properties: ReadonlyMap<string, Value>;
}

/** Why a row is known not to hold, and where; it must fail as long as it says so. */
export interface Skip {
  /** The store it fails on, or undefined for every store. */
  readonly store: string | undefined;
  readonly reason: string;
}

/** What every case has. */
interface CaseBase {
  /** The row, readable. */
  readonly title: string;
  /** Where the row stands, counted from 1. */
  readonly line: number;
  readonly context: EvaluationContext;
  readonly skip: Skip | undefined;
}

/** A selector and the profiles it selects. */
export interface SelectsCase extends CaseBase {
  readonly kind: "selects";
  readonly fixture: number;
  readonly selector: string;
  /** In ascending order. */
  readonly distinctIds: readonly string[];
}

/** A selector that is refused. */
export interface FailsCase extends CaseBase {
  readonly kind: "fails";
  readonly selector: string;
  readonly code: string;
  readonly start: number;
  readonly end: number;
}

/** An expression and its value for one profile. */
export interface ValueCase extends CaseBase {
  readonly kind: "value";
  readonly fixture: number;
  readonly distinctId: string;
  readonly expression: string;
  /** In the selector language. */
  readonly value: string;
  readonly valueKind: Kind;
}

/** A profile, what is written to it, and what is left. */
export interface UpdateCase extends CaseBase {
  readonly kind: "update";
  /** Undefined stands for no profile. */
  readonly before: ReadonlyMap<string, Value> | undefined;
  /** Wire records without token and distinct id. */
  readonly records: readonly unknown[];
  readonly after: Readonly<Record<string, unknown>> | undefined;
}

/** One row, or one cell of a matrix. */
export type Case = SelectsCase | FailsCase | ValueCase | UpdateCase;

/** A chapter, parsed. */
export interface Chapter {
  readonly title: string;
  readonly fixtures: readonly (readonly FixtureProfile[])[];
  readonly cases: readonly Case[];
}

const DEFAULT_CONTEXT: EvaluationContext = { nowSeconds: 1_700_000_000, timeZone: "UTC" };

/** What becomes of tables that no header rule fits: they are refused, or are for the reader only. */
export type OtherTables = "refused" | "unread";

/** The cases of a chapter, in the order they stand. */
export function parseChapter(markdown: string, otherTables: OtherTables = "refused"): Chapter {
  const reader = new ChapterReader(otherTables);
  const lines = markdown.split("\n");
  for (let index = 0; index < lines.length; ) index = reader.read(lines, index);
  return reader.chapter();
}

/** A row of a table: its cells, trimmed and unescaped. */
interface Row {
  readonly cells: readonly string[];
  readonly line: number;
  readonly skip: Skip | undefined;
}

/** What the rows of a table are read with. */
interface Place {
  readonly fixtures: readonly (readonly FixtureProfile[])[];
  readonly context: EvaluationContext;
}

class ChapterReader {
  private readonly otherTables: OtherTables;
  private title = "";
  private context = DEFAULT_CONTEXT;
  private readonly fixtures: FixtureProfile[][] = [];
  private readonly cases: Case[] = [];

  constructor(otherTables: OtherTables) {
    this.otherTables = otherTables;
  }

  /** Reads the block that starts at a line, and gives the line after it. */
  read(lines: readonly string[], index: number): number {
    const line = lines[index] ?? "";
    if (line.startsWith("```")) return this.readFence(lines, index);
    if (line.startsWith("|")) return this.readTable(lines, index);
    if (line.startsWith("# ")) this.title = line.slice(2).trim();
    return index + 1;
  }

  chapter(): Chapter {
    return { title: this.title, fixtures: this.fixtures, cases: this.cases };
  }

  private readFence(lines: readonly string[], start: number): number {
    const end = lines.indexOf("```", start + 1);
    if (end === -1) throw new Error(`line ${start + 1}: this block has no end`);
    const text = lines.slice(start + 1, end).join("\n");
    const info = (lines[start] ?? "").slice(3).trim();
    if (info === "json fixture") this.fixtures.push(readFixture(text));
    if (info === "json context") this.context = readContext(text);
    return end + 1;
  }

  private readTable(lines: readonly string[], start: number): number {
    let end = start;
    while (lines[end]?.startsWith("|")) end++;
    const [header, , ...rows] = lines.slice(start, end).map((line, offset) => {
      return readRow(line, start + offset + 1);
    });
    if (header === undefined || rows.length === 0) throw new Error(`line ${start + 1}: no rows`);
    const read = tableReader(header);
    if (read === undefined) {
      if (this.otherTables === "unread") return end;
      throw new Error(`line ${header.line}: unknown table ${header.cells.join(" | ")}`);
    }
    const place = { fixtures: this.fixtures, context: this.context };
    for (const row of rows) {
      if (row.cells.length !== header.cells.length) {
        throw new Error(`line ${row.line}: ${row.cells.length} cells, not ${header.cells.length}`);
      }
      this.cases.push(...read(row, place));
    }
    return end;
  }
}

type TableReader = (row: Row, place: Place) => readonly Case[];

/** How the rows under a header are read; columns before `example` are for the reader. */
function tableReader(header: Row): TableReader | undefined {
  const names = header.cells.join(" | ");
  const [first = "", ...others] = header.cells;
  const example = header.cells.indexOf("example");
  if (example >= 0)
    return (row, place) => exampleRow(row, header.cells[example + 1], example, place);
  if (names === "selector | answer") return selectorRow;
  if (names === "start | repeat | times | end | answer") return repeatedRow;
  if (names === "before | update | after") return updateRow;
  if (first === "expression") return (row, place) => valueRow(row, others, place);
  if (/\bleft\b/.test(first) && /\bright\b/.test(first)) {
    return (row, place) => matrixRow(row, first, others, place);
  }
  return undefined;
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
  if (column === "value") return [valueCase(row, example, result, undefined, place)];
  return selectorRow({ ...row, cells: [example, result] }, place);
}

function selectorRow(row: Row, place: Place): readonly Case[] {
  const [selector = "", answer = ""] = row.cells;
  return [answerCase(row, selector, answer, `${selector}  →  ${answer}`, place)];
}

/** `start`, `repeat` so many times, `end`: how a chapter writes a selector of great length. */
function repeatedRow(row: Row, place: Place): readonly Case[] {
  const [start = "", repeat = "", times = "", end = "", answer = ""] = row.cells;
  const selector = start + repeat.repeat(Number(times)) + end;
  const title = `${start} and ${times} times ${repeat} and ${end}  →  ${answer}`;
  return [answerCase(row, selector, answer, title, place)];
}

const ERROR_ANSWER = /^`?([a-z_]+\.[a-z_]+)`? (\d+)[–-](\d+)$/;

function answerCase(
  row: Row,
  selector: string,
  answer: string,
  title: string,
  place: Place,
): SelectsCase | FailsCase {
  const base = { title, line: row.line, context: place.context, skip: row.skip, selector };
  const [, code, start, end] = ERROR_ANSWER.exec(answer) ?? [];
  if (code !== undefined) {
    return { ...base, kind: "fails", code, start: Number(start), end: Number(end) };
  }
  const distinctIds = answer === "none" ? [] : answer.split(" ");
  for (const id of distinctIds) fixtureProfile(row, place, id);
  return { ...base, kind: "selects", fixture: place.fixtures.length - 1, distinctIds };
}

/** A column headed `value` is about the only profile of the fixture, any other about the one it names. */
function valueRow(row: Row, columns: readonly string[], place: Place): readonly Case[] {
  const [expression = "", ...values] = row.cells;
  return values.map((value, index) => {
    const column = columns[index] ?? "value";
    return valueCase(row, expression, value, column === "value" ? undefined : column, place);
  });
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
    return valueCase(row, expression, value, undefined, place);
  });
}

function valueCase(
  row: Row,
  expression: string,
  value: string,
  column: string | undefined,
  place: Place,
): ValueCase {
  const profile = fixtureProfile(row, place, column);
  return {
    kind: "value",
    title: `${expression}  =  ${value}${column === undefined ? "" : ` for ${column}`}`,
    line: row.line,
    context: place.context,
    skip: row.skip,
    fixture: place.fixtures.length - 1,
    distinctId: profile.distinctId,
    expression,
    value,
    valueKind: kindOfSource(value, profile, row),
  };
}

function updateRow(row: Row, place: Place): readonly Case[] {
  const [before = "", update = "", after = ""] = row.cells;
  const records: unknown = JSON.parse(update);
  return [
    {
      kind: "update",
      title: `${before}  ${update}  →  ${after}`,
      line: row.line,
      context: place.context,
      skip: row.skip,
      before: before === "none" ? undefined : new Map(Object.entries(readObject(before))),
      records: Array.isArray(records) ? records : [records],
      after: after === "none" ? undefined : readObject(after),
    },
  ];
}

/** The profile a row is about: the one a column names, or the only one there is. */
function fixtureProfile(row: Row, place: Place, distinctId: string | undefined): FixtureProfile {
  const profiles = place.fixtures.at(-1) ?? [];
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

/** The kind a written value has; a property stands for its own value, as objects cannot be written. */
function kindOfSource(source: string, profile: FixtureProfile, row: Row): Kind {
  const [, name] = /^properties\["([^"]*)"\]$/.exec(source) ?? [];
  if (name !== undefined) return kindOf(profile.properties.get(name));
  if (source.startsWith('"')) return "string";
  if (source.startsWith("[")) return "list";
  if (source.startsWith("datetime(")) return "datetime";
  if (source === "true" || source === "false") return "boolean";
  if (source === "null" || source === "undefined") return source;
  if (/^-?\d/.test(source)) return "number";
  throw new Error(`line ${row.line}: ${source} is not a value`);
}

function readFixture(text: string): FixtureProfile[] {
  const profiles = JSON.parse(text) as {
    readonly $distinct_id: string;
    readonly $properties: Readonly<Record<string, Value>>;
  }[];
  return profiles.map((profile) => ({
    distinctId: profile.$distinct_id,
    properties: new Map(Object.entries(profile.$properties)),
  }));
}

function readContext(text: string): EvaluationContext {
  const { now, timeZone } = JSON.parse(text) as { now?: number; timeZone?: string };
  return {
    nowSeconds: now ?? DEFAULT_CONTEXT.nowSeconds,
    timeZone: timeZone ?? DEFAULT_CONTEXT.timeZone,
  };
}

function readObject(text: string): Readonly<Record<string, Value>> {
  return JSON.parse(text) as Record<string, Value>;
}

const SKIP = /<!-- skip(?: ([\w-]+))?: (.+?) -->/;

function readRow(text: string, line: number): Row {
  const [comment, store, reason] = SKIP.exec(text) ?? [];
  const row = comment === undefined ? text : text.replace(comment, "");
  const cells = row.trim().split(/(?<!\\)\|/);
  return {
    cells: cells.slice(1, -1).map((cell) => readCell(cell)),
    line,
    skip: reason === undefined ? undefined : { store, reason },
  };
}

/** The text of a cell: without its back-ticks when it is code as a whole, pipes unescaped. */
function readCell(cell: string): string {
  const text = cell.trim().replaceAll("\\|", "|");
  const [, , code] = /^(`+)([^`]*(?:`(?!\1)[^`]*)*)\1$/.exec(text) ?? [];
  return code ?? text;
}
