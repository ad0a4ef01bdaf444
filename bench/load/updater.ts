/**
 * Sends updates of profiles that exist, over several connections, each request when the one before is answered.
 *
 * An update adds to a number and sets a text, so the server must read what it writes. No question asks about either.
 *
 * @module
 */
import { randomFrom, sampleId } from "../data/profiles.ts";
import { HttpClient } from "../http-client.ts";
import { serveLoad } from "./process.ts";

/** Which profiles are updated. */
export type IdKind = "random" | "skewed";

/** What is sent. */
export interface UpdateJob {
  readonly url: string;
  readonly token: string;
  /** Profiles of the sample. */
  readonly profiles: number;
  readonly batch: number;
  readonly ids: IdKind;
  readonly connections: number;
  /** No request is begun after so long, */
  readonly seconds: number;
  /** or after so many updates. */
  readonly updates: number;
  readonly seed: number;
}

/** What came of it. */
export interface UpdateResult {
  /** Updates that were answered as written. */
  readonly updates: number;
  readonly seconds: number;
  /** Of each request. */
  readonly latenciesMs: Float64Array;
}

/** The property that updates add 1 to: a whole number in each profile of the sample. */
const COUNTED_PROPERTY = "logins";

/** Skewed: four of five updates go to one in a hundred profiles. */
const HOT_SHARE = 0.8;
const HOT_PROFILES_SHARE = 0.01;

serveLoad<UpdateJob, UpdateResult>(async (job, isStopped) => {
  const client = new HttpClient(job.url, {}, job.connections);
  const random = randomFrom(job.seed);
  const latencies: number[] = [];
  const startedAt = performance.now();
  let begun = 0;
  let written = 0;
  const isOver = (): boolean =>
    isStopped() || begun >= job.updates || performance.now() - startedAt > job.seconds * 1_000;
  const send = async (): Promise<void> => {
    while (!isOver()) {
      const count = Math.min(job.batch, job.updates - begun);
      begun += count;
      const body = bodyOf(job, count, random);
      const sentAt = performance.now();
      const answer = await client.send({ path: "/engage?verbose=1&strict=1", body });
      latencies.push(performance.now() - sentAt);
      const outcome = JSON.parse(answer.body.toString("utf8")) as { readonly status: number };
      if (outcome.status !== 1) throw new Error(`/engage: ${answer.body.toString("utf8")}`);
      written += count;
    }
  };
  try {
    await Promise.all(Array.from({ length: job.connections }, send));
  } finally {
    client.close();
  }
  return {
    updates: written,
    seconds: (performance.now() - startedAt) / 1_000,
    latenciesMs: Float64Array.from(latencies),
  };
});

function bodyOf(job: UpdateJob, count: number, random: () => number): string {
  const records = Array.from({ length: count }, () => ({
    $token: job.token,
    $distinct_id: sampleId(indexOf(job, random)),
    $add: { [COUNTED_PROPERTY]: 1 },
    $set: { $city: `City ${Math.floor(random() * 500)}` },
  }));
  return JSON.stringify(records);
}

function indexOf({ ids, profiles }: UpdateJob, random: () => number): number {
  const isHot = ids === "skewed" && random() < HOT_SHARE;
  return Math.floor(random() * (isHot ? Math.ceil(profiles * HOT_PROFILES_SHARE) : profiles));
}
