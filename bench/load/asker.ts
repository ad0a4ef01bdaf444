/**
 * One client that asks a fixed mix of queries, one after the other, until it is stopped.
 *
 * @module
 */
import { HttpClient } from "../http-client.ts";
import { serveLoad } from "./process.ts";

/** What is asked. */
export interface AskJob {
  readonly url: string;
  readonly authorization: string;
  readonly projectId: number;
  /** Parameters of `POST /api/query/engage`. */
  readonly requests: readonly Readonly<Record<string, unknown>>[];
}

serveLoad<AskJob, Float64Array>(async (job, isStopped) => {
  const client = new HttpClient(job.url, { authorization: job.authorization }, 1);
  const path = `/api/query/engage?project_id=${job.projectId}`;
  const bodies = job.requests.map((request) => JSON.stringify(request));
  const latencies: number[] = [];
  while (!isStopped()) {
    const sentAt = performance.now();
    const { status, body } = await client.send({
      path,
      body: bodies[latencies.length % bodies.length] ?? "",
    });
    if (status !== 200) throw new Error(`${status}: ${body.toString("utf8").slice(0, 500)}`);
    latencies.push(performance.now() - sentAt);
  }
  client.close();
  return Float64Array.from(latencies);
});
