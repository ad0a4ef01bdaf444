/**
 * Cohort tests to what the cohorts mean, so that engines meet only static cohorts, by id.
 *
 * @module
 */
import { fail } from "../errors/error.ts";
import { children } from "../selector/children.ts";
import { rewrite } from "../selector/rewrite.ts";
import { leftSpine } from "../selector/spine.ts";
import type { CohortTest, Expression } from "../selector/syntax.ts";
import type { BehaviorPool } from "./behavior-pool.ts";
import { cohortTest, FALSE } from "./build.ts";
import type { CohortSource, SavedCohort } from "./cohort.ts";
import { asCondition } from "./filter.ts";
import { COHORT_DEPTH_MAX, EXPRESSION_DEPTH_MAX, EXPRESSION_PART_COUNT_MAX } from "./limits.ts";
import { type Meaning, meaningOf } from "./meaning.ts";

/** Where cohorts are put in their place. */
export interface InlineContext {
  readonly cohorts: CohortSource;
  /** The group key of the profiles that are asked for; undefined for users. */
  readonly groupKey: string | undefined;
  /** Takes the behaviors of the cohorts in. */
  readonly pool: BehaviorPool;
}

/** What a test becomes whose cohort cannot be asked: it is not there, or it is about other profiles. */
export type Unanswerable = (test: CohortTest, cohort: SavedCohort | undefined) => Expression;

/** Puts cohorts in their place, for all selectors of one query. */
export interface Inliner {
  /**
   * An expression without cohort tests but those of static cohorts.
   *
   * @throws `cohort.*`
   */
  inline(expression: Expression, unanswerable: Unanswerable): Expression;
  /** What a saved cohort means, as a condition. @throws `cohort.*` */
  cohort(cohort: SavedCohort): Expression;
  /** What a definition of no name means, as a condition. @throws `cohort.*` */
  meaning(meaning: Meaning): Expression;
}

/** A cohort that is deleted or about other profiles has no members. */
export const NOBODY_MATCHES: Unanswerable = () => FALSE;

/** An inliner. */
export function createInliner({ cohorts, groupKey, pool }: InlineContext): Inliner {
  const known = new Map<number, Expression>();
  const open: SavedCohort[] = [];
  const extents = new Map<Expression, Extent>();

  function inline(expression: Expression, unanswerable: Unanswerable): Expression {
    const inlined = rewrite(expression, (leaf) =>
      leaf.kind === "cohort" ? answer(leaf, unanswerable) : undefined,
    );
    if (inlined !== expression) checkExtent(extentOf(inlined, extents));
    return inlined;
  }

  function answer(test: CohortTest, unanswerable: Unanswerable): Expression {
    const { cohort: named } = test;
    const saved = typeof named === "number" ? cohorts.byId(named) : cohorts.byName(named);
    if (saved === undefined || saved.groupKey !== groupKey) return unanswerable(test, saved);
    return cohort(saved);
  }

  function cohort(saved: SavedCohort): Expression {
    if (saved.isStatic) return cohortTest(saved.id);
    const found = known.get(saved.id);
    if (found !== undefined) return found;
    if (open.some(({ id }) => id === saved.id)) throw fail("cohort.cycle", { path: pathTo(saved) });
    if (open.length >= COHORT_DEPTH_MAX)
      throw fail("cohort.too_deep", { depthMax: COHORT_DEPTH_MAX });
    open.push(saved);
    const condition = meaning(meaningOf(saved.definition));
    open.pop();
    known.set(saved.id, condition);
    return condition;
  }

  function meaning(given: Meaning): Expression {
    return asCondition(inline(pool.absorb(given), NOBODY_MATCHES));
  }

  function pathTo(saved: SavedCohort): string {
    const start = open.findIndex(({ id }) => id === saved.id);
    const names = [...open.slice(start), saved].map(({ id, name }) => `${id} (${name})`);
    return names.join(" → ");
  }

  return { inline, cohort, meaning };
}

/** How large an expression is, written out. */
interface Extent {
  readonly depth: number;
  readonly partCount: number;
}

/** A cohort that stands in several places is one object, which is measured once. */
function extentOf(expression: Expression, measured: Map<Expression, Extent>): Extent {
  const known = measured.get(expression);
  if (known !== undefined) return known;
  const extent = sumOf(partsOf(expression).map((part) => extentOf(part, measured)));
  measured.set(expression, extent);
  return extent;
}

/** The parts of a chain of operators count as being on one level. */
function partsOf(expression: Expression): readonly Expression[] {
  if (expression.kind !== "binary") return children(expression);
  const { first, links } = leftSpine(expression);
  return [first, ...links.map(({ right }) => right)];
}

function sumOf(parts: readonly Extent[]): Extent {
  let depth = 0;
  let partCount = 1;
  for (const part of parts) {
    depth = Math.max(depth, part.depth);
    partCount += part.partCount;
  }
  return { depth: depth + 1, partCount };
}

function checkExtent({ depth, partCount }: Extent): void {
  if (depth > EXPRESSION_DEPTH_MAX) {
    throw fail("cohort.too_deep", { depthMax: EXPRESSION_DEPTH_MAX });
  }
  if (partCount > EXPRESSION_PART_COUNT_MAX) {
    throw fail("cohort.too_large", { what: "conditions", countMax: EXPRESSION_PART_COUNT_MAX });
  }
}
