/**
 * Questions about events and behaviors that two stores must answer alike.
 *
 * @module
 */
import fc from "fast-check";
import { WhomError } from "../../src/errors/error.ts";
import type { Behavior } from "../../src/event/behavior.ts";
import type { EventQuery } from "../../src/event/event-query.ts";
import type { Scope } from "../../src/profile/profile.ts";
import { plan } from "../../src/query/plan.ts";
import type { ProfileQuery } from "../../src/query/query.ts";
import { print, type Selector } from "../../src/selector/selector.ts";
import type { Expression } from "../../src/selector/syntax.ts";
import type { Store } from "../../src/store/store.ts";
import { orderText } from "../../src/values/text.ts";
import { type Computed, Datetime } from "../../src/values/value.ts";
import { PROJECT } from "../query/support.ts";
import {
  arbitraryEventQuery,
  arbitraryExpressions,
  arbitraryQuery,
} from "./behavior-arbitraries.ts";
import { COMPANIES, IDS, STATIC_COHORTS, USERS } from "./event-arbitraries.ts";
import { arbitraryPlannedCase, contextOf, type PlannedCase } from "./request-arbitraries.ts";

/** What a store answers: texts that must be the same, and numbers that may differ in their last digits. */
export type Answer = readonly (string | number)[];

/** A question. */
export interface Case {
  /** What is asked, as text. */
  readonly question: string;
  readonly ask: (store: Store) => Promise<Answer>;
  /** What it selects profiles by, if it does. */
  readonly query: ProfileQuery | undefined;
}

/** A random question; undefined for a request that is wrong. */
export const arbitraryCase: fc.Arbitrary<Case | undefined> = fc.oneof(
  { weight: 8, arbitrary: arbitraryQuery.map(selection) },
  { weight: 8, arbitrary: arbitraryPlannedCase.map(plannedSelection) },
  { weight: 3, arbitrary: fc.tuple(arbitraryQuery, arbitraryExpressions).map(computation) },
  { weight: 2, arbitrary: fc.tuple(arbitraryQuery, arbitraryExpressions).map(summary) },
  { weight: 1, arbitrary: fc.tuple(arbitraryQuery, arbitraryExpressions).map(breakdown) },
  { weight: 1, arbitrary: arbitraryQuery.map(propertiesOf) },
  { weight: 4, arbitrary: arbitraryEventQuery.map(reading) },
);

/** What every history is asked: who is who, and what is kept. */
export const STATE_CASES: readonly Case[] = [
  {
    question: "canonical ids",
    query: undefined,
    ask: (store) => store.canonicalIds(1, IDS),
  },
  ...IDS.map((id) => ({
    question: `profiles that are kept of ${id}`,
    query: undefined,
    ask: async (store: Store) => {
      const rows = await store.read(USERS, await store.keysOfUsers(1, [id]));
      return rows.map(({ distinctId }) => distinctId);
    },
  })),
  ...[USERS, COMPANIES].flatMap((scope): readonly Case[] => [
    {
      question: `profiles of ${scope.groupKey ?? "users"}`,
      query: undefined,
      ask: (store) => profilesOf(store, scope),
    },
    { ...propertiesOf({ ...everything(scope), includesStrangers: false }), query: undefined },
    ...STATIC_COHORTS.map((cohortId) => ({
      question: `members of ${cohortId} of ${scope.groupKey ?? "users"}`,
      query: undefined,
      ask: (store: Store) => store.members(scope, cohortId),
    })),
  ]),
];

async function profilesOf(store: Store, scope: Scope): Promise<Answer> {
  const keys = await store.select(everything(scope));
  const rows = await store.read(scope, keys, true);
  return rows.map(({ distinctId, propertiesJson }) => `${distinctId} ${propertiesJson}`);
}

/** All profiles and strangers of a scope. */
export function everything(scope: Scope): ProfileQuery {
  return {
    scope,
    distinctIds: undefined,
    selectors: [],
    sort: undefined,
    behaviors: new Map(),
    includesStrangers: true,
    limit: undefined,
    asOfSeconds: 0,
    timeZone: "UTC",
  };
}

function selection(query: ProfileQuery): Case {
  return {
    question: describe(query),
    query,
    ask: async (store) => {
      const keys = await store.select(query);
      const rows = await store.read(query.scope, keys, query.includesStrangers);
      const count = await store.count(query);
      return [`count ${count}`, ...rows.map(({ distinctId }) => distinctId)];
    },
  };
}

