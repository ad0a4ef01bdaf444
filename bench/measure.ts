/**
 * Times as medians and quantiles, and rounds in which everybody is asked in turn.
 *
 * @module
 */

/** What takes part in rounds: gives the milliseconds that one asking took. */
export interface Contestant {
  readonly name: string;
  ask(): Promise<number>;
}

/** Rounds that do not count. */
const WARM_UP_ROUNDS = 1;
/** A contestant that has taken so long for one question is asked no more than `ROUNDS_MIN` times. */
const CONTESTANT_MS_MAX = 20_000;
const ROUNDS_MIN = 3;

/** The milliseconds that a piece of work takes. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}

/** The number in the middle. */
export function median(numbers: readonly number[]): number {
  return quantile(numbers, 0.5);
}

/** The number that `share` of them do not exceed; not a number where there are none. */
export function quantile(numbers: readonly number[], share: number): number {
  const rank = Math.min(numbers.length - 1, Math.floor(numbers.length * share));
  return sorted(numbers)[rank] ?? Number.NaN;
}

/** The greatest; not a number where there are none. Works for more numbers than a call takes arguments. */
export function greatest(numbers: readonly number[]): number {
  return numbers.reduce(
    (most, number) => (number > most ? number : most),
    Number.NEGATIVE_INFINITY,
  );
}

/**
 * Asks everybody in turn, so that what disturbs the machine disturbs all of them, and begins each round with
 * another one, so that nobody always follows the same neighbour.
 *
 * @returns the median of each, by name
 */
export async function alternate(
  contestants: readonly Contestant[],
  rounds: number,
): Promise<ReadonlyMap<string, number>> {
  const times = new Map<string, number[]>(contestants.map(({ name }) => [name, []]));
  for (let round = 0; round < WARM_UP_ROUNDS; round++) {
    for (const { ask } of contestants) await ask();
  }
  for (let round = 0; round < rounds; round++) {
    const first = round % contestants.length;
    for (const { name, ask } of [...contestants.slice(first), ...contestants.slice(0, first)]) {
      const taken = times.get(name) ?? [];
      const takenMs = taken.reduce((sum, ms) => sum + ms, 0);
      if (taken.length < ROUNDS_MIN || takenMs < CONTESTANT_MS_MAX) taken.push(await ask());
    }
  }
  return new Map([...times].map(([name, taken]) => [name, median(taken)]));
}

function sorted(numbers: readonly number[]): Float64Array {
  return Float64Array.from(numbers).sort();
}
