/**
 * How many profiles cohorts select, counted now and then.
 *
 * A list of cohorts shows a number for each, and counting all of them could take long: a number is good for a
 * while, and a request counts for a bounded time. Queries never use these numbers.
 *
 * @module
 */
import type { CohortSource, SavedCohort } from "../../cohort/cohort.ts";
import { WhomError } from "../../errors/error.ts";
import type { Project } from "../../project/project.ts";
import { planCohort } from "../../query/plan.ts";
import type { ProfileQuery } from "../../query/query.ts";
import type { KeptCohort } from "../../registry/cohort-record.ts";
import type { Store } from "../../store/store.ts";
import type { ServerContext } from "../context.ts";

/** So long a list shows a number again without counting. */
const COUNT_FRESH_MS = 10_000;
/** So long one request counts; cohorts it does not come to keep their last number. */
const COUNT_BUDGET_MS = 5000;

/** A number and when it was counted. */
export interface CohortCount {
  /** 0 when it was never counted. */
  readonly count: number;
  readonly countedAtMs: number | undefined;
}

interface KnownCount extends CohortCount {
  readonly countedAtMs: number;
  /** Of the cohort as it was counted. */
  readonly editedAtMs: number;
}

/** Of a cohort that was never counted. */
export const UNCOUNTED: CohortCount = { count: 0, countedAtMs: undefined };

/** Where cohorts are counted, and for how long. */
interface Counting {
  readonly store: Store;
  readonly project: Project;
  readonly cohorts: CohortSource;
  readonly nowMs: number;
  /** So long a number is shown again. */
  readonly freshMs: number;
  /** Aborted when the client has gone. */
  readonly signal: AbortSignal;
  /** Aborted then, or when the request has counted long enough. */
  readonly bounded: AbortSignal;
}

/** The last numbers of all projects. They are not kept over a restart. */
export class CohortCounts {
  readonly #budgetMs: number;
  readonly #known = new Map<string, KnownCount>();

  /** @param budgetMs so long one request counts */
  constructor(budgetMs: number = COUNT_BUDGET_MS) {
    this.#budgetMs = budgetMs;
  }

  /**
   * The numbers of cohorts of one project, in their order; one alone is always counted.
   *
   * @throws what the store throws, and the reason of `signal` once the client has gone
   */
  async of(
    { store, clock, registry }: Pick<ServerContext, "store" | "clock" | "registry">,
    project: Project,
    cohorts: readonly KeptCohort[],
    signal: AbortSignal,
  ): Promise<readonly CohortCount[]> {
    const counting: Counting = {
      store,
      project,
      cohorts: await registry.cohorts(project.id),
      nowMs: clock.now(),
      freshMs: cohorts.length === 1 ? 0 : COUNT_FRESH_MS,
      signal,
      bounded: AbortSignal.any([signal, AbortSignal.timeout(this.#budgetMs)]),
    };
    const counts: CohortCount[] = [];
    for (const cohort of cohorts) counts.push(await this.#count(cohort, counting));
    return counts;
  }

  async #count(cohort: KeptCohort, counting: Counting): Promise<CohortCount> {
    const { store, project, cohorts, nowMs, freshMs, signal, bounded } = counting;
    signal.throwIfAborted();
    const name = `${project.id}/${cohort.id}`;
    const known = this.#known.get(name);
    const isFresh = known?.editedAtMs === cohort.editedAtMs && nowMs - known.countedAtMs < freshMs;
    if (isFresh || bounded.aborted) return known ?? UNCOUNTED;
    try {
      const count = await store.count(membersQuery(cohort, project, cohorts, nowMs), bounded);
      const counted = { count, countedAtMs: nowMs, editedAtMs: cohort.editedAtMs };
      this.#known.set(name, counted);
      return counted;
    } catch (failure) {
      signal.throwIfAborted();
      // One that became too large with a cohort in it cannot be counted, which must not hide the rest of a list.
      const isOfCohort = failure instanceof WhomError && failure.kind === "invalid";
      if (!(bounded.aborted || isOfCohort)) throw failure;
      return known ?? UNCOUNTED;
    }
  }
}

/**
 * The query for the profiles that a cohort selects, known distinct ids without a profile among them.
 *
 * @throws `cohort.*`, `selector.*`
 */
export function membersQuery(
  cohort: SavedCohort,
  project: Project,
  cohorts: CohortSource,
  nowMs: number,
): ProfileQuery {
  const asOfSeconds = Math.floor(nowMs / 1000);
  return planCohort(cohort, { project, cohorts }, { asOfSeconds, includesStrangers: true });
}
