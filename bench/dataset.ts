/**
 * Seeded sample profiles: the same number gives the same profiles on every machine.
 *
 * Some eighteen properties a profile: texts, dates, numbers, a truth value and a list; `company` and
 * `trial_ends` on a part, two hundred rare ones, and `age` as text now and then.
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

const FIRST_MS = Date.UTC(2024, 0, 1);
const LAST_MS = Date.UTC(2026, 10, 1);

/** The distinct id of the profile with a number. */
export function sampleId(index: number): string {
  return `u${index.toString(36)}-${((index * 2_654_435_761) >>> 0).toString(16)}`;
}

/** Profiles one after the other. */
function* sampleProfiles(count: number, seed = 12_345): Generator<SampleProfile> {
  const random = randomFrom(seed);
  for (let index = 0; index < count; index++) yield sampleProfile(index, random);
}

/** Writes profiles as NDJSON. */
export async function writeSample(path: string, count: number): Promise<void> {
  const file = createWriteStream(path);
  let lines = "";
  for (const profile of sampleProfiles(count)) {
    lines += `${JSON.stringify(profile)}\n`;
    if (lines.length > 1 << 20) {
      if (!file.write(lines)) await once(file, "drain");
      lines = "";
    }
  }
  file.end(lines);
  await once(file, "finish");
}

function sampleProfile(index: number, random: () => number): SampleProfile {
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
  if (random() < 0.05) {
    properties[`custom_${below(200)}`] = random() < 0.5 ? below(100) : `v${below(100)}`;
  }
  if (random() < 0.02) properties["age"] = String(properties["age"]);
  return { $distinct_id: sampleId(index), $properties: properties };
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
