/**
 * How long the server's event loop was held up while something ran, as far as the server tells.
 *
 * @module
 */
import type { BenchServer } from "./server.ts";

/** A line of metrics: `name{le="0.1"} 3`. */
const METRIC = /^(\w*event_loop\w*?)(_bucket|_sum|_count)?(?:\{(.*)\})? (\S+)$/;
const LE = /le="([^"]+)"/;

/** Watches from when it is started. */
export class EventLoopWatch {
  readonly #server: BenchServer;
  readonly #before: string;

  private constructor(server: BenchServer, before: string) {
    this.#server = server;
    this.#before = before;
  }

  static async start(server: BenchServer): Promise<EventLoopWatch> {
    return new EventLoopWatch(server, await server.metrics());
  }

  /** The longest delay since the start as a column of a table; none where the server does not tell. */
  async end(): Promise<Readonly<Record<string, number>>> {
    const ms = heldUpMs(this.#before, await this.#server.metrics());
    return ms === undefined ? {} : { "event loop held up, ms": ms };
  }
}

/**
 * The longest delay that metrics tell of since others were read.
 *
 * Of a histogram it is the bound of the highest bucket that was hit, of gauges the greatest.
 */
export function heldUpMs(before: string, after: string): number | undefined {
  const seconds = highestBucket(bucketsOf(before), bucketsOf(after)) ?? highestGauge(after);
  return seconds === undefined ? undefined : seconds * 1_000;
}

function bucketsOf(text: string): ReadonlyMap<number, number> {
  const buckets = new Map<number, number>();
  for (const line of text.split("\n")) {
    const [, , kind, labels = "", value] = METRIC.exec(line) ?? [];
    const bound = LE.exec(labels)?.[1];
    if (kind !== "_bucket" || bound === undefined) continue;
    buckets.set(bound === "+Inf" ? Number.POSITIVE_INFINITY : Number(bound), Number(value));
  }
  return buckets;
}

function highestBucket(
  before: ReadonlyMap<number, number>,
  after: ReadonlyMap<number, number>,
): number | undefined {
  if (after.size === 0) return undefined;
  let highest = 0;
  let below = 0;
  for (const bound of [...after.keys()].toSorted((left, right) => left - right)) {
    const hits = (after.get(bound) ?? 0) - (before.get(bound) ?? 0);
    if (hits > below) highest = bound;
    below = hits;
  }
  return highest;
}

function highestGauge(text: string): number | undefined {
  const values = text.split("\n").flatMap((line) => {
    const [, , kind, , value] = METRIC.exec(line) ?? [];
    return value === undefined || kind !== undefined ? [] : [Number(value)];
  });
  return values.length === 0 ? undefined : Math.max(...values);
}
