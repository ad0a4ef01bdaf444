/**
 * A chapter of the specification as the cases its tables state.
 *
 * A chapter is Markdown: prose, profiles in a block marked `json fixture`, events, cohorts, groups and behaviors in
 * blocks marked so, optionally a time and a zone in one marked `json context`, and tables. The header of a table
 * says what its rows are. A table with an unknown header is an error, so that no row is silently left out; only a
 * page for users may have tables that do not run. `spec/README.md` describes the format.
 *
 * @module
 */
import type { Case, Chapter, ChapterContext, Fixture, Row } from "./spec-case.ts";
import { readCohorts, readContext, readEvents, readGroups, readProfiles } from "./spec-fixture.ts";
import { tableReader } from "./spec-tables.ts";

const DEFAULT_CONTEXT: ChapterContext = {
  nowSeconds: 1_700_000_000,
  timeZone: "UTC",
  identity: "simplified",
  dataGroup: undefined,
};

/** What becomes of tables that no header rule fits: they are refused, or are for the reader only. */
export type OtherTables = "refused" | "unread";

/** The cases of a chapter, in the order they stand. */
export function parseChapter(markdown: string, otherTables: OtherTables = "refused"): Chapter {
  const reader = new ChapterReader(otherTables);
  const lines = markdown.split("\n");
  for (let index = 0; index < lines.length; ) index = reader.read(lines, index);
  return reader.chapter();
}

class ChapterReader {
  private readonly otherTables: OtherTables;
  private title = "";
  private context = DEFAULT_CONTEXT;
  private behaviors: unknown;
  private readonly fixtures: Fixture[] = [];
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
    const [language, name] = (lines[start] ?? "").slice(3).trim().split(" ");
    if (language === "json" && name !== undefined) this.readBlock(name, text, start + 1);
    return end + 1;
  }

  private readBlock(name: string, text: string, line: number): void {
    const json: unknown = JSON.parse(text);
    if (name === "context") {
      this.context = readContext(json, DEFAULT_CONTEXT);
      return;
    }
    if (name === "fixture") {
      this.fixtures.push({
        profiles: readProfiles(json),
        groups: new Map(),
        events: [],
        cohorts: [],
      });
      this.behaviors = undefined;
      return;
    }
    const fixture = this.fixtures.at(-1);
    if (fixture === undefined) throw new Error(`line ${line}: there is no fixture yet`);
    if (name === "events") fixture.events.push(...readEvents(json, this.context));
    else if (name === "cohorts") fixture.cohorts.push(...readCohorts(json));
    else if (name === "behaviors") this.behaviors = json;
    else if (name === "groups") {
      for (const [groupKey, profiles] of readGroups(json)) fixture.groups.set(groupKey, profiles);
    } else throw new Error(`line ${line}: unknown block json ${name}`);
  }

  private readTable(lines: readonly string[], start: number): number {
    let end = start;
    while (lines[end]?.startsWith("|")) end++;
    const [header, , ...rows] = lines.slice(start, end).map((line, offset) => {
      return readRow(line, start + offset + 1);
    });
    if (header === undefined || rows.length === 0) throw new Error(`line ${start + 1}: no rows`);
    const read = tableReader(header.cells);
    if (read === undefined) {
      if (this.otherTables === "unread") return end;
      throw new Error(`line ${header.line}: unknown table ${header.cells.join(" | ")}`);
    }
    const { fixtures, context, behaviors } = this;
    for (const row of rows) {
      if (row.cells.length !== header.cells.length) {
        throw new Error(`line ${row.line}: ${row.cells.length} cells, not ${header.cells.length}`);
      }
      this.cases.push(...read(row, { fixtures, context, behaviors }));
    }
    return end;
  }
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
