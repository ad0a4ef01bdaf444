/**
 * Looks profiles up by id at a fixed rate, whether or not earlier ones are answered.
 *
 * A look-up's time counts from when it should have been sent: while the server is slow the ones that pile up behind it
 * wait too, as those of many clients would.
 *
 * @module
 */
import { setTimeout as sleep } from "node:timers/promises";
import { randomFrom, sampleId } from "../data/profiles.ts";
import { serveLoad } from "./process.ts";
import { Wire } from "./wire.ts";

/** What is looked up, and how fast. */
export interface LookJob {
  readonly url: string;
  readonly authorization: string;
  readonly projectId: number;
  readonly profiles: number;
  /** Look-ups a second. */
  readonly rate: number;
  readonly seconds: number;
  readonly connections: number;
}

/** What came of it. */
export interface LookResult {
  /** From when each should have been sent to its end. */
  readonly latenciesMs: Float64Array;
  /** How much later than it should each was sent; that is the client's doing. */
  readonly lateMs: Float64Array;
  readonly errors: number;
  readonly seconds: number;
  /** Of a processor, for the client alone. */
  readonly cpuSeconds: number;
}

const TICK_MS = 1;
/** Look-ups before the first that counts, so that connections are open. */
const WARM_UP = 200;

serveLoad<LookJob, LookResult>(async (job) => {
  const client = await Wire.connect(job.url, job.authorization, job.connections);
  const random = randomFrom(1);
  const look = async (): Promise<boolean> => {
    const id = sampleId(Math.floor(random() * job.profiles));
    const path = `/api/query/engage?project_id=${job.projectId}&distinct_id=${id}`;
    const { status, body } = await client.get(path);
    return status === 200 && body.includes(`"$distinct_id":"${id}"`);
  };
  await Promise.all(Array.from({ length: WARM_UP }, look));
  const count = job.rate * job.seconds;
  const latenciesMs = new Float64Array(count);
  const lateMs = new Float64Array(count);
  const pending: Promise<void>[] = [];
  let errors = 0;
  const cpu = process.cpuUsage();
  const startedAt = performance.now();
  const send = async (index: number): Promise<void> => {
    const dueAt = startedAt + (index * 1_000) / job.rate;
    lateMs[index] = performance.now() - dueAt;
    const isRight = await look().catch(() => false);
    latenciesMs[index] = performance.now() - dueAt;
    if (!isRight) errors += 1;
  };
  while (pending.length < count) {
    const due = Math.floor(((performance.now() - startedAt) * job.rate) / 1_000);
    while (pending.length < Math.min(due, count)) pending.push(send(pending.length));
    await sleep(TICK_MS);
  }
  await Promise.all(pending);
  const seconds = (performance.now() - startedAt) / 1_000;
  const { user, system } = process.cpuUsage(cpu);
  client.close();
  return { latenciesMs, lateMs, errors, seconds, cpuSeconds: (user + system) / 1e6 };
});
