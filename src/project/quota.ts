/**
 * How much a project has queried, against how much it may.
 *
 * A quota is the project's, shared by all its service accounts: so many queries in any hour, and so
 * many at once. Follow-up pages of a session are not queries; do not ask to admit them.
 *
 * @see https://docs.mixpanel.com/reference/rate-limits
 * @module
 */
import type { Clock } from "../clock.ts";
import { refuse } from "./limit.ts";
import type { Project } from "./project.ts";

/** The length of the rolling window. */
const WINDOW_SECONDS = 3600;

/** When a client that runs too many queries at once is told to come back; nobody knows better. */
const CONCURRENCY_RETRY_SECONDS = 10;

/** A query under way. */
export interface Admission {
  /**
   * Says that the query is answered; further calls do nothing.
   *
   * @param outcome whether it counts for the hour: answers with 401, 402 and 429 do not
   */
  release(outcome: { readonly counted: boolean }): void;
}

/** What is left of a quota. */
export interface QuotaStatus {
  readonly queriesPerHourMax: number | undefined;
  readonly queriesAtOnceMax: number | undefined;
  /** Queries that count for the last hour. */
  readonly hourCount: number;
  /** Queries under way. */
  readonly runningCount: number;
  /** Seconds until the oldest query leaves the hour, at least 1. */
  readonly resetSeconds: number;
}

/** Which part of a quota refused. */
export type QuotaPart = "hour" | "concurrency";

/** Whether a project may be queried only so much. */
export function hasQuota({ quota }: Project): boolean {
  return quota.queriesPerHourMax !== undefined || quota.queriesAtOnceMax !== undefined;
}

/** Counts the queries of each project. */
export class QuotaGuard {
  readonly #clock: Clock;
  readonly #usage = new Map<number, Usage>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Lets a query begin.
   *
   * @throws `access.quota_exceeded`, `access.concurrency_exceeded`, as a `LimitError` with headers
   */
  admit(project: Project): Admission {
    const { queriesPerHourMax, queriesAtOnceMax } = project.quota;
    if (!hasQuota(project)) {
      this.#usage.delete(project.id);
      return { release: () => undefined };
    }
    const usage = this.#usage.get(project.id) ?? new Usage();
    this.#usage.set(project.id, usage);
    const status = this.status(project);
    const second = this.#second();
    if (queriesPerHourMax !== undefined && status.hourCount >= queriesPerHourMax) {
      throw refuse(
        "access.quota_exceeded",
        { projectId: project.id, used: status.hourCount + 1, limit: queriesPerHourMax },
        quotaHeaders(status, "hour"),
      );
    }
    if (queriesAtOnceMax !== undefined && status.runningCount >= queriesAtOnceMax) {
      throw refuse(
        "access.concurrency_exceeded",
        { projectId: project.id, used: status.runningCount + 1, limit: queriesAtOnceMax },
        quotaHeaders(status, "concurrency"),
      );
    }
    usage.begin(second);
    let isReleased = false;
    return {
      release: ({ counted }) => {
        if (isReleased) return;
        isReleased = true;
        usage.end(second, counted);
      },
    };
  }

  /** What a project has used. */
  status(project: Project): QuotaStatus {
    const second = this.#second();
    const usage = this.#usage.get(project.id);
    usage?.forgetBefore(second);
    const { queriesPerHourMax, queriesAtOnceMax } = project.quota;
    return {
      queriesPerHourMax,
      queriesAtOnceMax,
      hourCount: usage?.hourCount ?? 0,
      runningCount: usage?.runningCount ?? 0,
      resetSeconds: usage?.resetSeconds(second) ?? WINDOW_SECONDS,
    };
  }

  #second(): number {
    return Math.floor(this.#clock.now() / 1000);
  }
}

/**
 * The headers that tell a quota; none where there is no quota.
 *
 * `Retry-After` stands only on a refusal, as clients take any answer with it for one.
 */
export function quotaHeaders(status: QuotaStatus, refused?: QuotaPart): Record<string, string> {
  const { queriesPerHourMax, queriesAtOnceMax, hourCount, runningCount } = status;
  const policies: string[] = [];
  const remaining: string[] = [];
  if (queriesPerHourMax !== undefined) {
    policies.push(`"project";q=${queriesPerHourMax};w=${WINDOW_SECONDS}`);
    const left = Math.max(0, queriesPerHourMax - hourCount);
    remaining.push(`"project";r=${left}${refused === "hour" ? `;t=${status.resetSeconds}` : ""}`);
  }
  if (queriesAtOnceMax !== undefined) {
    policies.push(`"project-concurrency";q=${queriesAtOnceMax};qu="concurrent-requests"`);
    const left = Math.max(0, queriesAtOnceMax - runningCount);
    const reset = refused === "concurrency" ? `;t=${CONCURRENCY_RETRY_SECONDS}` : "";
    remaining.push(`"project-concurrency";r=${left}${reset}`);
  }
  if (policies.length === 0) return {};
  const headers: Record<string, string> = {
    "RateLimit-Policy": policies.join(", "),
    RateLimit: remaining.join(", "),
  };
  if (refused !== undefined) {
    const seconds = refused === "hour" ? status.resetSeconds : CONCURRENCY_RETRY_SECONDS;
    headers["Retry-After"] = String(seconds);
  }
  return headers;
}

/** The queries of one project; at most one number a second of the window. */
class Usage {
  hourCount = 0;
  runningCount = 0;
  /** Queries that began in each second, oldest first. */
  readonly #counts = new Map<number, number>();
  #lastSecond = 0;

  begin(second: number): void {
    this.runningCount += 1;
    this.hourCount += 1;
    this.#counts.set(second, (this.#counts.get(second) ?? 0) + 1);
    this.#lastSecond = second;
  }

  end(second: number, counted: boolean): void {
    this.runningCount -= 1;
    if (counted) return;
    const count = this.#counts.get(second);
    // It may have left the window while the query ran.
    if (count === undefined) return;
    this.hourCount -= 1;
    if (count === 1) this.#counts.delete(second);
    else this.#counts.set(second, count - 1);
  }

  forgetBefore(second: number): void {
    // A clock that was set back would keep queries of the future for as long as it was wrong.
    if (second < this.#lastSecond) {
      this.#counts.clear();
      this.hourCount = 0;
      this.#lastSecond = second;
    }
    for (const [oldest, count] of this.#counts) {
      if (second - oldest < WINDOW_SECONDS) break;
      this.#counts.delete(oldest);
      this.hourCount -= count;
    }
  }

  resetSeconds(second: number): number {
    for (const oldest of this.#counts.keys()) return oldest + WINDOW_SECONDS - second;
    return WINDOW_SECONDS;
  }
}
