/**
 * Random requests to a server, one after the other, and what was wrong with the answers.
 *
 * Each request has a seed of its own, so that any can be sent again alone.
 *
 * @module
 */
import { randomFrom } from "../paging-history.ts";
import { type FuzzAnswer, faultsOf } from "./check.ts";
import { type FuzzRequest, makeRequest, type Target } from "./requests.ts";

/** Sends a request and reads its answer to the end. */
export type Send = (request: FuzzRequest) => Promise<FuzzAnswer>;

/** What a run came to. */
export interface FuzzReport {
  readonly requestCount: number;
  /** Answers by status. */
  readonly statuses: ReadonlyMap<number, number>;
  readonly faults: readonly string[];
}

/** Faults after which a run is not worth going on. */
const FAULT_COUNT_MAX = 30;

/** The request of a number. */
export function requestAt(seed: number, number: number, target: Target): FuzzRequest {
  const random = randomFrom(seed * 1_000_003 + number);
  // The first numbers of neighbouring seeds are alike.
  for (let skipped = 0; skipped < 5; skipped++) random();
  return makeRequest(random, target);
}

/** Sends so many requests. */
export async function fuzz(
  { seed, from, count }: { readonly seed: number; readonly from: number; readonly count: number },
  target: Target,
  send: Send,
  onProgress: (requestCount: number) => void = () => undefined,
): Promise<FuzzReport> {
  const statuses = new Map<number, number>();
  const faults: string[] = [];
  let number = from;
  for (; number < from + count && faults.length < FAULT_COUNT_MAX; number++) {
    const request = requestAt(seed, number, target);
    const answer = await send(request);
    statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
    for (const fault of faultsOf(request, answer)) {
      faults.push(`seed ${seed}, request ${number}: ${fault}\n${show(request)}`);
    }
    onProgress(number - from + 1);
  }
  return { requestCount: number - from, statuses, faults };
}

/** A request as it can be read. */
export function show({ method, url, headers, body }: FuzzRequest): string {
  const lines = Object.entries(headers).map(([name, value]) => `  ${name}: ${value.slice(0, 200)}`);
  const shown =
    body === undefined ? [] : [`  ${JSON.stringify(body.toString("latin1").slice(0, 400))}`];
  return [`  ${method} ${url.slice(0, 400)}`, ...lines, ...shown].join("\n");
}
