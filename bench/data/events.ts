/**
 * Seeded sample events of the sample profiles, over the half year before `LAST_EVENT_SECONDS`.
 *
 * Few people do much and many do little: the busiest tenth has about a third of the events.
 *
 * @module
 */
import { randomFrom, sampleId, writeLines } from "./profiles.ts";

/** The last second an event may happen in. */
export const LAST_EVENT_SECONDS: number = Date.UTC(2026, 10, 1) / 1_000;

const SPAN_SECONDS = 180 * 86_400;
const NAMES = [
  ...(["Page View", "Page View", "Page View", "Login", "Search"] as const),
  ...(["Add To Cart", "Purchase", "Share", "Sign Up", "Support Ticket"] as const),
];
const SYSTEMS = ["iOS", "Android", "Windows", "Mac OS X", "Linux"] as const;
const BROWSERS = ["Chrome", "Safari", "Firefox", "Edge"] as const;

/** An event as `whom import --events` takes it. */
export interface SampleEvent {
  readonly event: string;
  /** In seconds. */
  readonly time: number;
  readonly distinct_id: string;
  readonly $insert_id: string;
  readonly properties: Readonly<Record<string, unknown>>;
}

/** Writes events as NDJSON, in no order of time. */
export async function writeEvents(
  path: string,
  count: number,
  profileCount: number,
): Promise<void> {
  await writeLines(path, sampleEvents(count, profileCount));
}

/** Events one after the other, in no order of time. */
export function* sampleEvents(count: number, profileCount: number): Generator<SampleEvent> {
  const random = randomFrom(54_321);
  for (let index = 0; index < count; index++) yield sampleEvent(index, profileCount, random);
}

function sampleEvent(index: number, profileCount: number, random: () => number): SampleEvent {
  const below = (limit: number): number => Math.floor(random() * limit);
  return {
    event: NAMES[below(NAMES.length)] ?? "",
    time: Math.floor(LAST_EVENT_SECONDS - random() * SPAN_SECONDS),
    distinct_id: sampleId(Math.floor(random() * random() * profileCount)),
    $insert_id: `i${index.toString(36)}`,
    properties: {
      amount: below(20_000) / 100,
      page: `/p/${below(300)}`,
      $os: SYSTEMS[below(SYSTEMS.length)],
      $browser: BROWSERS[below(BROWSERS.length)],
    },
  };
}
