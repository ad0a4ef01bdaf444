/**
 * What a client read and what was written meanwhile as the rules of paging that were broken.
 *
 * Every profile that the query selected when the session was opened, and that was not deleted before its page was
 * read, stands on exactly one page, the one its place in the order gives it; nothing else does.
 *
 * @module
 */
import type { Order, PageRead, Reading, SeenProfile } from "./paging-client.ts";
import { type Interval, type Life, wasSelected } from "./paging-history.ts";

/** What a reading was found to be. */
export interface Finding {
  /** Profiles that must have been in the session. */
  readonly certainCount: number;
  /** Profiles written while the session was opened: they may be in it. */
  readonly possibleCount: number;
  /** Profiles of the session that were deleted before their page was read. */
  readonly goneCount: number;
  /** Sentences; none when all is well. */
  readonly violations: readonly string[];
}

/** A life with the places it may have in the session, counted from 0. */
interface Placed {
  readonly life: Life;
  readonly isCertain: boolean;
  readonly firstPlace: number;
  readonly lastPlace: number;
}

/** Checks all that a client read of a session. */
export function checkReading(reading: Reading, lives: readonly Life[]): Finding {
  const [first] = reading.pages;
  if (first === undefined) throw new Error("nothing was read");
  const placed = place(lives, first.asked, reading.order);
  const certainCount = placed.filter(({ isCertain }) => isCertain).length;
  const violations = [
    ...checkTotals(reading, certainCount, placed.length),
    ...checkOrder(reading),
    ...reading.pages.flatMap((page) => checkProfiles(page, reading.pageSize, placed)),
    ...checkTwice(reading.pages),
  ];
  const seen = new Set(reading.pages.flatMap(({ profiles }) => profiles.map(nameOf)));
  const unseen = placed.filter(({ isCertain, life }) => isCertain && !seen.has(nameOf(life)));
  const missing = unseen.flatMap((one) => checkUnseen(one, reading));
  violations.push(...missing);
  return {
    certainCount,
    possibleCount: placed.length - certainCount,
    goneCount: unseen.length - missing.length,
    violations: violations.map((violation) => `${reading.name}: ${violation}`),
  };
}

/** Checks that a page asked again gives the same profiles but for those deleted since. */
export function checkAgain(
  before: PageRead,
  again: PageRead,
  lives: readonly Life[],
): readonly string[] {
  const known = new Set(before.profiles.map(nameOf));
  const kept = new Set(again.profiles.map(nameOf));
  const byName = new Map(lives.map((life) => [nameOf(life), life]));
  const added = again.profiles.filter((profile) => !known.has(nameOf(profile)));
  const lost = before.profiles.filter((profile) => {
    const deleted = byName.get(nameOf(profile))?.deleted;
    return !kept.has(nameOf(profile)) && !(deleted && deleted.startMs <= again.asked.endMs);
  });
  return [
    ...added.map((profile) => `page ${again.page} asked again has ${nameOf(profile)} more`),
    ...lost.map((profile) => `page ${again.page} asked again has lost ${nameOf(profile)}`),
    ...(again.total === before.total ? [] : [`page ${again.page} asked again has another total`]),
    ...(again.sessionId === before.sessionId ? [] : [`page ${again.page} is of another session`]),
  ];
}

function nameOf({ id, born }: SeenProfile): string {
  return `${id} (${born})`;
}

/** Whether one profile stands before another; never for two lives of one id in the order of ids. */
function standsBefore(left: SeenProfile, right: SeenProfile, order: Order): boolean {
  if (order === "ids") return left.id < right.id;
  return order === "ranks" ? left.rank < right.rank : left.rank > right.rank;
}

/** The lives that a session opened within an interval may hold, in its order. */
function place(lives: readonly Life[], opened: Interval, order: Order): readonly Placed[] {
  const held = lives
    .map((life) => ({ life, selected: wasSelected(life, opened) }))
    .filter(({ selected }) => selected !== "impossible")
    .sort((left, right) => (standsBefore(left.life, right.life, order) ? -1 : 1));
  let certainBefore = 0;
  let possibleBefore = 0;
  return held.map(({ life, selected }) => {
    const firstPlace = certainBefore;
    const lastPlace = certainBefore + possibleBefore;
    const isCertain = selected === "certain";
    if (isCertain) certainBefore++;
    else possibleBefore++;
    return { life, isCertain, firstPlace, lastPlace };
  });
}

