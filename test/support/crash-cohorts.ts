/**
 * Cohorts that the crash check saves, beside what they select after the server came back.
 *
 * @module
 */
import type { Asking } from "./crash-events.ts";

/** Cohorts come in pairs: one by a selector, and the list of its number of members. */
export class CohortWitness {
  readonly #asking: Asking;
  /** Members by the id of an acknowledged list; undefined for a cohort that selects what is kept. */
  readonly #saved = new Map<number, number | undefined>();
  #nextName = 1;

  constructor(asking: Asking) {
    this.#asking = asking;
  }

  /** Saves a cohort and a list of members. @returns whether both were acknowledged */
  async save(): Promise<boolean> {
    const name = `cohort ${this.#nextName++}`;
    try {
      const selecting = await this.#post("", {
        name,
        selector: 'properties["keep"]',
      });
      this.#saved.set(selecting.id, undefined);
      const list = await this.#post("", { name: `${name}, a list` });
      const memberCount = 1 + (this.#nextName % 7);
      const members = Array.from({ length: memberCount }, (_, n) => `member ${n}`);
      await this.#post(`/${list.id}/members`, members);
      this.#saved.set(list.id, memberCount);
      return true;
    } catch (error) {
      // What is not a lost connection is a promise that was not kept.
      if (error instanceof TypeError) return false;
      throw error;
    }
  }

  async #post(path: string, body: unknown): Promise<{ readonly id: number }> {
    const { request, authorization, credentials } = this.#asking;
    const url = `/api/app/projects/${credentials.project_id}/cohorts${path}`;
    const reply = await request(url, {
      method: "POST",
      headers: { authorization, "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    const text = await reply.text();
    // A server that stops says so.
    if (reply.status === 503) throw new TypeError("the server stops");
    if (reply.status !== 200) throw new Error(`${url} was answered ${reply.status}: ${text}`);
    return (JSON.parse(text) as { readonly results: { readonly id: number } }).results;
  }

  /** What of the acknowledged cohorts is not as it was. */
  async settle(keptCount: number): Promise<readonly string[]> {
    const violations: string[] = [];
    for (const [id, memberCount] of this.#saved) {
      const wanted = memberCount ?? keptCount;
      const found = await this.#count(id);
      if (found !== wanted) violations.push(`cohort ${id} selects ${found} instead of ${wanted}`);
    }
    return violations;
  }

  async #count(id: number): Promise<number | string> {
    const { request, authorization, credentials } = this.#asking;
    const reply = await request(`/api/query/engage/stats?project_id=${credentials.project_id}`, {
      method: "POST",
      headers: { authorization, "content-type": "application/json" },
      body: JSON.stringify({
        action: "count()",
        filter_by_cohort: { id },
        include_all_users: true,
      }),
    });
    const text = await reply.text();
    if (!reply.ok) return `${reply.status}: ${text}`;
    return (JSON.parse(text) as { readonly results: number }).results;
  }
}
