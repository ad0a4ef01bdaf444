/**
 * What a tree reads besides properties, so that only that is looked up.
 *
 * @module
 */
import { children } from "./children.ts";
import type { Expression } from "./syntax.ts";

/** What is read somewhere in some trees. */
export interface Uses {
  readonly behaviors: ReadonlySet<string>;
  /** Static cohorts. */
  readonly cohorts: ReadonlySet<number>;
  /** Properties of the profile, by `properties["…"]` or `user["…"]`. */
  readonly properties: ReadonlySet<string>;
  /** Whether `user["…"]` occurs. */
  readonly user: boolean;
}

/** Walks trees without recursion, because chains of operators may be thousands long. */
export function usesOf(expressions: Iterable<Expression>): Uses {
  const found = { behaviors: new Set<string>(), cohorts: new Set<number>() };
  const read = { properties: new Set<string>(), user: false };
  const open = [...expressions];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (next.kind === "cohort" && typeof next.cohort === "number") found.cohorts.add(next.cohort);
    if (next.kind === "accessor") {
      (next.scope === "behaviors" ? found.behaviors : read.properties).add(next.name);
      read.user ||= next.scope === "user";
    }
    open.push(...children(next));
  }
  return { ...found, ...read };
}
