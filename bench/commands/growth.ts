/**
 * The same questions where more is stored: more profiles, more properties, more sessions, a day of updates.
 *
 * Servers are asked in turn in the same run, so that only what they store differs.
 *
 * @module
 */
import { againOf, type Bench, type Measured, sizeOf, withData } from "../bench.ts";
import { type BenchData, bytesOf, type DataSize, describeSize } from "../data/folder.ts";
import { Load } from "../load/process.ts";
import type { UpdateJob, UpdateResult } from "../load/updater.ts";
import { alternate, type Contestant, timed } from "../measure.ts";
import { residentMb } from "../memory.ts";
import { profileQuestions } from "../questions/profiles.ts";
import { type Answer, answerOfPage, differenceOf, type Page } from "../questions/question.ts";
import type { Goal, ResultLine } from "../report/results.ts";
import type { BenchServer } from "../server.ts";
import { askAbout, pageOf, warmUp } from "../whom.ts";
import { updateJob } from "./updates.ts";

/** Goal 9. What is called flat may differ by as much as two runs do. */
const FLAT_SHARE_MAX = 1.2;

const FEW_PROPERTIES = 20;
const MANY_PROPERTIES = 2_000;
const USUAL_BATCH = 2_000;
const USUAL_CONNECTIONS = 4;

/** A server that takes part. */
interface Served {
  readonly title: string;
  readonly data: BenchData;
  readonly server: BenchServer;
}

/** How the times of a question are judged. */
interface Judgement {
  readonly command: string;
  /** What its data are called in the results. */
  readonly data: string;
  /** By how much more the last server stores; 1 where it must not matter. */
  readonly more: number;
  readonly says: string;
  readonly shareMax: number;
  readonly again: string;
}

const PARTS: ReadonlyMap<string, (bench: Bench) => Promise<readonly ResultLine[]>> = new Map([
  ["rows", growthOfRows],
  ["properties", growthOfProperties],
  ["sessions", growthOfSessions],
  ["day", growthOfDay],
]);

/** `growth`, or one of its parts: `growth rows`, `growth properties`, `growth sessions`, `growth day` */
export async function growth(bench: Bench): Promise<Measured> {
  const lines: ResultLine[] = [];
  for (const name of bench.names.length === 0 ? PARTS.keys() : bench.names) {
    const part = PARTS.get(name);
    if (part === undefined) throw new Error(`growth ${name}: give ${[...PARTS.keys()].join(", ")}`);
    bench.print(`growth ${name}`);
    lines.push(...(await part(bench)));
  }
  return { lines };
}

/** More profiles: no more than so many times slower as there are so many times more. */
async function growthOfRows(bench: Bench): Promise<readonly ResultLine[]> {
  const { sizes, properties } = bench.flags;
  const ascending = sizes.toSorted((left, right) => left - right);
  const more = (ascending.at(-1) ?? 1) / (ascending[0] ?? 1);
  return withServers(
    bench,
    ascending.map((profiles) => ({
      title: profiles.toLocaleString("en-US"),
      size: { profiles, properties, events: 0 },
    })),
    (served) =>
      askAll(bench, served, {
        command: "growth rows",
        data: `${served.map(({ title }) => title).join(", ")} profiles, ${properties} properties`,
        more,
        says: "≤ linear",
        shareMax: more,
        again: `npm run bench -- growth rows --sizes ${ascending.join()}`,
      }),
  );
}

async function growthOfProperties(bench: Bench): Promise<readonly ResultLine[]> {
  const { profiles } = bench.flags;
  return withServers(
    bench,
    [FEW_PROPERTIES, MANY_PROPERTIES].map((properties) => ({
      title: `${properties.toLocaleString("en-US")} properties`,
      size: { profiles, properties, events: 0 },
    })),
    (served) =>
      askAll(
        bench,
        served,
        flat("growth properties", `${profiles.toLocaleString("en-US")} profiles`, bench),
      ),
  );
}

async function growthOfSessions(bench: Bench): Promise<readonly ResultLine[]> {
  const { sessions } = bench.flags;
  const size = sizeOf(bench.flags);
  return withCopy(bench, "1 session", `${sessions} sessions`, async (served, [few, many]) => {
    bench.print(`opening ${sessions} sessions`);
    const ids: string[] = [];
    for (let from = 0; from < sessions; from++) {
      const page = await pageOf(many.server, many.data.credentials.project_id, openLogins(from));
      ids.push(page.session_id);
    }
    const lines = await askAll(
      bench,
      served,
      flat("growth sessions", describeSize(size), bench, `--sessions ${sessions}`),
    );
    // They are still there.
    for (const [from, session_id] of ids.entries()) {
      const request = { ...openLogins(from), session_id, page: 1 };
      await pageOf(many.server, many.data.credentials.project_id, request);
    }
    const memory = {
      [`${few.title}, MB resident`]: residentMb(few.server.pid),
      [`${many.title}, MB resident`]: residentMb(many.server.pid),
    };
    return [...lines, factLine("growth sessions, memory", size, "afterwards", memory)];
  });
}

/** Each opens a session of another selection; they select half of all profiles on average. */
function openLogins(from: number): Readonly<Record<string, unknown>> {
  const where = `properties["logins"] >= ${from % 500}`;
  return { where, page_size: 100, output_properties: ["plan"] };
}

