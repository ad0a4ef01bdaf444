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
  const numbers = numeric(operator, left, right, dialect);
  if (numbers !== undefined) results.push(numbers);
  const [leftText, rightText] = [reading(left, "string"), reading(right, "string")];
  if (operator === "+" && leftText !== undefined && rightText !== undefined) {
    results.push(maybe("string", sql`(${leftText} || ${rightText})`));
  }
  if (operator === "+" || operator === "-") results.push(...shifts(operator, left, right, dialect));
  return results.reduce(merge, UNDEFINED);
}

/**
 * A result that is not finite stays so through `+ - *` and as the left side of `/ %`, so a chain is
 * checked once. On the right of `/ %` it would vanish (`1 / infinity` is 0), so there it is checked first.
 */
function numeric(
  operator: ArithmeticOperator,
  left: Readings,
  right: Readings,
  dialect: Dialect,
): Readings | undefined {
  const [leftNumber, rightNumber] = [reading(left, "number"), reading(right, "number")];
  if (leftNumber === undefined || rightNumber === undefined) return undefined;
  const a = left.uncheckedNumber ?? leftNumber;
  const b = right.uncheckedNumber ?? rightNumber;
  const result = (): Fragment => {
    switch (operator) {
      case "/":
        return sql`(${a} / ${rightNumber})`;
      case "%":
        return dialect.remainder(a, rightNumber);
      default:
        return sql`(${a} ${raw(operator)} ${b})`;
    }
  };
  const uncheckedNumber = result();
  return { ...maybe("number", dialect.finite(uncheckedNumber)), uncheckedNumber };
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
function instantWithin(number: Fragment, dialect: Dialect): Fragment {
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
  // Two ways to a number have no single unchecked form.
  if (left.number !== undefined && right.number !== undefined) delete merged["uncheckedNumber"];
  const { constant: _, ...rest } = merged as unknown as Readings;
  return { ...rest, kinds: new Set([...left.kinds, ...right.kinds]) };
}
