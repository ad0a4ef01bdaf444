/**
 * Tables about events: which a selector selects, which are kept of what is sent, and which ids they make one.
 *
 * @module
 */
import { baseOf, type Case, type Entrance, type TableReader } from "./spec-case.ts";
import {
  kindOfSource,
  readIds,
  readJson,
  readList,
  readObject,
  readRefusal,
} from "./spec-cells.ts";

type Records = readonly Readonly<Record<string, unknown>>[];

/** The endpoints that events come in by, by the names of columns. */
const ENTRANCES: ReadonlyMap<string, Entrance> = new Map<string, Entrance>([
  ["track", { endpoint: "track", isStrict: false }],
  ["import", { endpoint: "import", isStrict: false }],
  ["strict import", { endpoint: "import", isStrict: true }],
]);

/** The reader of a table about events, if it is one. */
export function eventTableReader(header: readonly string[]): TableReader | undefined {
  const [first = "", second = ""] = header;
  const entrance = ENTRANCES.get(first);
  if (entrance !== undefined && second === "kept" && header.length === 2) {
    return keepsReader(entrance);
  }
  if (first === "event" && header.slice(1).every((name) => ENTRANCES.has(name))) {
    return acceptsReader(header.slice(1));
  }
  if (first === "event expression") return eventValueReader(header.slice(1));
  switch (header.join(" | ")) {
    case "event selector | answer":
      return readEventSelector;
    case "records | canonical ids | profiles":
      return readIdentity;
    default:
      return undefined;
  }
}

function keepsReader(entrance: Entrance): TableReader {
  return (row, place) => {
    const [records = "", kept = ""] = row.cells;
    return [
      {
        ...baseOf(row, place),
        kind: "keeps",
        entrance,
        records: readList(row, records),
        kept: kept === "none" ? [] : (readList(row, kept) as Records),
      },
    ];
  };
}

function acceptsReader(columns: readonly string[]): TableReader {
  return (row, place) => {
    const [cell = "", ...verdicts] = row.cells;
    const record = readJson(row, cell);
    return verdicts.flatMap((verdict, index): readonly Case[] => {
      const name = columns[index] ?? "";
      const entrance = ENTRANCES.get(name);
      if (entrance === undefined) return [];
      const title = `${cell}  by ${name}  →  ${verdict}`;
      return [{ ...baseOf(row, place, title), kind: "accepts", entrance, record, verdict }];
    });
  };
}

/** Columns are named by insert ids. */
function eventValueReader(columns: readonly string[]): TableReader {
  return (row, place) => {
    const [expression = "", ...values] = row.cells;
    return values.map((value, index) => {
      const insertId = columns[index] ?? "";
      const title = `${expression}  =  ${value} for ${insertId}`;
      const valueKind = kindOfSource(row, value, undefined);
      const base = baseOf(row, place, title);
      return { ...base, kind: "event value", insertId, expression, value, valueKind };
    });
  };
}

const readEventSelector: TableReader = (row, place) => {
  const [where = "", answer = ""] = row.cells;
  const question = { kind: "event selector", source: where } as const;
  const refused = readRefusal(row, place, answer, question);
  if (refused !== undefined) return [refused];
  const insertIds = readIds(answer);
  const known = new Set(place.fixtures.at(-1)?.events.map(({ event }) => event.insertId));
  for (const id of insertIds) {
    if (!known.has(id)) throw new Error(`line ${row.line}: the fixture has no event ${id}`);
  }
  return [{ ...baseOf(row, place), kind: "events", where, insertIds }];
};

const readIdentity: TableReader = (row, place) => {
  const [records = "", canonicalIds = "", profiles = ""] = row.cells;
  return [
    {
      ...baseOf(row, place),
      kind: "identity",
      records: readList(row, records) as Records,
      canonicalIds: readObject(row, canonicalIds) as Readonly<Record<string, string>>,
      profiles: readObject(row, profiles) as Readonly<
        Record<string, Readonly<Record<string, unknown>>>
      >,
    },
  ];
};