/** A day of 100 updates a second, sent as fast as they are taken, in large requests. */
async function growthOfDay(bench: Bench): Promise<readonly ResultLine[]> {
  const { updates, batch = USUAL_BATCH, connections = USUAL_CONNECTIONS } = bench.flags;
  const size = sizeOf(bench.flags);
  return withCopy(bench, "before", "after", async (served, [before, after], copy) => {
    bench.print(`sending ${updates} updates, ${batch} a request`);
    const load = await Load.start<UpdateJob, UpdateResult>("updater.ts");
    const result = await load.run(
      updateJob(after.data, after.server, { ids: "random", batch, connections, updates }),
    );
    const lines = await askAll(
      bench,
      served,
      flat("growth day", describeSize(size), bench, `--updates ${updates}`),
    );
    const facts = {
      updates: result.updates,
      "updates/s": result.updates / result.seconds,
      "before, MB on disk": bytesOf(before.data.folder) / 1e6,
      "after, MB on disk": bytesOf(copy) / 1e6,
    };
    return [...lines, factLine("growth day, what it left", size, "the day", facts)];
  });
}

function flat(command: string, data: string, bench: Bench, ...more: readonly string[]): Judgement {
  const says = `≤ ${FLAT_SHARE_MAX} ×`;
  const again = againOf(command, sizeOf(bench.flags), ...more);
  return { command, data, more: 1, says, shareMax: FLAT_SHARE_MAX, again };
}

/** Serves data of several sizes at once. */
async function withServers<Result>(
  bench: Bench,
  sizes: readonly { readonly title: string; readonly size: DataSize }[],
  work: (served: readonly Served[]) => Promise<Result>,
  served: readonly Served[] = [],
): Promise<Result> {
  const [next, ...others] = sizes;
  if (next === undefined) return work(served);
  return withData(bench, next.size, async (data) => {
    const server = await data.start();
    try {
      const all = [...served, { title: next.title, data, server }];
      return await withServers(bench, others, work, all);
    } finally {
      await server.stop();
    }
  });
}

/** Serves data and a copy of it, of which the copy is changed. */
function withCopy<Result>(
  bench: Bench,
  title: string,
  copyTitle: string,
  work: (
    served: readonly Served[],
    pair: readonly [Served, Served],
    copy: string,
  ) => Promise<Result>,
): Promise<Result> {
  return withData(bench, sizeOf(bench.flags), async (data) => {
    const server = await data.start();
    const copy = data.copy();
    try {
      const copyServer = await data.start(copy);
      try {
        const original = { title, data, server };
        const changed = { title: copyTitle, data, server: copyServer };
        return await work([original, changed], [original, changed], copy);
      } finally {
        await copyServer.stop();
      }
    } finally {
      await server.stop();
    }
  });
}

/** Asks every question of each server; where they hold the same profiles their answers must be the same. */
async function askAll(
  { flags }: Bench,
  served: readonly Served[],
  judgement: Judgement,
): Promise<readonly ResultLine[]> {
  for (const { data, server } of served) {
    await warmUp(server, data.credentials.project_id, profileQuestions(data.size));
  }
  const [first] = served;
  const lines: ResultLine[] = [];
  for (const { name } of first === undefined ? [] : profileQuestions(first.data.size)) {
    if (flags.question !== undefined && !name.includes(flags.question)) continue;
    lines.push(await askOne(name, served, flags.rounds, judgement));
  }
  return lines;
}

async function askOne(
  name: string,
  served: readonly Served[],
  rounds: number,
  judgement: Judgement,
): Promise<ResultLine> {
  const contestants: Contestant[] = [];
  let before: { readonly data: BenchData; readonly answer: Answer } | undefined;
  for (const { title, data, server } of served) {
    const question = profileQuestions(data.size).find((other) => other.name === name);
    if (question === undefined) continue;
    const asked = await askAbout(server, data.credentials.project_id, question);
    const answer = answerOfPage(question, JSON.parse(await asked.ask()) as Page);
    const difference = before?.data === data ? differenceOf(before.answer, answer) : undefined;
    if (difference !== undefined) throw new Error(`${name}, ${title}: ${difference}`);
    before = { data, answer };
    contestants.push({ name: title, ask: () => timed(asked.ask) });
  }
  return lineOf(name, [...(await alternate(contestants, rounds))], judgement);
}

function lineOf(
  name: string,
  times: readonly (readonly [string, number])[],
  { command, data, more, says, shareMax, again }: Judgement,
): ResultLine {
  const [title, least = Number.NaN] = times[0] ?? [];
  const most = times.at(-1)?.[1] ?? Number.NaN;
  const share = most / least;
  const goal: Goal = { number: 9, says, isMet: share <= shareMax };
  return {
    command,
    data,
    name,
    ratios: {
      [`÷ ${title}`]: share,
      ...(more === 1 ? {} : { "÷ linear": share / more }),
    },
    figures: Object.fromEntries(times.map(([heading, ms]) => [`${heading}, ms`, ms])),
    goals: [goal],
    again: `${again} --question ${JSON.stringify(name)}`,
  };
}

function factLine(
  command: string,
  size: DataSize,
  name: string,
  figures: Readonly<Record<string, number>>,
): ResultLine {
  const again = againOf(command.split(",")[0] ?? command, size);
  return { command, data: describeSize(size), name, ratios: {}, figures, goals: [], again };
}
