/**
 * `+ - * / %` over readings; a result that is no finite number or instant is undefined.
 *
 * @module
 */
import { INSTANT_SECONDS_MAX } from "../values/time.ts";
import type { Dialect } from "./dialect.ts";
import { type Fragment, raw, sql } from "./fragment.ts";
import { maybe, type Readings, reading, UNDEFINED } from "./readings.ts";

/** The arithmetic operators. */
export type ArithmeticOperator = "+" | "-" | "*" | "/" | "%";

/** `left operator right` */
export function arithmetic(
  operator: ArithmeticOperator,
  left: Readings,
  right: Readings,
  dialect: Dialect,
): Readings {
  const results: Readings[] = [];
  const [leftNumber, rightNumber] = [reading(left, "number"), reading(right, "number")];
  if (leftNumber !== undefined && rightNumber !== undefined) {
    results.push(maybe("number", numeric(operator, leftNumber, rightNumber, dialect)));
  }
  const [leftText, rightText] = [reading(left, "string"), reading(right, "string")];
  if (operator === "+" && leftText !== undefined && rightText !== undefined) {
    results.push(maybe("string", sql`(${leftText} || ${rightText})`));
  }
  if (operator === "+" || operator === "-") results.push(...shifts(operator, left, right, dialect));
  return results.reduce(merge, UNDEFINED);
}

function numeric(
  operator: ArithmeticOperator,
  left: Fragment,
  right: Fragment,
  dialect: Dialect,
): Fragment {
  switch (operator) {
    case "/":
      return dialect.finite(sql`case when ${right} <> 0 then ${left} / ${right} end`);
    case "%":
      return dialect.finite(
        sql`case when ${right} <> 0 then ${dialect.remainder(left, right)} end`,
      );
    default:
      return dialect.finite(sql`(${left} ${raw(operator)} ${right})`);
  }
}

/** Instants moved by seconds, and the seconds between two. */
function shifts(
  operator: "+" | "-",
  left: Readings,
  right: Readings,
  dialect: Dialect,
): readonly Readings[] {
  const results: Readings[] = [];
  const symbol = raw(operator);
  const [leftInstant, rightInstant] = [reading(left, "datetime"), reading(right, "datetime")];
  const [leftNumber, rightNumber] = [reading(left, "number"), reading(right, "number")];
  if (leftInstant !== undefined && rightNumber !== undefined) {
    const sum = sql`(${dialect.toNumber(leftInstant)} ${symbol} ${rightNumber})`;
    results.push(maybe("datetime", instantWithin(sum, dialect)));
  }
  if (operator === "+" && leftNumber !== undefined && rightInstant !== undefined) {
    const sum = sql`(${leftNumber} + ${dialect.toNumber(rightInstant)})`;
    results.push(maybe("datetime", instantWithin(sum, dialect)));
  }
  if (operator === "-" && leftInstant !== undefined && rightInstant !== undefined) {
    const difference = dialect.toNumber(sql`(${leftInstant} - ${rightInstant})`);
    results.push(maybe("number", difference));
  }
  return results;
}

/** A number of seconds as an instant, null where there is none. */
export function instantWithin(number: Fragment, dialect: Dialect): Fragment {
  const whole = dialect.floor(number);
  return sql`case when abs(${whole}) <= ${INSTANT_SECONDS_MAX} then ${dialect.toSeconds(whole)} end`;
}

/** `-x` */
export function negate(operand: Readings): Readings {
  const number = reading(operand, "number");
  return number === undefined ? UNDEFINED : maybe("number", sql`(-${number})`);
}

/** Two readings of which at most one is not null. */
function merge(left: Readings, right: Readings): Readings {
  const merged: Record<string, unknown> = { ...left, ...right };
  for (const kind of ["number", "string", "datetime"] as const) {
    const [a, b] = [left[kind], right[kind]];
    if (a !== undefined && b !== undefined) merged[kind] = sql`coalesce(${a}, ${b})`;
  }
  const { constant: _, ...rest } = merged as unknown as Readings;
  return { ...rest, kinds: new Set([...left.kinds, ...right.kinds]) };
}
