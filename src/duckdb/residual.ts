/**
 * The part of a query that SQL cannot say: candidates, evaluated one by one by the reference.
 *
 * @module
 */
import { setImmediate } from "node:timers/promises";
import type { DuckDBConnection, DuckDBValue } from "@duckdb/node-api";
import type { Measure } from "../event/behavior.ts";
import { propertiesFromJson } from "../profile/record.ts";
import { FIRST_EVENT_TIME } from "../profile/reserved.ts";
import { evaluate, type Subject, selects } from "../selector/selector.ts";
import type { Expression } from "../selector/syntax.ts";
import { type Uses, usesOf } from "../selector/uses.ts";
import { isZeroWithoutEvents } from "../sql/behavior.ts";
import { raw } from "../sql/fragment.ts";
import { evaluationOf } from "../sql/profile-names.ts";
import type { CandidateColumns } from "../sql/statement.ts";
import { orderSortKeys } from "../store/order.ts";
import { type History, profileSubject } from "../store/subject.ts";
import { orderText } from "../values/text.ts";
import { type Computed, Datetime } from "../values/value.ts";
import { run } from "./run.ts";
import type { Selection } from "./selection.ts";

/** Keys that one statement of a scan spans, so that memory stays flat. */
const KEYS_PER_SCAN = 32_768;

/** How long profiles are evaluated before other work gets its turn. */
const TURN_MS = 10;

/** A profile that passed every selector, and how expressions see it. */
export interface Candidate {
  readonly key: number;
  readonly distinctId: string;
  readonly subject: Subject;
}

/**
 * Every profile a query selects, in no order; its limit does not count.
 *
 * @param expressions what will be evaluated on them besides the query's selectors
 */
export async function* scanSelected(
  connection: DuckDBConnection,
  selection: Selection,
  expressions: readonly Expression[],
  signal: AbortSignal | undefined,
): AsyncGenerator<Candidate> {
  const { statement, query, tables } = selection;
  const context = evaluationOf(query);
  const residual = statement.residual;
  const uses = usesOf([...residual.map(({ expression }) => expression), ...expressions]);
  const columns = columnsOf(uses, selection);
  let turnStartedAt = performance.now();
  for (let from = 0; from < tables.table.nextKey; from += KEYS_PER_SCAN) {
    const range = raw(`p.key >= ${from} and p.key < ${from + KEYS_PER_SCAN}`);
    const result = await run(connection, statement.candidates(range, columns));
    for (const row of await result.getRows()) {
      if (performance.now() - turnStartedAt > TURN_MS) {
        await setImmediate();
        signal?.throwIfAborted();
        turnStartedAt = performance.now();
      }
      const candidate = toCandidate(row, columns, selection);
      if (residual.every((selector) => selects(selector, candidate.subject, context))) {
        yield candidate;
      }
    }
  }
}

/** Behaviors whose values are known already need no column. */
function columnsOf(uses: Uses, { query, values }: Selection): CandidateColumns {
  return {
    behaviors: [...uses.behaviors].filter((name) => query.behaviors.has(name) && !values.has(name)),
    cohorts: [...uses.cohorts],
    firstEvent: uses.properties.has(FIRST_EVENT_TIME) && query.scope.groupKey === undefined,
  };
}

function toCandidate(
  row: readonly DuckDBValue[],
  columns: CandidateColumns,
  { query, values }: Selection,
): Candidate {
  const [key, id, properties, ...further] = row;
  const behaviors = new Map<string, Computed>();
  columns.behaviors.forEach((name, index) => {
    const kind = query.behaviors.get(name)?.measure.kind ?? "count";
    behaviors.set(name, behaviorOf(kind, further[index] ?? null));
  });
  for (const [name, byKey] of values) behaviors.set(name, byKey.get(Number(key)));
  const memberships = new Map(
    columns.cohorts.map((cohortId, index) => [
      cohortId,
      further[columns.behaviors.length + index] === true,
    ]),
  );
  const first = columns.firstEvent ? further.at(-1) : undefined;
  const history: History = {
    behavior: (name) => behaviors.get(name),
    isMember: (cohortId) => memberships.get(cohortId) ?? false,
    firstEventSeconds: () => (first === undefined || first === null ? undefined : Number(first)),
  };
  const distinctId = String(id);
  const profile = {
    distinctId,
    properties: properties === null ? new Map() : propertiesFromJson(String(properties)),
  };
  return {
    key: Number(key),
    distinctId,
    subject: profileSubject(profile, query.scope, history),
  };
}

function behaviorOf(kind: Measure["kind"], value: DuckDBValue): Computed {
  if (value === null) return isZeroWithoutEvents({ kind } as Measure) ? 0 : undefined;
  const number = Number(value);
  return kind === "first_time" || kind === "last_time" ? new Datetime(number) : number;
}

interface Found {
  readonly key: number;
  readonly distinctId: string;
  readonly sortKey: Computed;
}

/** The keys of a query whose statement is not exact, in order and cut to the limit. */
export async function selectResidual(
  connection: DuckDBConnection,
  selection: Selection,
  signal: AbortSignal | undefined,
): Promise<Uint32Array> {
  const { query } = selection;
  const { sort } = query;
  const context = evaluationOf(query);
  const expressions = sort === undefined ? [] : [sort.key.expression];
  const found: Found[] = [];
  for await (const { key, distinctId, subject } of scanSelected(
    connection,
    selection,
    expressions,
    signal,
  )) {
    const sortKey =
      sort === undefined ? undefined : evaluate(sort.key.expression, subject, context);
    found.push({ key, distinctId, sortKey });
  }
  const descending = sort?.descending ?? false;
  found.sort(
    (left, right) =>
      orderSortKeys(left.sortKey, right.sortKey, descending) ||
      orderText(left.distinctId, right.distinctId),
  );
  return Uint32Array.from(found.slice(0, query.limit ?? found.length), ({ key }) => key);
}
