/**
 * How many exports run at once. Each keeps a reader of the engine for as long as its client reads, so that many slow
 * ones would leave none to answer queries.
 *
 * @module
 */
import { refuse } from "../project/limit.ts";

/** So many exports of one project run at once. */
export const PROJECT_EXPORTS_MAX = 3;
/** So many exports run at once in all. */
export const EXPORTS_MAX = 5;

const RETRY_SECONDS = 10;

/** Lets exports in, and counts those that are. */
export class ExportGate {
  readonly #running = new Map<number, number>();
  #total = 0;

  /**
   * Lets an export in.
   *
   * @returns what lets it out; calling it again does nothing
   * @throws `query.too_many_exports`
   */
  enter(projectId: number): () => void {
    const running = this.#running.get(projectId) ?? 0;
    if (running >= PROJECT_EXPORTS_MAX || this.#total >= EXPORTS_MAX) {
      throw refuse("query.too_many_exports", {}, { "retry-after": String(RETRY_SECONDS) });
    }
    this.#running.set(projectId, running + 1);
    this.#total += 1;
    let isIn = true;
    return () => {
      if (isIn) this.#leave(projectId);
      isIn = false;
    };
  }

  #leave(projectId: number): void {
    this.#total -= 1;
    const left = (this.#running.get(projectId) ?? 1) - 1;
    if (left === 0) this.#running.delete(projectId);
    else this.#running.set(projectId, left);
  }
}
