/**
 * One question asked of everything a request selects, or of the members of some cohorts each.
 *
 * @module
 */
import { fail, WhomError } from "../errors/error.ts";
import type { Access } from "../project/project.ts";
import { type PlanContext, planWith, type QueryRequest } from "../query/plan.ts";
import type { ProfileQuery } from "../query/query.ts";
import type { Expression } from "../selector/syntax.ts";
import type { ServerContext } from "./context.ts";
import { check, type Members, sentJson } from "./parameters.ts";
import { planContextOf } from "./plan-request.ts";

/** The most cohorts of one request: each is a query of its own. */
const SEGMENT_COUNT_MAX = 50;

const ID = /^\d{1,15}$/;
const NO: ReadonlySet<unknown> = new Set([false, null, 0, "", "0", "false", "False"]);

/**
 * The ids of `segment_by_cohorts`, undefined when it was not sent.
 *
 * @throws `query.invalid_json`, `query.invalid_parameter`, `query.too_many_segments`, `cohort.invalid_id`
 */
export function readSegments(members: Members): readonly string[] | undefined {
  const value = sentJson(members, "segment_by_cohorts");
  if (value === undefined || value === null) return undefined;
  const object = check<Readonly<Record<string, unknown>>>("segment_by_cohorts", value);
  const ids = Object.entries(object).flatMap(([id, isWanted]) => (NO.has(isWanted) ? [] : [id]));
  for (const id of ids) if (!ID.test(id)) throw fail("cohort.invalid_id", { id });
  if (ids.length > SEGMENT_COUNT_MAX) {
    throw fail("query.too_many_segments", { count: ids.length, countMax: SEGMENT_COUNT_MAX });
  }
  return ids.length === 0 ? undefined : ids;
}

/** What is asked, and of whom. */
export interface SegmentedRequest {
  readonly request: QueryRequest;
  /** Undefined for all that the request selects. */
  readonly segments: readonly string[] | undefined;
  /** What is computed for each profile; undefined where profiles are only counted. */
  readonly expression: Expression | undefined;
  /** The text that `expression` comes from, for errors. */
  readonly source: string;
}

/** A segment, or all of a request. */
export interface Segment {
  readonly query: ProfileQuery;
  /** As planned; none where profiles are only counted. */
  readonly expressions: readonly Expression[];
}

/**
 * The text of the `results` member: an answer, or an object of one for each segment.
 *
 * @param answer gives JSON
 * @throws `query.*`, `selector.*`, `cohort.*`, and what `answer` throws
 */
export async function answerSegments(
  context: ServerContext,
  access: Access,
  asked: SegmentedRequest,
  answer: (segment: Segment) => Promise<string>,
): Promise<string> {
  const planContext = await planContextOf(context, access);
  // Planned first in any case: errors in the selector have their place in it, not in a segment's.
  const whole = planSegment(asked.request, asked, planContext);
  if (asked.segments === undefined) return answer(whole);
  const planned = asked.segments.map((id) => {
    if (planContext.cohorts.byId(Number(id)) === undefined) throw fail("cohort.invalid_id", { id });
    const request = withinCohort(asked.request, Number(id));
    return [id, planSegment(request, asked, planContext)] as const;
  });
  const results: string[] = [];
  for (const [id, segment] of planned) {
    results.push(`${JSON.stringify(id)}:${await answer(segment)}`);
  }
  return `{${results.join(",")}}`;
}

function planSegment(
  request: QueryRequest,
  { expression, source }: SegmentedRequest,
  context: PlanContext,
): Segment {
  try {
    return planWith(request, context, expression === undefined ? [] : [expression]);
  } catch (failure) {
    // What has a place, but no text, is wrong in the expression.
    const isPlaced = failure instanceof WhomError && failure.span !== undefined;
    throw isPlaced && failure.source === undefined ? failure.within(source) : failure;
  }
}

/** The request for those members of a cohort that it selects. */
function withinCohort(request: QueryRequest, id: number): QueryRequest {
  if (request.filterByCohort === undefined) return { ...request, filterByCohort: { id } };
  const { where } = request;
  const isMember = `cohort(${id})`;
  const isBlank = where === undefined || where.trim() === "";
  return { ...request, where: isBlank ? isMember : `(${where}) and ${isMember}` };
}
