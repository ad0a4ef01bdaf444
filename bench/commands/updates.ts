/**
 * Durable updates over HTTP while a client asks queries: how many a second, and what that does to the queries.
 *
 * @module
 */
import { setTimeout as sleep } from "node:timers/promises";
import { againOf, type Bench, type Measured, sizeOf, withData } from "../bench.ts";
import { type BenchData, describeSize } from "../data/folder.ts";
import { EventLoopWatch } from "../event-loop.ts";
import type { AskJob } from "../load/asker.ts";
import { Load } from "../load/process.ts";
import type { IdKind, UpdateJob, UpdateResult } from "../load/updater.ts";
import { greatest, median, quantile } from "../measure.ts";
import { profileQuestions } from "../questions/profiles.ts";
import type { ResultLine } from "../report/results.ts";
import type { BenchServer } from "../server.ts";
import { warmUp } from "../whom.ts";

/** Goal 7: records of a request, and the updates a second. */
const BATCHES = [
  { batch: 2_000, perSecondMin: 20_000 },
  { batch: 50, perSecondMin: 5_000 },
];
const QUERY_P95_SHARE_MAX = 3;

const ID_KINDS: readonly IdKind[] = ["random", "skewed"];
const USUAL_SECONDS = 20;
const USUAL_CONNECTIONS = 4;

/** The questions that the client beside the updates asks in turn. */
const MIX = [
  "count plan, ltv and country",
  "one document by id",
  "first 1,000 documents, filtered",
  "count tag7 in tags",
  "top 50 by ltv",
];

/** The sum of the property that updates add to, by which no update is lost or done twice. */
const SUM = { action: 'sum(properties["logins"])' };

/** What is sent, as the flags say. */
interface Plan {
  readonly batch: number;
  readonly perSecondMin: number | undefined;
  readonly ids: IdKind;
  readonly seconds: number;
  readonly connections: number;
}

/** `updates` */
export async function updates(bench: Bench): Promise<Measured> {
  const { flags, print } = bench;
  return withData(bench, sizeOf(flags), async (data) => {
    const server = await data.start();
    try {
      const lines: ResultLine[] = [];
      await warmUp(server, data.credentials.project_id, profileQuestions(data.size));
      for (const plan of plansOf(bench)) {
        print(`updates, ${plan.batch} a request, ${plan.ids} ids`);
        lines.push(await measure(data, server, plan));
      }
      return { lines };
    } finally {
      await server.stop();
    }
  });
}

function plansOf({ flags }: Bench): readonly Plan[] {
  const batches =
    flags.batch === undefined
      ? BATCHES
      : [
          BATCHES.find(({ batch }) => batch === flags.batch) ?? {
            batch: flags.batch,
            perSecondMin: undefined,
          },
        ];
  const kinds = ID_KINDS.filter((kind) => flags.ids === undefined || flags.ids === kind);
  const seconds = flags.seconds ?? USUAL_SECONDS;
  const connections = flags.connections ?? USUAL_CONNECTIONS;
  return batches.flatMap((batch) => kinds.map((ids) => ({ ...batch, ids, seconds, connections })));
}

async function measure(data: BenchData, server: BenchServer, plan: Plan): Promise<ResultLine> {
  const { batch, ids, seconds, connections } = plan;
  const sumBefore = await sumOf(data, server);
  const idle = await startAsking(data, server);
  await sleep((seconds * 1_000) / 2);
  const idleMs = await idle.end();
  const loop = await EventLoopWatch.start(server);
  const updater = await Load.start<UpdateJob, UpdateResult>("updater.ts");
  const busy = await startAsking(data, server);
  const result = await updater.run(updateJob(data, server, { batch, ids, seconds, connections }));
  const busyMs = await busy.end();
  const held = await loop.end();
  const added = (await sumOf(data, server)) - sumBefore;
  if (added !== result.updates) {
    throw new Error(`${result.updates} updates were answered and ${added} are there`);
  }
  return lineOf(data, plan, result, idleMs, busyMs, held);
}

function lineOf(
  { size }: BenchData,
  { batch, perSecondMin, ids, seconds, connections }: Plan,
  { updates: count, seconds: took, latenciesMs }: UpdateResult,
  idleMs: Float64Array,
  busyMs: Float64Array,
  held: Readonly<Record<string, number>>,
): ResultLine {
  const perSecond = count / took;
  const idleP95 = quantile([...idleMs], 0.95);
  const busyP95 = quantile([...busyMs], 0.95);
  const share = busyP95 / idleP95;
  const flags = [`--seconds ${seconds}`, `--connections ${connections}`];
  return {
    command: "updates",
    data: describeSize(size),
    name: `${batch} a request, ${ids} ids, ${connections} connections`,
    ratios: { "query p95 ÷ idle": share },
    figures: {
      "updates/s": perSecond,
      "request p50, ms": median([...latenciesMs]),
      "request p95, ms": quantile([...latenciesMs], 0.95),
      "request max, ms": greatest([...latenciesMs]),
      "query p95 idle, ms": idleP95,
      "query p95, ms": busyP95,
      "query max, ms": greatest([...busyMs]),
      ...held,
    },
    goals: [
      ...(perSecondMin === undefined
        ? []
        : [
            {
              number: 7,
              says: `≥ ${perSecondMin.toLocaleString("en-US")}/s`,
              isMet: perSecond >= perSecondMin,
            },
          ]),
      {
        number: 7,
        says: `query p95 ≤ ${QUERY_P95_SHARE_MAX} × idle`,
        isMet: share <= QUERY_P95_SHARE_MAX,
      },
    ],
    again: againOf("updates", size, `--batch ${batch}`, `--ids ${ids}`, ...flags),
  };
}

/** What a load of updates is told. */
export function updateJob(
  { size, credentials }: BenchData,
  server: BenchServer,
  plan: Pick<UpdateJob, "batch" | "ids" | "connections"> &
    Partial<Pick<UpdateJob, "seconds" | "updates">>,
): UpdateJob {
  return {
    url: server.url,
    token: credentials.token,
    profiles: size.profiles,
    seconds: Number.POSITIVE_INFINITY,
    updates: Number.POSITIVE_INFINITY,
    seed: 7,
    ...plan,
  };
}

/** Begins to ask the mix of queries; its end gives the time of each. */
async function startAsking(
  { size, credentials }: BenchData,
  server: BenchServer,
): Promise<{ end(): Promise<Float64Array> }> {
  const { url, authorization } = server;
  const requests = profileQuestions(size)
    .filter(({ name }) => MIX.includes(name))
    .map(({ request }) => request);
  const load = await Load.start<AskJob, Float64Array>("asker.ts");
  const found = load.run({ url, authorization, projectId: credentials.project_id, requests });
  return {
    end: () => {
      load.stop();
      return found;
    },
  };
}

async function sumOf({ credentials }: BenchData, server: BenchServer): Promise<number> {
  const path = `/api/query/engage/stats?project_id=${credentials.project_id}`;
  return (JSON.parse(await server.post(path, SUM)) as { readonly results: number }).results;
}
