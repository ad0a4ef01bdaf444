/**
 * The same random questions over the same random history on two stores: they must agree.
 *
 * A round is a history in three phases and questions after each; a seed gives the same round again.
 *
 * @module
 */
import fc from "fast-check";
import { DuckdbStore } from "../../src/duckdb/store.ts";
import type { ProfileQuery } from "../../src/query/query.ts";
import { MemoryStore } from "../../src/store/memory.ts";
import type { Store } from "../../src/store/store.ts";
import {
  type Answer,
  arbitraryCase,
  type Case,
  everything,
  STATE_CASES,
} from "./behavior-cases.ts";
import { arbitraryHistory, IDS, type Step, USERS } from "./event-arbitraries.ts";

/** Questions after each phase of a history; a request that cannot be planned is none. */
const CASES_PER_PHASE: readonly number[] = [24, 24, 16];

/** How many properties get columns of their own: none, a few, all. */
const COLUMN_PROPERTIES: readonly number[] = [0, 4, 48];

/** How far sums of one set of numbers may lie apart, relative to them. */
const TOLERANCE = 1e-9;

/** Where two stores differ. */
export interface EventDisagreement {
  readonly seed: number;
  readonly place: string;
  readonly question: string;
  readonly statement: string;
  readonly expected: Answer;
  readonly found: Answer;
  /** The profiles and events of who is in one answer only. */
  readonly evidence: readonly string[];
}

/** What a round came to. */
export interface EventRound {
  readonly caseCount: number;
  /** Queries for profiles, those of them that SQL answered alone, and those that selected some but not all. */
  readonly queryCount: number;
  readonly exactCount: number;
  readonly tellingCount: number;
  readonly disagreements: readonly EventDisagreement[];
}

/** Runs one round. */
export async function runEventRound(seed: number): Promise<EventRound> {
  const history = sampleOne(arbitraryHistory, seed);
  const columnPropertiesMax = COLUMN_PROPERTIES[seed % COLUMN_PROPERTIES.length] ?? 0;
  const engine = await DuckdbStore.open(":memory:", { columnPropertiesMax, threads: 1 });
  const stores: Stores = { reference: new MemoryStore(), engine };
  const tally: Tally = {
    caseCount: 0,
    queryCount: 0,
    exactCount: 0,
    tellingCount: 0,
    disagreements: [],
  };
  try {
    for (const [phase, steps] of history.phases.entries()) {
      for (const step of steps) {
        await take(stores.reference, step);
        await take(engine, step);
      }
      // Events in the order that they are counted fastest in are the same events.
      if (seed % 2 === 0) await engine.settle();
      const asked = casesOf(seed * CASES_PER_PHASE.length + phase, CASES_PER_PHASE[phase] ?? 0);
      tally.caseCount += asked.length;
      const place = `phase ${phase}, ${history.identity}, ${columnPropertiesMax} columns`;
      await askAll(stores, [...STATE_CASES, ...asked], { seed, place }, tally);
    }
    return tally;
  } finally {
    await engine.close();
  }
}

type Tally = { -readonly [Member in keyof EventRound]: EventRound[Member] };

async function askAll(
  stores: Stores,
  cases: readonly Case[],
  { seed, place }: Pick<EventDisagreement, "seed" | "place">,
  tally: Tally,
): Promise<void> {
  for (const [index, one] of cases.entries()) {
    const { isExact, isTelling, difference } = await compare(stores, one);
    if (one.query !== undefined) tally.queryCount++;
    if (isExact) tally.exactCount++;
    if (isTelling) tally.tellingCount++;
    if (difference === undefined) continue;
    const found = { seed, place: `${place}, case ${index}`, ...difference };
    tally.disagreements = [...tally.disagreements, found];
  }
}

interface Stores {
  readonly reference: MemoryStore;
  readonly engine: DuckdbStore;
}

