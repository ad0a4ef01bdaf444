/**
 * `any`, `all`, `filter` and `let` over readings: lists are walked by the engine's lambdas.
 *
 * @module
 */
import type { Binding } from "../selector/syntax.ts";
import type { SqlContext } from "./context.ts";
import { type Fragment, raw, sql } from "./fragment.ts";
import { keyReadings } from "./property.ts";
import { FALSE, isDefined, maybe, type Readings, reading, withoutLists } from "./readings.ts";
import { Unsupported } from "./unsupported.ts";

/** A binding function as readings. */
export function bindingReadings(binding: Binding, context: SqlContext): Readings {
  const source = context.readings(binding.source, context);
  switch (binding.function) {
    case "let":
      return context.readings(binding.body, bound(binding, source, context));
    case "any":
    case "all":
      return quantifier(binding, source, context);
    case "filter":
    case "map":
      throw new Unsupported(binding.function);
  }
}

function bound(binding: Binding, readings: Readings, context: SqlContext): SqlContext {
  return {
    ...context,
    variables: new Map([...context.variables, [binding.variable, readings]]),
  };
}

/** Any value but a list counts as a list of itself; null and undefined give undefined. */
function quantifier(binding: Binding, source: Readings, context: SqlContext): Readings {
  if (source.constant !== undefined) throw new Unsupported("constant list");
  const list = reading(source, "list");
  const single = scalar(binding, source, context);
  const whole = list === undefined ? undefined : overList(binding, list, context);
  const scalarCase = sql`when ${isDefined(source)} then ${single}`;
  return maybe(
    "boolean",
    whole === undefined
      ? sql`case ${scalarCase} end`
      : sql`case when ${list ?? FALSE} is not null then ${whole} ${scalarCase} end`,
  );
}

function scalar(binding: Binding, source: Readings, context: SqlContext): Fragment {
  const condition = context.condition(binding.body, bound(binding, withoutLists(source), context));
  return sql`coalesce(${condition}, false)`;
}

function overList(binding: Binding, list: Fragment, context: SqlContext): Fragment {
  const { dialect } = context;
  // Nested lambdas need names of their own; the depth is as good a name as any.
  const name = `e${context.variables.size}`;
  const condition = context.condition(
    binding.body,
    bound(binding, keyReadings(raw(name), dialect), context),
  );
  const hits = dialect.listFilter(list, name, sql`coalesce(${condition}, false)`);
  const count = dialect.listLength(hits);
  return binding.function === "any"
    ? sql`(${count} > 0)`
    : sql`(${count} = ${dialect.listLength(list)})`;
}
