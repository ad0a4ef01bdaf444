/**
 * Requests for what is kept of people, until their data is fetched or a day is over.
 *
 * They are held in memory: a file with the distinct ids of people who asked would be one more place to erase.
 *
 * @module
 */
import { randomUUID } from "node:crypto";
import type { Clock } from "../../clock.ts";

/** So long the data of a retrieval can be fetched. */
const RETRIEVAL_LIFETIME_MS = 86_400_000;
/** Retrievals that are held; the oldest go first. */
const RETRIEVALS_MAX = 1000;

/** One request. */
export interface Retrieval {
  readonly taskId: string;
  readonly projectId: number;
  readonly distinctIds: readonly string[];
  readonly requestedAtMs: number;
}

/** The retrievals of all projects. */
export class Retrievals {
  readonly #clock: Clock;
  /** The oldest first. */
  readonly #held = new Map<string, Retrieval>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Holds a request. */
  add(projectId: number, distinctIds: readonly string[]): Retrieval {
    this.#dropExpired();
    for (const taskId of this.#held.keys()) {
      if (this.#held.size < RETRIEVALS_MAX) break;
      this.#held.delete(taskId);
    }
    const taskId = randomUUID();
    const retrieval = { taskId, projectId, distinctIds, requestedAtMs: this.#clock.now() };
    this.#held.set(taskId, retrieval);
    return retrieval;
  }

  /** A request of a project; undefined when there is none, or no more. */
  byId(projectId: number, taskId: string): Retrieval | undefined {
    this.#dropExpired();
    const retrieval = this.#held.get(taskId);
    return retrieval?.projectId === projectId ? retrieval : undefined;
  }

  /** Takes distinct ids out of all requests of a project. */
  forget(projectId: number, distinctIds: readonly string[]): void {
    const forgotten = new Set(distinctIds);
    for (const [taskId, retrieval] of this.#held) {
      if (retrieval.projectId !== projectId) continue;
      const left = retrieval.distinctIds.filter((id) => !forgotten.has(id));
      this.#held.set(taskId, { ...retrieval, distinctIds: left });
    }
  }

  #dropExpired(): void {
    for (const [taskId, { requestedAtMs }] of this.#held) {
      if (this.#clock.now() - requestedAtMs < RETRIEVAL_LIFETIME_MS) return;
      this.#held.delete(taskId);
    }
  }
}