interface Outcome {
  readonly isExact: boolean;
  readonly isTelling: boolean;
  readonly difference: Omit<EventDisagreement, "seed" | "place"> | undefined;
}

async function compare({ reference, engine }: Stores, one: Case): Promise<Outcome> {
  const { question, query } = one;
  const expected = await one.ask(reference);
  const found = await one.ask(engine).catch((error: unknown) => [`error: ${error}`]);
  const explanation = query && (await engine.explain(query));
  const isTelling = query !== undefined && (await tells(reference, query));
  const isExact = explanation?.residual === false;
  if (agree(expected, found)) return { isExact, isTelling, difference: undefined };
  const evidence = await evidenceOf(reference, expected, found);
  const statement = explanation?.statement ?? "";
  return { isExact, isTelling, difference: { question, statement, expected, found, evidence } };
}

/** Whether a query selects some of those that there are, but not all. */
async function tells(store: Store, query: ProfileQuery): Promise<boolean> {
  const { scope, includesStrangers } = query;
  const count = await store.count(query);
  return count > 0 && count < (await store.count({ ...everything(scope), includesStrangers }));
}

function sampleOne<Sample>(arbitrary: fc.Arbitrary<Sample>, seed: number): Sample {
  const [sample] = fc.sample(arbitrary, { seed, numRuns: 1 });
  return sample as Sample;
}

async function take(store: Store, step: Step): Promise<void> {
  switch (step.kind) {
    case "apply":
      await store.apply(step.batches);
      return;
    case "members":
      await store.setMembers(step.scope, step.cohortId, step.distinctIds);
      return;
    case "erase":
      await store.erase(1, step.distinctIds);
  }
}

function casesOf(seed: number, count: number): readonly Case[] {
  return fc.sample(arbitraryCase, { seed, numRuns: count }).filter((one) => one !== undefined);
}

function agree(expected: Answer, found: Answer): boolean {
  if (expected.length !== found.length) return false;
  return expected.every((value, index) => {
    const other = found[index];
    if (typeof value !== "number" || typeof other !== "number") return value === other;
    const size = Math.max(Math.abs(value), Math.abs(other));
    return value === other || Math.abs(value - other) <= TOLERANCE * size;
  });
}

const EVIDENCE_LINES_MAX = 40;

async function evidenceOf(
  store: Store,
  expected: Answer,
  found: Answer,
): Promise<readonly string[]> {
  const differing = [...expected, ...found].filter(
    (one) => expected.includes(one) !== found.includes(one),
  );
  const ids = differing.flatMap(
    (one) => IDS.find((id) => one === id || String(one).startsWith(`"${id}" `)) ?? [],
  );
  const lines: string[] = [];
  if (ids.length === 0) return lines;
  const first = ids.slice(0, 1);
  const keys = await store.select({ ...everything(USERS), distinctIds: first });
  for (const row of await store.read(USERS, keys, true)) lines.push(JSON.stringify(row));
  const span = { fromSeconds: -1e12, toSeconds: 1e12 };
  const rest = { names: undefined, selector: undefined, limit: undefined };
  const context = { asOfSeconds: 0, timeZone: "UTC" };
  const asked = { projectId: 1, span, distinctIds: first, ...rest, ...context };
  for await (const batch of store.events(asked)) {
    for (const row of batch) lines.push(JSON.stringify(row));
  }
  return lines.slice(0, EVIDENCE_LINES_MAX);
}

/** A disagreement as text, with the command that repeats it. */
export function reportEvents(disagreement: EventDisagreement): string {
  const { seed, place, question, statement, expected, found, evidence } = disagreement;
  return [
    `seed ${seed} (npm run differential -- --events --seed ${seed} --cases 1), ${place}`,
    `  question  ${question}`,
    `  statement ${statement}`,
    `  expected  ${expected.join(" | ")}`,
    `  found     ${found.join(" | ")}`,
    ...evidence.map((line) => `  evidence  ${line}`),
  ].join("\n");
}
