/**
 * Numbers about profiles, held to cases.
 *
 * @module
 */
import { expect } from "vitest";
import type { ServerContext } from "../../src/http/context.ts";
import { answerSegments, type Segment } from "../../src/http/segments.ts";
import {
  type Action,
  percentilesOf,
  readAction,
  resultOf,
  shifted,
  shiftFor,
  varianceOf,
} from "../../src/query/action.ts";
import { readDays } from "../../src/query/days.ts";
import { plan, planWith } from "../../src/query/plan.ts";
import { type Revenue, TRANSACTIONS, tallyRevenue } from "../../src/query/revenue.ts";
import { compile } from "../../src/selector/selector.ts";
import type { Expression } from "../../src/selector/syntax.ts";
import type { Store } from "../../src/store/store.ts";
import { formatInstant } from "../../src/values/time.ts";
import { type Computed, Datetime } from "../../src/values/value.ts";
import type { ActionCase, BreakdownCase, CaseBase, Fixture, RevenueCase } from "./spec-case.ts";
import { planContextOf, requestOf } from "./spec-fixture.ts";

/** Checks what an action gives, of everything or of the members of some cohorts each. */
export async function checkAction(
  store: Store,
  row: ActionCase,
  fixtures: readonly Fixture[],
): Promise<void> {
  const action = readAction(row.source);
  const text = await answerAction(row, row, fixtures, async (segment) =>
    JSON.stringify(await perform(store, segment, action)),
  );
  expect(JSON.parse(text)).toEqual(row.result);
}

/** Plans an action as the endpoint does, and answers each of its segments. */
export function answerAction(
  base: CaseBase,
  { asked, source, segments }: Pick<ActionCase, "asked" | "source" | "segments">,
  fixtures: readonly Fixture[],
  answer: (segment: Segment) => Promise<string>,
): Promise<string> {
  const { project, workspace, cohorts, groupKeys } = planContextOf(base, fixtures);
  const registry = { cohorts: async () => cohorts, groupKeys: async () => groupKeys };
  const action = readAction(source);
  return answerSegments(
    { registry } as unknown as ServerContext,
    { principal: { kind: "project_secret" }, role: "owner", project, workspace },
    {
      request: requestOf(base, asked),
      segments,
      expression: action.kind === "count" ? undefined : action.expression,
      source,
    },
    answer,
  );
}

async function perform(
  store: Store,
  { query, expressions: [expression] }: Segment,
  action: Action,
): Promise<unknown> {
  if (action.kind === "count" || expression === undefined) return store.count(query);
  const summary = await store.summarize(query, expression, percentilesOf(action));
  const shift = shiftFor(summary);
  const spread =
    shift === undefined ? summary : await store.summarize(query, shifted(expression, shift), []);
  return resultOf(action, summary, varianceOf(spread));
}

/** Checks how values are spread, as far as the row shows it. */
export async function checkBreakdown(
  store: Store,
  row: BreakdownCase,
  fixtures: readonly Fixture[],
): Promise<void> {
  const { topMax, bucketMax } = row;
  const planned = planWith(requestOf(row, row.asked), planContextOf(row, fixtures), [
    compiled(row.source),
  ]);
  const [expression = compiled(row.source)] = planned.expressions;
  const spread = await store.breakDown(planned.query, expression, { topMax, bucketMax });
  const found: Readonly<Record<string, unknown>> = {
    total: spread.total,
    missing: spread.missingCount,
    distinct: spread.distinctCount,
    values: spread.top.map(({ value, count }) => ({ value: written(value), count })),
    histogram: spread.histogram,
  };
  const shown = Object.keys(row.result).map((name) => [name, found[name]] as const);
  expect(Object.fromEntries(shown)).toEqual(row.result);
}

/** Checks what was paid. */
export async function checkRevenue(store: Store, row: RevenueCase): Promise<void> {
  const { nowSeconds, timeZone } = row.context;
  const tally = tallyRevenue(
    readDays(row.from, row.to, { nowSeconds, timeZone }),
    row.unit,
    timeZone,
  );
  const query = plan(requestOf(row, {}), planContextOf(row, []));
  const transactions = compiled(`properties["${TRANSACTIONS}"]`);
  for await (const part of store.values(query, [transactions])) {
    for (const [value] of part) tally.add(value);
  }
  const { overall, periods } = tally.report();
  const wire = ({ amount, count, paidCount }: Revenue) => ({
    amount,
    count,
    paid_count: paidCount,
  });
  expect({
    $overall: wire(overall),
    ...Object.fromEntries([...periods].map(([start, revenue]) => [start, wire(revenue)])),
  }).toEqual(row.result);
}

function compiled(source: string): Expression {
  const selector = compile(source);
  if (selector === undefined) throw new Error("there is no expression");
  return selector.expression;
}

function written(value: Computed): unknown {
  return value instanceof Datetime ? formatInstant(value.seconds, "UTC") : value;
}
