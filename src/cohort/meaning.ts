/**
 * The definition of a cohort, in whatever form, to what it means: a selector and the behaviors it reads.
 *
 * Nothing else evaluates cohorts. The forms are
 * - `groups`, as the web application writes them; a list that is not empty wins over the others,
 * - `selector`, an object: a tree of operators, whose `behaviors` are an object,
 * - `selector`, a text in the selector language, whose `behaviors` are a list as in a query, or an object.
 *
 * @module
 */
import type { BehaviorDefinition } from "../event/behavior.ts";
import { readBehaviors } from "../event/read-behaviors.ts";
import { compile } from "../selector/selector.ts";
import type { Expression } from "../selector/syntax.ts";
import { treeBehavior } from "./behavior.ts";
import { type BehaviorPool, createBehaviorPool, type Meaning } from "./behavior-pool.ts";
import { FALSE } from "./build.ts";
import { asCondition } from "./filter.ts";
import { groupsCondition } from "./groups.ts";
import { at, invalid, isAbsent, isObjectAt, members, type Place, placeOf } from "./place.ts";
import { treeCondition } from "./tree.ts";

export type { Meaning } from "./behavior-pool.ts";

/**
 * What a definition means; one that says nothing means nobody.
 *
 * Other cohorts it names stay in the expression, as tests.
 *
 * @throws `cohort.*`, and `selector.*` for a text
 */
export function meaningOf(definition: unknown): Meaning {
  const pool = createBehaviorPool();
  const expression = define(placeOf(definition), pool) ?? FALSE;
  return { expression, behaviors: pool.behaviors };
}

/** Whether an object says whom a cohort selects. */
export function isDefinition(json: unknown): boolean {
  const place = placeOf(json);
  return (
    isObjectAt(place) && (hasGroups(at(place, "groups")) || hasSelector(at(place, "selector")))
  );
}

function define(definition: Place, pool: BehaviorPool): Expression | undefined {
  if (!isObjectAt(definition)) throw invalid(definition, "an object");
  const translation = {
    pool,
    define: (inner: Place) => defineInner(inner, pool),
  };
  const groups = at(definition, "groups");
  if (hasGroups(groups)) return groupsCondition(groups, translation);
  const selector = at(definition, "selector");
  if (!hasSelector(selector)) return undefined;
  const behaviors = at(definition, "behaviors");
  if (typeof selector.value === "string") return textCondition(selector.value, behaviors, pool);
  return treeCondition(selector, behaviors, translation);
}

/** A definition within another one has behaviors of its own, perhaps with the same names. */
function defineInner(definition: Place, pool: BehaviorPool): Expression {
  const own = createBehaviorPool();
  const expression = define(definition, own);
  if (expression === undefined) throw invalid(definition, "groups, or a selector");
  return asCondition(pool.absorb({ expression, behaviors: own.behaviors }));
}

function textCondition(source: string, place: Place, pool: BehaviorPool): Expression | undefined {
  const behaviors = behaviorsAt(place);
  const scope = { behaviors: new Set(behaviors.keys()), event: false };
  const selector = compile(source, scope);
  return selector && pool.absorb({ expression: selector.expression, behaviors });
}

function behaviorsAt(place: Place): ReadonlyMap<string, BehaviorDefinition> {
  if (isAbsent(place)) return new Map();
  if (Array.isArray(place.value)) return readBehaviors(place.value);
  return new Map(members(place).map(([name, behavior]) => [name, treeBehavior(behavior)] as const));
}

/** Whether there are groups; what is no list is left to be refused. */
function hasGroups(groups: Place): boolean {
  if (isAbsent(groups)) return false;
  return !Array.isArray(groups.value) || groups.value.length > 0;
}

function hasSelector(selector: Place): boolean {
  if (isAbsent(selector)) return false;
  if (typeof selector.value === "string") return selector.value.trim() !== "";
  return !isObjectAt(selector) || Object.keys(selector.value as object).length > 0;
}
