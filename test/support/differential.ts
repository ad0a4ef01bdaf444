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
import type { Scope } from "../../src/profile/profile.ts";
import type { ProfileUpdate } from "../../src/profile/update.ts";
import type { ProfileQuery } from "../../src/query/query.ts";
import { compile, print, type Selector } from "../../src/selector/selector.ts";
import { MemoryStore } from "../../src/store/memory.ts";
import type { Store } from "../../src/store/store.ts";
import type { Properties } from "../../src/values/value.ts";
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

const TIME_ZONES: readonly string[] = ["UTC", "America/New_York", "Asia/Kolkata"];

/** Where two stores differ. */
export interface Disagreement {
  readonly seed: number;
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
  readonly disagreements: readonly Disagreement[];
}

/** Runs one round. */
export async function runRound(seed: number): Promise<Round> {
  const scope: Scope = { projectId: 1, groupKey: seed % 5 === 0 ? "company" : undefined };
  const profiles = fc.sample(arbitraryProperties(NAMES), { seed, numRuns: PROFILES_PER_ROUND });
  const selectors = fc.sample(arbitrarySelector(NAMES), { seed, numRuns: SELECTORS_PER_ROUND });
  const reference = new MemoryStore();
  const columnPropertiesMax = COLUMN_PROPERTIES[seed % COLUMN_PROPERTIES.length] ?? 0;
  const engine = await DuckdbStore.open(":memory:", { columnPropertiesMax, threads: 1 });
  try {
    const updates = profiles.map(toUpdate);
    await reference.apply([{ scope, updates }]);
    await engine.apply([{ scope, updates }]);
    const base = {
      scope,
      distinctIds: undefined,
      limit: undefined,
      asOfSeconds: 1_714_557_600 + seed,
      timeZone: TIME_ZONES[seed % TIME_ZONES.length] ?? "UTC",
      behaviors: new Map(),
      includesStrangers: false,
    };
    let exactCount = 0;
    let tellingCount = 0;
    const disagreements: Disagreement[] = [];
    for (const [index, expression] of selectors.entries()) {
      const selector = compile(print(expression));
      if (selector === undefined) continue;
      const query: ProfileQuery = sorted(base, selector, index);
      const expected = await idsOf(reference, query);
      const explanation = await engine.explain(query);
      const found = await idsOf(engine, query).catch((error: unknown) => [`error: ${error}`]);
      if (!explanation.residual) exactCount++;
      if (expected.length > 0 && expected.length < profiles.length) tellingCount++;
      if (expected.join("\n") !== found.join("\n")) {
        const { statement } = explanation;
        const telling = describe(profiles, expected, found);
        disagreements.push({
          seed,
          selector: print(selector.expression),
          statement,
          expected,
          found,
          profiles: telling,
        });
      }
    }
    return { pairCount: selectors.length, exactCount, tellingCount, disagreements };
  } finally {
    await engine.close();
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
  const { seed, selector, statement, expected, found, profiles } = disagreement;
  return [
    `seed ${seed} (npm run differential -- --seed ${seed} --pairs ${SELECTORS_PER_ROUND})`,
    `  selector  ${selector}`,
    `  statement ${statement}`,
    `  expected  ${expected.join(" ")}`,
    `  found     ${found.join(" ")}`,
    ...profiles.slice(0, 3).map((profile) => `  profile   ${profile}`),
  ].join("\n");
}
