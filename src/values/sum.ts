/**
 * Sums of many numbers, the same whatever their order but for the last digit.
 *
 * @module
 */

/** The sum of numbers; undefined when no number can hold it. */
export function sumOf(numbers: Iterable<number>): number | undefined {
  let sum = 0;
  // What rounding took from `sum`, after Neumaier.
  let lost = 0;
  for (const number of numbers) {
    const next = sum + number;
    lost += Math.abs(sum) >= Math.abs(number) ? sum - next + number : number - next + sum;
    sum = next;
  }
  const total = sum + lost;
  return Number.isFinite(total) ? total : undefined;
}
