/**
 * The same random selectors over the same random profiles on two stores: they must agree.
 *
 * A round is a set of profiles and a hundred selectors; a seed gives the same round again, whatever
 * came before it.
 *
 * @module
 */
import fc from "fast-check";
import { DuckdbStore } from "../../src/duckdb/store.ts";
import { WhomError } from "../../src/errors/error.ts";
import type { ProfileUpdate } from "../../src/profile/update.ts";
import type { ProfileQuery } from "../../src/query/query.ts";
import { compile, print, type Selector } from "../../src/selector/selector.ts";
import type { Expression } from "../../src/selector/syntax.ts";
import { MemoryStore } from "../../src/store/memory.ts";
import type { Store } from "../../src/store/store.ts";
import {
  makeObject,
  type Properties,
  type Value,
  type ValueObject,
} from "../../src/values/value.ts";
import { type Law, lawsOf } from "./differential-laws.ts";
import { arbitraryProperties, arbitrarySelector, HOSTILE_NAMES } from "./selector-arbitraries.ts";

/** Selectors of one round. */
const SELECTORS_PER_ROUND = 100;

/** Profiles of one round. */
const PROFILES_PER_ROUND = 30;

const NAMES: readonly string[] = [
  "plan",
  "ltv",
  "tags",
  "$email",
  "$last_seen",
  "$distinct_id",
  "missing",
  ...HOSTILE_NAMES.slice(0, 6),
];

/** How many properties get columns of their own: none, a few, all. */
const COLUMN_PROPERTIES: readonly number[] = [0, 4, 48];

const TIME_ZONES: readonly string[] = [
  "UTC",
  "America/New_York",
  "Asia/Kolkata",
  "Europe/Berlin",
  "Australia/Lord_Howe",
  "Pacific/Apia",
];

/** Seconds within the hours in which clocks are changed somewhere, at the ends of years and of February. */
const TIMES: readonly number[] = [
  1_714_557_600, 1_710_053_999, 1_710_054_000, 1_730_613_599, 1_730_613_600, 1_711_846_800,
  1_704_067_199, 1_709_251_199, 1_325_242_800, 0,
];

/** One in so many selectors is asked of two profiles by their ids, which takes another way to them. */
const PIVOT_EVERY = 4;

/** Where two stores differ, or an answer breaks a law. */
export interface Disagreement {
  readonly seed: number;
  /** Which law is broken; undefined where the stores differ. */
  readonly law: string | undefined;
  readonly selector: string;
  readonly statement: string;
  readonly expected: readonly string[];
  readonly found: readonly string[];
  readonly profiles: readonly string[];
}

/** What a round came to. */
export interface Round {
  readonly pairCount: number;
  /** Pairs that SQL answered without the reference evaluator's help. */
  readonly exactCount: number;
  /** Pairs that selected some profiles, but not all. */
  readonly tellingCount: number;
  /** Laws that were put to the test. */
  readonly lawCount: number;
  readonly disagreements: readonly Disagreement[];
}

/** Runs one round. */
export async function runRound(seed: number): Promise<Round> {
  const engine = await DuckdbStore.open(":memory:", {
    columnPropertiesMax: COLUMN_PROPERTIES[seed % COLUMN_PROPERTIES.length] ?? 0,
    threads: 1,
  });
  try {
    return await runRoundOn({ reference: new MemoryStore(), engine }, seed);
  } finally {
    await engine.close();
  }
}

/** Runs one round on any two empty stores. */
export function runRoundOn(stores: Stores, seed: number): Promise<Round> {
  return new Play(seed, stores).run();
}

/** What is compared. */
export interface Stores {
  readonly reference: Store;
  readonly engine: Store;
}

/** One round under way. */
class Play {
  readonly #seed: number;
  readonly #stores: Stores;
  readonly #profiles: readonly Properties[];
  readonly #base: Omit<ProfileQuery, "selectors" | "sort">;
  readonly #disagreements: Disagreement[] = [];
  #pairCount = 0;
  #exactCount = 0;
  #tellingCount = 0;
  #lawCount = 0;

