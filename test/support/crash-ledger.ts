/**
 * What clients were promised, beside what a server has after it came back.
 *
 * An update whose answer came must be there exactly once and in its place. One whose answer was lost may be there
 * or not, but of several to one profile only a beginning may be.
 *
 * @module
 */

/** One update of one profile. Numbers are given once, so that an update found twice is noticed. */
export type Update =
  | { readonly kind: "count"; readonly number: number }
  | { readonly kind: "delete"; readonly number: number };

/** The state of a profile: the numbers of the updates since it was last made. Undefined when there is none. */
export type State = readonly number[] | undefined;

/** What a restart showed of the updates whose answer was lost. */
export interface Outcome {
  readonly writtenCount: number;
  readonly lostCount: number;
  readonly violations: readonly string[];
}

interface Entry {
  /** After every acknowledged update. */
  state: State;
  /** Sent, not acknowledged, in order. */
  unsure: readonly Update[];
}

/** The promises of a server. */
export class CrashLedger {
  readonly #entries: Map<string, Entry> = new Map();

  /** Notes that updates are about to be sent. */
  sending(id: string, updates: readonly Update[]): void {
    const entry = this.#entries.get(id) ?? { state: undefined, unsure: [] };
    entry.unsure = [...entry.unsure, ...updates];
    this.#entries.set(id, entry);
  }

  /** Notes that everything sent to a profile was acknowledged. */
  acknowledged(id: string): void {
    const entry = this.#entries.get(id);
    if (entry === undefined) return;
    entry.state = entry.unsure.reduce(after, entry.state);
    entry.unsure = [];
  }

  /** Compares the promises with what is there; what is there holds from now on. */
  settle(found: ReadonlyMap<string, State>): Outcome {
    const violations: string[] = [];
    let writtenCount = 0;
    let lostCount = 0;
    for (const id of found.keys()) {
      if (!this.#entries.has(id)) violations.push(`${id}: nobody wrote it`);
    }
    for (const [id, entry] of this.#entries) {
      const state = found.get(id);
      const count = countWritten(entry, state);
      if (count === undefined) violations.push(`${id}: ${describe(entry, state)}`);
      writtenCount += count ?? 0;
      lostCount += entry.unsure.length - (count ?? 0);
      this.#entries.set(id, { state, unsure: [] });
    }
    return { writtenCount, lostCount, violations };
  }
}

function after(state: State, update: Update): State {
  return update.kind === "delete" ? undefined : [...(state ?? []), update.number];
}

/** How many of the unsure updates are there, or undefined when no beginning of them leads to the state. */
function countWritten({ state, unsure }: Entry, found: State): number | undefined {
  let expected = state;
  if (isSame(expected, found)) return 0;
  for (const [index, update] of unsure.entries()) {
    expected = after(expected, update);
    if (isSame(expected, found)) return index + 1;
  }
  return undefined;
}

function isSame(left: State, right: State): boolean {
  return JSON.stringify(left) === JSON.stringify(right);
}

function describe({ state, unsure }: Entry, found: State): string {
  const sent = unsure.map(({ kind, number }) => (kind === "delete" ? "delete" : number)).join(" ");
  return `acknowledged ${show(state)}, unsure [${sent}], found ${show(found)}`;
}

function show(state: State): string {
  return state === undefined ? "no profile" : `[${state.join(" ")}]`;
}
