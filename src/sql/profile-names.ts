/**
 * A profile's row as the names of a selector, and the tables of behaviors that a statement needs for them.
 *
 * @module
 */
import type { Behavior } from "../event/behavior.ts";
import type { Scope } from "../profile/profile.ts";
import { FIRST_EVENT_TIME } from "../profile/reserved.ts";
import type { ProfileQuery } from "../query/query.ts";
import type { EvaluationContext } from "../selector/selector.ts";
import type { Binary, BinaryOperator, Expression } from "../selector/syntax.ts";
import type { Catalog } from "../store/catalog.ts";
import { INSTANT_SECONDS_MAX } from "../values/time.ts";
import type { Kind } from "../values/value.ts";
import { behaviorTable, type EventGroups, isZeroWithoutEvents } from "./behavior.ts";
import { constantValue, isConstant } from "./constant.ts";
import type { Names, SqlContext } from "./context.ts";
import type { Dialect } from "./dialect.ts";
import { EventNames, type EventSource } from "./event-names.ts";
import { type Fragment, join, raw, sql } from "./fragment.ts";
import { profileProperty } from "./property.ts";
import { maybe, type Readings, UNDEFINED } from "./readings.ts";
import { Unsupported } from "./unsupported.ts";

/** What stands for one scope in SQL: its tables, and what their columns hold. */
export interface ScopeTable {
  readonly scope: Scope;
  readonly table: Fragment;
  readonly catalog: Catalog;
  /** The ids without a profile of their own, and the clusters. */
  readonly people: Fragment;
  readonly dialect: Dialect;
  /** Undefined while the project has no events. */
  readonly events: EventSource | undefined;
  /** The keys of a static cohort's members, as a query for one column. */
  readonly members: (cohortId: number) => Fragment;
}

/** Values of a behavior that were worked out elsewhere, by key. */
export interface KeyedValues {
  readonly keys: readonly number[];
  readonly values: readonly number[];
}

/** The behavior that `$mp_first_event_time` reads. */
const FIRST_EVENT: Behavior = {
  tests: [{ event: undefined, selector: undefined }],
  span: { fromSeconds: -INSTANT_SECONDS_MAX, toSeconds: INSTANT_SECONDS_MAX },
  measure: { kind: "first_time" },
};

/** The tables of behaviors that one statement uses. */
export class BehaviorTables {
  readonly #query: ProfileQuery;
  readonly #target: ScopeTable;
  readonly #computed: ReadonlyMap<string, KeyedValues>;
  readonly #compile: Pick<SqlContext, "readings" | "condition">;
  /** By the name of the behavior; undefined stands for the first event. */
  readonly #tables = new Map<
    string | undefined,
    { readonly name: string; readonly query: Fragment }
  >();
  readonly #joined = new Set<string>();
  /** Behaviors that SQL cannot work out. */
  readonly unsupported: Set<string> = new Set();

  constructor(
    query: ProfileQuery,
    target: ScopeTable,
    computed: ReadonlyMap<string, KeyedValues>,
    compile: Pick<SqlContext, "readings" | "condition">,
  ) {
    this.#query = query;
    this.#target = target;
    this.#computed = computed;
    this.#compile = compile;
  }

  /** The name of a behavior's table. @throws Unsupported */
  use(behaviorName: string | undefined): Fragment {
    const known = this.#tables.get(behaviorName);
    if (known !== undefined) return raw(known.name);
    const query = this.#make(behaviorName);
    const name = `b${this.#tables.size}`;
    this.#tables.set(behaviorName, { name, query });
    return raw(name);
  }

  /** Compiles a behavior's table, or notes that SQL cannot work it out. */
  attempt(behaviorName: string): void {
    try {
      if (this.#query.behaviors.has(behaviorName)) this.use(behaviorName);
    } catch (error) {
      if (!(error instanceof Unsupported)) throw error;
    }
  }

  /** The value of a behavior for the profile `p`, null without events. @throws Unsupported */
  value(behaviorName: string | undefined): Fragment {
    const table = this.use(behaviorName);
    this.#joined.add(table.text);
    return sql`${table}.value`;
  }

  #make(behaviorName: string | undefined): Fragment {
    const computed = behaviorName === undefined ? undefined : this.#computed.get(behaviorName);
    const { dialect } = this.#target;
    if (computed !== undefined) return dialect.keyedNumbers(computed.keys, computed.values);
    const behavior =
      behaviorName === undefined ? FIRST_EVENT : this.#query.behaviors.get(behaviorName);
    const source = this.#target.events;
    if (behavior === undefined || source === undefined) return dialect.keyedNumbers([], []);
    try {
      return this.#compileTable(behavior, source);
    } catch (error) {
      if (error instanceof Unsupported && behaviorName !== undefined) {
        this.unsupported.add(behaviorName);
      }
      throw error;
    }
  }

