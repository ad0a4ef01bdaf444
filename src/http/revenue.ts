/**
 * `/api/query/engage/revenue`: what the profiles a request selects have paid, by day, week or month.
 *
 * @module
 */
import { abortable } from "../paging/abortable.ts";
import { newSessionId } from "../paging/session.ts";
import type { Project } from "../project/project.ts";
import { type Days, type PeriodUnit, readDays } from "../query/days.ts";
import type { ProfileQuery } from "../query/query.ts";
import {
  type Revenue,
  type RevenueReport,
  type RevenueTally,
  TRANSACTIONS,
  tallyRevenue,
} from "../query/revenue.ts";
import type { Expression } from "../selector/syntax.ts";
import type { Store } from "../store/store.ts";
import { formatInstant } from "../values/time.ts";
import type { ApiReply, ApiRequest } from "./api.ts";
import { authorize, withinQuota } from "./authorize.ts";
import type { ServerContext } from "./context.ts";
import {
  check,
  type Members,
  readMembers,
  readSelection,
  readText,
  required,
} from "./parameters.ts";
import { planRequest } from "./plan-request.ts";

const READ: Expression = {
  kind: "accessor",
  scope: "properties",
  name: TRANSACTIONS,
  span: { start: 0, end: 0 },
};

/**
 * Answers with revenue.
 *
 * @throws `access.*`, `query.*`, `selector.*`, `cohort.*`
 */
export async function queryRevenue(context: ServerContext, request: ApiRequest): Promise<ApiReply> {
  const members = readMembers(request);
  const access = await authorize(context, request, members);
  return withinQuota(context, access.project, async (admit) => {
    admit();
    const nowMs = context.clock.now();
    const { project } = access;
    const tally = readPeriods(members, project, nowMs);
    const selection = readSelection(members, nowMs);
    const query = await planRequest(context, access, selection);
    await abortable(addAll(context.store, query, tally, request.signal), request.signal);
    return {
      status: 200,
      headers: { "content-type": "application/json; charset=utf-8" },
      body: encode(tally.report(), nowMs),
      logged: { projectId: project.id },
    };
  });
}

function readPeriods(members: Members, { timeZone }: Project, nowMs: number): RevenueTally {
  const unit = check<PeriodUnit>("unit", readText(members, "unit") ?? "day");
  const days: Days = readDays(required(members, "from_date"), required(members, "to_date"), {
    timeZone,
    nowSeconds: Math.floor(nowMs / 1000),
  });
  return tallyRevenue(days, unit, timeZone);
}

async function addAll(
  store: Store,
  query: ProfileQuery,
  tally: RevenueTally,
  signal: AbortSignal,
): Promise<void> {
  for await (const rows of store.values(query, [READ], signal)) {
    for (const [transactions] of rows) tally.add(transactions);
  }
}

/** Clients read a session id; it names no session, as there are no pages. */
function encode({ overall, periods }: RevenueReport, nowMs: number): string {
  const results = Object.fromEntries([
    ["$overall", shown(overall)],
    ...Array.from(periods, ([start, revenue]) => [start, shown(revenue)] as const),
  ]);
  return JSON.stringify({
    computed_at: formatInstant(Math.floor(nowMs / 1000), "UTC"),
    results,
    session_id: newSessionId(nowMs),
    status: "ok",
  });
}

function shown({ amount, count, paidCount }: Revenue): object {
  return { amount, count, paid_count: paidCount };
}
