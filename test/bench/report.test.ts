import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { heldUpMs } from "../../bench/event-loop.ts";
import { alternate, median, quantile } from "../../bench/measure.ts";
import { barsOf, drawBars, fileNameOf, summaryOf } from "../../bench/report/bars.ts";
import { fillDocument } from "../../bench/report/document.ts";
import type { Machine } from "../../bench/report/machine.ts";
import {
  numberText,
  openResults,
  type ResultLine,
  saveLines,
  tableOf,
} from "../../bench/report/results.ts";

const MACHINE: Machine = { cores: 2, processor: "P", memoryGb: 8, system: "linux x64", node: "20" };
const LINE: ResultLine = {
  command: "classes",
  data: "1,000,000 profiles, 220 properties",
  name: "count age > 40",
  ratios: { "÷ DuckDB by hand": 1.234 },
  figures: { "Whom, ms": 8, "DuckDB by hand, ms": 6.48, "PostgreSQL JSONB, ms": 1234.5 },
  goals: [
    { number: 1, says: "≤ 1.3 × + 3 ms", isMet: true },
    { number: 2, says: "≤ 30 ms", isMet: false },
  ],
  again: "npm run bench",
};

describe("medians and quantiles", () => {
  it.each([
    [[3, 1, 2], 0.5, 2],
    [[1, 2, 3, 4, 5, 6, 7, 8, 9, 10], 0.95, 10],
    [[1, 2, 3, 4, 5, 6, 7, 8, 9, 10], 0.5, 6],
    [[10, 9], 1, 10],
    [[], 0.5, Number.NaN],
  ])("of %j at %s are %s", (numbers, share, expected) => {
    expect(quantile(numbers, share)).toBe(expected);
  });

  it("come from rounds in which each begins in turn, after one that does not count", async () => {
    const order: string[] = [];
    const contestant = (name: string, ms: number) => ({
      name,
      ask: () => {
        order.push(name);
        return Promise.resolve(order.length > 2 ? ms : 100);
      },
    });
    const times = await alternate([contestant("a", 1), contestant("b", 2)], 2);
    expect(order).toEqual(["a", "b", "a", "b", "b", "a"]);
    expect([...times]).toEqual([
      ["a", 1],
      ["b", 2],
    ]);
    expect(median([5])).toBe(5);
  });
});

describe("a file of results", () => {
  const path = mkdtempSync(join(tmpdir(), "whom-results-"));
  const folder = pathToFileURL(`${path}/`);
  const about = { version: "1.0.0", machine: MACHINE };

  afterEach(() => rmSync(join(path, "1.0.0.json"), { force: true }));
  afterAll(() => rmSync(path, { recursive: true, force: true }));

  it("takes a line in the place of the same line and keeps the others", () => {
    const other = { ...LINE, name: "other" };
    saveLines(about, { lines: [LINE, other], engines: ["DuckDB 1", "ClickHouse 2"] }, folder);
    const again = { ...LINE, figures: { "Whom, ms": 7 } };
    saveLines(about, { lines: [again], engines: ["DuckDB 3"] }, folder);
    const saved = openResults("1.0.0", MACHINE, folder);
    expect(saved.lines).toEqual([again, other]);
    expect(saved.engines).toEqual(["DuckDB 3", "ClickHouse 2"]);
    expect(readFileSync(new URL("1.0.0.json", folder), "utf8").endsWith("}\n")).toBe(true);
  });

  it("is not mixed with those of another machine", () => {
    saveLines(about, { lines: [LINE], engines: [] }, folder);
    expect(() => openResults("1.0.0", { ...MACHINE, cores: 64 }, folder)).toThrow(
      "another machine",
    );
  });
});

describe("a table of results", () => {
  it("has the ratios first, and says which goals are met", () => {
    expect(tableOf([LINE]).split("\n")).toEqual([
      "| what | ÷ DuckDB by hand | Whom, ms | DuckDB by hand, ms | PostgreSQL JSONB, ms | goal |",
      "| --- | --: | --: | --: | --: | --: |",
      "| count age > 40 | 1.23 | 8 | 6.48 | 1,235 | 1 met, 2 **missed** |",
    ]);
  });

  it.each([
    [undefined, "–"],
    [Number.NaN, "–"],
    [0.123, "0.12"],
    [12.34, "12.3"],
    [12_345.6, "12,346"],
    [3, "3"],
  ])("writes %s as %s", (number, text) => {
    expect(numberText(number)).toBe(text);
  });

  it("is put between its markers, and nowhere else", () => {
    const document =
      "# A\n<!-- figures: a | b -->\nold\n<!-- /figures -->\n<!-- figures: c -->\nkept\n<!-- /figures -->\n";
    const blocks = new Map([["a | b", "new $&"]]);
    const { text, left } = fillDocument(document, (name) => blocks.get(name));
    expect(text).toBe(document.replace("old", () => "\nnew $&\n"));
    expect(left).toEqual(["c"]);
    expect(fillDocument(text, (name) => blocks.get(name)).text).toBe(text);
  });
});

describe("a chart", () => {
  const bars = barsOf(LINE);
  const drawing = drawBars(bars);

  it("says in text what it shows", () => {
    const summary = "count age > 40: Whom 8 ms, DuckDB by hand 6.48 ms, PostgreSQL JSONB 1,235 ms";
    expect(summaryOf(bars)).toBe(summary);
    expect(drawing).toContain('<title id="title">count age &gt; 40</title>');
    expect(drawing).toContain(`<desc id="summary">${summary.replace(">", "&gt;")}</desc>`);
    expect(drawing).toContain(">1,235 ms</text>");
  });

  it("is as long as the figures are, and reads in the dark", () => {
    const widths = [...drawing.matchAll(/class="bar[^"]*" x="\d+" y="\d+" width="([\d.]+)"/g)];
    const [whom, hand, postgres] = widths.map(([, width]) => Number(width));
    expect(postgres).toBeGreaterThan(400);
    expect(whom).toBeCloseTo(((postgres ?? 0) * 8) / 1234.5, 1);
    expect(hand).toBeLessThan(whom ?? 0);
    expect(drawing).toContain("prefers-color-scheme: dark");
  });

  it("has a name of its own", () => {
    expect(fileNameOf(bars)).toBe("count-age-40-1000000.svg");
  });
});

describe("the delay of the event loop", () => {
  const buckets = (...counts: readonly number[]): string =>
    counts
      .map(
        (count, index) =>
          `whom_event_loop_delay_seconds_bucket{le="${["0.01", "0.02", "+Inf"][index]}"} ${count}`,
      )
      .concat("whom_event_loop_delay_seconds_sum 3", "whom_http_requests_total 5")
      .join("\n");

  it.each([
    ["the highest bucket that was hit since", buckets(5, 6, 6), buckets(9, 11, 11), 20],
    ["no bucket", buckets(5, 6, 6), buckets(5, 6, 6), 0],
    ["the lowest bucket", buckets(5, 6, 6), buckets(8, 9, 9), 10],
    [
      "the greatest gauge",
      "",
      'x_event_loop_seconds{quantile="0.5"} 0.001\nx_event_loop_seconds{quantile="1"} 0.03',
      30,
    ],
    ["nothing that is told", "", "whom_http_requests_total 5", undefined],
  ])("is that of %s", (_, before, after, expected) => {
    expect(heldUpMs(before, after)).toBe(expected);
  });
});
