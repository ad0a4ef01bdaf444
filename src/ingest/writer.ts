/**
 * Updates and events of many requests as few commits of the store.
 *
 * One commit is under way at a time; what arrives meanwhile waits and goes into the next one together. A request
 * that finds nothing under way commits at once. Where much waits, the store is given the next commit early, to make it
 * ready while it writes the one under way.
 *
 * @module
 */
import { fail } from "../errors/error.ts";
import { type Batch, holdsEvents, type Store, type UpdateRejection } from "../store/store.ts";

/** How much the writer takes on. */
export interface WriterOptions {
  /** Updates of one commit. A request is never split, so one that has more is committed alone. */
  readonly updatesPerCommitMax?: number;
  /** Updates that may wait. A request that finds none waiting is taken whatever its size. */
  readonly updatesWaitingMax?: number;
}

const UPDATES_PER_COMMIT_MAX = 10_000;
const UPDATES_WAITING_MAX = 100_000;

/** Updates that are worth being made ready early; fewer gather until the commit under way has ended. */
const UPDATES_READY_MIN = 500;

interface Request {
  readonly batches: readonly Batch[];
  readonly updateCount: number;
  /** What it depends on; such a request is committed alone. */
  readonly after: Promise<unknown> | undefined;
  readonly resolve: (rejections: readonly UpdateRejection[]) => void;
  readonly reject: (reason: unknown) => void;
}

/** The only caller of `store.apply`. */
export class Writer {
  readonly #store: Store;
  readonly #updatesPerCommitMax: number;
  readonly #updatesWaitingMax: number;
  #waiting: Request[] = [];
  #waitingCount = 0;
  #underWay: Promise<void> | undefined;
  #isDrained: boolean = false;
  #onMuchWaiting: (() => void) | undefined;

  constructor(store: Store, options: WriterOptions = {}) {
    this.#store = store;
    this.#updatesPerCommitMax = options.updatesPerCommitMax ?? UPDATES_PER_COMMIT_MAX;
    this.#updatesWaitingMax = options.updatesWaitingMax ?? UPDATES_WAITING_MAX;
  }

  /** Updates that wait for the commit under way to end. */
  get waitingCount(): number {
    return this.#waitingCount;
  }

  /**
   * Writes updates; those of one scope apply in order, after those of earlier calls.
   *
   * @param after what must have succeeded: an earlier call, as a rule. Nothing is written if it fails
   * @returns once all are durable: the updates that broke a limit, by their place in `batches`
   * @throws `ingest.writer_full`, `data.closed` after `drain`, or what the store or `after` threw; nothing is written then
   */
  async write(
    batches: readonly Batch[],
    after?: Promise<unknown>,
  ): Promise<readonly UpdateRejection[]> {
    const updateCount = batches.reduce((count, batch) => count + sizeOf(batch), 0);
    if (updateCount === 0) return [];
    if (this.#isDrained) throw fail("data.closed", {});
    const isOver = this.#waitingCount + updateCount > this.#updatesWaitingMax;
    if (isOver && this.#waitingCount > 0) throw fail("ingest.writer_full", {});
    return new Promise((resolve, reject) => {
      this.#waiting.push({ batches, updateCount, after, resolve, reject });
      this.#waitingCount += updateCount;
      if (this.#waitingCount >= UPDATES_READY_MIN) this.#onMuchWaiting?.();
      this.#underWay ??= this.#commitAll();
    });
  }

  /** Takes no more writes, and resolves once those taken are durable or refused. */
  async drain(): Promise<void> {
    this.#isDrained = true;
    await this.#underWay;
  }

  async #commitAll(): Promise<void> {
    let underWay: Promise<void> | undefined;
    while (this.#waiting.length > 0) {
      const next = this.#commit(this.#takeNext(), underWay);
      await underWay;
      underWay = next;
      await Promise.race([next, this.#muchWaits()]);
    }
    this.#underWay = undefined;
  }

  async #muchWaits(): Promise<void> {
    if (this.#waitingCount >= UPDATES_READY_MIN) return;
    await new Promise<void>((resolve) => {
      this.#onMuchWaiting = resolve;
    });
  }

  /** As many waiting requests as one commit takes, at least one. */
  #takeNext(): readonly Request[] {
    let taken = 0;
    let updateCount = 0;
    for (const request of this.#waiting) {
      const isOver = updateCount + request.updateCount > this.#updatesPerCommitMax;
      if (taken > 0 && (isOver || request.after !== undefined)) break;
      taken++;
      updateCount += request.updateCount;
      if (request.after !== undefined) break;
    }
    this.#waitingCount -= updateCount;
    return this.#waiting.splice(0, taken);
  }

  /**
   * Commits requests together. A commit that fails leaves nothing behind, so that its requests can be tried
   * again one by one: only those that fail alone are refused.
   *
   * @param before the commit that must have ended first, and whatever of it is tried again
   */
  async #commit(requests: readonly Request[], before?: Promise<void>): Promise<void> {
    try {
      const all = requests.flatMap(({ batches }) => batches);
      const rejections = await this.#store.apply(all, both(before, requests[0]?.after));
      settle(requests, rejections);
    } catch (error) {
      if (requests.length === 1) {
        requests[0]?.reject(error);
        return;
      }
      for (const request of requests) await this.#commit([request]);
    }
  }
}

/** What ends when both have, and fails when one of them does. */
function both(
  one: Promise<unknown> | undefined,
  other: Promise<unknown> | undefined,
): Promise<unknown> | undefined {
  return one === undefined || other === undefined ? (one ?? other) : Promise.all([one, other]);
}

function sizeOf(batch: Batch): number {
  return holdsEvents(batch) ? batch.events.length : batch.updates.length;
}

/** Gives each request its own rejections, counted from its own first batch. */
function settle(requests: readonly Request[], rejections: readonly UpdateRejection[]): void {
  let first = 0;
  for (const { batches, resolve } of requests) {
    const start = first;
    const end = start + batches.length;
    const own = rejections.filter(({ batch }) => batch >= start && batch < end);
    resolve(own.map((rejection) => ({ ...rejection, batch: rejection.batch - start })));
    first = end;
  }
}
