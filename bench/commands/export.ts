/**
 * Whole results as one stream: how long, how many bytes, and what memory the server takes meanwhile.
 *
 * @module
 */
import type { IncomingMessage } from "node:http";
import { againOf, type Bench, type Measured, sizeOf, withData } from "../bench.ts";
import { type BenchData, describeSize } from "../data/folder.ts";
import { EventLoopWatch } from "../event-loop.ts";
import { HttpClient } from "../http-client.ts";
import { greatest, median } from "../measure.ts";
import { MemoryWatch, residentMb } from "../memory.ts";
import type { Goal, ResultLine } from "../report/results.ts";
import type { BenchServer } from "../server.ts";

const FORMATS = ["ndjson", "csv", "parquet"];
const MILLION = 1_000_000;
const ROUNDS_MAX = 3;
/** The first round fills the engine's cache of the file, whoever reads it, and does not count. */
const FIRST_ROUND = 1;

/** Goal 5: of a million profiles as NDJSON, and how much memory may be taken for it. */
const SECONDS_MAX = 10;
const MEMORY_MB_MAX = 100;
/** Goal 6: how much less three properties are than all. */
const FEWER_BYTES_MIN = 5;
const FASTER_MIN = 3;

/** What is left of each profile. */
const SELECTIONS = [
  { name: "all properties", request: {} },
  { name: "3 properties", request: { output_properties: ["$email", "plan", "ltv"] } },
] as const;

const NEW_LINE = 0x0a;
const OK = 200;
/** What a server says that has no such endpoint. */
const NO_ENDPOINT = "query.invalid_endpoint";

/** One reading of a stream to its end. */
interface Reading {
  readonly seconds: number;
  readonly bytes: number;
  readonly lines: number;
  readonly beforeMb: number;
  readonly peakMb: number;
}

/** `export` */
export async function exports(bench: Bench): Promise<Measured> {
  const { flags, print } = bench;
  return withData(bench, sizeOf(flags), async (data) => {
    const server = await data.start();
    const client = new HttpClient(server.url, { authorization: server.authorization }, 1);
    try {
      const lines: ResultLine[] = [];
      for (const format of FORMATS) {
        if (flags.format !== undefined && flags.format !== format) continue;
        print(`export as ${format}`);
        const found = await measure(data, server, client, format, flags.rounds);
        if (found === undefined) print("this server has no /api/query/engage/export");
        else lines.push(...found);
      }
      return { lines };
    } finally {
      client.close();
      await server.stop();
    }
  });
}

async function measure(
  data: BenchData,
  server: BenchServer,
  client: HttpClient,
  format: string,
  rounds: number,
): Promise<readonly ResultLine[] | undefined> {
  const readings = new Map<string, Reading[]>();
  const loop = await EventLoopWatch.start(server);
  for (let round = 0; round < FIRST_ROUND + Math.min(rounds, ROUNDS_MAX); round++) {
    for (const { name, request } of SELECTIONS) {
      const reading = await read(data, server, client, { ...request, format });
      if (reading === undefined) return undefined;
      if (format === "ndjson" && reading.lines !== data.size.profiles) {
        throw new Error(`${reading.lines} lines of ${data.size.profiles} profiles`);
      }
      readings.set(name, [...(readings.get(name) ?? []), reading]);
    }
  }
  const held = await loop.end();
  const all = readings.get(SELECTIONS[0].name) ?? [];
  return [...readings].map(([name, taken]) =>
    lineOf(data, format, name, taken, name === SELECTIONS[0].name ? undefined : all, held),
  );
}

/** @returns undefined when the server has no such endpoint */
async function read(
  { size, credentials }: BenchData,
  server: BenchServer,
  client: HttpClient,
  request: Readonly<Record<string, unknown>>,
): Promise<Reading | undefined> {
  const beforeMb = residentMb(server.pid);
  const watch = new MemoryWatch(server.pid);
  const startedAt = performance.now();
  try {
    const response = await client.open({
      path: `/api/query/engage/export?project_id=${credentials.project_id}`,
      body: JSON.stringify(request),
    });
    const { bytes, lines, text } = await consume(response);
    if (text.includes(NO_ENDPOINT)) return undefined;
    if (response.statusCode !== OK || !isWhole(response, size.profiles)) {
      throw new Error(`the export ended with ${response.statusCode}: ${text}`);
    }
    const seconds = (performance.now() - startedAt) / 1_000;
    watch.end();
    return { seconds, bytes, lines, beforeMb, peakMb: watch.mostMb };
  } finally {
    watch.end();
  }
}

/** Whether the stream says at its end that it is complete, with so many profiles. */
function isWhole({ complete, trailers }: IncomingMessage, profiles: number): boolean {
  const { "x-whom-complete": isComplete, "x-whom-rows": rows } = trailers;
  return complete && isComplete === "true" && Number(rows) === profiles;
}

/** Counts what comes; keeps the text of an answer that is no export. */
async function consume(
  response: IncomingMessage,
): Promise<Pick<Reading, "bytes" | "lines"> & { readonly text: string }> {
  let bytes = 0;
  let lines = 0;
  let text = "";
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    for (let at = chunk.indexOf(NEW_LINE); at >= 0; at = chunk.indexOf(NEW_LINE, at + 1)) {
      lines += 1;
    }
    if (response.statusCode !== OK) text += chunk.toString("utf8");
  }
  return { bytes, lines, text };
}

function growthOf({ peakMb, beforeMb }: Reading): number {
  return peakMb - beforeMb;
}

function lineOf(
  { size }: BenchData,
  format: string,
  name: string,
  read: readonly Reading[],
  allRead: readonly Reading[] | undefined,
  held: Readonly<Record<string, number>>,
): ResultLine {
  const readings = read.slice(FIRST_ROUND);
  const all = allRead?.slice(FIRST_ROUND);
  const seconds = median(readings.map((reading) => reading.seconds));
  const bytes = readings[0]?.bytes ?? Number.NaN;
  const growthMb = greatest(readings.map(growthOf));
  const ofMillion = (seconds * MILLION) / size.profiles;
  const fewer = (all?.[0]?.bytes ?? Number.NaN) / bytes;
  const faster = median((all ?? []).map((reading) => reading.seconds)) / seconds;
  const wholeGoals: readonly Goal[] = [
    {
      number: 5,
      says: `≤ ${SECONDS_MAX} s a million, memory ± ${MEMORY_MB_MAX} MB`,
      isMet: ofMillion <= SECONDS_MAX && growthMb <= MEMORY_MB_MAX,
    },
  ];
  const thinGoals: readonly Goal[] = [
    {
      number: 6,
      says: `≥ ${FEWER_BYTES_MIN} × fewer bytes, ≥ ${FASTER_MIN} × faster`,
      isMet: fewer >= FEWER_BYTES_MIN && faster >= FASTER_MIN,
    },
  ];
  return {
    command: "export",
    data: describeSize(size),
    name: `${format}, ${name}`,
    ratios: all === undefined ? {} : { "fewer bytes, ×": fewer, "faster, ×": faster },
    figures: {
      s: seconds,
      "a million, s": ofMillion,
      MB: bytes / 1e6,
      "memory before, MB": median(readings.map(({ beforeMb }) => beforeMb)),
      "memory more, MB": growthMb,
      "memory more at first, MB": greatest(read.slice(0, FIRST_ROUND).map(growthOf)),
      ...held,
    },
    goals: format !== "ndjson" ? [] : all === undefined ? wholeGoals : thinGoals,
    again: againOf("export", size, `--format ${format}`),
  };
}
