/**
 * What it takes: seconds to import and to start, bytes on disk, memory.
 *
 * @module
 */
import { setTimeout as sleep } from "node:timers/promises";
import { againOf, type Bench, type Measured, sizeOf, withData } from "../bench.ts";
import { type BenchData, bytesOf, describeSize } from "../data/folder.ts";
import { median, timed } from "../measure.ts";
import { MemoryWatch, residentMb } from "../memory.ts";
import { profileQuestions } from "../questions/profiles.ts";
import type { Question } from "../questions/question.ts";
import type { Goal, ResultLine } from "../report/results.ts";
import type { BenchServer } from "../server.ts";
import { askAbout } from "../whom.ts";

const MILLION = 1_000_000;
const STARTS = 5;
/** A server that was asked nothing for so long is idle. */
const IDLE_MS = 5_000;

/** Goals 10, 11 and 12; of a million profiles. */
const DISK_MB_MAX = 200;
const IDLE_MB_MAX = 200;
/** A gibibyte. */
const WORST_MB_MAX = 1_074;
const IMPORT_S_MAX = 60;
const START_S_MAX = 2;

/** The largest page there is, besides the questions. */
const LARGEST_PAGE: Question = {
  name: "a page of 5,000 documents",
  request: { page_size: 5_000 },
  answer: "ids",
  peers: {},
};

/** `footprint` */
export async function footprint(bench: Bench): Promise<Measured> {
  const fresh = { ...bench, flags: { ...bench.flags, fresh: true } };
  return withData(fresh, sizeOf(bench.flags), async (data) => {
    const { size, importS, eventsS } = data;
    const ofMillion = MILLION / size.profiles;
    const diskMb = bytesOf(data.folder) / 1e6;
    const idleMb = await whileServing(data, idleMemory);
    const worstMb = await whileServing(data, (server) => worstMemory(bench, data, server));
    bench.print(`starting ${STARTS} times`);
    const startS = await startToAnswer(data);
    const fact = (name: string, figure: number, goals: readonly Goal[] = []): ResultLine => ({
      command: "footprint",
      data: describeSize(size),
      name,
      ratios: {},
      figures: { figure },
      goals,
      again: againOf("footprint", size),
    });
    const row = (name: string, figure: number, number: number, most: number): ResultLine =>
      fact(name, figure, [
        { number, says: `≤ ${most.toLocaleString("en-US")}`, isMet: figure <= most },
      ]);
    return {
      lines: [
        row("bulk import of a million profiles, s", importS * ofMillion, 11, IMPORT_S_MAX),
        row("start to first answer, s", startS, 12, START_S_MAX),
        ...(size.events > 0
          ? [
              fact("events imported a second", size.events / eventsS),
              fact("disk with the events, MB", diskMb),
            ]
          : [row("disk for a million profiles, MB", diskMb * ofMillion, 10, DISK_MB_MAX)]),
        row("memory idle, MB", idleMb, 10, IDLE_MB_MAX),
        row("memory at the worst question, MB", worstMb, 10, WORST_MB_MAX),
      ],
    };
  });
}

async function whileServing<Result>(
  data: BenchData,
  work: (server: BenchServer) => Promise<Result>,
): Promise<Result> {
  const server = await data.start();
  try {
    return await work(server);
  } finally {
    await server.stop();
  }
}

async function idleMemory(server: BenchServer): Promise<number> {
  await sleep(IDLE_MS);
  return residentMb(server.pid);
}

/** The most memory of any question, each asked several times. */
async function worstMemory(
  { flags: { rounds }, print }: Bench,
  { size, credentials }: BenchData,
  server: BenchServer,
): Promise<number> {
  let worstMb = 0;
  for (const question of [...profileQuestions(size), LARGEST_PAGE]) {
    const { ask } = await askAbout(server, credentials.project_id, question);
    const watch = new MemoryWatch(server.pid);
    for (let round = 0; round < rounds; round++) await ask();
    watch.end();
    print(`${question.name}: at most ${Math.round(watch.mostMb)} MB`);
    worstMb = Math.max(worstMb, watch.mostMb);
  }
  return worstMb;
}

/** From starting the process to the end of the first answer, in seconds. */
async function startToAnswer(data: BenchData): Promise<number> {
  const [question] = profileQuestions(data.size);
  const startsMs: number[] = [];
  const copy = data.copy();
  for (let start = 0; start < STARTS; start++) {
    let server: BenchServer | undefined;
    startsMs.push(
      await timed(async () => {
        server = await data.start(copy);
        await server.query(data.credentials.project_id, question?.request ?? {});
      }),
    );
    await server?.stop();
  }
  return median(startsMs) / 1_000;
}