/** A request that is wrong is none. */
function plannedSelection(planned: PlannedCase): Case | undefined {
  try {
    const one = selection(plan(planned.request, contextOf(planned, PROJECT)));
    const { request, cohorts } = planned;
    return {
      ...one,
      question: `${one.question}\n  planned from ${JSON.stringify({ request, cohorts })}`,
    };
  } catch (error) {
    if (error instanceof WhomError) return undefined;
    throw error;
  }
}

function computation([query, expressions]: readonly [ProfileQuery, readonly Expression[]]): Case {
  const id: Expression = {
    kind: "accessor",
    scope: "properties",
    name: "$distinct_id",
    span: { start: 0, end: 0 },
  };
  return {
    question: `values of ${expressions.map(print).join(", ")}: ${describe(query)}`,
    query,
    ask: async (store) => {
      const rows: string[] = [];
      for await (const batch of store.values(query, [id, ...expressions])) {
        for (const row of batch) rows.push(row.map(show).join(" "));
      }
      return rows.sort(orderText);
    },
  };
}

function summary([query, [expression]]: readonly [
  ProfileQuery,
  readonly [Expression, ...Expression[]],
]): Case {
  return {
    question: `summary of ${print(expression)}: ${describe(query)}`,
    query,
    ask: async (store) => {
      const found = await store.summarize(query, expression, [0, 10, 50, 99, 100]);
      const { count, sum, sumOfSquares, min, max, percentiles } = found;
      return [count, sum, sumOfSquares, min, max, ...percentiles].map((one) => one ?? "none");
    },
  };
}

function breakdown([query, expressions]: readonly [ProfileQuery, readonly Expression[]]): Case {
  return {
    question: `breakdown of ${expressions.map(print).join(", ")}: ${describe(query)}`,
    query,
    ask: async (store) => {
      const answer: (string | number)[] = [];
      for (const expression of expressions) {
        const found = await store.breakDown(query, expression, { topMax: 5, bucketMax: 4 });
        const { total, missingCount, distinctCount, top, histogram } = found;
        answer.push(total, missingCount, distinctCount);
        for (const { value, count } of top) answer.push(show(value), count);
        for (const { from, to, count } of histogram) answer.push(from, to, count);
      }
      return answer;
    },
  };
}

function propertiesOf(query: ProfileQuery): Case {
  return {
    question: `properties of ${describe(query)}`,
    query,
    ask: async (store) => (await store.properties(query, 100)).map((one) => JSON.stringify(one)),
  };
}

function reading(query: EventQuery): Case {
  const { selector, ...rest } = query;
  const where = selector === undefined ? "all" : print(selector.expression);
  return {
    question: `events ${where}: ${JSON.stringify(rest)}`,
    query: undefined,
    ask: async (store) => {
      const rows: string[] = [];
      for await (const batch of store.events(query)) {
        for (const row of batch)
          rows.push(
            JSON.stringify(Object.entries(row).sort(([left], [right]) => orderText(left, right))),
          );
      }
      return rows;
    },
  };
}

/** Zeros are one number; an instant is told from a number. */
function show(value: Computed): string {
  if (value === undefined) return "undefined";
  if (value instanceof Datetime) return `datetime ${value.seconds}`;
  if (Array.isArray(value)) return `[${(value as readonly Computed[]).map(show).join(", ")}]`;
  return JSON.stringify(value);
}

function describe(query: ProfileQuery): string {
  const { selectors, sort, behaviors, ...rest } = query;
  const source = ({ expression }: Selector): string => print(expression);
  const lines = [
    selectors.map(source).join(" AND ") || "all",
    sort === undefined
      ? ""
      : `sorted by ${source(sort.key)}${sort.descending ? " descending" : ""}`,
    JSON.stringify(rest),
    ...Array.from(behaviors, ([name, behavior]) => `${name} = ${describeBehavior(behavior)}`),
  ];
  return lines.filter((line) => line !== "").join("\n    ");
}

function describeBehavior({ tests, span, measure }: Behavior): string {
  const events = tests.map(({ event, selector }) => ({
    event,
    selector: selector && print(selector.expression),
  }));
  return JSON.stringify({ events, span, measure });
}
