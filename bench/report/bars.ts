/**
 * A line of results as a bar chart in SVG, which reads in light and dark and tells its figures as text.
 *
 * @module
 */
import { numberText, type ResultLine } from "./results.ts";

/** The bars of a chart. */
export interface Bars {
  readonly title: string;
  readonly data: string;
  readonly bars: readonly Bar[];
}

interface Bar {
  readonly name: string;
  readonly ms: number;
}

const MS = ", ms";

const WIDTH = 720;
const MARGIN = 16;
const HEAD_HEIGHT = 58;
const ROW_HEIGHT = 28;
const BAR_HEIGHT = 16;
const BARS_AT = 180;
/** Room for the figure behind the longest bar. */
const FIGURE_WIDTH = 90;

const STYLE = `
    .ground { fill: #ffffff; stroke: #d0d7de }
    text { font: 13px system-ui, sans-serif; fill: #1f2328 }
    .title { font-weight: 600; font-size: 15px }
    .small { fill: #59636e; font-size: 12px }
    .bar { fill: #8c959f }
    .first { fill: #0969da }
    @media (prefers-color-scheme: dark) {
      .ground { fill: #0d1117; stroke: #3d444d }
      text { fill: #f0f6fc }
      .small { fill: #9198a1 }
      .bar { fill: #656c76 }
      .first { fill: #4493f8 }
    }
  `;

/** The times of a line, Whom's first. */
export function barsOf({ name, data, figures }: ResultLine): Bars {
  const bars = Object.entries(figures)
    .filter(([heading]) => heading.endsWith(MS))
    .map(([heading, ms]) => ({ name: heading.slice(0, -MS.length), ms }));
  return { title: name, data, bars };
}

/** The name of a chart's file. */
export function fileNameOf({ title, data }: Bars): string {
  const [profiles = ""] = data.split(" ");
  const words = `${title} ${profiles.replaceAll(",", "")}`.toLowerCase().match(/[a-z0-9]+/g) ?? [];
  return `${words.join("-")}.svg`;
}

/** All that a chart says, in one sentence: for who does not see it. */
export function summaryOf({ title, bars }: Bars): string {
  return `${title}: ${bars.map(({ name, ms }) => `${name} ${numberText(ms)} ms`).join(", ")}`;
}

/** Draws the chart. */
export function drawBars(chart: Bars): string {
  const { title, data, bars } = chart;
  const height = HEAD_HEIGHT + bars.length * ROW_HEIGHT + MARGIN / 2;
  const most = Math.max(...bars.map(({ ms }) => ms));
  const room = WIDTH - BARS_AT - FIGURE_WIDTH - MARGIN;
  const rows = bars.map(({ name, ms }, index) => {
    const top = HEAD_HEIGHT + index * ROW_HEIGHT;
    const width = Math.max(1, (room * ms) / most);
    const base = top + BAR_HEIGHT - 3;
    return `  <text x="${BARS_AT - 10}" y="${base}" text-anchor="end">${escapeText(name)}</text>
  <rect class="bar${index === 0 ? " first" : ""}" x="${BARS_AT}" y="${top}" width="${width.toFixed(1)}" height="${BAR_HEIGHT}" rx="2"/>
  <text x="${(BARS_AT + width + 8).toFixed(1)}" y="${base}">${numberText(ms)} ms</text>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-labelledby="title summary">
  <title id="title">${escapeText(title)}</title>
  <desc id="summary">${escapeText(summaryOf(chart))}</desc>
  <style>${STYLE}</style>
  <rect class="ground" x="0.5" y="0.5" width="${WIDTH - 1}" height="${height - 1}" rx="6"/>
  <text class="title" x="${MARGIN}" y="26">${escapeText(title)}</text>
  <text class="small" x="${MARGIN}" y="44">Milliseconds, median; shorter is faster. ${escapeText(data)}</text>
${rows.join("\n")}
</svg>
`;
}

function escapeText(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
