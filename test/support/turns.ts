/**
 * How often other work gets its turn while something long runs.
 *
 * @module
 */

/** Runs something; other work runs whenever it can, and is told of each time. @returns how often it could */
export async function turnsDuring(
  work: () => Promise<unknown>,
  other: () => void = () => undefined,
): Promise<number> {
  let count = 0;
  let next = setImmediate(function run() {
    count++;
    other();
    next = setImmediate(run);
  });
  try {
    await work();
    return count;
  } finally {
    clearImmediate(next);
  }
}