function checkTotals(
  { pages }: Reading,
  certainCount: number,
  heldCount: number,
): readonly string[] {
  const totals = new Set(pages.map(({ total }) => total));
  const sessions = new Set(pages.map(({ sessionId }) => sessionId));
  const total = pages[0]?.total ?? 0;
  return [
    ...(totals.size > 1 ? [`the total changed: ${[...totals].join(", ")}`] : []),
    ...(sessions.size > 1 ? [`the session changed: ${[...sessions].join(", ")}`] : []),
    ...(total < certainCount || total > heldCount
      ? [`the total is ${total}, not within ${certainCount} and ${heldCount}`]
      : []),
  ];
}

function checkOrder({ pages, order }: Reading): readonly string[] {
  const inOrder = pages.toSorted((left, right) => left.page - right.page);
  const profiles = inOrder.flatMap((page) => page.profiles);
  return profiles.flatMap((profile, index) => {
    const before = profiles[index - 1];
    return before === undefined || standsBefore(before, profile, order)
      ? []
      : [`${profile.id} stands after ${before.id}`];
  });
}

function checkProfiles(
  { page, profiles, asked }: PageRead,
  pageSize: number,
  placed: readonly Placed[],
): readonly string[] {
  const byName = indexByName(placed);
  const violations: string[] = [];
  if (profiles.length > pageSize) violations.push(`page ${page} has ${profiles.length} profiles`);
  for (const profile of profiles) {
    const found = byName.get(nameOf(profile));
    if (found === undefined) {
      violations.push(`page ${page} has ${nameOf(profile)}, which was not selected`);
      continue;
    }
    const [from, to] = pagesOf(found, pageSize);
    if (page < from || page > to) {
      violations.push(`page ${page} has ${nameOf(profile)}, whose place is on page ${from}`);
    }
    const { deleted } = found.life;
    if (deleted !== undefined && deleted.endMs < asked.startMs) {
      violations.push(`page ${page} has ${nameOf(profile)}, which had been deleted`);
    }
  }
  return violations;
}

const indexes = new WeakMap<readonly Placed[], ReadonlyMap<string, Placed>>();

/** The index of a session is made once for all its pages. */
function indexByName(placed: readonly Placed[]): ReadonlyMap<string, Placed> {
  const known = indexes.get(placed);
  if (known !== undefined) return known;
  const made = new Map(placed.map((one) => [nameOf(one.life), one]));
  indexes.set(placed, made);
  return made;
}

/** The first and last page a life may stand on. */
function pagesOf({ firstPlace, lastPlace }: Placed, pageSize: number): readonly [number, number] {
  return [Math.floor(firstPlace / pageSize), Math.floor(lastPlace / pageSize)];
}

function checkTwice(pages: readonly PageRead[]): readonly string[] {
  const seen = new Set<string>();
  const twice: string[] = [];
  for (const name of pages.flatMap(({ profiles }) => profiles.map(nameOf))) {
    if (seen.has(name)) twice.push(`${name} was given twice`);
    seen.add(name);
  }
  return twice;
}

/** A life that was not given must have been deleted before a page it may stand on was answered. */
function checkUnseen(one: Placed, { pages, pageSize, isWhole }: Reading): readonly string[] {
  const [from, last] = pagesOf(one, pageSize);
  const to = Math.max(from, Math.min(last, Math.ceil((pages[0]?.total ?? 0) / pageSize) - 1));
  const own = pages.filter(({ page }) => page >= from && page <= to);
  if (own.length < to - from + 1) {
    if (!isWhole) return [];
    return [`${nameOf(one.life)} is missing: page ${from} was not read`];
  }
  const lastMs = Math.max(...own.map(({ asked }) => asked.endMs));
  const { deleted } = one.life;
  if (deleted !== undefined && deleted.startMs <= lastMs) return [];
  return [`${nameOf(one.life)} is missing on page ${from}`];
}
