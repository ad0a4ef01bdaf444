/**
 * Behaviors of several origins under names of their own.
 *
 * @module
 */
import type { BehaviorDefinition } from "../event/behavior.ts";
import { rewrite } from "../selector/rewrite.ts";
import { print } from "../selector/selector.ts";
import type { Expression } from "../selector/syntax.ts";
import { accessor } from "./build.ts";

/** An expression, and the behaviors it may read by name. */
export interface Meaning {
  readonly expression: Expression;
  readonly behaviors: ReadonlyMap<string, BehaviorDefinition>;
}

/** Behaviors by name, to which others are added. */
export interface BehaviorPool {
  readonly behaviors: ReadonlyMap<string, BehaviorDefinition>;
  /** Adds a behavior under a name like the one it has; one that is the same as another has the name of that one. */
  add(name: string, behavior: BehaviorDefinition): string;
  /** Adds the behaviors an expression reads. @returns the expression with the names they have here */
  absorb(meaning: Meaning): Expression;
}

/**
 * A pool.
 *
 * @param given behaviors whose names must stay
 */
export function createBehaviorPool(
  given: ReadonlyMap<string, BehaviorDefinition> = new Map(),
): BehaviorPool {
  const behaviors = new Map(given);
  const names = new Map<string, string>();
  for (const [name, behavior] of given) names.set(identityOf(behavior), name);

  function add(name: string, behavior: BehaviorDefinition): string {
    const identity = identityOf(behavior);
    const known = names.get(identity);
    if (known !== undefined) return known;
    let free = name;
    for (let number = 2; behaviors.has(free); number++) free = `${name} ${number}`;
    names.set(identity, free);
    behaviors.set(free, behavior);
    return free;
  }

  function absorb({ expression, behaviors: own }: Meaning): Expression {
    return rewrite(expression, (leaf) => {
      if (leaf.kind !== "accessor" || leaf.scope !== "behaviors") return undefined;
      const behavior = own.get(leaf.name);
      if (behavior === undefined) throw new Error(`no behavior ${leaf.name} in the meaning`);
      const name = add(leaf.name, behavior);
      return name === leaf.name ? undefined : accessor("behaviors", name);
    });
  }

  return { behaviors, add, absorb };
}

/** The same text for behaviors that always have the same value. */
function identityOf({ tests, window, measure }: BehaviorDefinition): string {
  const printed = tests.map(({ event, selector }) => [
    event ?? null,
    selector === undefined ? null : print(selector.expression),
  ]);
  return JSON.stringify([printed, window, measure]);
}
