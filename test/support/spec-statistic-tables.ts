/**
 * Tables of numbers about profiles: actions, breakdowns and revenue, each perhaps after columns of a request.
 *
 * @module
 */
import { baseOf, type TableReader } from "./spec-case.ts";
import { readJson, readObject, readRefusal } from "./spec-cells.ts";
import { areRequest, readRequest } from "./spec-requests.ts";

const TOP_MAX = 20;
const BUCKET_MAX = 4;

/** The reader of a table of numbers, if it is one. */
export function statisticReader(header: readonly string[]): TableReader | undefined {
  if (header.join(" | ") === "from_date | to_date | unit | revenue") return readRevenue;
  const names = header.slice(0, -2);
  const [question, answer] = header.slice(-2);
  if (answer !== "result") return undefined;
  const columns = names.filter((name) => name !== "segment_by_cohorts");
  if (!areRequest(columns)) return undefined;
  if (question === "action") return actionReader(names);
  return question === "breakdown" ? breakdownReader(names) : undefined;
}

function actionReader(names: readonly string[]): TableReader {
  const segmentsAt = names.indexOf("segment_by_cohorts");
  const columns = names.filter((name) => name !== "segment_by_cohorts");
  return (row, place) => {
    const cells = row.cells.filter((_, index) => index !== segmentsAt);
    const asked = readRequest({ ...row, cells }, columns, place);
    const segments = segmentsAt === -1 ? "" : (row.cells[segmentsAt] ?? "");
    const [source = "", result = ""] = row.cells.slice(names.length);
    const question = { kind: "action", asked, source } as const;
    const refused = readRefusal(row, place, result, question);
    if (refused !== undefined) return [refused];
    return [
      {
        ...baseOf(row, place),
        kind: "action",
        asked,
        source,
        segments: segments === "" ? undefined : Object.keys(readObject(row, segments)),
        result: readJson(row, result),
      },
    ];
  };
}

function breakdownReader(names: readonly string[]): TableReader {
  return (row, place) => {
    // A limit is one of the values shown, not of the profiles looked at.
    const { limit: topMax = TOP_MAX, ...asked } = readRequest(row, names, place);
    const [source = "", result = ""] = row.cells.slice(names.length);
    return [
      {
        ...baseOf(row, place),
        kind: "breakdown",
        asked,
        source,
        topMax,
        bucketMax: BUCKET_MAX,
        result: readObject(row, result),
      },
    ];
  };
}

const readRevenue: TableReader = (row, place) => {
  const [from = "", to = "", unit = "", revenue = ""] = row.cells;
  if (unit !== "day" && unit !== "week" && unit !== "month") {
    throw new Error(`line ${row.line}: ${unit} is no unit`);
  }
  return [
    { ...baseOf(row, place), kind: "revenue", from, to, unit, result: readJson(row, revenue) },
  ];
};