  #compileTable(behavior: Behavior, source: EventSource): Fragment {
    const { dialect, table, people } = this.#target;
    const names = new EventNames(source, dialect);
    const evaluation = evaluationOf(this.#query);
    return behaviorTable(behavior, {
      source,
      dialect,
      evaluation,
      group: groupsOf(this.#query, { table, people }),
      names,
      selectors: { ...this.#compile, dialect, names, evaluation, variables: new Map() },
    });
  }

  /** `with …`, or nothing. */
  get with(): Fragment {
    if (this.#tables.size === 0) return raw("");
    const tables = Array.from(
      this.#tables.values(),
      ({ name, query }) => sql`${raw(name)} as (${query})`,
    );
    return sql`with ${join(tables, ", ")} `;
  }

  /** What has to stand behind `from … p`. */
  get joins(): Fragment {
    const joins = Array.from(this.#joined, (name) =>
      raw(` left join ${name} on ${name}.key = p.key`),
    );
    return join(joins, "");
  }
}

/** The groups that a query is about and the property of events that names them; undefined for users. */
export function groupsOf(
  { scope: { groupKey }, includesStrangers }: ProfileQuery,
  { table, people }: Pick<ScopeTable, "table" | "people">,
): EventGroups | undefined {
  if (groupKey === undefined) return undefined;
  if (!includesStrangers) return { table, property: groupKey };
  const known = sql`(select key, distinct_id from ${table} union select key, distinct_id from ${people})`;
  return { table: known, property: groupKey };
}

/** What an evaluation of a query's selectors knows. */
export function evaluationOf({ asOfSeconds, timeZone }: ProfileQuery): EvaluationContext {
  return { nowSeconds: asOfSeconds, timeZone };
}

const FLIPPED: Partial<Readonly<Record<BinaryOperator, BinaryOperator>>> = {
  "==": "==",
  "!=": "!=",
  "<": ">",
  "<=": ">=",
  ">": "<",
  ">=": "<=",
};

const SQL_OPERATORS: Partial<Readonly<Record<BinaryOperator, string>>> = {
  "==": "=",
  "!=": "<>",
  "<": "<",
  "<=": "<=",
  ">": ">",
  ">=": ">=",
};

/** The names of a selector over the profile `p`. */
export class ProfileNames implements Names {
  readonly #query: ProfileQuery;
  readonly #target: ScopeTable;
  readonly #catalog: Catalog;
  readonly #tables: BehaviorTables;

  /** @param catalog what the row has: none of its properties for somebody without a profile */
  constructor(query: ProfileQuery, target: ScopeTable, catalog: Catalog, tables: BehaviorTables) {
    this.#query = query;
    this.#target = target;
    this.#catalog = catalog;
    this.#tables = tables;
  }

  property(name: string): Readings {
    const { scope, dialect } = this.#target;
    if (name === FIRST_EVENT_TIME && scope.groupKey === undefined) return this.#firstEventTime();
    return profileProperty(name, scope, { catalog: this.#catalog, dialect, qualifier: "p." });
  }

  profile(name: string): Readings {
    return this.property(name);
  }

  event(name: string): Readings {
    throw new Unsupported(`event ${name}`);
  }

  #firstEventTime(): Readings {
    if (this.#target.events === undefined) return UNDEFINED;
    const instant = this.#tables.value(undefined);
    const text = this.#target.dialect.instantText(instant);
    return {
      kinds: new Set<Kind>(["string", "undefined"]),
      string: sql`lower(${text})`,
      rawText: text,
      textInstant: instant,
    };
  }

  behavior(name: string): Readings {
    const behavior = this.#query.behaviors.get(name);
    if (behavior === undefined) return UNDEFINED;
    const { measure } = behavior;
    const value = this.#tables.value(name);
    if (measure.kind === "first_time" || measure.kind === "last_time") {
      return maybe("datetime", sql`cast(${value} as bigint)`);
    }
    if (!isZeroWithoutEvents(measure)) return maybe("number", value);
    // A sum that no number can hold is missing, though there are events.
    if (measure.kind === "sum") {
      const table = this.#tables.use(name);
      return maybe("number", sql`case when ${table}.key is null then 0 else ${value} end`);
    }
    return { kinds: new Set<Kind>(["number"]), number: sql`coalesce(${value}, 0)` };
  }

  /** A count against a constant is a look into a set of keys, without a join that all profiles go through. */
  compareBehavior({ operator, left, right }: Binary): Fragment | undefined {
    const isLeft = isBehavior(left);
    const behavior = isLeft ? left : right;
    const spelled = isLeft ? operator : FLIPPED[operator];
    const sqlOperator = spelled === undefined ? undefined : SQL_OPERATORS[spelled];
    if (!isBehavior(behavior) || sqlOperator === undefined) return undefined;
    const number = this.#number(isLeft ? right : left);
    if (number === undefined) return undefined;
    const { name } = behavior;
    const kind = this.#query.behaviors.get(name)?.measure.kind;
    if (kind !== "count" && kind !== "days" && kind !== "unique") return undefined;
    const table = this.#tables.use(name);
    const holds = sql`value ${raw(sqlOperator)} ${number}`;
    return compareZero(sqlOperator, number)
      ? sql`(p.key not in (select key from ${table} where not (${holds})))`
      : sql`(p.key in (select key from ${table} where ${holds}))`;
  }

  #number(expression: Expression): number | undefined {
    if (!isConstant(expression)) return undefined;
    const value = constantValue(expression, evaluationOf(this.#query));
    return typeof value === "number" ? value : undefined;
  }

  isMember(cohortId: number): Fragment {
    return sql`(p.key in (${this.#target.members(cohortId)}))`;
  }
}

function isBehavior(
  expression: Expression,
): expression is Extract<Expression, { readonly kind: "accessor" }> {
  return expression.kind === "accessor" && expression.scope === "behaviors";
}

/** Whether 0 compares as the operator says. */
function compareZero(operator: string, number: number): boolean {
  switch (operator) {
    case "=":
      return number === 0;
    case "<>":
      return number !== 0;
    case "<":
      return 0 < number;
    case "<=":
      return 0 <= number;
    case ">":
      return 0 > number;
    default:
      return 0 >= number;
  }
}