  constructor(seed: number, stores: Stores) {
    this.#seed = seed;
    this.#stores = stores;
    this.#profiles = fc
      .sample(arbitraryProperties(NAMES), { seed, numRuns: PROFILES_PER_ROUND })
      .map(wellFormed);
    this.#base = {
      scope: { projectId: 1, groupKey: seed % 5 === 0 ? "company" : undefined },
      distinctIds: undefined,
      limit: undefined,
      asOfSeconds: (TIMES[seed % TIMES.length] ?? 0) + (seed % 3600),
      timeZone: TIME_ZONES[seed % TIME_ZONES.length] ?? "UTC",
      behaviors: new Map(),
      includesStrangers: false,
    };
  }

  /** Writes the profiles and asks everything. */
  async run(): Promise<Round> {
    const updates = this.#profiles.map(toUpdate);
    const { scope } = this.#base;
    await this.#stores.reference.apply([{ scope, updates }]);
    await this.#stores.engine.apply([{ scope, updates }]);
    const expressions = fc.sample(arbitrarySelector(NAMES), {
      seed: this.#seed,
      numRuns: SELECTORS_PER_ROUND,
    });
    for (const [index, expression] of expressions.entries()) {
      await this.#ask(expression, index);
      const other = expressions.at(index - 1) ?? expression;
      const third = expressions.at(index - 2) ?? expression;
      for (const law of lawsOf(expression, other, third, index + this.#seed))
        await this.#check(law);
    }
    return {
      pairCount: this.#pairCount,
      exactCount: this.#exactCount,
      tellingCount: this.#tellingCount,
      lawCount: this.#lawCount,
      disagreements: this.#disagreements,
    };
  }

  /** The selector itself: as a filter or as a sort key, and of some profiles by their ids. */
  async #ask(expression: Expression, index: number): Promise<void> {
    const selector = compile(print(expression));
    if (selector === undefined) return;
    await this.#compare(sorted(this.#base, selector, index), selector);
    if (index % PIVOT_EVERY > 0) return;
    const distinctIds = [index, index + 1].map(
      (at) => toUpdate(new Map(), at % PROFILES_PER_ROUND).distinctId,
    );
    const pivot = { ...this.#base, distinctIds, selectors: [selector], sort: undefined };
    await this.#compare(pivot, selector);
  }

  /** Compares the stores; the ids that the engine gave. */
  async #compare(query: ProfileQuery, selector: Selector): Promise<readonly string[]> {
    const { reference, engine } = this.#stores;
    const expected = await idsOf(reference, query);
    const explanation = await engine.explain(query);
    const found = await idsOf(engine, query).catch((error: unknown) => [`error: ${error}`]);
    this.#pairCount++;
    if (!explanation.residual) this.#exactCount++;
    if (expected.length > 0 && expected.length < this.#profiles.length) this.#tellingCount++;
    if (expected.join("\n") !== found.join("\n")) {
      this.#report(undefined, print(selector.expression), explanation.statement, expected, found);
    }
    return found;
  }

  async #check({ name, kind, parts }: Law): Promise<void> {
    const selectors = parts.map(compiled);
    // What is no selector, as a literal of a wrong kind beside `and`, is under no law.
    if (selectors.some((selector) => selector === undefined)) return;
    const answers: (readonly string[])[] = [];
    for (const selector of selectors) {
      if (selector === undefined) continue;
      const query = { ...this.#base, selectors: [selector], sort: undefined };
      answers.push((await this.#compare(query, selector)).toSorted());
    }
    this.#lawCount++;
    const [first = [], second = []] = answers;
    const all = this.#profiles.map((profile, at) => toUpdate(profile, at).distinctId).toSorted();
    const [expected, found] = kind === "equal" ? [first, second] : [all, answers.flat().toSorted()];
    if (expected.join("\n") === found.join("\n")) return;
    const text = parts.map((part) => print(part)).join("  |  ");
    this.#report(name, text, "", expected, found);
  }

  #report(
    law: string | undefined,
    selector: string,
    statement: string,
    expected: readonly string[],
    found: readonly string[],
  ): void {
    const profiles = describe(this.#profiles, expected, found);
    const seed = this.#seed;
    this.#disagreements.push({ seed, law, selector, statement, expected, found, profiles });
  }
}

/** Texts as decoding leaves them. */
function wellFormed(properties: Properties): Properties {
  return new Map(
    Array.from(properties, ([name, value]) => [name.toWellFormed(), wellFormedValue(value)]),
  );
}

function wellFormedValue(value: Value): Value {
  if (typeof value === "string") return value.toWellFormed();
  if (Array.isArray(value)) return value.map(wellFormedValue);
  if (typeof value !== "object" || value === null) return value;
  const members = Object.entries(value as ValueObject);
  return makeObject(members.map(([key, member]) => [key, wellFormedValue(member)]));
}

/** @returns undefined for what is no selector */
function compiled(expression: Expression): Selector | undefined {
  try {
    return compile(print(expression));
  } catch (error) {
    if (error instanceof WhomError) return undefined;
    throw error;
  }
}

/** Every third query selects all profiles, in the order the expression gives them. */
function sorted(
  base: Omit<ProfileQuery, "selectors" | "sort">,
  selector: Selector,
  index: number,
): ProfileQuery {
  return index % 3 === 0
    ? { ...base, selectors: [], sort: { key: selector, descending: index % 2 === 0 } }
    : { ...base, selectors: [selector], sort: undefined };
}

function toUpdate(properties: Properties, index: number): ProfileUpdate {
  return {
    distinctId: index % 4 === 0 ? `Ünit-${index}` : `u${index}`,
    seenAtSeconds: 1_700_000_000,
    ignoreTime: true,
    ignoreAlias: false,
    operations: [{ kind: "set", values: properties }],
  };
}

async function idsOf(store: Store, query: ProfileQuery): Promise<readonly string[]> {
  const rows = await store.read(query.scope, await store.select(query));
  return rows.map(({ distinctId }) => distinctId);
}

/** The profiles the two stores do not agree on, as JSON. */
function describe(
  profiles: readonly Properties[],
  expected: readonly string[],
  found: readonly string[],
): readonly string[] {
  return profiles.flatMap((properties, index) => {
    const { distinctId } = toUpdate(properties, index);
    if (expected.includes(distinctId) === found.includes(distinctId)) return [];
    return `${distinctId} ${JSON.stringify(Object.fromEntries(properties))}`;
  });
}

/** A disagreement as text, with the command that repeats it. */
export function report(disagreement: Disagreement): string {
  const { seed, law, selector, statement, expected, found, profiles } = disagreement;
  return [
    `seed ${seed} (npm run differential -- --seed ${seed} --pairs 1)`,
    ...(law === undefined ? [] : [`  law       ${law}`]),
    `  selector  ${selector}`,
    `  statement ${statement}`,
    `  expected  ${expected.join(" ")}`,
    `  found     ${found.join(" ")}`,
    ...profiles.slice(0, 3).map((profile) => `  profile   ${profile}`),
  ].join("\n");
}
