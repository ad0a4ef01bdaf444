/**
 * The known name that somebody who wrote an unknown one probably meant.
 *
 * @module
 */

/** Longer names are not compared: nobody mistypes them into one of ours. */
const NAME_LENGTH_MAX = 40;

/** The nearest candidate, ignoring case; undefined when a third of the name or more is different. */
export function suggest(name: string, candidates: readonly string[]): string | undefined {
  if (name.length > NAME_LENGTH_MAX) return undefined;
  let best: string | undefined;
  let bestDistance = Math.max(1, Math.ceil(name.length / 3)) + 1;
  for (const candidate of candidates) {
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** How many characters must be added, dropped or changed to turn one text into the other. */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let i = 0; i < from.length; i++) {
    let before = i + 1;
    const next = [before];
    for (let j = 0; j < to.length; j++) {
      const changed = (row[j] ?? 0) + (from[i] === to[j] ? 0 : 1);
      before = Math.min(changed, (row[j + 1] ?? 0) + 1, before + 1);
      next.push(before);
    }
    row = next;
  }
  return row[to.length] ?? 0;
}
