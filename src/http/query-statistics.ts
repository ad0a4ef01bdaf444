/**
 * `/api/query/engage/stats` and `/engage/breakdown`: numbers about the profiles a request selects.
 *
 * @module
 */
import { fail } from "../errors/error.ts";
import { abortable } from "../paging/abortable.ts";
import type { Access } from "../project/project.ts";
import {
  type ActionResult,
  type NumberAction,
  percentilesOf,
  readAction,
  resultOf,
  shifted,
  shiftFor,
  varianceOf,
} from "../query/action.ts";
import type { QueryRequest } from "../query/plan.ts";
import type { Breakdown } from "../query/statistic.ts";
import { compile } from "../selector/selector.ts";
import type { Expression } from "../selector/syntax.ts";
import type { Store } from "../store/store.ts";
import { formatInstant } from "../values/time.ts";
import { type Computed, Datetime } from "../values/value.ts";
import type { ApiReply, ApiRequest } from "./api.ts";
import { authorize, withinQuota } from "./authorize.ts";
import type { ServerContext } from "./context.ts";
import {
  BUCKET_COUNT_DEFAULT,
  BUCKET_COUNT_MAX,
  VALUE_COUNT_DEFAULT,
  VALUE_COUNT_MAX,
} from "./parameter-table.ts";
import {
  clamp,
  type Members,
  readInteger,
  readMembers,
  readSelection,
  readText,
  required,
} from "./parameters.ts";
import { answerSegments, readSegments, type Segment, type SegmentedRequest } from "./segments.ts";

/**
 * Answers an action.
 *
 * @throws `access.*`, `query.*`, `selector.*`, `cohort.*`
 */
export function queryStatistics(context: ServerContext, request: ApiRequest): Promise<ApiReply> {
  return answerNumbers(context, request, (members) => {
    const source = readText(members, "action") ?? "";
    const action = readAction(source);
    const { store } = context;
    const { signal } = request;
    if (action.kind === "count") {
      const count = async ({ query }: Segment) => String(await store.count(query, signal));
      return { expression: undefined, source, answer: count };
    }
    const answer = async (segment: Segment) =>
      JSON.stringify(await perform(store, segment, action, signal));
    return { expression: action.expression, source, answer };
  });
}

/**
 * Answers how the values of a property or expression are spread.
 *
 * @throws `access.*`, `query.*`, `selector.*`, `cohort.*`
 */
export function breakDown(context: ServerContext, request: ApiRequest): Promise<ApiReply> {
  return answerNumbers(context, request, (members) => {
    const topMax = clamp(readInteger(members, "limit") ?? VALUE_COUNT_DEFAULT, 0, VALUE_COUNT_MAX);
    const buckets = readInteger(members, "buckets") ?? BUCKET_COUNT_DEFAULT;
    const options = { topMax, bucketMax: clamp(buckets, 0, BUCKET_COUNT_MAX) };
    const { store } = context;
    const answer = async ({ query, expressions }: Segment) =>
      encode(await store.breakDown(query, computed(expressions), options, request.signal));
    return { ...readBrokenDown(members), answer };
  });
}

/** What is asked about each segment, and what answers it with JSON. */
interface Question extends Pick<SegmentedRequest, "expression" | "source"> {
  answer(segment: Segment): Promise<string>;
}

async function answerNumbers(
  context: ServerContext,
  request: ApiRequest,
  readQuestion: (members: Members) => Question,
): Promise<ApiReply> {
  const members = readMembers(request);
  const access = await authorize(context, request, members);
  return withinQuota(context, access.project, async (admit) => {
    admit();
    const { expression, source, answer } = readQuestion(members);
    const selection = readCounted(context, members);
    const asked = { request: selection, segments: readSegments(members), expression, source };
    const results = await abortable(answerSegments(context, access, asked, answer), request.signal);
    return replyWith(context, access, results);
  });
}

/** The one expression that was planned. */
function computed([expression]: readonly Expression[]): Expression {
  if (expression === undefined) throw new Error("no expression was planned");
  return expression;
}

/** What is selected; orders and limits are for pages. */
function readCounted({ clock }: ServerContext, members: Members): QueryRequest {
  const selection = readSelection(members, clock.now());
  if (selection.behaviors !== undefined) {
    throw fail("query.not_available", { parameter: "behaviors" });
  }
  return { ...selection, sortKey: undefined, limit: undefined };
}

function replyWith({ clock }: ServerContext, access: Access, results: string): ApiReply {
  const computedAt = formatInstant(Math.floor(clock.now() / 1000), "UTC");
  return {
    status: 200,
    headers: { "content-type": "application/json; charset=utf-8" },
    body: `{"results":${results},"status":"ok","computed_at":"${computedAt}"}`,
    logged: { projectId: access.project.id },
  };
}

async function perform(
  store: Store,
  { query, expressions }: Segment,
  action: NumberAction,
  signal: AbortSignal,
): Promise<ActionResult> {
  const expression = computed(expressions);
  const summary = await store.summarize(query, expression, percentilesOf(action), signal);
  if (action.kind !== "numeric_summary") return resultOf(action, summary, undefined);
  const shift = shiftFor(summary);
  const spread =
    shift === undefined
      ? summary
      : await store.summarize(query, shifted(expression, shift), [], signal);
  return resultOf(action, summary, varianceOf(spread));
}

function readBrokenDown(members: Members): Pick<Question, "expression" | "source"> {
  const source = readText(members, "expression") ?? "";
  const compiled = compile(source);
  if (compiled !== undefined) return { expression: compiled.expression, source };
  const name = required(members, "property");
  const span = { start: 0, end: 0 };
  return { expression: { kind: "accessor", scope: "properties", name, span }, source };
}

function encode(breakdown: Breakdown): string {
  const { total, missingCount, distinctCount, top, histogram } = breakdown;
  return JSON.stringify({
    total,
    missing: missingCount,
    distinct: distinctCount,
    values: top.map(({ value, count }) => ({ value: shown(value), count })),
    histogram,
  });
}

/** A datetime as text in UTC, within lists too. */
function shown(value: Computed): unknown {
  if (value instanceof Datetime) return formatInstant(value.seconds, "UTC");
  return Array.isArray(value) ? value.map(shown) : value;
}
