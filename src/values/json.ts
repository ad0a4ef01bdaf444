/**
 * Numbers as text and texts as numbers, as the casts `string()` and `number()` see them.
 *
 * @module
 */

const DECIMAL = /^[+-]?(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d+)?$/;

/** The shortest text that reads back as the same number, as JSON writes it; `-0` is `0`. */
export function formatNumber(number: number): string {
  return String(number);
}

/** Reads a decimal number: sign, digits, fraction, exponent. Undefined for any other text and past 1.8e308. */
export function parseNumber(text: string): number | undefined {
  if (!DECIMAL.test(text)) return undefined;
  const number = Number(text);
  return Number.isFinite(number) ? number : undefined;
}
