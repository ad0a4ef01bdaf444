/**
 * Seeded sample profiles: the same number gives the same profiles on every machine.
 *
 * Some eighteen properties a profile: texts, dates, numbers, a truth value and a list; `company` and
 * `trial_ends` on a part, and `age` as text now and then. That makes twenty; all others are rare ones.
 *
 * @module
 */

import { once } from "node:events";
import { createWriteStream } from "node:fs";

/** A profile as the query API gives it. */
export interface SampleProfile {
  readonly $distinct_id: string;
  readonly $properties: Readonly<Record<string, unknown>>;
}

const COUNTRIES = "US GB DE FR IN BR JP CA AU NL SE ES IT MX KR ID NG ZA PL TR".split(" ");
const PLANS = ["free", "free", "free", "free", "premium", "premium", "enterprise"] as const;
const SYSTEMS = ["iOS", "Android", "Windows", "Mac OS X", "Linux"] as const;
const BROWSERS = ["Chrome", "Safari", "Firefox", "Edge"] as const;
const FIRST_NAMES = "Ann Bob Cai Dee Eve Fay Gus Hal Ida Jon Kim Lee Mia Ned Oli Pam".split(" ");

/** Properties of the sample that are not rare. */
const COMMON_PROPERTIES = 20;

/** How many properties a sample has when nobody says: one in twenty profiles has a rare one. */
export const USUAL_PROPERTIES = 220;

/** In a sample with more properties than usual, each profile has so many rare ones. */
const RARE_PER_PROFILE = 3;

const FIRST_MS = Date.UTC(2024, 0, 1);
const LAST_MS = Date.UTC(2026, 10, 1);

/** The distinct id of the profile with a number. */
export function sampleId(index: number): string {
  return `u${index.toString(36)}-${((index * 2_654_435_761) >>> 0).toString(16)}`;
}

/** A sample that is not written yet. */
export interface SampleSize {
  readonly profiles: number;
  /** Distinct properties of all profiles together. */
  readonly properties: number;
}

/** Profiles one after the other. */
export function* sampleProfiles(
  { profiles, properties }: SampleSize,
  seed = 12_345,
): Generator<SampleProfile> {
  const random = randomFrom(seed);
  for (let index = 0; index < profiles; index++) yield sampleProfile(index, properties, random);
}

/** Writes profiles as NDJSON. */
export async function writeSample(path: string, size: SampleSize): Promise<void> {
  await writeLines(path, sampleProfiles(size));
}

/** Writes each as a line of JSON. */
export async function writeLines(path: string, values: Iterable<object>): Promise<void> {
  const file = createWriteStream(path);
  let lines = "";
  for (const value of values) {
    lines += `${JSON.stringify(value)}\n`;
    if (lines.length > 1 << 20) {
      if (!file.write(lines)) await once(file, "drain");
      lines = "";
    }
  }
  file.end(lines);
  await once(file, "finish");
}

function sampleProfile(index: number, propertyCount: number, random: () => number): SampleProfile {
  const pick = <Item>(items: readonly Item[]): Item =>
    items[Math.floor(random() * items.length)] as Item;
  const below = (limit: number): number => Math.floor(random() * limit);
  const createdMs = FIRST_MS + random() * (LAST_MS - FIRST_MS);
  const properties: Record<string, unknown> = {
    $email: `user${index}@example${index % 97}.com`,
    $name: `${pick(FIRST_NAMES)} ${pick(FIRST_NAMES)}${index}`,
    $created: isoText(createdMs),
    $last_seen: isoText(createdMs + random() * (LAST_MS - createdMs)),
    $country_code: pick(COUNTRIES),
    $city: `City ${below(500)}`,
    $os: pick(SYSTEMS),
    $browser: pick(BROWSERS),
    $region: `Region ${below(100)}`,
    $timezone: `Etc/GMT${below(24) - 12}`,
    plan: pick(PLANS),
    ltv: Math.round(random() * random() * 1e5) / 100,
    logins: below(500),
    age: 18 + below(60),
    verified: random() < 0.7,
    tags: Array.from({ length: below(5) }, () => `tag${below(50)}`),
    score: random(),
    referrer: `https://ref${below(1000)}.com/x`,
  };
  if (random() < 0.3) properties["company"] = `Company ${below(20_000)}`;
  if (random() < 0.2) properties["trial_ends"] = isoText(LAST_MS + random() * 3e9);
  for (let rare = rareCount(propertyCount, random); rare > 0; rare--) {
    const name = `custom_${below(propertyCount - COMMON_PROPERTIES)}`;
    properties[name] = random() < 0.5 ? below(100) : `v${below(100)}`;
  }
  if (random() < 0.02) properties["age"] = String(properties["age"]);
  return { $distinct_id: sampleId(index), $properties: properties };
}

/** How many rare properties a profile gets. */
function rareCount(propertyCount: number, random: () => number): number {
  if (propertyCount <= COMMON_PROPERTIES) return 0;
  if (propertyCount > USUAL_PROPERTIES) return RARE_PER_PROFILE;
  return random() < 0.05 ? 1 : 0;
}

function isoText(ms: number): string {
  return new Date(ms).toISOString().slice(0, 19);
}

/** Mulberry32: small, seeded, good enough for sample data. */
export function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
