/**
 * A seed as thousands of profiles of an imagined business, the same ones every time.
 *
 * @module
 */
import { makeObject, type Value } from "../../values/value.ts";
import type { WireRecord } from "../import/record-reader.ts";

/** The group key of the companies. */
export const COMPANY_KEY = "company_id";

/** A source of numbers from 0 up to 1 that a seed decides. */
export type Random = () => number;

const DAY_MS = 86_400_000;
const COMPANY_COUNT = 120;

const FIRST_NAMES = [
  "Ada",
  "Bo",
  "Chloé",
  "Dmitri",
  "Elif",
  "Femi",
  "Grace",
  "Hiro",
  "Ines",
  "Jonas",
];
const MORE_FIRST_NAMES = [
  "Kemal",
  "Lucía",
  "Mei",
  "Noor",
  "Olu",
  "Priya",
  "Quinn",
  "Rosa",
  "Søren",
];
const LAST_NAMES = [
  "Adeyemi",
  "Bauer",
  "Chen",
  "Dubois",
  "Eriksson",
  "Fischer",
  "García",
  "Haddad",
];
const MORE_LAST_NAMES = [
  "Ivanova",
  "Jansen",
  "Kaya",
  "Lopez",
  "Müller",
  "Nakamura",
  "O'Neill",
  "Patel",
];
const PLACES: readonly (readonly [string, string, string])[] = [
  ["US", "New York", "America/New_York"],
  ["US", "Austin", "America/Chicago"],
  ["US", "Seattle", "America/Los_Angeles"],
  ["GB", "London", "Europe/London"],
  ["DE", "Berlin", "Europe/Berlin"],
  ["FR", "Lyon", "Europe/Paris"],
  ["BR", "São Paulo", "America/Sao_Paulo"],
  ["IN", "Pune", "Asia/Kolkata"],
  ["JP", "大阪", "Asia/Tokyo"],
];
const PLANS = ["free", "free", "free", "basic", "basic", "premium", "enterprise"];
const FEATURES = ["reports", "alerts", "exports", "api", "dashboards", "sso", "mobile", "beta"];
const INDUSTRIES = ["software", "retail", "health", "finance", "media", "logistics", "education"];
const DOMAINS = ["example.com", "example.org", "example.net"];
const LTV_OF_PLAN: ReadonlyMap<string, number> = new Map([
  ["free", 0],
  ["basic", 240],
  ["premium", 1400],
  ["enterprise", 9000],
]);

/** A generator with the period of its 32-bit state (mulberry32). */
export function seeded(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Customers, as records of `/engage` without a token. */
export function* customers(count: number, seed: number, nowMs: number): Generator<WireRecord> {
  const random = seeded(seed);
  for (let number = 1; number <= count; number++) {
    yield customer(customerId(number), random, nowMs);
  }
}

/** The distinct id of a customer, counted from 1. */
export function customerId(number: number): string {
  return `customer-${String(number).padStart(5, "0")}`;
}

/** Companies, as records of `/groups` without a token. */
export function* companies(seed: number, nowMs: number): Generator<WireRecord> {
  const random = seeded(seed);
  for (let number = 1; number <= COMPANY_COUNT; number++) {
    const industry = pick(random, INDUSTRIES);
    yield makeObject([
      ["$group_key", COMPANY_KEY],
      ["$group_id", `company-${number}`],
      ["$time", nowMs - ago(random, 60)],
      [
        "$set",
        makeObject([
          ["$name", `${pick(random, allLastNames)} ${industry}`],
          ["industry", industry],
          ["employees", Math.floor(5 + 2000 * random() ** 3)],
          ["annual_revenue", Math.floor(100_000 * (1 + 90 * random() ** 4))],
          ["renews_on", day(nowMs + DAY_MS * Math.floor(365 * random()))],
        ]),
      ],
    ]);
  }
}

const allFirstNames: readonly string[] = [...FIRST_NAMES, ...MORE_FIRST_NAMES];
const allLastNames: readonly string[] = [...LAST_NAMES, ...MORE_LAST_NAMES];

function customer(id: string, random: Random, nowMs: number): WireRecord {
  const first = pick(random, allFirstNames);
  const last = pick(random, allLastNames);
  const [country, city, zone] = pick(random, PLACES);
  const plan = pick(random, PLANS);
  const createdAtMs = nowMs - ago(random, 900);
  const ltv = Math.round(100 * (LTV_OF_PLAN.get(plan) ?? 0) * (0.4 + 1.6 * random())) / 100;
  const properties: [string, Value][] = [
    ["$name", `${first} ${last}`],
    ["$email", `${asciiOf(first)}.${asciiOf(last)}.${id.slice(-5)}@${pick(random, DOMAINS)}`],
    ["$created", new Date(createdAtMs).toISOString().slice(0, 19)],
    ["$country_code", country],
    ["$city", city],
    ["$timezone", zone],
    ["plan", plan],
    ["ltv", ltv],
    ["logins", Math.floor(400 * random() ** 3)],
    ["features", FEATURES.filter(() => random() < 0.3)],
    ["newsletter", random() < 0.6],
    ...rareProperties(random, plan, nowMs),
  ];
  const seenAtMs = Math.max(createdAtMs, nowMs - ago(random, 120));
  return makeObject([
    ["$distinct_id", id],
    ["$time", seenAtMs],
    ["$set", makeObject(properties)],
  ]);
}

/** What only some customers have. Ages come from a form that took any text, as they do. */
function rareProperties(random: Random, plan: string, nowMs: number): readonly [string, Value][] {
  const properties: [string, Value][] = [];
  if (random() < 0.7) {
    const age = 18 + Math.floor(60 * random());
    properties.push(["age", random() < 0.05 ? String(age) : age]);
  }
  if (plan !== "free" || random() < 0.2) {
    properties.push([COMPANY_KEY, `company-${1 + Math.floor(COMPANY_COUNT * random())}`]);
  }
  if (plan === "free" && random() < 0.4) {
    properties.push(["trial_ends", day(nowMs + DAY_MS * Math.floor(30 * random() - 10))]);
  }
  if (random() < 0.3) {
    const theme = random() < 0.5 ? "dark" : "light";
    properties.push([
      "settings",
      makeObject([
        ["theme", theme],
        ["alerts", random() < 0.5],
      ]),
    ]);
  }
  return properties;
}

/** A time ago, recent ones being likelier. */
function ago(random: Random, daysMax: number): number {
  return Math.floor(DAY_MS * daysMax * random() ** 2);
}

function day(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}

function asciiOf(name: string): string {
  return name
    .normalize("NFD")
    .replace(/ø/g, "o")
    .replace(/[^A-Za-z]/g, "")
    .toLowerCase();
}

/** One of some items. */
export function pick<Item>(random: Random, items: readonly Item[]): Item {
  return items[Math.floor(random() * items.length)] as Item;
}
