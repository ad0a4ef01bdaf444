/**
 * What the server counts, for Prometheus. No text of a user and no name of a tenant is ever a label.
 *
 * @module
 */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import { watchEventLoop } from "./event-loop.ts";

/** The counters of one server. */
export interface Metrics {
  readonly registry: Registry;
  readonly requests: Counter<"route" | "method" | "status">;
  readonly requestSeconds: Histogram<"route">;
  readonly querySeconds: Histogram<"page">;
  readonly profilesWritten: Counter;
  readonly updatesRejected: Counter;
  readonly eventsWritten: Counter;
  readonly recordsDropped: Counter;
  /** Stops measuring. */
  close(): void;
}

/** What is read at the moment somebody asks. */
export interface MetricSources {
  openSessionCount(): number;
  sessionBytes(): number;
  waitingUpdateCount(): number;
}

/** Around 20 ms, the most that anything is meant to hold the event loop up. */
const DELAY_SECONDS = [0.002, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2, 0.5, 1, 2.5];

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 120];

/** The counters of a server, all at zero. */
export function createMetrics(sources: MetricSources): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  gauge("whom_sessions_open", "Paging sessions that are open", sources.openSessionCount);
  gauge("whom_session_bytes", "Bytes of disk that paging sessions take", sources.sessionBytes);
  gauge(
    "whom_writer_waiting",
    "Updates and events that wait for a commit",
    sources.waitingUpdateCount,
  );
  const eventLoopDelay = new Histogram({
    name: "whom_event_loop_delay_seconds",
    help: "How late the event loop gets to what is due, looked at 200 times a second",
    buckets: DELAY_SECONDS,
    registers,
  });
  return {
    registry,
    close: watchEventLoop((seconds) => eventLoopDelay.observe(seconds)),
    requests: new Counter({
      name: "whom_http_requests_total",
      help: "Requests answered",
      labelNames: ["route", "method", "status"],
      registers,
    }),
    requestSeconds: new Histogram({
      name: "whom_http_request_seconds",
      help: "Time from a request's first byte to its answer's last",
      labelNames: ["route"],
      buckets: SECONDS,
      registers,
    }),
    querySeconds: new Histogram({
      name: "whom_query_seconds",
      help: "Time the engine takes for a page: first ones select, later ones only read",
      labelNames: ["page"],
      buckets: SECONDS,
      registers,
    }),
    profilesWritten: counter("whom_profile_updates_total", "Updates that are durable"),
    updatesRejected: counter("whom_profile_updates_rejected_total", "Updates that broke a limit"),
    eventsWritten: counter("whom_events_total", "Events that are durable"),
    recordsDropped: counter("whom_records_dropped_total", "Records with a token of no project"),
  };

  function counter(name: string, help: string): Counter {
    return new Counter({ name, help, registers });
  }

  function gauge(name: string, help: string, read: () => number): void {
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read());
      },
    });
  }
}
